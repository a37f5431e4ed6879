/* test_switchboard_leave.c - what a node that leaves says, and what the others make of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/switchboard_parts.h"
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

enum { FIRST, SECOND, NODES };

struct node {
    struct world *world;
    uint64_t id;
    struct scene *scene;
    struct switchboard *switchboard;
    struct buffer told;
};

/* Frames and answers wait here: the bus never calls back at once. */
struct world {
    struct node nodes[NODES];
    struct {
        struct buffer frame;
        uint64_t to;
    } frames[64];
    size_t frame_count;
    struct node *claimant;
    uint64_t released_term;
    struct instant now;
};

static uint64_t made_ids;

static uint64_t make_id(void)
{
    return 1000 + ++made_ids;
}

static void publish(void *context, uint64_t to, struct slice frame)
{
    struct world *world = ((struct node *)context)->world;
    assert_true(world->frame_count < 64);
    world->frames[world->frame_count].to = to;
    buffer_add(&world->frames[world->frame_count++].frame, frame);
}

/* There is one room, and one who claims it. */
static void claim(void *context, const struct claim *claim)
{
    struct node *node = context;
    if (claim->kind == CLAIM_TAKE)
        node->world->claimant = node;
    if (claim->kind == CLAIM_RELEASE) {
        node->world->released_term = claim->term;
        buffer_add_text(&node->told, "released ");
    }
}

static size_t deliver(void *context, uint64_t home, const struct delivery *to, size_t count, const struct event *event,
                      struct frame *frame)
{
    (void)context, (void)home, (void)to, (void)event, (void)frame;
    return count;
}

static void reattach(void *context, uint64_t home, const struct slice *rooms, size_t count, struct instant now)
{
    struct node *node = context;
    (void)home, (void)now;
    for (size_t i = 0; i < count; i++) {
        buffer_add(&node->told, rooms[i]);
        buffer_add_text(&node->told, " moved ");
    }
}

static void write_roster(void *context, const struct room *room, const struct peer *self, struct buffer *out)
{
    (void)context, (void)room, (void)self;
    buffer_add_text(out, "[]");
}

static void on_note(void *context, const struct switchboard_note *note)
{
    struct node *node = context;
    if (note->kind == SWITCHBOARD_NOTE_GONE)
        buffer_add_text(&node->told, "gone ");
}

static void make_node(struct world *world, size_t index)
{
    struct node *node = &world->nodes[index];
    *node = (struct node){.world = world, .id = 0x100 * (index + 1), .scene = scene_create(4)};
    struct switchboard_config config = {.self = node->id,
                                        .name = "node",
                                        .software = "test",
                                        .key_count = 1,
                                        .link = {100, 100000},
                                        .waiting_max = 10,
                                        .waiting_bytes_max = 100000,
                                        .make_id = make_id,
                                        .bus = {node, publish, claim},
                                        .note = on_note,
                                        .note_context = node};
    wire_key_derive(SLICE_LITERAL("the secret of this cluster"), &config.keys[0]);
    node->switchboard = switchboard_create(&config);
    switchboard_connect(node->switchboard, node->scene->home, home_route(node->scene->home),
                        (struct edge_port){node, deliver, reattach, write_roster});
}

static void pass_frame(struct world *world)
{
    struct buffer frame = world->frames[0].frame;
    uint64_t to = world->frames[0].to;
    memmove(world->frames, world->frames + 1, --world->frame_count * sizeof world->frames[0]);
    memset(&world->frames[world->frame_count], 0, sizeof world->frames[0]);
    for (size_t i = 0; i < NODES; i++) {
        struct bus_listener listener = switchboard_bus_listener(world->nodes[i].switchboard);
        if (to == BUS_TO_ALL || to == world->nodes[i].id)
            listener.frame(listener.context, buffer_slice(&frame), world->now);
    }
    buffer_fini(&frame);
}

static void bus_works(struct world *world)
{
    while (world->frame_count)
        pass_frame(world);
    if (!world->claimant)
        return;
    struct bus_listener listener = switchboard_bus_listener(world->claimant->switchboard);
    uint64_t id = world->claimant->id;
    world->claimant = NULL;
    listener.held(listener.context, SLICE_LITERAL("lobby"), id, 77, world->now);
    bus_works(world);
}

