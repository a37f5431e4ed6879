/* worker_cluster.h - how a worker is a node of its cluster: its switchboard, its bus in Redis, and the clock of both.
 */
#ifndef PARLEY_SIGNALING_WORKER_CLUSTER_H
#define PARLEY_SIGNALING_WORKER_CLUSTER_H

#include "cluster/redis.h"
#include "cluster/route.h"
#include "cluster/switchboard.h"

struct worker;
struct worker_cluster; /* opaque; NULL is a worker without a cluster, and fine everywhere */

struct worker_cluster_config {
    struct redis_config redis;
    struct wire_key keys[2]; /* the first is written with */
    size_t key_count;
    const char *node_name; /* for people */
};

/* Where the worker's home says its events, until worker_cluster_connect(). */
struct worker_cluster *worker_cluster_create(struct worker *worker, const struct worker_cluster_config *config);
struct worker_cluster *worker_cluster_destroy(struct worker_cluster *cluster); /* returns NULL */

struct listener worker_cluster_listener(struct worker_cluster *cluster); /* for the home */

/* Joins the worker's edge and home, and begins to look for Redis; once both are made. */
void worker_cluster_connect(struct worker_cluster *cluster);

/* A room of the worker's home is gone. */
void worker_cluster_room_closed(struct worker_cluster *cluster, struct slice room);

/* The process stood still: to be told before anything else is done. */
void worker_cluster_stalled(struct worker_cluster *cluster);

/* The worker sends its clients away, or has taken that back. */
void worker_cluster_drain(struct worker_cluster *cluster, bool is_draining);

/* The worker ends: gives up its rooms and says goodbye, and waits a little for Redis to take that. */
void worker_cluster_leave(struct worker_cluster *cluster);

/* Whether other nodes cannot be heard now. */
bool worker_cluster_is_cut_off(const struct worker_cluster *cluster);

#endif
