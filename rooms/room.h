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

/* Adds a peer and tells the others, unless it is hidden. `profile` is copied, `peer_id` is a fresh
 * random id. *out_peer lives until room_leave() or room_destroy(). Errors: ERR_ROOM_FULL. */
enum error room_join(struct room *room, const char *peer_id, const struct profile *profile, void *owner,
                     struct peer **out_peer);

/* Removes and frees `peer`, and tells the others. */
void room_leave(struct room *room, struct peer *peer, enum leave_reason reason);

/* Changes how `peer` presents itself and tells the others.
 * Errors: ERR_NOT_PERMITTED, ERR_BAD_MESSAGE (more attributes than fit). Nothing changes then. */
enum error room_update(struct room *room, struct peer *peer, const struct profile_update *update);

/* Passes `body` from `from` to the peer with id `to`.
 * Errors: ERR_NOT_PERMITTED, ERR_NO_SUCH_PEER (also for hidden ones). */
enum error room_relay(struct room *room, struct peer *from, struct slice to, enum relay_kind kind, struct slice body);

/* Passes `body` to everyone else. Errors: ERR_NOT_PERMITTED. */
enum error room_broadcast(struct room *room, struct peer *from, struct slice body);

/* Finds whom `admin` may kick; the caller then ends that session.
 * Errors: ERR_NOT_PERMITTED, ERR_NO_SUCH_PEER. */
enum error room_may_kick(struct room *room, const struct peer *admin, struct slice peer_id, struct peer **out_peer);

#endif
