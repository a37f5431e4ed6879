/* redis.h - the bus of the cluster in a real Redis (7 or later, or Valkey), for one worker.
 *
 * Two connections on the worker's loop: one hears the channels {prefix}:n:<this node> and {prefix}:all, the other
 * carries the commands. A probe goes from one to the other each second, over {prefix}:p:<this node>; when either
 * connection is lost or says nothing for REDIS_SILENT_MS while something is due, the bus is down and both are made
 * anew, for ever. Nothing here waits: names are looked up in a thread of their own, each time, so that a name may
 * follow a failover.
 *
 * SIGPIPE has to be ignored by the process. What is supported of Redis stands in docs/redis.md. */
#ifndef PARLEY_CLUSTER_REDIS_H
#define PARLEY_CLUSTER_REDIS_H

#include <stddef.h>

#include "base/redis_url.h"
#include "cluster/bus.h"

struct ev_loop;
struct redis_bus; /* opaque */

#define REDIS_PREFIX_MAX        64
#define REDIS_PROBE_MS          1000
#define REDIS_SILENT_MS         2000
#define REDIS_RETRY_MS          50   /* the first pause between two tries, half of it by chance; doubles, */
#define REDIS_RETRY_MS_MAX      2000 /* up to this */
#define REDIS_NOTE_MS           60000
#define REDIS_LEASE_MS          300000 /* the expiry of a room's entry: docs/decisions/0009-many-instances.md */
#define REDIS_PENDING_MAX       16384  /* frames that Redis has not taken yet; further ones are dropped */
#define REDIS_PENDING_BYTES_MAX (32 * 1024 * 1024)
#define REDIS_CLAIMS_MAX        262144 /* without an answer: more than this, and the bus is down */

/* What is worth a line in a log. */
enum redis_note_kind {
    REDIS_NOTE_UP,
    REDIS_NOTE_DOWN, /* the first time, and every REDIS_NOTE_MS while it lasts */
    REDIS_NOTE_OPEN, /* Redis lets in whoever can reach it, and that is not this machine alone (T-52); told once */
};

struct redis_note {
    enum redis_note_kind kind;
    const char *server; /* its URL, without the password */
    const char *why;    /* DOWN: a sentence or Redis' own words, without the password */
    uint64_t tries;     /* to connect, since the bus was last up */
    int64_t down_ms;    /* since then */
};

struct redis_config {
    struct redis_url url;
    char prefix[REDIS_PREFIX_MAX + 1];
    void (*note)(void *context, const struct redis_note *note); /* may be NULL */
    void *note_context;
    struct instant (*clock)(void *context); /* by which the listener lives; NULL: clock_now() */
    void *clock_context;
};

/* Since the bus was made. */
struct redis_counts {
    uint64_t published;
    uint64_t received;
    uint64_t dropped;  /* frames: the bus was down, or Redis too slow */
    uint64_t unheard;  /* frames to one node that nobody heard */
    uint64_t claims;   /* answered */
    uint64_t connects; /* how often the bus came up */
    uint64_t failures; /* how often it went down, or did not come up */
};

/* `config` is copied. Never NULL. `self` is this node, never 0. */
struct redis_bus *redis_bus_create(struct ev_loop *loop, const struct redis_config *config, uint64_t self);
struct redis_bus *redis_bus_destroy(struct redis_bus *bus); /* tells nobody; NULL is fine; returns NULL */

/* For the node to talk to; publish and claim may be called at any time, from the listener's calls too. */
struct bus redis_bus(struct redis_bus *bus);

/* Begins; once. The listener is called from the loop only, and may not destroy the bus. */
void redis_bus_connect(struct redis_bus *bus, struct bus_listener listener);

const struct redis_counts *redis_bus_counts(const struct redis_bus *bus);
bool redis_bus_is_up(const struct redis_bus *bus);
double redis_bus_round_trip_s(const struct redis_bus *bus); /* of the last probe; 0: there was none */
size_t redis_bus_pending(const struct redis_bus *bus);      /* commands without an answer */

#endif
