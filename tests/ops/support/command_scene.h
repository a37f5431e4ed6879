/* command_scene.h - runs `parley token` and `parley keygen` in a child, with files of its own. */
#ifndef PARLEY_TESTS_OPS_SUPPORT_COMMAND_SCENE_H
#define PARLEY_TESTS_OPS_SUPPORT_COMMAND_SCENE_H

#include <sys/types.h>

#include "base/buffer.h"

#define SECRET "a secret of more than thirty-two bytes"

struct command_scene {
    char folder[64];
    char keys[96]; /* files in it */
    char token[96];
    struct buffer out; /* what the last command wrote */
    struct buffer err;
};

/* Setup and teardown of a test; *state is the scene. */
int command_scene_start(void **state);
int command_scene_end(void **state);

void command_write_file(const char *path, const char *text, mode_t mode);

/* Runs a command in a child, with its own output and its own getopt; returns its exit status. `words` are parted by
 * single spaces. */
int command_run(struct command_scene *scene, const char *words);

/* `token BEFORE --keys-file (that of the scene) AFTER` */
int command_run_with_files(struct command_scene *scene, const char *before, const char *after);

/* Makes a token for `options` into scene->token. */
void command_create(struct command_scene *scene, const char *options);

/* What a verb says of that token. */
int command_judge(struct command_scene *scene, const char *verb_and_options);

void assert_says(struct buffer *text, const char *expected);

#endif
