/* members.h - who is in the cluster, as far as this node can tell from heartbeats.
 *
 * Silence counts only while our own heartbeats come back to us: when the bus is down nobody is judged. */
#ifndef PARLEY_CLUSTER_MEMBERS_H
#define PARLEY_CLUSTER_MEMBERS_H

#include <stddef.h>

#include "base/clock.h"
#include "cluster/wire.h"

#define MEMBERS_MAX          256
#define MEMBERS_HEARTBEAT_MS 1000
#define MEMBERS_SILENT_MS    3000 /* of a bus that works: then a node is out of reach */
#define MEMBERS_UNHEARD_MS   1000 /* nobody hears what is published to it, for so long, and twice at least */

struct members; /* opaque */

struct member {
    uint64_t node;
    struct wire_heartbeat last; /* its newest heartbeat */
    int64_t heard_ms;           /* when that came, monotonic */
};

struct members_port {
    void *context;
    void (*joined)(void *context, const struct member *member);
    void (*gone)(void *context, uint64_t node, struct instant now); /* out of reach, or said goodbye */
};

/* Never NULL. `self` is no member of its own list. */
struct members *members_create(uint64_t self, struct members_port port);
struct members *members_destroy(struct members *members); /* returns NULL */

void members_bus_up(struct members *members, struct instant now);
void members_bus_down(struct members *members, struct instant now);

/* A heartbeat has come; one of our own says that the bus works, and with a goodbye its sender is gone. One whose count
 * is not above the last one's is passed over: somebody plays it again. More than MEMBERS_MAX are not taken in. */
void members_hear(struct members *members, uint64_t from, const struct wire_heartbeat *heartbeat, struct instant now);

/* Nobody heard what was published to that node. */
void members_unheard(struct members *members, uint64_t node, struct instant now);

/* The process stood still: what the clock says of silence is not true. */
void members_stalled(struct members *members, struct instant now);

/* Says who is gone. To be called some ten times a second. */
void members_tick(struct members *members, struct instant now);

bool members_is_bus_working(const struct members *members, struct instant now);

/* NULL: it is not known, or gone. */
const struct member *members_find(const struct members *members, uint64_t node);

size_t members_count(const struct members *members);
const struct member *members_at(const struct members *members, size_t index); /* in no order; NULL: no more */

#endif
