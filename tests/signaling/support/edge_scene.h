/* edge_scene.h - an edge with its home and scripted clients, without sockets and with a clock that the test turns. */
#ifndef PARLEY_TESTS_SIGNALING_SUPPORT_EDGE_SCENE_H
#define PARLEY_TESTS_SIGNALING_SUPPORT_EDGE_SCENE_H

#include "base/buffer.h"
#include "cluster/home.h"
#include "signaling/edge.h"

#define ACTOR_TICKET_MAX 1024

/* What stands in for a connection: it is told when it has to close. */
struct actor {
    struct client *client;
    int close_code; /* 0: open */
    char close_reason[124];
    char peer_id[RANDOM_ID_LENGTH + 1];
    char ticket[ACTOR_TICKET_MAX]; /* the last one that it was given */
    struct buffer heard;           /* every text since the last look, one a line */
};

struct edge_scene {
    struct instant now;
    struct edge_config config; /* changed before edge_scene_open() by tests that need to */
    struct ice_list ice;
    struct home_config home_config;
    struct keyring *keys;
    struct sealer *sealer;
    struct revocations *revocations;
    struct metrics *metrics;
    struct home *home;
    struct edge *edge;
};

void edge_scene_init(struct edge_scene *scene); /* sane settings, nothing opened */
void edge_scene_open(struct edge_scene *scene);
void edge_scene_fini(struct edge_scene *scene);

/* The server is killed and started again: what it was told to keep is all that is left. Every actor must be gone. */
void edge_scene_restart(struct edge_scene *scene);

/* Both clocks go on by so much, then home and edge do what is due. */
void edge_scene_wait(struct edge_scene *scene, int64_t ms);

/* A token for `identity` and `room`, whose grants `change` may edit (NULL: may do all but administer and hide). */
void edge_scene_token(const struct edge_scene *scene, const char *identity, const char *room,
                      void (*change)(struct claims *), struct buffer *out);

/* Opens a connection from 192.0.2.1. */
void actor_connect(struct edge_scene *scene, struct actor *actor, const char *room);

/* Opens, says hello and takes note of its peer id; asserts the welcome, and forgets what was heard. */
void actor_join(struct edge_scene *scene, struct actor *actor, const char *identity, const char *room,
                void (*change)(struct claims *));

/* The same in the lobby, as one who gives receipts. */
void actor_enter(struct edge_scene *scene, struct actor *actor, const char *identity);

/* Opens a connection and shows the ticket that `former` had (which may be `actor` itself, gone by now); `more` is
 * further members of hello, such as ",\"got\":3". What it hears is left to be read. */
void actor_resume(struct edge_scene *scene, struct actor *actor, const struct actor *former, const char *more);

void actor_say(struct edge_scene *scene, struct actor *actor, const char *text);

/* A relay to another; `rest` is its further members. */
void actor_say_to(struct edge_scene *scene, struct actor *from, const struct actor *to, const char *rest);

void actor_hello(struct edge_scene *scene, struct actor *actor, const char *token);

/* Reads the outbox as a willing client would; returns everything heard since the last look, one text a line. */
const char *actor_hear(struct actor *actor);

/* The connection is gone; its ticket and its peer id stay known. */
void actor_vanish(struct edge_scene *scene, struct actor *actor, int close_code);

/* *state is a scene: ready to be opened by a test that changes its settings first, or opened. */
int set_the_scene(void **state);
int open_the_scene(void **state);
int clear_the_scene(void **state);
#define SCENE(test)          cmocka_unit_test_setup_teardown(test, open_the_scene, clear_the_scene)
#define UNOPENED_SCENE(test) cmocka_unit_test_setup_teardown(test, set_the_scene, clear_the_scene)

/* How often `part` is in `text`. */
size_t count_of(const char *text, const char *part);

void assert_has(const char *text, const char *part);
void assert_has_not(const char *text, const char *part);

#endif
