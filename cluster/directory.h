/* directory.h - which node is home to which room: leases with fencing terms, and what is not known yet.
 *
 * Pure: asks the bus through a port, is told its answers. A room that this node holds without a lease, because the bus
 * was down, is held with term 0 until it is asserted. What a claim does is the table in
 * docs/decisions/0009-many-instances.md. */
#ifndef PARLEY_CLUSTER_DIRECTORY_H
#define PARLEY_CLUSTER_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "cluster/bus.h"

struct directory; /* opaque */

enum whereabouts {
    HOME_HERE,
    HOME_THERE,   /* at another node */
    HOME_UNKNOWN, /* the bus was asked, or is down */
};

/* found and lost may call any function of the directory but tick, destroy and those of the bus. */
struct directory_port {
    void *context;
    /* Only from within ask, release, stalled and tick, and only while the bus is up: what the bus tells is never
     * answered by a claim before it has returned. */
    void (*claim)(void *context, const struct claim *claim);
    /* The answer to directory_ask(): self, or another node. */
    void (*found)(void *context, struct slice room, uint64_t node, struct instant now);
    /* A room that was ours is another node's: forget it, and show its clients' tickets there. */
    void (*lost)(void *context, struct slice room, uint64_t node, struct instant now);
};

#define DIRECTORY_WAIT_MS       1000     /* how long an answer is waited for before the bus counts as down */
#define DIRECTORY_EXPIRY_MS     (300000) /* of an entry in Redis */
#define DIRECTORY_RENEW_MS      (100000) /* each room is asserted once in that time, in slices */
#define DIRECTORY_AGAIN_MS      3000     /* and again so long after the bus came: others may have claimed meanwhile */
#define DIRECTORY_UNDER_WAY_MAX 512      /* assertions that wait for their answer */
#define DIRECTORY_KNOWN_MAX     20000    /* rooms of other nodes that are remembered; the least used goes first */
#define DIRECTORY_TERM_MAX      ((UINT64_C(1) << 53) - 1) /* what a Lua number holds; greater ones are not noted */

struct directory *directory_create(uint64_t self, struct directory_port port); /* never NULL; the bus is down */
struct directory *directory_destroy(struct directory *directory);              /* returns NULL */

/* Where the room is; *out_node is set for HOME_THERE. */
enum whereabouts directory_find(const struct directory *directory, struct slice room, uint64_t *out_node);

/* Finds out, or takes the room: port.found is called, now or later, once for all who asked meanwhile. While the bus is
 * down the room is taken at once, and so it is when the bus has not answered in DIRECTORY_WAIT_MS. `room` is a room's
 * id, and is copied. `unreachable`: the node that it was at and that is out of reach; 0: none. */
void directory_ask(struct directory *directory, struct slice room, uint64_t unreachable, struct instant now);

/* This node has no use for the room any more; port.found is not called if it was asked for. */
void directory_release(struct directory *directory, struct slice room);

/* The same for all rooms; `each` is told of those that were here. */
void directory_release_all(struct directory *directory, void (*each)(void *context, struct slice room), void *context);

/* That node is out of reach or gone: what was known to be there is unknown. */
void directory_forget_node(struct directory *directory, uint64_t node);

/* That node says that it is no longer home to the room. */
void directory_forget_room(struct directory *directory, struct slice room, uint64_t node);

/* Of the lease of a room that is here; 0: there is none yet, or the room is not here. */
uint64_t directory_term_of(const struct directory *directory, struct slice room);

/* That node says that it has become home to the room, with that term. If we are, a lower lease of ours is lost to it,
 * even where Redis has forgotten both; else the room is asserted at the next tick. */
void directory_taken(struct directory *directory, struct slice room, uint64_t node, uint64_t term, struct instant now);

/* Asserts all rooms of this node at the next ticks. May come while the bus is up: Redis was flushed. */
void directory_bus_up(struct directory *directory, struct instant now);
void directory_bus_down(struct directory *directory, struct instant now);
void directory_held(struct directory *directory, struct slice room, uint64_t holder, uint64_t term, struct instant now);

/* Asserts everything, and trusts nothing until it was answered: the process stood still. directory_is_sure() is false
 * until then, or until DIRECTORY_WAIT_MS have passed without an answer. An answer to what was claimed before is none.
 */
void directory_stalled(struct directory *directory, struct instant now);
bool directory_is_sure(const struct directory *directory);

void directory_note_term(struct directory *directory, uint64_t term); /* another node has seen it */
uint64_t directory_term(const struct directory *directory);           /* the highest seen */

void directory_tick(struct directory *directory, struct instant now); /* some ten times a second */

size_t directory_held_count(const struct directory *directory);     /* rooms that are here */
size_t directory_unleased_count(const struct directory *directory); /* those of them without a lease */
size_t directory_count(const struct directory *directory);          /* all rooms of which anything is known */

#endif
