/* worker_cluster.c - how a worker is a node of its cluster: its switchboard, its bus in Redis, and the clock of both.
 */
#include "signaling/worker_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "signaling/switchboard_log.h"
#include "signaling/worker_parts.h"

/* What one node may owe another, acknowledged or not: a few hundred full mailboxes, which is what is said again when
 * the other has lost its rooms. */
#define LINK_FRAMES 65536
#define LINK_BYTES  WIRE_PAYLOAD_MAX

/* Joins and resumes whose home is looked for: a node's worth of clients may come at once. */
#define WAITING       16384
#define WAITING_BYTES ((size_t)64 * 1024 * 1024)

#define LEAVE_S 0.5 /* at most, for what is said at the end */

#define WORKER_BITS UINT64_C(0xff) /* the low byte of a node's id; 0 as long as there is one worker */

struct worker_cluster {
    struct worker *worker;
    struct switchboard *switchboard;
    struct redis_bus *bus;
    ev_timer beat;
};

static uint64_t make_node_id(void)
{
    uint64_t id = 0;
    while (id == 0)
        id = random_number() & ~WORKER_BITS;
    return id;
}

/* Without stalls, as everything else here has it. */
static struct instant bus_clock(void *context)
{
    return worker_now(context);
}

static void on_beat(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    const struct worker_cluster *cluster = timer->data;
    struct instant now = worker_now(cluster->worker);
    switchboard_set_connections(cluster->switchboard, cluster->worker->connection_count);
    switchboard_tick(cluster->switchboard, now);
    edge_beat(cluster->worker->edge, now);
}

struct worker_cluster *worker_cluster_create(struct worker *worker, const struct worker_cluster_config *config)
{
    struct worker_cluster *cluster = memory_new(sizeof *cluster);
    struct switchboard_config settings = {
        .self = make_node_id(),
        .name = config->node_name,
        .software = PARLEY_VERSION,
        .key_count = config->key_count,
        .link = {LINK_FRAMES, LINK_BYTES},
        .waiting_max = WAITING,
        .waiting_bytes_max = WAITING_BYTES,
        .make_id = random_number,
        .note = switchboard_log_note,
    };
    for (size_t i = 0; i < config->key_count; i++)
        settings.keys[i] = config->keys[i];
    struct redis_config redis = config->redis;
    redis.clock = bus_clock;
    redis.clock_context = worker;
    cluster->worker = worker;
    cluster->bus = redis_bus_create(worker->loop, &redis, settings.self);
    explicit_bzero(&redis, sizeof redis); /* the password is in it */
    settings.bus = redis_bus(cluster->bus);
    cluster->switchboard = switchboard_create(&settings);
    ev_timer_init(&cluster->beat, on_beat, LINK_TICK_MS / 1000., LINK_TICK_MS / 1000.);
    cluster->beat.data = cluster;
    return cluster;
}

struct worker_cluster *worker_cluster_destroy(struct worker_cluster *cluster)
{
    if (!cluster)
        return NULL;
    ev_timer_stop(cluster->worker->loop, &cluster->beat);
    switchboard_destroy(cluster->switchboard);
    redis_bus_destroy(cluster->bus);
    free(cluster);
    return NULL;
}

struct listener worker_cluster_listener(struct worker_cluster *cluster)
{
    return switchboard_listener(cluster->switchboard);
}

void worker_cluster_connect(struct worker_cluster *cluster)
{
    struct worker *worker = cluster->worker;
    struct edge_port edge = {worker->edge, edge_deliver_from, edge_reattach, edge_write_roster};
    switchboard_connect(cluster->switchboard, worker->home, home_route(worker->home), edge);
    edge_connect(worker->edge, switchboard_route(cluster->switchboard));
    redis_bus_connect(cluster->bus, switchboard_bus_listener(cluster->switchboard));
    ev_timer_start(worker->loop, &cluster->beat);
}

void worker_cluster_room_closed(struct worker_cluster *cluster, struct slice room)
{
    if (cluster)
        switchboard_room_closed(cluster->switchboard, room);
}

void worker_cluster_stalled(struct worker_cluster *cluster)
{
    if (cluster)
        switchboard_stalled(cluster->switchboard, worker_now(cluster->worker));
}

void worker_cluster_drain(struct worker_cluster *cluster, bool is_draining)
{
    if (cluster)
        switchboard_drain(cluster->switchboard, is_draining);
}

void worker_cluster_leave(struct worker_cluster *cluster)
{
    if (!cluster || !redis_bus_is_up(cluster->bus))
        return;
    double end_s = clock_precise_s() + LEAVE_S;
    switchboard_leave(cluster->switchboard, worker_now(cluster->worker));
    while (redis_bus_pending(cluster->bus) > 0 && redis_bus_is_up(cluster->bus) && clock_precise_s() < end_s)
        ev_run(cluster->worker->loop, EVRUN_ONCE);
}

bool worker_cluster_is_cut_off(const struct worker_cluster *cluster)
{
    return cluster && !switchboard_is_bus_working(cluster->switchboard, worker_now(cluster->worker));
}
