/* test_directory_race.c - whatever Redis and the nodes do, each room comes to one home in the end, and no term twice.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/directory.h"
#include "tests/cluster/support/lease_model.h"
#include "tests/sim/prng.h"
#include "tests/support/cmocka_all.h"

#define SEEDS      300
#define STEPS      1500
#define STEP_MS    50
#define NODES      3
#define ROOMS      6
#define GRANTS_MAX 4096

struct world;

struct node {
    struct world *world;
    uint64_t id;
    struct directory *directory;
    bool is_up, is_frozen, is_slow;
    bool wants[ROOMS];
    int64_t asked_ms[ROOMS]; /* 0: it waits for no answer */
};

struct grant {
    size_t room;
    uint64_t holder, term;
};

struct world {
    struct prng prng;
    struct lease_model *redis;
    struct instant now;
    struct node nodes[NODES];
    uint64_t last_id;
    int64_t ahead_us; /* the clock of Redis */
    struct grant grants[GRANTS_MAX];
    size_t grant_count;
};

static const char rooms[ROOMS + 1] = "abcdef";

static struct slice room_at(size_t index)
{
    return slice_of(&rooms[index], 1);
}

static size_t index_of(struct slice room)
{
    return (size_t)(room.data[0] - 'a');
}

/* Nobody else was ever granted the room with this term. */
static void check_grant(struct world *world, size_t room, uint64_t holder, uint64_t term)
{
    for (size_t i = 0; i < world->grant_count; i++) {
        const struct grant *grant = &world->grants[i];
        if (grant->room != room || grant->term != term)
            continue;
        assert_int_equal(grant->holder, holder);
        return;
    }
    assert_true(world->grant_count < GRANTS_MAX);
    world->grants[world->grant_count++] = (struct grant){room, holder, term};
}

static void on_claim(void *context, const struct claim *claim)
{
    struct node *node = context;
    assert_true(node->is_up);
    lease_model_claim(node->world->redis, node->id, claim);
}

static void on_found(void *context, struct slice room, uint64_t holder, struct instant now)
{
    struct node *node = context;
    (void)holder;
    (void)now;
    assert_true(node->asked_ms[index_of(room)]); /* once for each question */
    node->asked_ms[index_of(room)] = 0;
}

static void on_lost(void *context, struct slice room, uint64_t holder, struct instant now)
{
    struct node *node = context;
    (void)room;
    (void)now;
    assert_true(holder != node->id);
}

static void node_start(struct world *world, struct node *node)
{
    *node = (struct node){.world = world, .id = ++world->last_id};
    node->directory = directory_create(node->id, (struct directory_port){node, on_claim, on_found, on_lost});
}

static void node_ask(struct node *node, size_t room, uint64_t unreachable)
{
    if (!node->asked_ms[room])
        node->asked_ms[room] = node->world->now.mono_ms;
    directory_ask(node->directory, room_at(room), unreachable, node->world->now);
}

static struct node *node_with_id(struct world *world, uint64_t id)
{
    for (size_t i = 0; i < NODES; i++) {
        if (world->nodes[i].id == id)
            return &world->nodes[i];
    }
    return NULL;
}

/* A request for the room goes where it is thought to be, and is taken there or sent back. */
static void node_use(struct node *node, size_t room)
{
    uint64_t there = 0;
    switch (directory_find(node->directory, room_at(room), &there)) {
    case HOME_HERE: return;
    case HOME_UNKNOWN: node_ask(node, room, 0); return;
    case HOME_THERE: break;
    }
    struct node *other = node_with_id(node->world, there);
    uint64_t further;
    if (!other) {
        node_ask(node, room, there);
        return;
    }
    enum whereabouts where = directory_find(other->directory, room_at(room), &further);
    if (where == HOME_UNKNOWN && !other->is_frozen)
        node_ask(other, room, 0);
    else if (where == HOME_THERE)
        directory_forget_room(node->directory, room_at(room), there);
}

static void node_down(struct node *node)
{
    lease_model_cut(node->world->redis, node->id);
    node->is_up = false;
    directory_bus_down(node->directory, node->world->now);
}

static void node_up(struct node *node)
{
    node->is_up = true;
    directory_bus_up(node->directory, node->world->now);
}

static void node_thaw(struct node *node)
{
    node->is_frozen = false;
    directory_stalled(node->directory, node->world->now);
}

/* What came of what it claimed; `lossy`: some answers get lost. */
static void node_hear(struct node *node, bool lossy)
{
    struct world *world = node->world;
    struct lease answer;
    while (lease_model_step(world->redis, node->id, world->now.unix_ms)) {
    }
    if (node->is_frozen || !node->is_up || (lossy && prng_chance(&world->prng, 30)))
        return;
    while (lease_model_answer(world->redis, node->id, &answer)) {
        struct slice room = slice_of(answer.room, answer.length);
        if (answer.holder)
            check_grant(world, index_of(room), answer.holder, answer.term);
        if (lossy && prng_chance(&world->prng, 3))
            continue;
        directory_held(node->directory, room, answer.holder, answer.term, world->now);
    }
}

