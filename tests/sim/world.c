/* world.c - one seed from its plan to its verdict. */
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "tests/sim/planted.h"

#define CALM_MS   5000
#define STUCK_MS  150000 /* the longest that it may take until everybody is back */
#define SETTLE_MS 120000 /* and until everything is settled */

static int64_t any_of(struct sim *sim, const int64_t *values, unsigned count)
{
    return values[prng_below(&sim->random, count)];
}

static uint32_t any_faults(struct sim *sim)
{
    static const uint32_t of_bus = ((1u << FAULT_COUNT) - 1) & ~((1u << FAULT_REDIS_KILL) - 1);
    static const uint32_t not_of_clusters = 1u << FAULT_KEY | 1u << FAULT_KICK | 1u << FAULT_DOUBLE | 1u << FAULT_THIEF;
    uint32_t faults = (uint32_t)prng_next(&sim->random) & ((1u << FAULT_COUNT) - 1);
    faults &= ~(sim->plan.is_cluster ? not_of_clusters : of_bus);
    if (prng_chance(&sim->random, 50))
        faults &= (uint32_t)prng_next(&sim->random);
    return faults;
}

static void plan_limits(struct sim *sim)
{
    struct plan *plan = &sim->plan;
    bool is_tight = prng_chance(&sim->random, 40);
    plan->mailbox.letters_max = is_tight ? (size_t)prng_between(&sim->random, 16, 60) : 1000;
    plan->mailbox.bytes_max = is_tight ? (size_t)prng_between(&sim->random, 4096, 16000) : 1 << 20;
    is_tight = prng_chance(&sim->random, 30);
    plan->outbox.frames_max = is_tight ? (size_t)prng_between(&sim->random, 16, 60) : 1000;
    plan->outbox.bytes_max = is_tight ? (size_t)prng_between(&sim->random, 5000, 16000) : 1 << 18;
    plan->window = (size_t)(prng_chance(&sim->random, 50) ? 1 << 16 : prng_between(&sim->random, 1000, 6000));
    is_tight = prng_chance(&sim->random, 20);
    plan->session_rate.per_s = is_tight ? (double)prng_between(&sim->random, 5, 20) : 10000;
    plan->session_rate.burst = is_tight ? (double)prng_between(&sim->random, 10, 40) : 10000;
}

static void plan_cluster(struct sim *sim)
{
    struct plan *plan = &sim->plan;
    bool is_tight = prng_chance(&sim->random, 20);
    plan->bus_latency_ms = prng_between(&sim->random, 0, prng_chance(&sim->random, 80) ? 5 : 200);
    plan->link.frames_max = plan->mailbox.letters_max * (is_tight ? 4 : 40); /* what is said again has to fit */
    plan->link.bytes_max = plan->mailbox.bytes_max * (is_tight ? 4 : 40);
    plan->duplicates = DUPLICATE_ALLOW;
}

bool sim_is_cluster;

