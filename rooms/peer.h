/* peer.h - one member of one room, as the others see it, and what it may do. */
#ifndef PARLEY_ROOMS_PEER_H
#define PARLEY_ROOMS_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "auth/claims.h"
#include "base/attributes.h"
#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "base/slice.h"

enum media_flag { MEDIA_MIC = 1, MEDIA_CAMERA = 2, MEDIA_SCREEN = 4 };

/* How a peer presents itself; everything borrowed, copied by whoever keeps it. */
struct profile {
    struct slice identity;
    struct slice name;
    struct slice metadata;
    struct attributes attributes;
    unsigned media; /* of enum media_flag */
    struct grants grants;
};

/* A change of profile: only what is flagged changes. */
struct profile_update {
    bool has_name;
    bool has_attributes;
    struct slice name;
    struct attributes attributes; /* merged; an empty value removes */
    unsigned media_mask;          /* which media flags are set by `media` */
    unsigned media;
};

struct room;

struct peer {
    char id[RANDOM_ID_LENGTH + 1];
    uint64_t order; /* of joining: who is polite; the same before and after a server's death */
    bool gives_receipts;
    bool is_away; /* its connection is gone, and it may come back */
    struct room *room;
    void *owner;            /* the session that this peer belongs to */
    struct profile profile; /* its slices point into memory that the peer owns */
    struct list_link link;  /* in the room's list, by order of joining */
    UT_hash_handle hh;      /* in the room's map, by id */
};

static inline struct slice peer_id(const struct peer *peer)
{
    return slice_of(peer->id, RANDOM_ID_LENGTH);
}

/* Whether `self` is the polite one of the two: the one that joined later. Where two homes gave out the same order,
 * the id decides. */
static inline bool peer_is_polite(const struct peer *self, const struct peer *other)
{
    if (self->order != other->order)
        return self->order > other->order;
    return memcmp(self->id, other->id, RANDOM_ID_LENGTH) > 0;
}

#endif
