/* redis_scene.h - a real Redis, a loop, and nodes on both of them that write down what they hear. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_REDIS_SCENE_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_REDIS_SCENE_H

#include "tests/cluster/support/redis_server.h"
#include "tests/support/cmocka_all.h"

#include "base/buffer.h"
#include "cluster/redis.h"

#define ANN 0xa000000000000001u /* nodes; more than what a Lua number holds */
#define BOB 0xb000000000000002u
#define CYD 0x00000000000000c3u

struct redis_node {
    struct redis_scene *scene;
    struct redis_bus *handle;
    struct bus bus;
    size_t ups, downs, frames, unheards;
    struct buffer last; /* the newest frame */
    bool is_in_order;   /* each frame that was a number was one more than the one before */
    uint64_t number;
    uint64_t unheard_by;
    size_t answers; /* to claims */
    char room[128]; /* of the newest answer */
    uint64_t holder, term;
    struct buffer notes; /* a line each: "up", "down: why", "open" */
};

struct redis_scene {
    struct ev_loop *loop;
    struct redis_server server;
    struct redis_node ann, bob;
};

/* Of a cmocka test: a Redis that runs, and no node yet. */
int redis_scene_set_up(void **state);
int redis_scene_tear_down(void **state);

/* `url`: a format for the port; NULL: what anybody would write. */
void redis_node_start(struct redis_scene *scene, struct redis_node *node, uint64_t self, const char *url);
void redis_node_stop(struct redis_node *node);
void redis_scene_start_both(struct redis_scene *scene); /* and waits until they are up */

/* Turns the loop until *counter is `wanted` or more. */
void redis_scene_wait(struct redis_scene *scene, const size_t *counter, size_t wanted);
/* The same, until node's notes hold `text`. */
void redis_scene_wait_note(struct redis_scene *scene, struct redis_node *node, const char *text);

void redis_node_say(struct redis_node *node, uint64_t to, const char *frame);

/* Claims, and waits for the answer, which is in the node then. */
void redis_node_claim(struct redis_node *node, const struct claim *claim);

#endif
