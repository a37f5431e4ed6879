/* state_scene.h - a directory for one test, and files in it. */
#ifndef PARLEY_TESTS_OPS_SUPPORT_STATE_SCENE_H
#define PARLEY_TESTS_OPS_SUPPORT_STATE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct state_scene {
    char parent[64];    /* made for the test */
    char directory[96]; /* below it, not made yet */
};

/* Setup and teardown of a test; *state is the scene. */
int state_scene_start(void **state);
int state_scene_end(void **state);

/* Files of `directory`, which is made if need be. */
void state_scene_write(const struct state_scene *scene, const char *name, const char *text, size_t length, mode_t mode);
size_t state_scene_read(const struct state_scene *scene, const char *name, char *out, size_t size); /* adds a NUL */
bool state_scene_has(const struct state_scene *scene, const char *name);
mode_t state_scene_mode(const struct state_scene *scene, const char *name); /* "": of the directory */

#endif
