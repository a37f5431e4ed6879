/* bus.c - Redis, and each node's way to it: what is published reaches those who hear, later or never, and entries may
 * be forgotten. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/sim.h"

#define RECONNECT_MIN_MS 50
#define RECONNECT_MAX_MS 2000
#define PING_TIMEOUT_MS  3000 /* until a way that is silent is noticed */

/* What is under way, from a node to Redis or back. */
struct parcel_under_way {
    struct bus_end *end;
    uint32_t connection; /* which it goes over; it is lost with that one */
    uint64_t to;
    bool is_claim;
    struct claim claim;
    uint64_t holder, term;
    struct slice payload; /* a frame, or the room of a claim; in `bytes` */
    struct parcel_under_way *next, **place;
    char bytes[];
};

static struct parcel_under_way *pack(struct bus_end *end, struct slice payload)
{
    struct sim *sim = end->server->sim;
    struct parcel_under_way *parcel = memory_new(sizeof *parcel + payload.length);
    memcpy(parcel->bytes, payload.data, payload.length);
    parcel->payload = slice_of(parcel->bytes, payload.length);
    parcel->end = end;
    parcel->connection = end->connection;
    parcel->next = sim->redis.under_way;
    parcel->place = &sim->redis.under_way;
    if (parcel->next)
        parcel->next->place = &parcel->next;
    sim->redis.under_way = parcel;
    return parcel;
}

static void unpack(struct parcel_under_way *parcel)
{
    *parcel->place = parcel->next;
    if (parcel->next)
        parcel->next->place = parcel->place;
    free(parcel);
}

/* A connection to Redis keeps the order; what is due at the same time would not. */
static int64_t travel(struct sim *sim, int64_t *last_ms)
{
    int64_t at_ms = sim->now_ms + prng_between(&sim->random, 0, sim->plan.bus_latency_ms);
    if (at_ms <= *last_ms)
        at_ms = *last_ms + 1;
    *last_ms = at_ms;
    return at_ms - sim->now_ms;
}

static bool is_standing(const struct parcel_under_way *parcel)
{
    const struct bus_end *end = parcel->end;
    return end->is_up && end->connection == parcel->connection && end->server->switchboard;
}

/* From Redis to nodes */

static void on_arrived(struct sim *sim, void *object, uint64_t argument)
{
    struct parcel_under_way *parcel = object;
    struct server *server = parcel->end->server;
    if (is_standing(parcel) && server_is_stalled(server)) {
        sim_after(sim, server_stall_ms(server), on_arrived, parcel, argument);
        return;
    }
    if (is_standing(parcel)) {
        struct bus_listener listener = switchboard_bus_listener(server->switchboard);
        server_wake(server);
        if (parcel->is_claim)
            listener.held(listener.context, parcel->payload, parcel->holder, parcel->term, sim_now(sim));
        else if (parcel->to)
            listener.unheard(listener.context, parcel->to, sim_now(sim));
        else
            listener.frame(listener.context, parcel->payload, sim_now(sim));
    }
    unpack(parcel);
}

static void send_down(struct bus_end *end, struct parcel_under_way *parcel)
{
    sim_after(end->server->sim, travel(end->server->sim, &end->down_last_ms), on_arrived, parcel, 0);
}

static bool is_heard_by(const struct bus_end *end, uint64_t to)
{
    return end->is_up && (to == BUS_TO_ALL || end->node == to);
}

/* At Redis */

static void spread(struct sim *sim, const struct parcel_under_way *parcel)
{
    unsigned heard = 0;
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        struct bus_end *end = &sim->servers[i].bus;
        if (!is_heard_by(end, parcel->to))
            continue;
        heard++;
        send_down(end, pack(end, parcel->payload));
    }
    if (heard || parcel->to == BUS_TO_ALL)
        return;
    struct parcel_under_way *answer = pack(parcel->end, slice_of("", 0));
    answer->to = parcel->to;
    send_down(parcel->end, answer);
}

static void decide(struct sim *sim, const struct parcel_under_way *parcel)
{
    struct parcel_under_way *answer = pack(parcel->end, parcel->payload);
    struct claim claim = parcel->claim;
    claim.room = parcel->payload;
    answer->is_claim = true;
    struct lease lease;
    lease_model_execute(sim->redis.leases, parcel->end->node, &claim, sim->now_ms, &lease);
    answer->holder = lease.holder;
    answer->term = lease.term;
    send_down(parcel->end, answer);
}

static void on_reached(struct sim *sim, void *object, uint64_t argument)
{
    struct parcel_under_way *parcel = object;
    int64_t stalled_ms = sim->redis.stalled_until_ms - sim->now_ms;
    if (is_standing(parcel) && stalled_ms > 0) {
        sim_after(sim, stalled_ms, on_reached, parcel, argument);
        return;
    }
    if (is_standing(parcel) && parcel->is_claim)
        decide(sim, parcel);
    else if (is_standing(parcel))
        spread(sim, parcel);
    unpack(parcel);
}

/* From nodes to Redis */