static void node_turn(struct node *node, bool lossy)
{
    struct world *world = node->world;
    if (!node->is_slow)
        node_hear(node, lossy);
    if (node->is_frozen)
        return;
    directory_tick(node->directory, world->now);
    for (size_t room = 0; room < ROOMS; room++) {
        if (node->wants[room])
            node_use(node, room);
        assert_true(!node->asked_ms[room] || world->now.mono_ms - node->asked_ms[room] <= 60000);
    }
    assert_true(directory_count(node->directory) <= ROOMS);
}

static void step(struct world *world, bool lossy)
{
    world->now.mono_ms += STEP_MS;
    world->now.unix_ms += STEP_MS;
    for (size_t i = 0; i < NODES; i++)
        node_turn(&world->nodes[i], lossy);
}

static void give_up(struct node *node, size_t room)
{
    node->wants[room] = false;
    node->asked_ms[room] = 0;
    directory_release(node->directory, room_at(room));
}

static void something_happens(struct world *world)
{
    struct prng *prng = &world->prng;
    struct node *node = &world->nodes[prng_below(prng, NODES)];
    struct node *other = &world->nodes[prng_below(prng, NODES)];
    size_t room = prng_below(prng, ROOMS);
    switch (prng_below(prng, 14)) {
    case 0:
    case 1:
    case 2: node->wants[room] = true; break;
    case 3:
        if (!node->is_frozen)
            give_up(node, room);
        break;
    case 4: lease_model_flush(world->redis); break;
    case 5: lease_model_lose(world->redis, prng_below(prng, 8)); break;
    case 6: /* a clock that went back, and lost writes at once, may give a term twice */
        world->ahead_us += prng_below(prng, 900000);
        lease_model_set_clock(world->redis, world->ahead_us);
        break;
    case 7:
    case 8:
        if (node->is_up)
            node_down(node);
        break;
    case 9:
        if (!node->is_up)
            node_up(node);
        break;
    case 10: node->is_slow = !node->is_slow; break;
    case 11:
        if (node->is_frozen)
            node_thaw(node);
        else
            node->is_frozen = true;
        break;
    case 12: /* out of reach, or so it seems */
        if (node != other && !node->is_frozen) {
            directory_forget_node(node->directory, other->id);
            node_ask(node, room, other->id);
        }
        break;
    default: /* dies, and another is started */
        lease_model_cut(world->redis, node->id);
        directory_destroy(node->directory);
        node_start(world, node);
        node_up(node);
        break;
    }
}

static void faults_end(struct world *world)
{
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &world->nodes[i];
        node->is_slow = false;
        if (node->is_frozen)
            node_thaw(node);
        if (node->is_up)
            node_down(node);
        node_up(node);
    }
}

static void check_room(struct world *world, size_t room)
{
    uint64_t holder = 0, there = 0;
    bool is_wanted = false;
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &world->nodes[i];
        is_wanted |= node->wants[room];
        assert_int_equal(node->asked_ms[room], 0);
        if (directory_find(node->directory, room_at(room), &there) != HOME_HERE)
            continue;
        assert_int_equal(holder, 0);
        holder = node->id;
    }
    assert_true(holder || !is_wanted);
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &world->nodes[i];
        if (node->wants[room] && directory_find(node->directory, room_at(room), &there) == HOME_THERE)
            assert_int_equal(there, holder);
    }
    struct lease lease = {.holder = 0};
    (void)lease_model_find(world->redis, room_at(room), world->now.unix_ms, &lease);
    assert_true(!holder || lease.holder == holder);
}

static void run_world(uint64_t seed)
{
    struct world *world = memory_new(sizeof *world);
    world->prng.state = seed;
    world->redis = lease_model_create();
    world->now = (struct instant){1000000, 1700000000000};
    for (size_t i = 0; i < NODES; i++) {
        node_start(world, &world->nodes[i]);
        node_up(&world->nodes[i]);
    }
    for (int i = 0; i < STEPS; i++) {
        if (prng_chance(&world->prng, 15))
            something_happens(world);
        step(world, true);
    }
    faults_end(world);
    for (int i = 0; i < 5000 / STEP_MS; i++)
        step(world, false);
    for (size_t room = 0; room < ROOMS; room++)
        check_room(world, room);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(directory_unleased_count(world->nodes[i].directory), 0);
        assert_true(directory_is_sure(world->nodes[i].directory));
        directory_destroy(world->nodes[i].directory);
    }
    lease_model_destroy(world->redis);
    free(world);
}

static void every_room_comes_to_one_home_within_five_seconds_of_the_last_fault(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_world(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_room_comes_to_one_home_within_five_seconds_of_the_last_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
