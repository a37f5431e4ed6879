/* switchboard_parts.h - the insides of a switchboard: what its files share, and nobody else sees. */
#ifndef PARLEY_CLUSTER_SWITCHBOARD_PARTS_H
#define PARLEY_CLUSTER_SWITCHBOARD_PARTS_H

#include "base/list.h"
#include "base/map.h"
#include "cluster/directory.h"
#include "cluster/members.h"
#include "cluster/switchboard.h"

/* Another node that we have spoken to or heard of. */
struct station {
    struct switchboard *switchboard;
    uint64_t node;
    char name[WIRE_NAME_MAX + 1]; /* as it last said; "" until then */
    struct link *link;
    bool is_overrun; /* an event found no place: the link is broken at the next tick */
    bool is_gone;    /* out of reach, as far as we know: claims may replace it */
    int64_t gone_ms;
    UT_hash_handle hh;
};

/* A join or resume of a client of ours that its home has not answered yet; or a request to our home that came while it
 * was not certain which rooms are ours. */
struct waiting {
    struct locator from;
    uint64_t node; /* which was asked; 0: it is not known yet where the room is */
    struct slice room;
    struct slice payload; /* both in `bytes` */
    struct list_link link;
    UT_hash_handle hh; /* by client, of those that wait for an answer */
    char bytes[];
};

struct switchboard {
    struct switchboard_config config;
    struct home *home;
    struct route home_route;
    struct edge_port edge;
    struct members *members;
    struct directory *directory;
    struct station *stations; /* by node */
    struct waiting *asked;    /* by client of ours */
    struct list asking;       /* the same, the oldest first, */
    struct list to_ask;       /* but for those whose home is to be looked for again */
    struct list held;         /* for our home, until it is certain what is ours */
    size_t waiting_count, waiting_bytes;
    struct wire_room *wire_room;
    struct buffer payload, frame, roster; /* scratch */
    struct delivery *hearers;             /* scratch */
    size_t hearers_capacity;
    struct slice *lost_rooms; /* in the call under way; each owned */
    size_t lost_count, lost_capacity;
    struct instant now;
    int64_t heartbeat_ms; /* when the last was sent */
    uint64_t heartbeats;
    uint64_t heartbeat_heard; /* of our own */
    uint64_t lag_ms;          /* that it took */
    size_t connections;       /* of our edge, as the host said last */
    bool is_draining;
    bool has_left;
    struct switchboard_counts counts;
};

void switchboard_send_heartbeat(struct switchboard *switchboard);
void switchboard_say_moved(struct switchboard *switchboard, const struct slice *rooms, size_t count); /* to all */
void switchboard_note(const struct switchboard *switchboard, struct switchboard_note note);

/* switchboard_stations.c */
struct station *station_find(struct switchboard *switchboard, uint64_t node);
struct station *station_reach(struct switchboard *switchboard, uint64_t node); /* made if need be; NULL: too many */
void station_gone(struct switchboard *switchboard, uint64_t node);
void station_destroy(struct station *station);

/* False: there is no place, or the link is about to be broken. */
bool station_say(struct station *station, struct slice payload);

/* switchboard_requests.c */
void switchboard_request(void *context, const struct request *request); /* of a client of ours */
void switchboard_take_request(struct station *from, struct slice payload);

/* The room is found to be at that node (self: here): those that wait for it go there. */
void switchboard_room_found(struct switchboard *switchboard, struct slice room, uint64_t node);

/* That node will not answer any more: what it was asked is asked of whoever is home now. */
void switchboard_ask_again(struct switchboard *switchboard, uint64_t node, const struct slice *rooms, size_t count);

/* Asks where the rooms are of those that are to be asked again; not more often than at each tick: two nodes that take
 * each other for the home would have no end of it. */
void switchboard_ask_due(struct switchboard *switchboard);

/* It was answered. */
void switchboard_answered(struct switchboard *switchboard, uint64_t client);

/* It is certain again which rooms are ours. */
void switchboard_release_held(struct switchboard *switchboard);
void switchboard_forget_waiting(struct switchboard *switchboard);

/* switchboard_events.c */
size_t switchboard_deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                           struct frame *frame);
void switchboard_take_delivery(struct station *from, struct slice payload);
void switchboard_take_moved(struct station *from, struct slice payload);

#endif
