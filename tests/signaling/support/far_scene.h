/* far_scene.h - an edge whose rooms are at home on other nodes, which may be cut off or die. */
#ifndef PARLEY_TESTS_SIGNALING_SUPPORT_FAR_SCENE_H
#define PARLEY_TESTS_SIGNALING_SUPPORT_FAR_SCENE_H

#include "tests/signaling/support/edge_scene.h"

#define FAR_HOMES 2
#define EDGE_NODE 77 /* what the homes call our edge */

struct far_scene;

struct far_home {
    struct far_scene *scene;
    uint64_t node; /* 1, 2 */
    struct home *home;
};

struct far_scene {
    struct edge_scene edge; /* the first member */
    struct far_home homes[FAR_HOMES];
    uint64_t asked;   /* the node that joins and resumes go to; 0: ours */
    bool is_cut;      /* what either side says is lost */
    bool is_refusing; /* the way to the homes has no place */
    bool is_holding;  /* resumes reach nobody yet */
    unsigned resumes, receipts, leaves;
    int64_t last_got;
    struct reference last_id; /* of a resume, */
    uint64_t last_client;     /* and of which client */
};

int open_far_scene(void **state);
int clear_far_scene(void **state);
#define FAR_SCENE(test) cmocka_unit_test_setup_teardown(test, open_far_scene, clear_far_scene)

/* That node is lost, and from now on rooms are at home on `next`; the edge knows. */
void far_dies(struct far_scene *scene, uint64_t node, uint64_t next);

/* What was under way is lost, but the home lives: the edge and the home are told. */
void far_link_breaks(struct far_scene *scene, uint64_t node);

void far_beats(struct far_scene *scene, int64_t ms);

/* Ann and bob are in the lobby, and ann has been told of bob. */
void far_enter(struct far_scene *scene, struct actor *ann, struct actor *bob);

/* Takes the connections away that are there still. */
void far_vanish(struct far_scene *scene, struct actor *ann, struct actor *bob);

/* Joins the lobby giving no receipts. */
void actor_enter_silent(struct far_scene *scene, struct actor *actor, const char *identity);

/* Answers its `count`-th welcome. */
void actor_answer(struct far_scene *scene, struct actor *actor, int got, int count);

#endif
