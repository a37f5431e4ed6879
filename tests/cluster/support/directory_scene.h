/* directory_scene.h - the directories of three nodes, named like people, over one model of Redis. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_DIRECTORY_SCENE_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_DIRECTORY_SCENE_H

#include "base/buffer.h"
#include "cluster/directory.h"
#include "tests/cluster/support/lease_model.h"

enum node_name { NOBODY, ANN, BOB, CYD, NODES }; /* their ids, too */

struct node {
    struct directory_scene *scene;
    enum node_name name;
    struct directory *directory;
    bool gives_up_what_it_finds; /* and asks for what it loses */
};

struct directory_scene {
    struct lease_model *redis;
    struct instant now;
    struct node nodes[NODES];
    struct buffer heard;
    size_t claims[4]; /* by kind */
};

/* Setup and teardown for cmocka; the bus is up for everybody. */
int open_directories(void **state);
int close_directories(void **state);

struct directory *directory_of(struct directory_scene *scene, enum node_name name);

void asks_for(struct directory_scene *scene, enum node_name name, const char *room);
void asks_without(struct directory_scene *scene, enum node_name name, const char *room, enum node_name unreachable);
void releases(struct directory_scene *scene, enum node_name name, const char *room);
void ticks(struct directory_scene *scene, enum node_name name);
void redis_works(struct directory_scene *scene, enum node_name name); /* executes its claims */
void hears_answers(struct directory_scene *scene, enum node_name name);
void all_settles(struct directory_scene *scene); /* until nothing is under way any more, in no time */
void clocks_go_on(struct directory_scene *scene, int64_t ms);
void bus_goes_down(struct directory_scene *scene, enum node_name name);
void bus_comes_up(struct directory_scene *scene, enum node_name name);

/* Ann holds the lobby; what was heard of that is forgotten. */
void ann_holds_the_lobby(struct directory_scene *scene);

void assert_told(struct directory_scene *scene, const char *expected); /* since the last call */
void assert_at(struct directory_scene *scene, enum node_name asked, const char *room, enum node_name expected);
void assert_leased(struct directory_scene *scene, const char *room, enum node_name holder);

#endif
