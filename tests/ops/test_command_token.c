/* test_command_token.c - what `parley token` prints, and with what it exits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/token.h"
#include "tests/ops/support/command_scene.h"
#include "tests/support/cmocka_all.h"

static void a_token_made_for_a_room_is_admitted_there(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity ann");

    assert_int_equal(command_judge(scene, "verify --room a"), EX_OK);
    assert_string_equal(buffer_text(&scene->out), "good: ann would be admitted to room a\n");
    assert_int_equal(scene->err.length, 0);
}

static void the_token_alone_is_printed(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity ann");

    assert_int_equal(strncmp(buffer_text(&scene->out), "eyJ", 3), 0);
    assert_int_equal(strcspn(buffer_text(&scene->out), "\n"), scene->out.length - 1);
    assert_int_equal(scene->err.length, 0);
}

/* T-10: so that a server which takes each token once takes it. */
static void every_token_has_an_id_of_its_own(void **state)
{
    struct command_scene *scene = *state;
    char ids[2][23];
    for (size_t i = 0; i < 2; i++) {
        command_create(scene, "--room a --identity ann");
        assert_int_equal(command_judge(scene, "inspect --json"), EX_OK);
        const char *jti = strstr(buffer_text(&scene->out), "\"jti\":\"");
        assert_non_null(jti);
        assert_int_equal(strcspn(jti + 7, "\""), 22);
        (void)snprintf(ids[i], sizeof ids[i], "%s", jti + 7);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

static void every_option_arrives_in_the_claims(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene,
                   "--room a --identity ann --name Ann --metadata m --attribute k=v --attribute l=w=x --ttl 1h --admin "
                   "--hidden --no-publish --update-own-metadata --key APIbob");

    assert_int_equal(command_judge(scene, "inspect --json"), EX_OK);
    static const char *const parts[] = {"\"iss\":\"APIbob\"",
                                        "\"sub\":\"ann\"",
                                        "\"name\":\"Ann\"",
                                        "\"metadata\":\"m\"",
                                        "\"attributes\":{\"k\":\"v\",\"l\":\"w=x\"}",
                                        "\"roomJoin\":true",
                                        "\"roomAdmin\":true",
                                        "\"hidden\":true",
                                        "\"canPublish\":false",
                                        "\"canPublishData\":false",
                                        "\"canUpdateOwnMetadata\":true",
                                        "\"signature_checked\":true",
                                        "\"admitted\":true",
                                        "\"code\":\"ok\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_says(&scene->out, parts[i]);
}

static void publishing_data_can_be_withheld_alone(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity ann --no-publish-data");

    assert_int_equal(command_judge(scene, "inspect"), EX_OK);
    assert_says(&scene->out, "\"canPublish\":true");
    assert_says(&scene->out, "\"canPublishData\":false");
}

static void inspect_says_in_words_why_a_join_would_fail(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity ann");
    assert_int_equal(command_judge(scene, "inspect --room b"), EX_OK);
    assert_says(&scene->out, "refused: token is for room a, you opened b\n");
    assert_int_equal(command_judge(scene, "verify --room b"), EX_DATAERR);
    assert_string_equal(buffer_text(&scene->out), "refused: token is for room a, you opened b\n");
    assert_int_equal(command_judge(scene, "verify --room a --audience calls"), EX_DATAERR);
    assert_says(&scene->out, "audience");
    assert_int_equal(command_judge(scene, "verify --room a --lifetime-max 1m"), EX_DATAERR);
    assert_says(&scene->out, "but at most 1 minute are allowed");

    command_create(scene, "--room a --identity ann --no-join");
    assert_int_equal(command_judge(scene, "verify --room a"), EX_DATAERR);
    assert_says(&scene->out, "roomJoin");
}

/* Signed long ago, so that it has expired by now. */
static void an_expired_token_is_told_for_how_long(void **state)
{
    struct command_scene *scene = *state;
    struct keyring *keys = keyring_create();
    struct buffer token = BUFFER_EMPTY;
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("APIann"), SLICE_LITERAL(SECRET)), ERROR_NONE);
    struct instant now = clock_now(), then = {.unix_ms = now.unix_ms - 3 * 3600 * 1000};
    struct claims claims = {.identity = SLICE_LITERAL("ann"),
                            .room = SLICE_LITERAL("a"),
                            .may_join = true,
                            .expires_unix_s = instant_unix_s(now) - 2 * 3600 - 60};
    assert_int_equal(token_create(keys, SLICE_LITERAL("APIann"), &claims, then, &token), ERROR_NONE);
    command_write_file(scene->token, buffer_text(&token), 0600);

    assert_int_equal(command_judge(scene, "verify --room a"), EX_DATAERR);
    assert_string_equal(buffer_text(&scene->out), "refused: expired 2 hours ago\n");
    buffer_fini(&token);
    keyring_destroy(keys);
}

static void a_token_by_another_key_is_told_so(void **state)
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity ann");
    command_write_file(scene->keys, "APIann: another secret of thirty-two bytes or more\n", 0600);
    assert_int_equal(command_judge(scene, "verify --room a"), EX_DATAERR);
    assert_says(&scene->out, "not signed by a key given: the signature does not fit");

    command_write_file(scene->keys, "APIcyd: " SECRET "\n", 0600);
    assert_int_equal(command_judge(scene, "inspect --room a"), EX_OK);
    assert_says(&scene->out, "not signed by a key given: none has");
}

