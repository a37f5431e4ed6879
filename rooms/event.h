/* event.h - what a peer hears: the typed form of every message from server to client. */
#ifndef PARLEY_ROOMS_EVENT_H
#define PARLEY_ROOMS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct peer;
struct room;

/* EVENT(name, wire type); held equal to docs/protocol.md by a test. */
#define EVENT_TABLE(EVENT)                                                                                             \
    EVENT(WELCOME, "welcome")                                                                                          \
    EVENT(OK, "ok")                                                                                                    \
    EVENT(PONG, "pong")                                                                                                \
    EVENT(ERROR, "error")                                                                                              \
    EVENT(PEER_JOINED, "peer-joined")                                                                                  \
    EVENT(PEER_LEFT, "peer-left")                                                                                      \
    EVENT(PEER_UPDATED, "peer-updated")                                                                                \
    EVENT(RELAY, "relay")                                                                                              \
    EVENT(BROADCAST, "broadcast")                                                                                      \
    EVENT(ICE_SERVERS, "ice-servers")                                                                                  \
    EVENT(BYE, "bye")

enum event_type {
#define EVENT(name, wire) EVENT_##name,
    EVENT_TABLE(EVENT)
#undef EVENT
        EVENT_COUNT
};

/* KIND(name, wire): what a relayed body is. */
#define RELAY_KIND_TABLE(KIND)                                                                                         \
    KIND(OFFER, "offer")                                                                                               \
    KIND(ANSWER, "answer")                                                                                             \
    KIND(CANDIDATE, "candidate")                                                                                       \
    KIND(DATA, "data")

enum relay_kind {
#define KIND(name, wire) RELAY_##name,
    RELAY_KIND_TABLE(KIND)
#undef KIND
        RELAY_KIND_COUNT
};

/* REASON(name, wire): why a peer is gone. */
#define LEAVE_REASON_TABLE(REASON)                                                                                     \
    REASON(LEFT, "left")                                                                                               \
    REASON(LOST, "lost")                                                                                               \
    REASON(TIMEOUT, "timeout")                                                                                         \
    REASON(KICKED, "kicked")                                                                                           \
    REASON(SLOW, "slow")                                                                                               \
    REASON(REFUSED, "refused")                                                                                         \
    REASON(SHUTDOWN, "shutdown")

enum leave_reason {
#define REASON(name, wire) LEAVE_##name,
    LEAVE_REASON_TABLE(REASON)
#undef REASON
        LEAVE_REASON_COUNT
};

enum bye_action { BYE_RESUME, BYE_REJOIN, BYE_STOP };

/* The number by which a client recognises the answer to its message. */
struct reference {
    bool is_set;
    int64_t id; /* 0 to 2^53-1 */
};

/* One event. Everything in it is borrowed and lives for the call that hands it over. */
struct event {
    enum event_type type;
    struct reference re; /* WELCOME, OK, PONG, ERROR */
    union {
        struct {
            const struct room *room; /* its id and its roster */
            const struct peer *self;
            uint64_t session;         /* the home's handle; for the edge, not for the client */
            struct slice ice_servers; /* ready JSON array, filled in by the edge */
            int64_t ice_ttl_s;        /* -1: nothing expires */
            int64_t ping_interval_s;
        } welcome;
        struct {
            enum error code;
            const char *field;      /* NULL: none */
            int64_t retry_after_ms; /* -1: none */
        } error;
        struct {
            const struct peer *peer;
            bool is_hearer_polite; /* PEER_JOINED: always false for those already there */
        } peer;                    /* PEER_JOINED, PEER_UPDATED */
        struct {
            struct slice peer_id;
            enum leave_reason reason;
        } left;
        struct {
            struct slice from;
            enum relay_kind kind; /* RELAY */
            struct slice body;    /* the sender's own bytes */
        } relay;                  /* RELAY, BROADCAST */
        struct {
            struct slice servers; /* ready JSON array */
            int64_t ttl_s;
        } ice;
        struct {
            enum error code;
            enum bye_action action;
            int64_t delay_ms;
        } bye;
    };
};

const char *event_type_name(enum event_type type);
const char *relay_kind_name(enum relay_kind kind);
const char *leave_reason_name(enum leave_reason reason);

/* False when `name` is no kind. */
bool relay_kind_find(struct slice name, enum relay_kind *out_kind);

#endif
