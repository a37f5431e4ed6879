/* nemesis.c - faults, one after another, as a seed's plan allows them. */
#include "tests/sim/sim.h"

static struct actor *any_actor(struct sim *sim)
{
    return &sim->actors[prng_below(&sim->random, sim->plan.actors)];
}

/* One that is in this state, or NULL. */
static struct actor *actor_in(struct sim *sim, enum actor_state state)
{
    unsigned first = prng_below(&sim->random, sim->plan.actors);
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        struct actor *actor = &sim->actors[(first + i) % sim->plan.actors];
        if (actor->state == state)
            return actor;
    }
    return NULL;
}

static void come_back(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *actor = object;
    (void)argument;
    if (sim->is_active && actor->state == ACTOR_GONE)
        actor_enter(actor, 0);
}

static void quit(struct sim *sim, struct actor *actor, const char *how)
{
    actor_quit(actor, how);
    if (prng_chance(&sim->random, 70))
        sim_after(sim, sim_about(sim, 3000), come_back, actor, 0);
}

static void kick(struct sim *sim, struct actor *actor)
{
    char text[100];
    if (!actor->roster_count)
        return;
    uint32_t peer = actor->roster[prng_below(&sim->random, actor->roster_count)].peer;
    (void)snprintf(text, sizeof text, "{\"type\":\"kick\",\"id\":%u,\"peer\":\"" PEER_FORMAT "\"", KICK_ID + peer,
                   peer);
    actor_say(actor, text);
}

static void flood(struct sim *sim, struct actor *actor)
{
    unsigned count = 20 + prng_below(&sim->random, 60);
    bool is_broadcast = prng_chance(&sim->random, 30);
    for (unsigned i = 0; i < count && actor->gives_receipts; i++)
        actor_send(actor, is_broadcast, prng_below(&sim->random, (uint32_t)sim->plan.body_max));
}

static void silence(struct sim *sim, struct wire *wire, enum fault fault)
{
    bool is_up = prng_chance(&sim->random, 50);
    if (fault == FAULT_HALF_OPEN || is_up)
        wire->is_up_dead = true;
    if (fault == FAULT_HALF_OPEN || !is_up)
        wire->is_down_dead = true;
}

/* What befalls one client that is connected. */
static void strike_actor(struct sim *sim, enum fault fault, struct actor *actor)
{
    struct wire *wire = actor->wire;
    switch ((int)fault) {
    case FAULT_DROP: wire_reset(wire, false); break;
    case FAULT_CUT: wire_reset(wire, true); break;
    case FAULT_HALF_OPEN:
    case FAULT_ONE_WAY: silence(sim, wire, fault); break;
    case FAULT_ROAM: actor_roam(actor); break;
    case FAULT_DELAY: wire->latency_ms += prng_between(&sim->random, 300, 4000); break;
    case FAULT_SLOW: wire->reads_from_ms = sim->now_ms + prng_between(&sim->random, 1000, 15000); break;
    case FAULT_KICK: kick(sim, actor); break;
    case FAULT_THIEF: thief_strike(sim, actor); break;
    case FAULT_FLOOD: flood(sim, actor); break;
    case FAULT_LEAVE: quit(sim, actor, "leave"); break;
    case FAULT_CLOSE: quit(sim, actor, "close"); break;
    default: quit(sim, actor, "vanish"); break;
    }
}

static void strike_server(struct sim *sim, struct server *server, enum fault fault)
{
    switch ((int)fault) {
    case FAULT_TERM: server_drain(server); break;
    case FAULT_KEY: sim->key += server->edge != NULL; /* fall through */
    case FAULT_KILL: server_kill(server); break;
    case FAULT_STALL:
        server->stalled_until_ms = sim->now_ms + prng_between(&sim->random, 500, 31000);
        server->fell_asleep_ms = server->is_asleep ? server->fell_asleep_ms : sim->now_ms;
        server->is_asleep = true;
        break;
    default: sim->clock_ms = (int64_t)prng_between(&sim->random, -1, 1) * SIM_DAY_MS; break;
    }
}

static void strike_double(struct sim *sim)
{
    struct actor *actor = actor_in(sim, ACTOR_GONE);
    if (!actor)
        return;
    actor->identity = any_actor(sim)->identity;
    actor_enter(actor, 0);
}

static bool is_of_server(enum fault fault)
{
    return fault == FAULT_KILL || fault == FAULT_TERM || fault == FAULT_KEY || fault == FAULT_STALL ||
           fault == FAULT_CLOCK;
}

static void strike(struct sim *sim, enum fault fault)
{
    struct actor *actor = actor_in(sim, ACTOR_JOINED);
    if (fault >= FAULT_REDIS_KILL) {
        sim_note_fault(sim, fault, NULL);
        bus_strike(sim, fault);
        return;
    }
    if (!is_of_server(fault) && fault != FAULT_DOUBLE && !actor)
        return;
    if (is_of_server(fault)) {
        struct server *server = server_any(sim);
        if (!server->edge || (fault == FAULT_TERM && server->is_draining))
            return;
        if (fault != FAULT_KILL)
            sim_note_fault(sim, fault, NULL);
        strike_server(sim, server, fault);
        return;
    }
    sim_note_fault(sim, fault, actor);
    if (fault == FAULT_DOUBLE)
        strike_double(sim);
    else
        strike_actor(sim, fault, actor);
}

static enum fault any_fault(struct sim *sim)
{
    unsigned which = prng_below(&sim->random, (uint32_t)__builtin_popcount(sim->plan.faults));
    int fault = 0;
    for (;; fault++) {
        if (sim->plan.faults >> fault & 1 && which-- == 0)
            return (enum fault)fault;
    }
}

void nemesis_on_turn(struct sim *sim, void *object, uint64_t argument)
{
    (void)object, (void)argument;
    if (!sim->is_active)
        return;
    sim_after(sim, sim_about(sim, sim->plan.fault_ms), nemesis_on_turn, NULL, 0);
    if (sim->plan.faults)
        strike(sim, any_fault(sim));
    struct actor *gone = actor_in(sim, ACTOR_GONE);
    if (gone && prng_chance(&sim->random, 25))
        actor_enter(gone, 0);
}
