/* command_scene.c - runs `parley token` and `parley keygen` in a child, with files of its own. */
#include "tests/ops/support/command_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "ops/command_keygen.h"
#include "ops/command_token.h"
#include "tests/support/cmocka_all.h"

void command_write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

int command_scene_start(void **state)
{
    struct command_scene *scene = calloc(1, sizeof *scene);
    const char *parent = getenv("TMPDIR");
    assert_true(snprintf(scene->folder, sizeof scene->folder, "%s/parley-token-XXXXXX", parent ? parent : "/tmp") < 64);
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->keys, sizeof scene->keys, "%s/keys", scene->folder);
    (void)snprintf(scene->token, sizeof scene->token, "%s/token", scene->folder);
    command_write_file(scene->keys, "# ours\nAPIann: " SECRET "\nAPIbob: " SECRET "!\n", 0600);
    static const char *const variables[] = {"PARLEY_AUTH_KEYS", "PARLEY_AUTH_KEYS_FILE", "PARLEY_AUTH_JWKS_FILE",
                                            "PARLEY_AUTH_AUDIENCE"};
    for (size_t i = 0; i < 4; i++)
        (void)unsetenv(variables[i]);
    *state = scene;
    return 0;
}

int command_scene_end(void **state)
{
    struct command_scene *scene = *state;
    (void)unlink(scene->keys);
    (void)unlink(scene->token);
    (void)rmdir(scene->folder);
    buffer_fini(&scene->out);
    buffer_fini(&scene->err);
    free(scene);
    return 0;
}

static void read_back(FILE *file, struct buffer *out)
{
    buffer_clear(out);
    rewind(file);
    for (int c; (c = fgetc(file)) != EOF;)
        buffer_add_char(out, (char)c);
    (void)fclose(file);
}

int command_run(struct command_scene *scene, const char *words)
{
    char *copy = strdup(words), *argv[32] = {NULL};
    int argc = 0;
    for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
        argv[argc++] = at;
    FILE *out = tmpfile(), *err = tmpfile();
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(fileno(out), STDOUT_FILENO);
        (void)dup2(fileno(err), STDERR_FILENO);
        int status = strcmp(argv[0], "token") == 0 ? command_token(argc, argv) : command_keygen(argc, argv);
        (void)fflush(NULL);
        _exit(status);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    read_back(out, &scene->out);
    read_back(err, &scene->err);
    free(copy);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int command_run_with_files(struct command_scene *scene, const char *before, const char *after)
{
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "token %s --keys-file %s %s", before, scene->keys, after);
    int status = command_run(scene, buffer_text(&words));
    buffer_fini(&words);
    return status;
}

void command_create(struct command_scene *scene, const char *options)
{
    int status = command_run_with_files(scene, "create", options);
    if (status != EX_OK)
        fail_msg("%s: %d %s", options, status, buffer_text(&scene->err));
    command_write_file(scene->token, buffer_text(&scene->out), 0600);
}

int command_judge(struct command_scene *scene, const char *verb_and_options)
{
    return command_run_with_files(scene, verb_and_options, scene->token);
}

void assert_says(struct buffer *text, const char *expected)
{
    if (!strstr(buffer_text(text), expected))
        fail_msg("\"%s\" does not say \"%s\"", buffer_text(text), expected);
}