static void make_plan(struct sim *sim)
{
    static const int64_t graces[] = {3000, 5000, 10000, 30000}, sends[] = {200, 400, 800, 2000};
    static const int64_t pauses[] = {1000, 2500, 5000, 10000}, latencies[] = {2, 20, 100, 300};
    struct plan *plan = &sim->plan;
    *plan = (struct plan){0};
    plan->actors = prng_chance(&sim->random, 4) ? 12 : 2 + prng_below(&sim->random, 4);
    plan->is_cluster = sim_is_cluster;
    plan->servers = plan->is_cluster ? 1 + (unsigned)(sim->seed / 2 % SERVERS_MAX) : 1;
    plan->rooms = prng_chance(&sim->random, 10) ? 2 : 1;
    plan->identities = prng_chance(&sim->random, 70) ? plan->actors : 1 + prng_below(&sim->random, plan->actors);
    plan->duplicates = (enum duplicate_policy)prng_below(&sim->random, 3);
    plan->grace_ms = any_of(sim, graces, 4);
    plan->active_ms = prng_between(&sim->random, 5000, 40000);
    plan->latency_max_ms = any_of(sim, latencies, 4);
    plan->latency_min_ms = 1 + plan->latency_max_ms / (1 + prng_below(&sim->random, 10));
    plan->send_ms = any_of(sim, sends, 4) * (plan->actors > 5 ? 4 : 1);
    plan->fault_ms = any_of(sim, pauses, 4);
    plan->broadcast_percent = prng_below(&sim->random, 60);
    plan->plain_percent = prng_below(&sim->random, 10);
    plan->body_max = prng_chance(&sim->random, 80) ? 40 : 900;
    plan->capacity = plan->actors + prng_below(&sim->random, 3);
    plan->has_short_tokens = prng_chance(&sim->random, 10);
    plan->without_receipts = prng_chance(&sim->random, 15) ? 1 : 0;
    plan->faults = any_faults(sim);
    plan->rare = prng_next(&sim->random) & prng_next(&sim->random);
    plan->rare_percent = 1 + prng_below(&sim->random, 15);
    if (prng_chance(&sim->random, 30))
        plan->rare = 0;
    plan_limits(sim);
    if (plan->is_cluster)
        plan_cluster(sim);
}

/* The last act: all go, and nothing must remain. */

static void violate_at_end(struct sim *sim, const char *why)
{
    if (!sim->stuck)
        sim->stuck = why;
    sim->is_over = true;
}

static void on_empty(struct sim *sim, void *object, uint64_t argument)
{
    (void)object, (void)argument;
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        const struct server *server = &sim->servers[i];
        if (home_session_count(server->home) || home_away_count(server->home))
            violate_at_end(sim, "all have gone, and the home still holds sessions");
        if (server->open_count)
            violate_at_end(sim, "all have gone, and the edge still holds clients");
        if (home_room_count(server->home))
            violate_at_end(sim, "all have gone, and the home still holds rooms");
    }
    sim->is_over = true;
}

static void say_farewell(struct sim *sim)
{
    static const char *const hows[] = {"leave", "close", "vanish"};
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        sim->actors[i].is_retired = true;
        actor_quit(&sim->actors[i], hows[prng_below(&sim->random, 3)]);
    }
    sim_after(sim, SIM_TIMEOUT_MS + sim->plan.grace_ms + 12000, on_empty, NULL, 0);
}

/* Before it: nothing is sent, and all is settled. */

static void note_sights(struct sim *sim)
{
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        const struct actor *actor = &sim->actors[i];
        if (actor->peer == NOBODY)
            continue;
        sim_note(sim, FIRST_ACTOR + i, LINE_SEES);
        for (unsigned j = 0; j < actor->roster_count; j++)
            history_list(sim->history, LISTED(actor->roster[j].peer, actor->roster[j].is_away));
    }
}

static size_t count_sessions(const struct sim *sim)
{
    size_t count = 0;
    for (unsigned i = 0; i < sim->plan.servers; i++)
        count += home_session_count(sim->servers[i].home);
    return count;
}

static void note_counts(struct sim *sim)
{
    struct home_counts counts = sim->counts;
    size_t away = 0;
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        server_add_counts(&counts, home_counts(sim->servers[i].home));
        away += home_away_count(sim->servers[i].home);
    }
    (void)sim_note(sim, WHO_SERVER, LINE_COUNTS);
    history_counter(sim->history, "sessions", (int64_t)count_sessions(sim));
    history_counter(sim->history, "away", (int64_t)away);
    history_counter(sim->history, "resumed", (int64_t)counts.resumed);
    history_counter(sim->history, "rebuilt", (int64_t)counts.rebuilt);
    if (!sim->plan.without_receipts) { /* what is sent to those is not in the history */
        history_counter(sim->history, "accepted", (int64_t)counts.accepted);
        history_counter(sim->history, "receipts", (int64_t)counts.receipts);
    }
    if (counts.resumed != sim->told_resumed || counts.rebuilt != sim->told_rebuilt)
        violate_at_end(sim, "the home counts other resumed sessions than it tells");
}

