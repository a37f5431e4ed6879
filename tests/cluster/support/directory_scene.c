/* directory_scene.c - three directories, what they claim and what they say. */
#include "tests/cluster/support/directory_scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/support/cmocka_all.h"

static const char *const names[] = {"nobody", "ann", "bob", "cyd"};

static void on_claim(void *context, const struct claim *claim)
{
    struct node *node = context;
    node->scene->claims[claim->kind]++;
    lease_model_claim(node->scene->redis, node->name, claim);
}

static void note(struct node *node, const char *what, struct slice room, uint64_t other)
{
    char line[200];
    int length = snprintf(line, sizeof line, "%s %s " SLICE_FORMAT " %s\n", names[node->name], what, SLICE_ARGS(room),
                          names[other]);
    buffer_add(&node->scene->heard, slice_of(line, (size_t)length));
}

static void on_found(void *context, struct slice room, uint64_t holder, struct instant now)
{
    struct node *node = context;
    (void)now;
    note(node, "found", room, holder);
    if (node->gives_up_what_it_finds)
        directory_release(node->directory, room);
}

static void on_lost(void *context, struct slice room, uint64_t holder, struct instant now)
{
    struct node *node = context;
    note(node, "lost", room, holder);
    if (node->gives_up_what_it_finds)
        directory_ask(node->directory, room, holder, now);
}

int open_directories(void **state)
{
    struct directory_scene *scene = memory_new(sizeof *scene);
    scene->redis = lease_model_create();
    scene->now = (struct instant){1000000, 1700000000000};
    for (enum node_name name = ANN; name < NODES; name++) {
        struct node *node = &scene->nodes[name];
        *node = (struct node){.scene = scene, .name = name};
        node->directory = directory_create(name, (struct directory_port){node, on_claim, on_found, on_lost});
        directory_bus_up(node->directory, scene->now);
    }
    *state = scene;
    return 0;
}

int close_directories(void **state)
{
    struct directory_scene *scene = *state;
    for (enum node_name name = ANN; name < NODES; name++)
        directory_destroy(scene->nodes[name].directory);
    lease_model_destroy(scene->redis);
    buffer_fini(&scene->heard);
    free(scene);
    return 0;
}

static struct slice room_named(const char *room)
{
    return slice_from_text(room);
}

void asks_for(struct directory_scene *scene, enum node_name name, const char *room)
{
    directory_ask(scene->nodes[name].directory, room_named(room), 0, scene->now);
}

void asks_without(struct directory_scene *scene, enum node_name name, const char *room, enum node_name unreachable)
{
    directory_ask(scene->nodes[name].directory, room_named(room), unreachable, scene->now);
}

void releases(struct directory_scene *scene, enum node_name name, const char *room)
{
    directory_release(scene->nodes[name].directory, room_named(room));
}

void ticks(struct directory_scene *scene, enum node_name name)
{
    directory_tick(scene->nodes[name].directory, scene->now);
}

void redis_works(struct directory_scene *scene, enum node_name name)
{
    while (lease_model_step(scene->redis, name, scene->now.unix_ms)) {
    }
}

void hears_answers(struct directory_scene *scene, enum node_name name)
{
    struct lease answer;
    while (lease_model_answer(scene->redis, name, &answer))
        directory_held(scene->nodes[name].directory, slice_of(answer.room, answer.length), answer.holder, answer.term,
                       scene->now);
}

/* Until nothing is under way any more, in no time. */
void all_settles(struct directory_scene *scene)
{
    for (int round = 0; round < 5; round++) {
        for (enum node_name name = ANN; name < NODES; name++) {
            ticks(scene, name);
            redis_works(scene, name);
            hears_answers(scene, name);
        }
    }
}

void clocks_go_on(struct directory_scene *scene, int64_t ms)
{
    scene->now.mono_ms += ms;
    scene->now.unix_ms += ms;
}

void bus_goes_down(struct directory_scene *scene, enum node_name name)
{
    lease_model_cut(scene->redis, name);
    directory_bus_down(scene->nodes[name].directory, scene->now);
}

void bus_comes_up(struct directory_scene *scene, enum node_name name)
{
    directory_bus_up(scene->nodes[name].directory, scene->now);
}

void assert_told(struct directory_scene *scene, const char *expected)
{
    char *heard = memory_text(buffer_slice(&scene->heard));
    assert_string_equal(heard, expected);
    free(heard);
    buffer_clear(&scene->heard);
}

void assert_at(struct directory_scene *scene, enum node_name asked, const char *room, enum node_name expected)
{
    uint64_t node = NOBODY;
    enum whereabouts where = directory_find(scene->nodes[asked].directory, room_named(room), &node);
    assert_int_equal(where == HOME_HERE ? asked : node, expected);
}

void assert_leased(struct directory_scene *scene, const char *room, enum node_name holder)
{
    struct lease lease = {.holder = NOBODY};
    (void)lease_model_find(scene->redis, room_named(room), scene->now.unix_ms, &lease);
    assert_int_equal(lease.holder, holder);
}

/* Two, of whom the first holds the lobby; what was heard of that is forgotten. */
void ann_holds_the_lobby(struct directory_scene *scene)
{
    asks_for(scene, ANN, "lobby");
    all_settles(scene);
    buffer_clear(&scene->heard);
}

struct directory *directory_of(struct directory_scene *scene, enum node_name name)
{
    return scene->nodes[name].directory;
}
