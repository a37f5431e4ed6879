/* joining.c - a server becomes a node of the cluster: its switchboard, and the clock of that. */
#include "tests/sim/sim.h"

static struct sim *the_sim; /* of this process */

static uint64_t make_node_id(void)
{
    uint64_t id;
    while ((id = prng_next(&the_sim->random) & ~UINT64_C(0xff)) == 0)
        ;
    return id;
}

static struct switchboard_config switchboard_config_of(struct server *server)
{
    struct switchboard_config config = {
        .self = make_node_id(),
        .name = "node",
        .software = "sim",
        .key_count = 1,
        .link = server->sim->plan.link,
        .waiting_max = 100,
        .waiting_bytes_max = 1 << 20,
        .make_id = make_node_id,
        .bus = bus_of(server),
    };
    wire_key_derive(slice_from_text("the secret of the simulated cluster"), &config.keys[0]);
    return config;
}

/* What the home forgets here is as if it had been killed, for those who were in the room. */
static void reattach(void *context, uint64_t home, const struct slice *rooms, size_t count, struct instant now)
{
    struct server *server = context;
    if (!home)
        sim_note_fault(server->sim, FAULT_KILL, NULL);
    edge_reattach(server->edge, home, rooms, count, now);
}

static void write_roster(void *context, const struct room *room, const struct peer *self, struct buffer *out)
{
    edge_write_roster(((struct server *)context)->edge, room, self, out);
}

void server_join_cluster(struct server *server)
{
    the_sim = server->sim;
    struct switchboard_config config = switchboard_config_of(server);
    struct edge_port port = {server, tap_deliver_from, reattach, write_roster};
    server->switchboard = switchboard_create(&config);
    switchboard_connect(server->switchboard, server->home, tap_home(server), port);
    edge_connect(server->edge, tap_edge(server, switchboard_route(server->switchboard)));
    bus_join(server, config.self);
}

/* For the other nodes its clients were away: the history says who, and how long. */
static void note_froze(const struct server *server)
{
    struct sim *sim = server->sim;
    sim_note(sim, WHO_SERVER, LINE_FROZE)->number = sim->now_ms - server->fell_asleep_ms;
    for (unsigned i = 0; i < sim->plan.actors; i++) {
        const struct actor *actor = &sim->actors[i];
        if (actor->peer != NOBODY && actor->wire && actor->wire->served && actor->wire->server == server)
            history_list(sim->history, LISTED(actor->peer, false));
    }
}

void server_wake(struct server *server)
{
    if (!server->is_asleep)
        return;
    server->is_asleep = false;
    if (!server->switchboard)
        return;
    note_froze(server);
    switchboard_stalled(server->switchboard, sim_now(server->sim));
}

void server_on_bus_tick(struct sim *sim, void *object, uint64_t argument)
{
    struct server *server = object;
    (void)argument;
    sim_after(sim, LINK_TICK_MS, server_on_bus_tick, server, 0);
    if (!server->switchboard || server_is_stalled(server))
        return;
    server_wake(server);
    switchboard_tick(server->switchboard, sim_now(sim));
    edge_beat(server->edge, sim_now(sim));
}
