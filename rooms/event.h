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
    EVENT(PEER_AWAY, "peer-away")                                                                                      \
    EVENT(PEER_BACK, "peer-back")                                                                                      \
    EVENT(ROSTER, "roster")                                                                                            \
    EVENT(RELAY, "relay")                                                                                              \
    EVENT(BROADCAST, "broadcast")                                                                                      \
    EVENT(RECEIPT, "receipt")                                                                                          \
    EVENT(UNDELIVERED, "undelivered")                                                                                  \
    EVENT(TICKET, "ticket")                                                                                            \
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

/* REASON(name, wire): why a peer is gone. LOST, TIMEOUT, SLOW and SHUTDOWN: and it did not come back in time. */
#define LEAVE_REASON_TABLE(REASON)                                                                                     \
    REASON(LEFT, "left")                                                                                               \
    REASON(LOST, "lost")                                                                                               \
    REASON(TIMEOUT, "timeout")                                                                                         \
    REASON(KICKED, "kicked")                                                                                           \
    REASON(REPLACED, "replaced")                                                                                       \
    REASON(EXPIRED, "expired")                                                                                         \
    REASON(SLOW, "slow")                                                                                               \
    REASON(REFUSED, "refused")                                                                                         \
    REASON(SHUTDOWN, "shutdown")

enum leave_reason {
#define REASON(name, wire) LEAVE_##name,
    LEAVE_REASON_TABLE(REASON)
#undef REASON
        LEAVE_REASON_COUNT
};

/* REASON(name, wire): why an accepted message has not reached a peer. */
#define UNDELIVERED_REASON_TABLE(REASON)                                                                               \
    REASON(PEER_LEFT, "peer-left")                                                                                     \
    REASON(EXPIRED, "expired")                                                                                         \
    REASON(OUTBOX_FULL, "outbox-full")                                                                                 \
    REASON(KICKED, "kicked")

enum undelivered_reason {
#define REASON(name, wire) UNDELIVERED_##name,
    UNDELIVERED_REASON_TABLE(REASON)
#undef REASON
        UNDELIVERED_REASON_COUNT
};

/* How a welcome came about: the wire's "new", "resumed" and "rebuilt". */
enum welcome_kind {
    WELCOME_NEW,
    WELCOME_RESUMED, /* the home still has the session: what was missed follows */
    WELCOME_REBUILT, /* the home had lost it, and made it anew from its ticket */
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
    int64_t seq;         /* the sender's number: RELAY, BROADCAST; of the message answered: OK, ERROR; 0: none */
    union {
        struct {
            const struct room *room; /* its id and its roster; NULL: the home is on another node, which says: */
            struct slice room_id;    /* instead of the room: its id, */
            struct slice roster;     /* a ready JSON array of the peers that the hearer sees, */
            size_t peer_count;       /* and how many are in it, itself among them */
            const struct peer *self;
            enum welcome_kind kind;
            int64_t accepted; /* RESUMED: the last number that the home has taken from this client */
            int64_t grace_ms;
            uint64_t home;    /* its node; 0: this one */
            uint64_t session; /* the home's handle; this and the next three are for the edge and its ticket */
            uint64_t epoch, generation;
            int64_t ends_unix_s;
            struct slice ticket;      /* these are filled in by the edge */
            struct slice ice_servers; /* ready JSON array */
            int64_t ice_ttl_s;        /* -1: nothing expires */
            int64_t ping_interval_s;
            size_t message_bytes_max;
        } welcome;
        struct {
            enum error code;
            const char *field;      /* NULL: none */
            int64_t retry_after_ms; /* -1: none */
        } error;
        struct {
            const struct peer *peer;
            bool is_hearer_polite; /* PEER_JOINED: always false for those already there */
        } peer;                    /* PEER_JOINED, PEER_UPDATED, PEER_BACK */
        struct {
            struct slice peer_id;
        } away;
        const struct room *roster; /* who is in it now that its grace time is over */
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
            struct slice from; /* has handled everything that the hearer sent to it, up to seq */
            int64_t seq;
        } receipt;
        struct {
            struct slice peer_id;
            int64_t first, last; /* those of these that have no receipt yet */
            enum undelivered_reason reason;
        } undelivered;
        struct slice ticket;
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
const char *undelivered_reason_name(enum undelivered_reason reason);

/* False when `name` is no kind. */
bool relay_kind_find(struct slice name, enum relay_kind *out_kind);

#endif
