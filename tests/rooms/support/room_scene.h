/* room_scene.h - a room whose listener writes down what each peer hears. */
#ifndef PARLEY_TESTS_ROOMS_SUPPORT_ROOM_SCENE_H
#define PARLEY_TESTS_ROOMS_SUPPORT_ROOM_SCENE_H

#include "base/buffer.h"
#include "rooms/room.h"

/* One "hearer: event" line for each that hears one; names stand for ids. */
struct scene {
    struct room *room;
    struct buffer heard;
    struct peer *ann, *bob, *cyd;
};

/* Setup and teardown for cmocka: a room of three places, empty or full. */
int open_room(void **state);
int open_room_of_three(void **state);
int close_room(void **state);

/* May send anything and change itself. */
struct profile profile_named(const char *name);

struct peer *enter(struct scene *scene, const struct profile *profile);
struct peer *enter_in_order(struct scene *scene, const struct profile *profile, uint64_t order, bool is_back);
struct peer *come_back(struct scene *scene, const char *name, uint64_t order);

enum error relay(struct scene *scene, struct peer *from, struct slice to, enum relay_kind kind, struct slice body);
enum error broadcast(struct scene *scene, struct peer *from, struct slice body);

void assert_heard(struct scene *scene, const char *expected);
void assert_order(const struct scene *scene, const char *names); /* "ann bob " */

#endif