static void without_a_key_inspect_says_that_nothing_is_proved(void **state)
{
    struct command_scene *scene = *state;
    struct buffer words = BUFFER_EMPTY;
    command_create(scene, "--room a --identity ann");

    buffer_add_format(&words, "token inspect %s", scene->token);
    assert_int_equal(command_run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "unproved: ");
    assert_says(&scene->out, "was not checked");
    buffer_clear(&words);
    buffer_add_format(&words, "token inspect --json --room b %s", scene->token);
    assert_int_equal(command_run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "\"signature_checked\":false,\"admitted\":false,\"code\":\"auth_room\"");
    buffer_clear(&words);
    buffer_add_format(&words, "token verify --room a %s", scene->token);
    assert_int_equal(command_run(scene, buffer_text(&words)), EX_USAGE);
    buffer_fini(&words);
}

static void keys_come_from_the_environment_too(void **state)
{
    struct command_scene *scene = *state;
    assert_int_equal(setenv("PARLEY_AUTH_KEYS", "APIcyd: " SECRET ", APIann: " SECRET, 1), 0);
    assert_int_equal(command_run(scene, "token create --room a --identity cyd"), EX_OK);
    command_write_file(scene->token, buffer_text(&scene->out), 0600);
    assert_int_equal(unsetenv("PARLEY_AUTH_KEYS"), 0);

    command_write_file(scene->keys, "APIcyd: " SECRET "\n", 0600);
    assert_int_equal(setenv("PARLEY_AUTH_KEYS_FILE", scene->keys, 1), 0);
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "token verify --room a %s", scene->token);
    assert_int_equal(command_run(scene, buffer_text(&words)), EX_OK);
    buffer_fini(&words);
    assert_int_equal(unsetenv("PARLEY_AUTH_KEYS_FILE"), 0);
}

static void a_token_in_the_arguments_is_refused(void **state) /* T-02 */
{
    struct command_scene *scene = *state;

    assert_int_equal(command_run(scene, "token inspect eyJhbGciOiJIUzI1NiJ9.e30.AAAA"), EX_USAGE);
    assert_says(&scene->err, "does not belong in the arguments");
    assert_null(strstr(buffer_text(&scene->err), "eyJ"));
    assert_int_equal(scene->out.length, 0);
}

static void what_a_terminal_would_obey_is_not_printed(void **state) /* T-43 */
{
    struct command_scene *scene = *state;
    command_create(scene, "--room a --identity \x1b[31m\xc2\x9b"
                          "2J");

    assert_int_equal(command_judge(scene, "inspect"), EX_OK);
    assert_null(strchr(buffer_text(&scene->out), 0x1b));
    assert_null(strstr(buffer_text(&scene->out), "\xc2\x9b"));
}

static void each_mistake_has_its_exit_status(void **state)
{
    struct command_scene *scene = *state;
    assert_int_equal(command_run(scene, "token"), EX_USAGE);
    assert_int_equal(command_run(scene, "token burn"), EX_USAGE);
    assert_int_equal(command_run(scene, "token --help"), EX_OK);
    assert_int_equal(command_run(scene, "token create --help"), EX_OK);
    assert_int_equal(command_run(scene, "token inspect --help"), EX_OK);
    assert_int_equal(command_run(scene, "token inspect"), EX_USAGE);
    assert_int_equal(command_run(scene, "token inspect /nowhere/token"), EX_NOINPUT);
    assert_int_equal(command_run(scene, "token create --room a --identity ann"), EX_USAGE); /* no key */
    assert_int_equal(command_run(scene, "token create --room a --identity ann --keys-file /nowhere/keys"), EX_NOINPUT);
    assert_int_equal(command_run_with_files(scene, "create", "--room a"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--identity ann"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity ann --ttl 10"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity ann --ttl 0"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity ann --ttl 9200000000000000s"),
                     EX_DATAERR);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity ann --attribute k"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity ann --key APInone"), EX_USAGE);
    assert_int_equal(command_run_with_files(scene, "create", "--room a --identity \xff"), EX_DATAERR);
    command_write_file(scene->token, "no token\n", 0600);
    assert_int_equal(command_judge(scene, "inspect"), EX_DATAERR);
    command_write_file(scene->keys, "APIann: " SECRET "\n", 0644);
    assert_int_equal(command_judge(scene, "inspect"), EX_NOPERM);
    command_write_file(scene->keys, "APIann: short\n", 0600);
    assert_int_equal(command_judge(scene, "inspect"), EX_CONFIG);
    assert_says(&scene->err, "line 1");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, command_scene_start, command_scene_end)
    const struct CMUnitTest tests[] = {
        TEST(a_token_made_for_a_room_is_admitted_there),
        TEST(the_token_alone_is_printed),
        TEST(every_token_has_an_id_of_its_own),
        TEST(every_option_arrives_in_the_claims),
        TEST(publishing_data_can_be_withheld_alone),
        TEST(inspect_says_in_words_why_a_join_would_fail),
        TEST(an_expired_token_is_told_for_how_long),
        TEST(a_token_by_another_key_is_told_so),
        TEST(without_a_key_inspect_says_that_nothing_is_proved),
        TEST(keys_come_from_the_environment_too),
        TEST(a_token_in_the_arguments_is_refused),
        TEST(what_a_terminal_would_obey_is_not_printed),
        TEST(each_mistake_has_its_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