static void time_goes_on(struct world *world, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += LINK_TICK_MS) {
        world->now.mono_ms += LINK_TICK_MS;
        for (size_t i = 0; i < NODES; i++)
            switchboard_tick(world->nodes[i].switchboard, world->now);
        bus_works(world);
    }
}

/* What binds the link between them. */
static void speak(struct world *world)
{
    struct buffer payload = BUFFER_EMPTY;
    struct slice attic = SLICE_LITERAL("attic");
    wire_put_moved(&attic, 1, &payload);
    assert_true(
        station_say(station_find(world->nodes[FIRST].switchboard, world->nodes[SECOND].id), buffer_slice(&payload)));
    buffer_fini(&payload);
}

/* Over the switchboard, where her peer id has to be a real one. */
static void ann_joins(struct world *world)
{
    struct profile profile = {.identity = SLICE_LITERAL("ann"), .name = SLICE_LITERAL("ann")};
    struct request request = {.type = REQUEST_JOIN, .got = GOT_NOTHING, .from = {0, ANN}, .now = world->now};
    struct route route = switchboard_route(world->nodes[FIRST].switchboard);
    request.join.room = SLICE_LITERAL("lobby");
    request.join.peer_id = "AAAAAAAAAAAAAAAAAAAAAA";
    request.join.profile = &profile;
    request.join.ends_unix_s = ENDS_S;
    route.send(route.context, &request);
}

static int open_world(void **state)
{
    struct world *world = memory_new(sizeof *world);
    for (size_t i = 0; i < NODES; i++)
        make_node(world, i);
    world->now = world->nodes[FIRST].scene->now;
    for (size_t i = 0; i < NODES; i++) {
        struct bus_listener listener = switchboard_bus_listener(world->nodes[i].switchboard);
        listener.up(listener.context, world->now);
    }
    time_goes_on(world, 1000);
    speak(world);
    ann_joins(world);
    time_goes_on(world, 1000);
    assert_true(home_has_room(world->nodes[FIRST].scene->home, SLICE_LITERAL("lobby")));
    buffer_clear(&world->nodes[SECOND].told);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    while (world->frame_count)
        buffer_fini(&world->frames[--world->frame_count].frame);
    for (size_t i = 0; i < NODES; i++) {
        switchboard_destroy(world->nodes[i].switchboard);
        scene_destroy(world->nodes[i].scene);
        buffer_fini(&world->nodes[i].told);
    }
    free(world);
    return 0;
}

static void who_leaves_gives_its_rooms_up_with_their_leases(void **state)
{
    struct world *world = *state;
    struct node *first = &world->nodes[FIRST];

    switchboard_leave(first->switchboard, world->now);

    assert_string_equal(buffer_text(&first->told), "released ");
    assert_int_equal(world->released_term, 77);
    assert_false(home_has_room(first->scene->home, SLICE_LITERAL("lobby")));
}

static void the_others_hear_what_has_moved_and_that_the_node_is_gone(void **state)
{
    struct world *world = *state;

    switchboard_leave(world->nodes[FIRST].switchboard, world->now);
    bus_works(world);

    assert_string_equal(buffer_text(&world->nodes[SECOND].told), "lobby moved gone ");
}

static void who_has_left_does_not_come_back(void **state)
{
    struct world *world = *state;
    switchboard_leave(world->nodes[FIRST].switchboard, world->now);
    switchboard_leave(world->nodes[FIRST].switchboard, world->now);

    time_goes_on(world, 5000);

    assert_string_equal(buffer_text(&world->nodes[SECOND].told), "lobby moved gone ");
    assert_int_equal(members_count(world->nodes[SECOND].switchboard->members), 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(who_leaves_gives_its_rooms_up_with_their_leases),
        IN_WORLD(the_others_hear_what_has_moved_and_that_the_node_is_gone),
        IN_WORLD(who_has_left_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
