/* redis_parts.h - what the parts of the Redis bus share; inside cluster/redis*.c only. */
#ifndef PARLEY_CLUSTER_REDIS_PARTS_H
#define PARLEY_CLUSTER_REDIS_PARTS_H

#include <ev.h>
#include <hiredis/async.h>

#include "base/buffer.h"
#include "cluster/lookup.h"
#include "cluster/redis.h"

enum redis_state {
    REDIS_IDLE,
    REDIS_WAITING,   /* for the next try */
    REDIS_RESOLVING, /* the host's name */
    REDIS_GREETING,  /* connecting, and what has to be said first */
    REDIS_UP,
    REDIS_FAILED, /* noticed in the midst of a callback; the next turn of the loop takes it apart */
};

struct redis_connection {
    struct redis_bus *bus;
    redisAsyncContext *context; /* NULL: none */
    int64_t heard_ms;           /* when Redis last said something on it */
};

#define REDIS_SHA_LENGTH 40
#define REDIS_NAME_SIZE  (REDIS_PREFIX_MAX + sizeof ":n:0123456789abcdef")

struct redis_bus {
    struct ev_loop *loop;
    struct ev_timer timer; /* of the state: one at a time */
    struct redis_config config;
    struct bus_listener listener;
    uint64_t self;
    char self_text[17];
    char node_channel[REDIS_NAME_SIZE], all_channel[REDIS_NAME_SIZE], probe_channel[REDIS_NAME_SIZE];
    char term_key[REDIS_NAME_SIZE];

    enum redis_state state;
    struct redis_connection commands, subscription;
    struct lookup *lookup;
    size_t awaited;    /* of the greeting */
    bool is_open;      /* Redis has answered before a password was given */
    bool is_remote;    /* it is not on this machine */
    bool is_open_told; /* and that was noted */
    char script_sha[REDIS_SHA_LENGTH + 1];

    uint64_t tries; /* since the bus was up */
    int64_t since_ms, noted_ms;
    unsigned backoff;  /* how often the pause was doubled */
    struct buffer why; /* it failed */
    bool was_up;       /* before it failed */

    int64_t pulse_ms;  /* of the last one: a late one says that we stood still ourselves */
    int64_t asked_ms;  /* since when something is due, the greeting or a probe */
    uint64_t probe;    /* the number of the last one */
    bool is_probing;   /* it has not come back yet */
    double probed_s;   /* when it was sent */
    double round_trip; /* seconds */

    size_t pending, pending_bytes, pending_claims;
    struct redis_counts counts;
};

/* One that waits for Redis' answer; given to hiredis, which calls back in any case. */
struct redis_request {
    struct redis_bus *bus;
    size_t bytes;
    uint64_t to;        /* a frame's */
    struct claim claim; /* a claim's; its room is behind it */
    char room[];
};

/* Takes the bus down at the next turn of the loop; `why` is copied, without the password. */
void redis_fail(struct redis_bus *bus, const char *why);

/* The time that the listener is told. */
struct instant redis_listener_now(const struct redis_bus *bus);

/* Queues a command; `request` is freed with the answer, or now. False: it failed. */
bool redis_send(struct redis_bus *bus, redisCallbackFn *on_answer, struct redis_request *request, int count,
                const struct slice *words);
/* First thing in its callback. */
void redis_answered(struct redis_request *request);

/* redis_connection.c: connects to `address` (NULL: to the socket), and greets; redis_greeted() follows, or a failure.
 */
void redis_connection_open(struct redis_bus *bus, const char *address);
void redis_connection_close(struct redis_bus *bus);
void redis_greeted(struct redis_bus *bus);
void redis_probe(struct redis_bus *bus, int64_t now_ms);

/* redis_claim.c */
extern const char redis_claim_script[];
void redis_claim(void *context, const struct claim *claim);

#endif