static bool is_all_settled(const struct sim *sim)
{
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        if (sim->actors[i].pending_count)
            return false;
    }
    return true;
}

/* A session whose token is over ends at any time; its client and the others hear of it a little later. */
static bool is_all_told(const struct sim *sim)
{
    size_t live = 0;
    for (unsigned i = 0; i < sim->plan.actors; i++)
        live += sim->actors[i].peer != NOBODY;
    return count_sessions(sim) == live && sim->now_ms - sim->ended_ms >= CALM_MS;
}

static void on_quiet(struct sim *sim, void *object, uint64_t waited_ms)
{
    (void)object;
    if (!(is_all_settled(sim) && is_all_told(sim)) && waited_ms < SETTLE_MS) {
        sim_after(sim, 1000, on_quiet, NULL, waited_ms + 1000);
        return;
    }
    (void)sim_note(sim, WHO_RUN, LINE_QUIET);
    note_sights(sim);
    note_counts(sim);
    if (!is_all_settled(sim))
        violate_at_end(sim, "messages are not settled");
    else
        say_farewell(sim);
}

/* Before that: faults are over, and everybody comes back. */

static bool is_back(const struct actor *actor)
{
    return actor->state == ACTOR_GONE || (actor->state == ACTOR_JOINED && wire_is_sound(actor->wire));
}

/* Whoever's session a home has just ended may not have heard of that. */
static bool is_every_session_carried(const struct sim *sim)
{
    size_t live = 0, attached = 0;
    for (unsigned i = 0; i < sim->plan.actors; i++)
        live += sim->actors[i].peer != NOBODY;
    for (unsigned i = 0; i < sim->plan.servers; i++)
        attached += home_session_count(sim->servers[i].home) - home_away_count(sim->servers[i].home);
    return attached == live;
}

/* It has found out about connections that are dead, too. */
static bool is_server_back(const struct server *server)
{
    for (unsigned i = 0; i < server->open_count; i++) {
        if (!server->open[i]->actor)
            return false;
    }
    return server->edge && !server->is_draining && !server_is_stalled(server);
}

static bool is_all_back(const struct sim *sim)
{
    if (sim->plan.is_cluster && !bus_is_well(sim))
        return false;
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        if (!is_back(&sim->actors[i]))
            return false;
    }
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        if (!is_server_back(&sim->servers[i]))
            return false;
    }
    return is_every_session_carried(sim);
}

static void begin_calm(struct sim *sim)
{
    (void)sim_note(sim, WHO_RUN, LINE_CALM);
    note_sights(sim);
    sim_after(sim, sim->plan.grace_ms + CALM_MS, on_quiet, NULL, 0);
}

static void on_settle(struct sim *sim, void *object, uint64_t waited_ms)
{
    (void)object;
    if (!is_all_back(sim))
        sim->disturbed_ms = sim->now_ms;
    if (sim->now_ms - sim->disturbed_ms >= CALM_MS)
        begin_calm(sim);
    else if (waited_ms > STUCK_MS)
        violate_at_end(sim, "somebody did not come back");
    else
        sim_after(sim, 500, on_settle, NULL, waited_ms + 500);
}

static void on_peace(struct sim *sim, void *object, uint64_t argument)
{
    (void)object, (void)argument;
    sim->is_active = false;
    sim->disturbed_ms = sim->now_ms;
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        if (sim->servers[i].stalled_until_ms > sim->now_ms + 1000)
            sim->servers[i].stalled_until_ms = sim->now_ms + 1000;
    }
    bus_calm(sim);
    for (struct wire *wire = sim->wires; wire; wire = wire->next) {
        wire->reads_from_ms = 0;
        wire->latency_ms = sim->plan.latency_min_ms;
    }
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        struct actor *actor = &sim->actors[i];
        actor->is_retired = actor->peer == NOBODY;
        if (actor->is_retired && actor->state != ACTOR_GONE)
            actor_quit(actor, "close");
    }
    on_settle(sim, NULL, 0);
}

/* The beginning */

