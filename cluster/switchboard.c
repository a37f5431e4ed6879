/* switchboard.c - what the bus and the clock tell it, and what it then does. */
#include "cluster/switchboard.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/switchboard_parts.h"

#define MOVED_MAX 500 /* rooms in one frame */

void switchboard_note(const struct switchboard *switchboard, struct switchboard_note note)
{
    if (switchboard->config.note)
        switchboard->config.note(switchboard->config.note_context, &note);
}

/* Rooms */

static void on_claim(void *context, const struct claim *claim)
{
    const struct switchboard *switchboard = context;
    switchboard->config.bus.claim(switchboard->config.bus.context, claim);
}

/* Whoever believed to be home to it, for Redis had forgotten that or it was thought dead, finds out. */
static void say_taken(struct switchboard *switchboard, struct slice room)
{
    const struct switchboard_config *config = &switchboard->config;
    struct wire_frame frame = {.type = WIRE_TAKEN, .version = WIRE_VERSION_LEAST, .from = config->self};
    frame.taken.room = room;
    frame.taken.term = directory_term_of(switchboard->directory, room);
    switchboard->counts.rooms_taken++;
    buffer_clear(&switchboard->frame);
    wire_seal(&config->keys[0], &frame, &switchboard->frame);
    config->bus.publish(config->bus.context, BUS_TO_ALL, buffer_slice(&switchboard->frame));
}

static void on_found(void *context, struct slice room, uint64_t node, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    if (node == switchboard->config.self)
        say_taken(switchboard, room);
    switchboard_room_found(switchboard, room, node);
}

/* Told of many at once: they are dealt with together, when the directory is at rest. */
static void on_lost(void *context, struct slice room, uint64_t node, struct instant now)
{
    struct switchboard *switchboard = context;
    (void)node, (void)now;
    if (switchboard->lost_count == switchboard->lost_capacity) {
        switchboard->lost_capacity = switchboard->lost_capacity * 2 + 16;
        switchboard->lost_rooms =
            memory_resize(switchboard->lost_rooms, switchboard->lost_capacity * sizeof *switchboard->lost_rooms);
    }
    switchboard->counts.rooms_lost++;
    switchboard->lost_rooms[switchboard->lost_count++] = slice_of(memory_text(room), room.length);
}

static void say_moved(struct switchboard *switchboard, const struct slice *rooms, size_t count)
{
    struct station *station, *next;
    buffer_clear(&switchboard->payload);
    wire_put_moved(rooms, count, &switchboard->payload);
    HASH_ITER (hh, switchboard->stations, station, next) {
        if (!station->is_gone && !station_say(station, buffer_slice(&switchboard->payload)))
            station->is_overrun = true;
    }
}

void switchboard_say_moved(struct switchboard *switchboard, const struct slice *rooms, size_t count)
{
    for (size_t i = 0; i < count; i += MOVED_MAX)
        say_moved(switchboard, rooms + i, count - i < MOVED_MAX ? count - i : MOVED_MAX);
}

/* Our home forgets them first: what their clients' tickets are shown to is then the winner. */
static void give_up_lost(struct switchboard *switchboard)
{
    const struct edge_port *edge = &switchboard->edge;
    size_t count = switchboard->lost_count;
    struct slice *rooms = switchboard->lost_rooms;
    switchboard->lost_rooms = NULL;
    switchboard->lost_count = switchboard->lost_capacity = 0;
    for (size_t i = 0; i < count && !PLANTED(KEEP_LOST_ROOM); i++)
        home_lose(switchboard->home, rooms[i]);
    switchboard_say_moved(switchboard, rooms, count);
    if (count && !PLANTED(KEEP_LOST_ROOM)) {
        switchboard_note(switchboard, (struct switchboard_note){SWITCHBOARD_NOTE_LOST, 0, "", count});
        edge->reattach(edge->context, 0, rooms, count, switchboard->now);
    }
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)rooms[i].data);
    free(rooms);
}

/* What became certain in the call that ends. */
static void settle(struct switchboard *switchboard)
{
    give_up_lost(switchboard);
    switchboard_release_held(switchboard);
}

/* Members */

/* It may come back with rooms that we have taken from it, and restore its leases of them where Redis has forgotten
 * ours. */
static void on_joined(void *context, const struct member *member)
{
    struct switchboard *switchboard = context;
    directory_bus_up(switchboard->directory, switchboard->now);
    struct station *station = station_reach(switchboard, member->node);
    if (station) {
        station->is_gone = false;
        (void)snprintf(station->name, sizeof station->name, "%s", member->last.name);
    }
    switchboard_note(switchboard,
                     (struct switchboard_note){SWITCHBOARD_NOTE_JOINED, member->node, member->last.name, 0});
}

