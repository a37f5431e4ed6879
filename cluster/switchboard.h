/* switchboard.h - hands requests to the home of their room and events to the edges of their hearers, on whichever node
 * of the cluster these are.
 *
 * Pure, and the only part that knows all the others: members, links, directory, wire. The edge takes it for the way to
 * the homes, the home for the way to the edges. Of a node without a cluster there is none. */
#ifndef PARLEY_CLUSTER_SWITCHBOARD_H
#define PARLEY_CLUSTER_SWITCHBOARD_H

#include "cluster/bus.h"
#include "cluster/home.h"
#include "cluster/link.h"
#include "cluster/route.h"
#include "cluster/wire.h"

struct switchboard; /* opaque */

/* What the switchboard asks of the edge of its node. */
struct edge_port {
    void *context;
    /* As listener.deliver, of a home on that node (0: ours). */
    size_t (*deliver)(void *context, uint64_t home, const struct delivery *to, size_t count, const struct event *event,
                      struct frame *frame);
    /* Clients whose sessions are at that home (0: ours), in one of these rooms (none: in any), show their tickets
     * again. */
    void (*reattach)(void *context, uint64_t home, const struct slice *rooms, size_t room_count, struct instant now);
    /* Appends the JSON array of the peers that `self` sees. */
    void (*write_roster)(void *context, const struct room *room, const struct peer *self, struct buffer *out);
};

/* What is worth a line in a log. */
enum switchboard_note_kind {
    SWITCHBOARD_NOTE_JOINED, /* a node is heard, for the first time or again */
    SWITCHBOARD_NOTE_GONE,   /* it is out of reach, or said goodbye */
    SWITCHBOARD_NOTE_PARTED, /* the link to it has broken: its clients, and ours there, are taken up again */
    SWITCHBOARD_NOTE_LOST,   /* rooms of ours are another node's now */
};

struct switchboard_note {
    enum switchboard_note_kind kind;
    uint64_t node;    /* LOST: 0 */
    const char *name; /* what people call it; "" where it is not known */
    size_t rooms;     /* LOST */
};

struct switchboard_config {
    uint64_t self; /* this node */
    const char *name, *software;
    struct wire_key keys[2]; /* the first is written with */
    size_t key_count;
    struct link_limits link;
    size_t waiting_max;        /* requests that wait for a room to be found, for an answer, or for certainty */
    size_t waiting_bytes_max;  /* of them */
    uint64_t (*make_id)(void); /* random, never 0 */
    struct bus bus;
    void (*note)(void *context, const struct switchboard_note *note); /* may be NULL */
    void *note_context;
};

struct switchboard_counts {
    uint64_t frames_in, frames_out, bytes_in, bytes_out;
    uint64_t frames_bad; /* not authentic, or not well formed */
    uint64_t refused;    /* requests and events for which there was no place */
    uint64_t links_broken, rooms_lost, rooms_taken;
};

struct switchboard *switchboard_create(const struct switchboard_config *config); /* never NULL; config is copied */
struct switchboard *switchboard_destroy(struct switchboard *switchboard);        /* returns NULL */

/* Once, before the first request. The home is borrowed; `to_home` is the way to it. */
void switchboard_connect(struct switchboard *switchboard, struct home *home, struct route to_home,
                         struct edge_port edge);

struct route switchboard_route(struct switchboard *switchboard);       /* for the edge */
struct listener switchboard_listener(struct switchboard *switchboard); /* for the home */
struct bus_listener switchboard_bus_listener(struct switchboard *switchboard);

/* A room of this node's home is empty and gone: from home_config.note. */
void switchboard_room_closed(struct switchboard *switchboard, struct slice room);

/* How many connections this node has, for its heartbeats. */
void switchboard_set_connections(struct switchboard *switchboard, size_t count);

/* The process stood still: nothing is delivered until it is clear which rooms are still ours. */
void switchboard_stalled(struct switchboard *switchboard, struct instant now);

/* To be called every LINK_TICK_MS. */
void switchboard_tick(struct switchboard *switchboard, struct instant now);

/* This node is going: it says so in its heartbeats, and gives up its rooms in steps at each tick. Can be taken back. */
void switchboard_drain(struct switchboard *switchboard, bool is_draining);

/* The end of a drain, with no way back: gives up every room, tells the other nodes, and says goodbye; they take it for
 * gone at once. No frame of theirs is answered any more. The bus needs a moment to take all that. */
void switchboard_leave(struct switchboard *switchboard, struct instant now);

bool switchboard_is_bus_working(const struct switchboard *switchboard, struct instant now);
const struct switchboard_counts *switchboard_counts(const struct switchboard *switchboard);

#endif