static void init_actor(struct sim *sim, unsigned number)
{
    struct actor *actor = &sim->actors[number];
    actor->sim = sim;
    actor->number = number;
    actor->identity = number % sim->plan.identities;
    actor->room = number % sim->plan.rooms;
    actor->is_sloppy = prng_chance(&sim->random, 15);
    actor->gives_receipts = number >= sim->plan.without_receipts;
    actor->has_short_token = sim->plan.has_short_tokens && prng_chance(&sim->random, 50);
    actor->peer = NOBODY;
    actor->next_seq = actor->send_from = 1;
    actor_enter(actor, prng_between(&sim->random, 0, 2000));
    sim_after(sim, prng_between(&sim->random, 0, 999), actor_on_beat, actor, 0);
    sim_after(sim, sim_about(sim, sim->plan.send_ms), actor_on_app, actor, 0);
}

static void init_server(struct sim *sim, unsigned number)
{
    struct server *server = &sim->servers[number];
    server->sim = sim;
    server->number = number;
    server_start(server);
}

static void init(struct sim *sim, struct stage *stage, uint64_t seed)
{
    struct buffer scratch = sim->scratch;
    struct agenda agenda = sim->agenda;
    *sim = (struct sim){.seed = seed, .scratch = scratch, .agenda = agenda};
    sim->agenda.count = 0;
    sim->random.state = seed * 0x2545f4914f6cdd1du + 1;
    sim->rare.state = prng_next(&sim->random);
    sim->noise.state = prng_next(&sim->random);
    sim->history = &stage->history;
    sim->metrics = stage->metrics;
    sim->is_active = true;
    sim->next_message = 1;
    history_clear(sim->history);
    make_plan(sim);
    sim->redis.leases = sim->plan.is_cluster ? lease_model_create() : NULL;
    sim_note(sim, WHO_RUN, LINE_GRACE)->number = sim->plan.grace_ms;
    for (unsigned i = 0; i < sim->plan.servers; i++)
        init_server(sim, i);
    for (unsigned i = 0; i < sim->plan.actors; i++)
        init_actor(sim, i);
    for (unsigned i = 0; i < sim->plan.servers; i++)
        sim_after(sim, 0, server_on_tick, &sim->servers[i], 0);
    for (unsigned i = 0; sim->plan.is_cluster && i < sim->plan.servers; i++)
        sim_after(sim, 0, server_on_bus_tick, &sim->servers[i], 0);
    sim_after(sim, 3000, nemesis_on_turn, NULL, 0);
    sim_after(sim, sim->plan.active_ms + 3000, on_peace, NULL, 0);
}

static void fini(struct sim *sim)
{
    for (unsigned i = 0; i < sim->plan.servers; i++)
        server_end(&sim->servers[i]);
    bus_fini(sim);
    if (sim->redis.leases)
        sim->redis.leases = lease_model_destroy(sim->redis.leases);
    while (sim->wires) {
        struct wire *wire = sim->wires;
        sim->wires = wire->next;
        buffer_fini(&wire->up);
        buffer_fini(&wire->down);
        free(wire);
    }
    buffer_fini(&sim->thief.ticket);
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        buffer_fini(&sim->actors[i].ticket);
        buffer_fini(&sim->actors[i].spent);
        free(sim->actors[i].pending);
    }
}

void sim_run(struct stage *stage, uint64_t seed, struct verdict *out_verdict)
{
    struct sim *sim = stage->sim;
    long blocks = sim_blocks;
    stage_seed_noise(seed);
    planted_begin(sim);
    init(sim, stage, seed);
    buffer_reserve(&sim->scratch, 1);
    while (sim_step(sim))
        ;
    fini(sim);
    if (stage->is_warm && sim_blocks != blocks)
        violate_at_end(sim, "memory was not freed");
    stage->is_warm = true;
    checker_judge(stage->checker, sim->history, out_verdict);
    if (!out_verdict->rule && sim->stuck) {
        out_verdict->rule = "progress";
        (void)snprintf(out_verdict->why, sizeof out_verdict->why, "%s", sim->stuck);
    }
}