static void publish(void *context, uint64_t to, struct slice frame)
{
    struct bus_end *end = context;
    if (!end->is_up)
        return;
    struct parcel_under_way *parcel = pack(end, frame);
    parcel->to = to;
    sim_after(end->server->sim, travel(end->server->sim, &end->up_last_ms), on_reached, parcel, 0);
}

static void claim(void *context, const struct claim *claim)
{
    struct bus_end *end = context;
    if (!end->is_up)
        return;
    struct parcel_under_way *parcel = pack(end, claim->room);
    parcel->is_claim = true;
    parcel->claim = *claim;
    sim_after(end->server->sim, travel(end->server->sim, &end->up_last_ms), on_reached, parcel, 0);
}

struct bus bus_of(struct server *server)
{
    return (struct bus){&server->bus, publish, claim};
}

/* Connections */

static void on_connect(struct sim *sim, void *object, uint64_t connection)
{
    struct bus_end *end = object;
    if (end->connection != connection || end->is_up || !end->server->switchboard)
        return;
    bool is_there = !sim->redis.is_down && !end->is_cut && sim->redis.stalled_until_ms <= sim->now_ms;
    if (!is_there || server_is_stalled(end->server)) {
        sim_after(sim, prng_between(&sim->random, RECONNECT_MIN_MS, RECONNECT_MAX_MS), on_connect, end, connection);
        return;
    }
    struct bus_listener listener = switchboard_bus_listener(end->server->switchboard);
    server_wake(end->server);
    end->is_up = true;
    end->up_last_ms = end->down_last_ms = sim->now_ms;
    listener.up(listener.context, sim_now(sim));
}

void bus_join(struct server *server, uint64_t node)
{
    struct bus_end *end = &server->bus;
    end->server = server;
    end->node = node;
    end->is_up = false;
    end->connection++;
    sim_after(server->sim, prng_between(&server->sim->random, 0, 100), on_connect, end, end->connection);
}

/* The node notices at once, or when its pings are not answered. */
static void on_noticed(struct sim *sim, void *object, uint64_t connection)
{
    struct bus_end *end = object;
    if (end->connection != connection || !end->server->switchboard)
        return;
    if (server_is_stalled(end->server)) {
        sim_after(sim, server_stall_ms(end->server), on_noticed, end, connection);
        return;
    }
    struct bus_listener listener = switchboard_bus_listener(end->server->switchboard);
    server_wake(end->server);
    listener.down(listener.context, sim_now(sim));
    sim_after(sim, prng_between(&sim->random, RECONNECT_MIN_MS, RECONNECT_MAX_MS), on_connect, end, connection);
}

static void lose_connection(struct bus_end *end)
{
    struct sim *sim = end->server->sim;
    if (!end->is_up)
        return;
    end->is_up = false;
    end->connection++;
    int64_t delay_ms = prng_chance(&sim->random, 50) ? 0 : prng_between(&sim->random, 0, PING_TIMEOUT_MS);
    sim_after(sim, delay_ms, on_noticed, end, end->connection);
}

void bus_leave(struct server *server)
{
    server->bus.is_up = false;
    server->bus.connection++;
}

/* Faults */

static void on_redis_back(struct sim *sim, void *object, uint64_t argument)
{
    (void)object, (void)argument;
    sim->redis.is_down = false;
}

static void on_mended(struct sim *sim, void *object, uint64_t argument)
{
    struct bus_end *end = object;
    (void)sim, (void)argument;
    end->is_cut = false;
}

static void kill_redis(struct sim *sim)
{
    sim->redis.is_down = true;
    for (unsigned i = 0; i < sim->plan.servers; i++)
        lose_connection(&sim->servers[i].bus);
    sim_after(sim, prng_between(&sim->random, 50, sim->plan.grace_ms), on_redis_back, NULL, 0);
}

void bus_strike(struct sim *sim, enum fault fault)
{
    struct bus_end *end = &server_any(sim)->bus;
    switch ((int)fault) {
    case FAULT_REDIS_KILL: kill_redis(sim); break;
    case FAULT_REDIS_FLUSH: lease_model_flush(sim->redis.leases); break;
    case FAULT_REDIS_FAILOVER:
        lease_model_lose(sim->redis.leases, prng_below(&sim->random, 5));
        kill_redis(sim);
        break;
    case FAULT_REDIS_STALL: sim->redis.stalled_until_ms = sim->now_ms + prng_between(&sim->random, 200, 8000); break;
    default: /* FAULT_BUS_CUT */
        end->is_cut = true;
        lose_connection(end);
        sim_after(sim, prng_between(&sim->random, 50, sim->plan.grace_ms / 2), on_mended, end, 0);
    }
}

void bus_calm(struct sim *sim)
{
    sim->redis.is_down = false;
    sim->redis.stalled_until_ms = 0;
    for (unsigned i = 0; i < sim->plan.servers; i++)
        sim->servers[i].bus.is_cut = false;
}

bool bus_is_well(const struct sim *sim)
{
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        if (!sim->servers[i].bus.is_up)
            return false;
    }
    return true;
}

void bus_fini(struct sim *sim)
{
    while (sim->redis.under_way)
        unpack(sim->redis.under_way);
}
