/* test_command_keygen.c - what `parley keygen` prints is long enough, new each time, and taken by the server. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "auth/keyring.h"
#include "tests/ops/support/command_scene.h"
#include "tests/support/cmocka_all.h"

static void keygen_prints_a_line_for_a_keys_file(void **state)
{
    struct command_scene *scene = *state;
    assert_int_equal(command_run(scene, "keygen"), EX_OK);

    const char *colon = strstr(buffer_text(&scene->out), ": ");
    assert_int_equal(strncmp(buffer_text(&scene->out), "API", 3), 0);
    assert_non_null(colon);
    assert_int_equal(strcspn(colon + 2, "\n"), 43);
    command_write_file(scene->keys, buffer_text(&scene->out), 0600);
    command_create(scene, "--room a --identity ann");
    assert_int_equal(command_judge(scene, "verify --room a"), EX_OK);
}

static void keygen_prints_another_secret_each_time(void **state)
{
    static const char *const commands[] = {"keygen --turn", "keygen --cluster"};
    struct command_scene *scene = *state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_int_equal(command_run(scene, commands[i]), EX_OK);
        assert_int_equal(scene->out.length, 44);
        char *first = strdup(buffer_text(&scene->out));

        assert_int_equal(command_run(scene, commands[i]), EX_OK);
        assert_string_not_equal(first, buffer_text(&scene->out));
        free(first);
    }
}

static void keygen_makes_a_key_pair_that_the_server_takes(void **state)
{
    struct command_scene *scene = *state;
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "keygen --jwk --jwks-file %s", scene->token);
    assert_int_equal(command_run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "\"d\":\"");

    struct keyring *keys = keyring_create();
    int index = 0;
    assert_int_equal(keyring_load_jwks(keys, scene->token, &index), ERROR_NONE);
    assert_int_equal(keyring_count(keys), 1);
    keyring_destroy(keys);

    assert_int_equal(command_run(scene, buffer_text(&words)), EX_CANTCREAT); /* there already */
    assert_int_equal(command_run(scene, "keygen --jwk --turn"), EX_USAGE);
    assert_int_equal(command_run(scene, "keygen --jwk --cluster"), EX_USAGE);
    assert_int_equal(command_run(scene, "keygen --jwks-file x"), EX_USAGE);
    assert_int_equal(command_run(scene, "keygen x"), EX_USAGE);
    buffer_fini(&words);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, command_scene_start, command_scene_end)
    const struct CMUnitTest tests[] = {
        TEST(keygen_prints_a_line_for_a_keys_file),
        TEST(keygen_prints_another_secret_each_time),
        TEST(keygen_makes_a_key_pair_that_the_server_takes),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
