/* room.h - who is in a room, and who may talk to whom.
 *
 * A room belongs to one worker and is never locked. It knows no sockets, JSON or clocks: callers
 * say what happened, and the room tells its listener who hears about it. The listener must not
 * change the room while it is told. */
#ifndef PARLEY_ROOMS_ROOM_H
#define PARLEY_ROOMS_ROOM_H

#include "base/error.h"
#include "base/slice.h"
#include "rooms/event.h"
#include "rooms/peer.h"

#define ROOM_ID_MAX 128

struct room; /* opaque */

struct room_listener {
    void *context;
    /* `to` holds `count` peers, never zero, that all hear the same event. */
    void (*hear)(void *context, struct peer *const *to, size_t count, const struct event *event);
};

/* Whether `id` may name a room: 1 to ROOM_ID_MAX of A-Z a-z 0-9 - . _ ~ @ : =, not "." or "..". */
bool room_id_is_valid(struct slice id);

/* `id` is copied; `capacity` is the most peers it holds. Never NULL. */
struct room *room_create(struct slice id, size_t capacity, struct room_listener listener);
struct room *room_destroy(struct room *room); /* NULL is fine; returns NULL; forgets its peers, tells nobody */

struct slice room_id(const struct room *room);
size_t room_count(const struct room *room); /* peers, the hidden ones too */

/* The first peer in the order of joining, and the one after `peer`; NULL at the end. */
struct peer *room_first_peer(const struct room *room);
struct peer *room_next_peer(const struct room *room, const struct peer *peer);

/* NULL when no peer has that id. */
struct peer *room_find_peer(const struct room *room, struct slice peer_id);

/* NULL when nobody has that identity; else the one that joined last. */
struct peer *room_find_identity(const struct room *room, struct slice identity);

/* Who comes in; copied. */
struct newcomer {
    struct slice peer_id; /* RANDOM_ID_LENGTH long, and not in the room */
    const struct profile *profile;
    void *owner;
    uint64_t order; /* of joining; a join is given a later one than all who are there, if need be */
    bool gives_receipts;
};

/* Adds a peer and tells the others, unless it is hidden: EVENT_PEER_JOINED. *out_peer lives until room_leave() or
 * room_destroy(). Errors: ERR_ROOM_FULL. */
enum error room_join(struct room *room, const struct newcomer *newcomer, struct peer **out_peer);

/* Adds a peer of whom this room had lost sight, with the order that it had: EVENT_PEER_BACK. New peers may have taken
 * the places of those who return, so they fit up to twice the capacity. Errors: ERR_ROOM_FULL. */
enum error room_restore(struct room *room, const struct newcomer *newcomer, struct peer **out_peer);

/* Notes that `peer` is away, or back, and tells the others if that is news: EVENT_PEER_AWAY, EVENT_PEER_BACK. */
void room_set_away(struct room *room, struct peer *peer, bool is_away);

/* Tells everyone who is in the room: EVENT_ROSTER. */
void room_settle(struct room *room);

/* Removes and frees `peer`, and tells the others. */
void room_leave(struct room *room, struct peer *peer, enum leave_reason reason);

/* Changes how `peer` presents itself and tells the others.
 * Errors: ERR_NOT_PERMITTED, ERR_BAD_MESSAGE (more attributes than fit). Nothing changes then. */
enum error room_update(struct room *room, struct peer *peer, const struct profile_update *update);

/* What one peer passes to others. */
struct parcel {
    int64_t seq; /* the sender's number of it; 0: none */
    enum relay_kind kind;
    struct slice body;
};

/* Whether `from` may send this at all: ERR_NOT_PERMITTED, or ERROR_NONE. */
enum error room_may_send(const struct peer *from, enum relay_kind kind);

/* Passes a parcel from `from` to the peer with id `to`.
 * Errors: ERR_NOT_PERMITTED, ERR_NO_SUCH_PEER (also for hidden ones). */
enum error room_relay(struct room *room, struct peer *from, struct slice to, const struct parcel *parcel);

/* Passes a parcel to everyone else or, where `to` is not NULL, to those of them whose ids it lists (hidden peers can
 * not be listed). Errors: ERR_NOT_PERMITTED. */
enum error room_broadcast(struct room *room, struct peer *from, const struct parcel *parcel, const struct slice *to,
                          size_t to_count);

/* Finds whom `admin` may kick; the caller then ends that session.
 * Errors: ERR_NOT_PERMITTED, ERR_NO_SUCH_PEER. */
enum error room_may_kick(struct room *room, const struct peer *admin, struct slice peer_id, struct peer **out_peer);

#endif