static void on_gone(void *context, uint64_t node, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    station_gone(switchboard, node);
}

/* The bus */

static void on_up(void *context, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    switchboard->heartbeat_ms = now.mono_ms - MEMBERS_HEARTBEAT_MS;
    members_bus_up(switchboard->members, now);
    directory_bus_up(switchboard->directory, now);
    settle(switchboard);
}

static void on_down(void *context, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    members_bus_down(switchboard->members, now);
    directory_bus_down(switchboard->directory, now);
    settle(switchboard);
}

/* Our newest one is often, but not always, the one that comes back. */
static void time_own(struct switchboard *switchboard, uint64_t count)
{
    if (count <= switchboard->heartbeat_heard || count > switchboard->heartbeats)
        return;
    switchboard->heartbeat_heard = count;
    uint64_t since_ms = (uint64_t)(switchboard->now.mono_ms - switchboard->heartbeat_ms);
    switchboard->lag_ms = since_ms + (switchboard->heartbeats - count) * MEMBERS_HEARTBEAT_MS;
}

static void hear_heartbeat(struct switchboard *switchboard, uint64_t from, const struct wire_heartbeat *heartbeat)
{
    if (from == switchboard->config.self)
        time_own(switchboard, heartbeat->count);
    directory_note_term(switchboard->directory, heartbeat->term);
    members_hear(switchboard->members, from, heartbeat, switchboard->now);
}

static void hear_link(struct switchboard *switchboard, const struct wire_frame *frame)
{
    struct station *station = station_reach(switchboard, frame->from);
    if (station)
        link_hear(station->link, &frame->link.mark, frame->link.payload, switchboard->now);
}

static void on_frame(void *context, struct slice bytes, struct instant now)
{
    struct switchboard *switchboard = context;
    const struct switchboard_config *config = &switchboard->config;
    struct wire_frame frame;
    switchboard->now = now;
    switchboard->counts.frames_in++;
    switchboard->counts.bytes_in += bytes.length;
    if (wire_open(config->keys, config->key_count, bytes, &frame) ||
        (frame.to != config->self && frame.to != BUS_TO_ALL)) {
        switchboard->counts.frames_bad++;
        return;
    }
    switch (frame.type) {
    case WIRE_HEARTBEAT: hear_heartbeat(switchboard, frame.from, &frame.heartbeat); break;
    case WIRE_TAKEN:
        if (frame.from != config->self)
            directory_taken(switchboard->directory, frame.taken.room, frame.from, frame.taken.term, now);
        break;
    case WIRE_LINK:
        if (frame.from != config->self && !switchboard->has_left)
            hear_link(switchboard, &frame);
        break;
    }
    settle(switchboard);
}

static void on_unheard(void *context, uint64_t to, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    members_unheard(switchboard->members, to, now);
    settle(switchboard);
}

static void on_held(void *context, struct slice room, uint64_t holder, uint64_t term, struct instant now)
{
    struct switchboard *switchboard = context;
    switchboard->now = now;
    uint64_t node;
    bool was_unleased = directory_find(switchboard->directory, room, &node) == HOME_HERE &&
                        !directory_term_of(switchboard->directory, room);
    directory_held(switchboard->directory, room, holder, term, now);
    if (was_unleased && holder == switchboard->config.self)
        say_taken(switchboard, room);
    settle(switchboard);
}

/* The clock */

void switchboard_send_heartbeat(struct switchboard *switchboard)
{
    const struct switchboard_config *config = &switchboard->config;
    struct wire_frame frame = {.type = WIRE_HEARTBEAT, .version = WIRE_VERSION_LEAST, .from = config->self};
    struct wire_heartbeat *heartbeat = &frame.heartbeat;
    (void)snprintf(heartbeat->name, sizeof heartbeat->name, "%s", config->name);
    (void)snprintf(heartbeat->software, sizeof heartbeat->software, "%s", config->software);
    heartbeat->version_least = WIRE_VERSION_LEAST;
    heartbeat->version = WIRE_VERSION;
    heartbeat->count = ++switchboard->heartbeats;
    heartbeat->term = directory_term(switchboard->directory);
    heartbeat->is_draining = switchboard->is_draining;
    heartbeat->is_goodbye = switchboard->has_left;
    heartbeat->rooms = home_room_count(switchboard->home);
    heartbeat->sessions = home_session_count(switchboard->home);
    heartbeat->connections = switchboard->connections;
    heartbeat->unleased = directory_unleased_count(switchboard->directory);
    heartbeat->leases = directory_held_count(switchboard->directory) - heartbeat->unleased;
    heartbeat->lag_ms = switchboard->lag_ms;
    buffer_clear(&switchboard->frame);
    wire_seal(&config->keys[0], &frame, &switchboard->frame);
    switchboard->heartbeat_ms = switchboard->now.mono_ms;
    config->bus.publish(config->bus.context, BUS_TO_ALL, buffer_slice(&switchboard->frame));
}

