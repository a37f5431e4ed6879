/* server.c - the life of the server: started, stopped, killed, and all that reaches it. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/sim.h"

#define TOKEN_DAYS      10
#define SESSION_GRACE_S 20
#define DEPARTED_MAX    64

static struct stage *the_stage; /* of this process */

static void write_revocation(void *context, struct slice peer_id, enum error why, int64_t ends_unix_s)
{
    struct server *server = context;
    assert(server->disk_count < REVOKED_MAX);
    memcpy(server->disk[server->disk_count].peer_id, peer_id.data, RANDOM_ID_LENGTH);
    server->disk[server->disk_count].why = why;
    server->disk[server->disk_count++].ends_unix_s = ends_unix_s;
}

static void read_revocations(struct server *server)
{
    server->revocations = revocations_create((struct revocation_log){server, write_revocation});
    for (unsigned i = 0; i < server->disk_count; i++)
        revocations_restore(server->revocations, slice_of(server->disk[i].peer_id, RANDOM_ID_LENGTH),
                            server->disk[i].why, server->disk[i].ends_unix_s);
}

static void make_id(char out[RANDOM_ID_LENGTH + 1])
{
    (void)snprintf(out, RANDOM_ID_LENGTH + 1, PEER_FORMAT, ++the_stage->sim->next_id);
}

static uint64_t make_epoch(void)
{
    return prng_next(&the_stage->sim->random);
}

static struct edge_config edge_config_of(struct sim *sim)
{
    static const struct ice_list ice = {.ttl_s = 3600};
    const struct plan *plan = &sim->plan;
    struct rate ample = {100000, 100000};
    struct rate ample_bytes = {1e9, 1e9};
    return (struct edge_config){
        .keys = the_stage->keys,
        .token_rules = {.lifetime_max_s = TOKEN_DAYS * 86400},
        .sealer = the_stage->sealers[sim->key % 2],
        .session_grace_s = SESSION_GRACE_S,
        .joins = ample,
        .ice = &ice,
        .limits = {plan->session_rate, ample_bytes, ample, ample_bytes, ample, 10000},
        .outbox = plan->outbox,
        .message_bytes_max = 2048,
        .hello_timeout_ms = 5000,
        .ping_interval_ms = SIM_PING_MS,
        .make_id = make_id,
        .port = {wire_wake, wire_close},
        .metrics = sim->metrics,
    };
}

static void on_note(void *context, const struct home_note *note)
{
    struct server *server = context;
    if (server->switchboard && note->kind == NOTE_CLOSED)
        switchboard_room_closed(server->switchboard, note->room);
    server->is_settling |= server->switchboard && note->kind == NOTE_SETTLED;
}

static bool is_cut_off(void *context)
{
    const struct server *server = context;
    return server->switchboard && !switchboard_is_bus_working(server->switchboard, sim_now(server->sim));
}

static struct home_config home_config_of(struct server *server)
{
    const struct plan *plan = &server->sim->plan;
    return (struct home_config){
        .rooms_max = ROOMS_MAX,
        .room_capacity = plan->capacity,
        .mailbox = plan->mailbox,
        .grace_ms = plan->grace_ms,
        .departed_max = plan->is_cluster ? DEPARTED_MAX : 0,
        .duplicates = plan->duplicates,
        .prolonged_s = TOKEN_DAYS * 86400 + SESSION_GRACE_S + TOKEN_LEEWAY_S,
        .epoch = server->epoch,
        .make_epoch = make_epoch,
        .revocations = server->revocations,
        .encode = tap_encode,
        .encode_context = server,
        .note = on_note,
        .note_context = server,
        .is_cut_off = is_cut_off,
        .is_cut_off_context = server,
    };
}

void server_start(struct server *server)
{
    struct sim *sim = server->sim;
    server->life = ++sim->lives;
    server->epoch = prng_next(&sim->random);
    server->is_draining = false;
    server->stalled_until_ms = 0;
    server->open_count = 0;
    read_revocations(server);
    struct edge_config edge_config = edge_config_of(sim);
    struct home_config home_config = home_config_of(server);
    server->edge = edge_create(&edge_config);
    server->home = home_create(&home_config, (struct listener){server, tap_deliver});
    server->home_route = home_route(server->home);
    server->is_asleep = false;
    if (sim->plan.is_cluster)
        server_join_cluster(server);
    else
        edge_connect(server->edge, tap_edge(server, tap_home(server)));
}

