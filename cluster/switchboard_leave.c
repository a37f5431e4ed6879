/* switchboard_leave.c - the end of a drain: a node gives up what it still has, and says goodbye. */
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/switchboard_parts.h"

struct leaving {
    struct slice *rooms; /* each owned */
    size_t count, capacity;
};

static void on_released(void *context, struct slice room)
{
    struct leaving *leaving = context;
    if (leaving->count == leaving->capacity) {
        leaving->capacity = leaving->capacity * 2 + 16;
        leaving->rooms = memory_resize(leaving->rooms, leaving->capacity * sizeof *leaving->rooms);
    }
    leaving->rooms[leaving->count++] = slice_of(memory_text(room), room.length);
}

/* The leases go first: who is told that a room has moved looks for it at once. */
void switchboard_leave(struct switchboard *switchboard, struct instant now)
{
    struct leaving leaving = {0};
    if (switchboard->has_left)
        return;
    switchboard->now = now;
    switchboard->has_left = true;
    directory_release_all(switchboard->directory, on_released, &leaving);
    for (size_t i = 0; i < leaving.count; i++)
        home_lose(switchboard->home, leaving.rooms[i]);
    switchboard_say_moved(switchboard, leaving.rooms, leaving.count);
    switchboard_send_heartbeat(switchboard);
    for (size_t i = 0; i < leaving.count; i++)
        free((char *)(uintptr_t)leaving.rooms[i].data);
    free(leaving.rooms);
}