/* Who is gone is remembered for longer than its rooms' entries last. */
static bool is_forgotten(const struct station *station, struct instant now)
{
    return station->is_gone && now.mono_ms - station->gone_ms > 2 * DIRECTORY_EXPIRY_MS;
}

static void tend_stations(struct switchboard *switchboard)
{
    bool is_up = members_is_bus_working(switchboard->members, switchboard->now);
    struct station *station, *next;
    HASH_ITER (hh, switchboard->stations, station, next) {
        if (station->is_overrun)
            link_break(station->link, switchboard->config.make_id());
        if (is_up && !station->is_gone)
            link_tick(station->link, switchboard->now);
        if (is_forgotten(station, switchboard->now))
            station_destroy(station);
    }
}

void switchboard_tick(struct switchboard *switchboard, struct instant now)
{
    switchboard->now = now;
    if (now.mono_ms - switchboard->heartbeat_ms >= MEMBERS_HEARTBEAT_MS)
        switchboard_send_heartbeat(switchboard);
    members_tick(switchboard->members, now);
    directory_tick(switchboard->directory, now);
    tend_stations(switchboard);
    settle(switchboard);
    switchboard_ask_due(switchboard);
}

void switchboard_set_connections(struct switchboard *switchboard, size_t count)
{
    switchboard->connections = count;
}

void switchboard_stalled(struct switchboard *switchboard, struct instant now)
{
    switchboard->now = now;
    members_stalled(switchboard->members, now);
    directory_stalled(switchboard->directory, now);
}

void switchboard_drain(struct switchboard *switchboard, bool is_draining)
{
    switchboard->is_draining = is_draining;
    switchboard_send_heartbeat(switchboard);
}

void switchboard_room_closed(struct switchboard *switchboard, struct slice room)
{
    directory_release(switchboard->directory, room);
}

/* Making and using it */

struct switchboard *switchboard_create(const struct switchboard_config *config)
{
    struct switchboard *switchboard = memory_new(sizeof *switchboard);
    struct members_port members = {switchboard, on_joined, on_gone};
    struct directory_port directory = {switchboard, on_claim, on_found, on_lost};
    switchboard->config = *config;
    switchboard->members = members_create(config->self, members);
    switchboard->directory = directory_create(config->self, directory);
    switchboard->wire_room = wire_room_create();
    list_init(&switchboard->asking);
    list_init(&switchboard->to_ask);
    list_init(&switchboard->held);
    return switchboard;
}

void switchboard_connect(struct switchboard *switchboard, struct home *home, struct route to_home,
                         struct edge_port edge)
{
    switchboard->home = home;
    switchboard->home_route = to_home;
    switchboard->edge = edge;
}

struct switchboard *switchboard_destroy(struct switchboard *switchboard)
{
    struct station *station, *next;
    if (!switchboard)
        return NULL;
    HASH_ITER (hh, switchboard->stations, station, next) {
        station_destroy(station);
    }
    switchboard_forget_waiting(switchboard);
    members_destroy(switchboard->members);
    directory_destroy(switchboard->directory);
    wire_room_destroy(switchboard->wire_room);
    buffer_fini(&switchboard->payload);
    buffer_fini(&switchboard->frame);
    buffer_fini(&switchboard->roster);
    free(switchboard->hearers);
    free(switchboard);
    return NULL;
}

struct route switchboard_route(struct switchboard *switchboard)
{
    return (struct route){switchboard, switchboard_request};
}

struct listener switchboard_listener(struct switchboard *switchboard)
{
    return (struct listener){switchboard, switchboard_deliver};
}

struct bus_listener switchboard_bus_listener(struct switchboard *switchboard)
{
    return (struct bus_listener){switchboard, on_up, on_down, on_frame, on_unheard, on_held};
}

bool switchboard_is_bus_working(const struct switchboard *switchboard, struct instant now)
{
    return members_is_bus_working(switchboard->members, now);
}

const struct switchboard_counts *switchboard_counts(const struct switchboard *switchboard)
{
    return &switchboard->counts;
}