static void on_start(struct sim *sim, void *object, uint64_t argument)
{
    struct server *server = object;
    (void)sim, (void)argument;
    if (!server->edge)
        server_start(server);
}

void server_add_counts(struct home_counts *sum, const struct home_counts *counts)
{
    sum->resumed += counts->resumed;
    sum->rebuilt += counts->rebuilt;
    sum->resumes_refused += counts->resumes_refused;
    sum->accepted += counts->accepted;
    sum->repeated += counts->repeated;
    sum->receipts += counts->receipts;
    for (int i = 0; i < UNDELIVERED_REASON_COUNT; i++)
        sum->undelivered[i] += counts->undelivered[i];
}

static void deaf(void *context, const struct request *request)
{
    (void)context, (void)request;
}

/* A process that dies says nothing: what its objects do while they are taken apart reaches nobody. */
void server_end(struct server *server)
{
    struct sim *sim = server->sim;
    if (!server->edge)
        return;
    server_add_counts(&sim->counts, home_counts(server->home));
    edge_connect(server->edge, (struct route){NULL, deaf});
    for (unsigned i = 0; i < server->open_count; i++) {
        edge_close(server->open[i]->served, 1006, sim_now(sim));
        server->open[i]->served = NULL;
    }
    server->open_count = 0;
    bus_leave(server);
    server->switchboard = switchboard_destroy(server->switchboard);
    server->edge = edge_destroy(server->edge);
    server->home = home_destroy(server->home);
    server->revocations = revocations_destroy(server->revocations);
}

void server_kill(struct server *server)
{
    struct sim *sim = server->sim;
    if (!server->edge)
        return;
    sim_note_fault(sim, FAULT_KILL, NULL);
    for (unsigned i = 0; i < server->open_count; i++) {
        if (prng_chance(&sim->random, 85)) /* the others see nothing: it was the machine that died */
            wire_reset(server->open[i], true);
        else
            server->open[i]->is_up_dead = server->open[i]->is_down_dead = true;
    }
    server_end(server);
    int64_t pause_ms = prng_chance(&sim->random, 70)
                           ? prng_between(&sim->random, 50, 3000)
                           : prng_between(&sim->random, 3000, sim->plan.grace_ms * 3 / 2 + 3000);
    sim_after(sim, pause_ms, on_start, server, 0);
}

static void on_drained(struct sim *sim, void *object, uint64_t life)
{
    struct server *server = object;
    (void)sim;
    if (server->life == life)
        server_kill(server);
}

void server_drain(struct server *server)
{
    struct sim *sim = server->sim;
    if (!server->edge || server->is_draining)
        return;
    server->is_draining = true;
    edge_shut(server->edge, sim_now(sim));
    sim_after(sim, prng_between(&sim->random, 500, 10000), on_drained, server, server->life);
}

struct server *server_any(struct sim *sim)
{
    return &sim->servers[sim->plan.servers > 1 ? prng_below(&sim->random, sim->plan.servers) : 0];
}

bool server_is_stalled(const struct server *server)
{
    return server->stalled_until_ms > server->sim->now_ms;
}

int64_t server_stall_ms(const struct server *server)
{
    int64_t left_ms = server->stalled_until_ms - server->sim->now_ms;
    return left_ms < 1000 ? left_ms : 1000;
}

/* Whether this cannot be done now: the server is down, is another, or stands still until later. */
static bool is_deaf(struct sim *sim, struct wire *wire, void (*act)(struct sim *, void *, uint64_t), uint64_t argument)
{
    const struct server *server = wire->server;
    if (!server->edge || !wire->served || wire->life != server->life)
        return true;
    if (!server_is_stalled(server)) {
        server_wake(wire->server);
        return false;
    }
    sim_after(sim, server_stall_ms(server), act, wire, argument);
    return true;
}

