/* route.h - how an edge and a home speak: requests one way, events the other, whatever the distance.
 *
 * On the same worker a request is a function call. Other workers and other nodes come later behind this same
 * interface; nobody above it may rely on an answer having come before route_send() returns. */
#ifndef PARLEY_CLUSTER_ROUTE_H
#define PARLEY_CLUSTER_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "rooms/event.h"
#include "rooms/peer.h"

/* Where a session's client is. */
struct locator {
    uint64_t edge;   /* which edge; 0 is this worker's own */
    uint64_t client; /* the edge's handle of the client */
};

enum request_type { REQUEST_JOIN, REQUEST_RELAY, REQUEST_BROADCAST, REQUEST_UPDATE, REQUEST_KICK, REQUEST_LEAVE };

/* What an edge asks of a home, for one client. Everything in it is borrowed for the call. */
struct request {
    enum request_type type;
    struct locator from;
    uint64_t session;    /* the home's handle, from the welcome; 0 for REQUEST_JOIN */
    struct reference id; /* answered by EVENT_OK or EVENT_ERROR when set; errors are answered always */
    union {
        struct {
            struct slice room;
            const char *peer_id; /* fresh and random, made by the edge */
            const struct profile *profile;
        } join;
        struct {
            struct slice to;
            enum relay_kind kind;
            struct slice body;
        } relay;
        struct {
            struct slice body;
        } broadcast;
        const struct profile_update *update;
        struct {
            struct slice peer_id;
        } kick;
        struct {
            enum leave_reason reason;
        } leave;
    };
};

/* The way to the homes. */
struct route {
    void *context;
    void (*send)(void *context, const struct request *request);
};

/* The way back to the edges: returns how many of the `count` clients took the event. */
struct listener {
    void *context;
    size_t (*deliver)(void *context, const struct locator *to, size_t count, const struct event *event);
};

#endif
