/* wire_scene.h - anything that may stand on the bus, made at random from a seed. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_WIRE_SCENE_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_WIRE_SCENE_H

#include "cluster/wire_parts.h"

#define SCENE_TEXTS 4096

/* What random requests and events point into. */
struct wire_scene {
    uint64_t seed;
    struct wire_room *room; /* that reads them */
    struct buffer bytes;
    struct buffer texts[SCENE_TEXTS];
    size_t text_count;
    struct profile profile;
    struct profile_update update;
    struct peer self;
    char id[RANDOM_ID_LENGTH + 1];
    struct slice list[WIRE_LIST_MAX];
    struct delivery hearers[WIRE_PEERS_MAX];
};

int open_wire(void **state); /* setup and teardown for cmocka */
int close_wire(void **state);

uint64_t any(struct wire_scene *scene);
uint64_t any_to(struct wire_scene *scene, uint64_t max);
int64_t any_integer(struct wire_scene *scene, int64_t min); /* small, large, or at one of its limits */
struct slice any_text(struct wire_scene *scene, size_t max);
struct slice any_peer_id(struct wire_scene *scene);
struct slice any_room_id(struct wire_scene *scene);
struct slice any_body(struct wire_scene *scene); /* JSON */
struct reference any_reference(struct wire_scene *scene);
struct profile any_profile(struct wire_scene *scene);
struct request any_request(struct wire_scene *scene, enum request_type type);

/* Forgets all that was made, and so all that points to it. */
void wire_scene_clear(struct wire_scene *scene);

void assert_same_text(struct slice found, struct slice expected);
void assert_same_profile(const struct profile *found, const struct profile *expected);
void assert_same_request(const struct request *found, const struct request *expected);

/* Hex, with spaces wherever one likes. */
void append_hex(struct buffer *out, const char *hex);
void assert_is_hex(struct slice bytes, const char *hex);

/* The first `length` bytes in a block of their own, so that the sanitizer sees who reads beyond. */
char *cut_off(struct slice bytes, size_t length);

#endif
