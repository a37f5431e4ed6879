/* loss.c - rooms that another node has taken, and edges that are out of reach. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

static struct loss *find(const struct home *home, struct slice room)
{
    struct loss *loss = NULL;
    HASH_FIND(hh, home->losses, room.data, room.length, loss);
    return loss;
}

static void forget(struct home *home, struct loss *loss)
{
    HASH_DELETE(hh, home->losses, loss);
    free(loss);
}

static uint64_t make_epoch(const struct home *home)
{
    uint64_t epoch = 0;
    while (epoch == 0 || epoch == home->config.epoch)
        epoch = home->config.make_epoch ? home->config.make_epoch() : random_number();
    return epoch;
}

static void note_loss(struct home *home, struct slice room)
{
    struct loss *former = find(home, room);
    if (former)
        forget(home, former);
    else if (HASH_COUNT(home->losses) >= HOME_LOSSES_MAX)
        forget(home, home->losses);
    struct loss *loss = memory_new(sizeof *loss);
    loss->epoch = make_epoch(home);
    loss->length = room.length;
    memcpy(loss->room, room.data, room.length);
    HASH_ADD_KEYPTR(hh, home->losses, loss->room, loss->length, loss);
}

/* The same until it is lost once more: who left it must not come back because it was empty for a while. */
uint64_t home_epoch_of(const struct home *home, struct slice room)
{
    const struct loss *loss = find(home, room);
    return loss && !PLANTED(SAME_EPOCH) ? loss->epoch : home->config.epoch;
}

void home_forget_losses(struct home *home)
{
    while (home->losses)
        forget(home, home->losses);
}

/* A room that is not open now may still have been: tickets of that time are about. */
void home_lose(struct home *home, struct slice room)
{
    struct lodging *lodging = lodging_find(home, room);
    note_loss(home, room);
    if (lodging)
        lodging_abandon(lodging);
}

bool home_has_room(const struct home *home, struct slice room)
{
    struct lodging *lodging = NULL;
    HASH_FIND(hh, home->lodgings, room.data, room.length, lodging);
    return lodging != NULL;
}

/* The last one to go takes the room with it. */
static void detach_edge(struct lodging *lodging, uint64_t edge, struct instant now)
{
    struct peer *next;
    for (struct peer *peer = room_first_peer(lodging->room); peer; peer = next) {
        struct session *session = peer->owner;
        next = room_next_peer(lodging->room, peer);
        if (session->is_attached && session->client.edge == edge)
            session_detach(session, LEAVE_LOST, now);
    }
}

void home_detach_edge(struct home *home, uint64_t edge, struct instant now)
{
    struct lodging *lodging, *next;
    if (PLANTED(DEAD_NODES_STAY))
        return;
    HASH_ITER (hh, home->lodgings, lodging, next)
        detach_edge(lodging, edge, now);
    home_end_slow(home);
}