static void forget_wire(struct server *server, struct wire *wire)
{
    wire->served = NULL;
    for (unsigned i = 0; i < server->open_count; i++) {
        if (server->open[i] != wire)
            continue;
        server->open[i] = server->open[--server->open_count];
        return;
    }
}

static void close_wire(struct sim *sim, struct wire *wire, int close_code)
{
    edge_close(wire->served, close_code, sim_now(sim));
    forget_wire(wire->server, wire);
}

static struct net_address address_of(const struct sim *sim, const struct actor *actor)
{
    unsigned char host = (unsigned char)(sim->seed % 3 ? actor->number + 1 : 1);
    return (struct net_address){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, host}};
}

void server_on_dial(struct sim *sim, void *object, uint64_t argument)
{
    static const char *const rooms[ROOMS_MAX] = {"lobby", "attic"};
    struct wire *wire = object;
    struct server *server = wire->server;
    (void)argument;
    if (server_is_stalled(server)) {
        sim_after(sim, server_stall_ms(server), server_on_dial, wire, 0);
        return;
    }
    if (!wire->actor)
        return;
    server_wake(server);
    struct net_address address = address_of(sim, wire->actor);
    if (!server->edge || edge_may_open(server->edge, &address, sim_now(sim)) || server->open_count == 256) {
        sim_after(sim, wire->latency_ms, actor_on_refused, wire, 0);
        return;
    }
    wire->life = server->life;
    wire->server_heard_ms = sim->now_ms;
    wire->served = edge_open(server->edge, slice_from_text(rooms[wire->actor->room]), &address, wire, sim_now(sim));
    server->open[server->open_count++] = wire;
    sim_after(sim, wire->latency_ms, actor_on_open, wire, 0);
}

void server_on_lost(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    if (!is_deaf(sim, wire, server_on_lost, argument))
        close_wire(sim, wire, 1006);
}

static void take_up(struct sim *sim, struct wire *wire, enum up_type type, struct slice payload)
{
    wire->server_heard_ms = sim->now_ms;
    wire->is_pinged = false;
    wire->server->hearing = wire;
    if (type == UP_TEXT)
        edge_receive(wire->served, payload, sim_now(sim));
    else if (type == UP_CLOSE)
        close_wire(sim, wire, (unsigned char)payload.data[0] << 8 | (unsigned char)payload.data[1]);
    wire->server->hearing = NULL;
}

void server_on_up(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    uint32_t length;
    if (is_deaf(sim, wire, server_on_up, argument))
        return;
    const char *at = wire->up.data + wire->up_read;
    memcpy(&length, at + 1, sizeof length);
    wire->up_read += 5 + length;
    if (wire->up_read > wire->up_limit)
        return;
    take_up(sim, wire, (enum up_type)at[0], slice_of(at + 5, length));
    if (wire->up_read < wire->up.length || wire->up_limit != SIZE_MAX)
        return;
    buffer_clear(&wire->up);
    wire->up_read = 0;
}

/* What the server does for each connection once a second, as its connections do. */
static void sweep(struct sim *sim, struct wire *wire)
{
    int64_t silent_ms = sim->now_ms - wire->server_heard_ms;
    if (wire->close_code && sim->now_ms >= wire->close_by_ms)
        close_wire(sim, wire, 1006);
    else if (wire->close_code)
        return;
    else if (silent_ms >= SIM_TIMEOUT_MS)
        edge_refuse(wire->served, ERR_PING_TIMEOUT, sim_now(sim));
    else if (silent_ms >= SIM_PING_MS && !wire->is_pinged)
        wire_ping(wire);
}

void server_on_tick(struct sim *sim, void *object, uint64_t argument)
{
    struct server *server = object;
    (void)argument;
    sim_after(sim, 1000, server_on_tick, server, 0);
    if (!server->edge || server_is_stalled(server))
        return;
    server_wake(server);
    for (unsigned i = server->open_count; i-- > 0;) {
        if (i < server->open_count)
            sweep(sim, server->open[i]);
    }
    edge_tick(server->edge, sim_now(sim));
    home_tick(server->home, sim_now(sim));
    server->is_settling = false;
    revocations_tick(server->revocations, sim_now(sim));
}

void server_take_stage(struct stage *stage)
{
    the_stage = stage;
}
