/* route.h - how an edge and a home speak: requests one way, events the other, whatever the distance.
 *
 * On the same worker a request is a function call, to another node it is a frame on the bus, and nobody above this
 * interface may rely on an answer having come before send() returns. */
#ifndef PARLEY_CLUSTER_ROUTE_H
#define PARLEY_CLUSTER_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/frame.h"
#include "rooms/event.h"
#include "rooms/peer.h"
#include "rooms/room.h"

/* Where a session's client is. */
struct locator {
    uint64_t edge;   /* which node's edge; 0: this one's own */
    uint64_t client; /* the edge's handle of the client */
};

enum request_type {
    REQUEST_JOIN,
    REQUEST_RESUME,
    REQUEST_RELAY,
    REQUEST_BROADCAST,
    REQUEST_UPDATE,
    REQUEST_KICK,
    REQUEST_RECEIPT, /* nothing but `got` */
    REQUEST_REFRESH,
    REQUEST_DETACH, /* the connection is gone; the session may come back */
    REQUEST_LEAVE,  /* the session is over */
};

#define GOT_NOTHING (-1)

/* What an edge asks of a home, for one client. Everything in it is borrowed for the call. */
struct request {
    enum request_type type;
    struct locator from;
    struct instant now;
    uint64_t session;    /* the home's handle, from the welcome; 0 for REQUEST_JOIN and REQUEST_RESUME */
    uint64_t home;       /* the node of that home, from the welcome, too; 0: this one */
    struct reference id; /* answered by EVENT_OK or EVENT_ERROR when set; errors are answered always */
    int64_t got;         /* the last number that the client has handled, a receipt; or GOT_NOTHING */
    union {
        struct {
            struct slice room;
            const char *peer_id; /* fresh and random, made by the edge */
            const struct profile *profile;
            bool gives_receipts;
            int64_t ends_unix_s; /* when the session ends; its tickets too */
        } join;
        struct {
            struct slice room;
            struct slice peer_id;
            const struct profile *profile;
            bool gives_receipts;
            uint64_t order, epoch, generation; /* as the ticket says */
            int64_t ends_unix_s;
            bool is_live; /* the edge shows the ticket again, of a client that was connected all the time */
        } resume;
        struct {
            struct slice to;
            struct parcel parcel;
        } relay;
        struct {
            struct parcel parcel;
            const struct slice *to; /* peer ids; NULL: everyone */
            size_t to_count;
        } broadcast;
        const struct profile_update *update;
        struct {
            struct slice peer_id;
        } kick;
        struct {
            int64_t ends_unix_s;
        } refresh;
        struct {
            enum leave_reason reason; /* what the others hear, of a detached session when it does not come back */
        } leave;                      /* REQUEST_LEAVE, REQUEST_DETACH */
    };
};

/* What the request passes to peers; NULL: it passes nothing. */
static inline const struct parcel *request_parcel(const struct request *request)
{
    if (request->type == REQUEST_RELAY)
        return &request->relay.parcel;
    return request->type == REQUEST_BROADCAST ? &request->broadcast.parcel : NULL;
}

/* The way to the homes. */
struct route {
    void *context;
    void (*send)(void *context, const struct request *request);
};

/* One hearer of an event, and the number that the event has for it. */
struct delivery {
    struct locator to;
    uint64_t n; /* 0: none */
};

/* The way back to the edges: returns how many of the `count` clients took the event. A client that did not take one
 * takes none after it, until it has resumed. `frame` is the event's text, borrowed; NULL for those that the edge
 * answers by itself: EVENT_WELCOME, EVENT_BYE, and errors before a welcome. Of what is delivered once more, after
 * WELCOME_RESUMED or WELCOME_REBUILT, the event has the type alone; all of it is in the frame. */
struct listener {
    void *context;
    size_t (*deliver)(void *context, const struct delivery *to, size_t count, const struct event *event,
                      struct frame *frame);
};

#endif
