/* bus.h - what a node needs of the outside to find the other nodes of its cluster and to talk to them.
 *
 * Frames may be lost and may come twice, but do not change their order while the bus is up. Nothing here may be called
 * from within a call of the other side. Sources of the design: docs/decisions/0009-many-instances.md. */
#ifndef PARLEY_CLUSTER_BUS_H
#define PARLEY_CLUSTER_BUS_H

#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define BUS_TO_ALL 0 /* the address of all nodes, the sender among them */

enum claim_kind {
    CLAIM_TAKE,    /* a room that nobody holds */
    CLAIM_REPLACE, /* a room that nobody holds, or `holder` */
    CLAIM_ASSERT,  /* a room that this node holds with `term`, and Redis may have forgotten */
    CLAIM_RELEASE, /* a room that this node holds with `term` */
};

struct claim {
    enum claim_kind kind;
    struct slice room;
    uint64_t holder; /* CLAIM_REPLACE */
    uint64_t term;   /* TAKE and REPLACE: the highest that this node has seen; else the one that it holds */
};

/* What a node asks of the bus. Everything is borrowed for the call. */
struct bus {
    void *context;
    void (*publish)(void *context, uint64_t to, struct slice frame);
    /* Answered once by bus_listener.held; never, if the bus goes down before. */
    void (*claim)(void *context, const struct claim *claim);
};

/* What the bus tells a node. */
struct bus_listener {
    void *context;
    void (*up)(void *context, struct instant now); /* what is published from now on is heard */
    void (*down)(void *context, struct instant now);
    void (*frame)(void *context, struct slice frame, struct instant now);
    void (*unheard)(void *context, uint64_t to, struct instant now); /* nobody heard what was published to that node */
    /* Who holds the room now, and with which term; 0, 0: nobody. */
    void (*held)(void *context, struct slice room, uint64_t holder, uint64_t term, struct instant now);
};

#endif
