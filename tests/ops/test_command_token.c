/* test_command_token.c - what `parley token` and `parley keygen` print, and with what they exit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/buffer.h"
#include "ops/command_keygen.h"
#include "ops/command_token.h"

#define SECRET "a secret of more than thirty-two bytes"

struct scene {
    char folder[64];
    char keys[96]; /* files in it */
    char token[96];
    struct buffer out; /* what the last command wrote */
    struct buffer err;
};

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int start(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    const char *parent = getenv("TMPDIR");
    assert_true(snprintf(scene->folder, sizeof scene->folder, "%s/parley-token-XXXXXX", parent ? parent : "/tmp") < 64);
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->keys, sizeof scene->keys, "%s/keys", scene->folder);
    (void)snprintf(scene->token, sizeof scene->token, "%s/token", scene->folder);
    write_file(scene->keys, "# ours\nAPIann: " SECRET "\nAPIbob: " SECRET "!\n", 0600);
    static const char *const variables[] = {"PARLEY_AUTH_KEYS", "PARLEY_AUTH_KEYS_FILE", "PARLEY_AUTH_JWKS_FILE",
                                            "PARLEY_AUTH_AUDIENCE"};
    for (size_t i = 0; i < 4; i++)
        (void)unsetenv(variables[i]);
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
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

/* Runs a command in a child, with its own output and its own getopt. `words` are parted by single spaces. */
static int run(struct scene *scene, const char *words)
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

static int run_with_files(struct scene *scene, const char *before, const char *after)
{
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "token %s --keys-file %s %s", before, scene->keys, after);
    int status = run(scene, buffer_text(&words));
    buffer_fini(&words);
    return status;
}

/* Makes a token for `options` into scene->token. */
static void create(struct scene *scene, const char *options)
{
    int status = run_with_files(scene, "create", options);
    if (status != EX_OK)
        fail_msg("%s: %d %s", options, status, buffer_text(&scene->err));
    write_file(scene->token, buffer_text(&scene->out), 0600);
}

static int judge(struct scene *scene, const char *verb_and_options)
{
    return run_with_files(scene, verb_and_options, scene->token);
}

static void assert_says(struct buffer *text, const char *expected)
{
    if (!strstr(buffer_text(text), expected))
        fail_msg("\"%s\" does not say \"%s\"", buffer_text(text), expected);
}

static void a_token_made_for_a_room_is_admitted_there(void **state)
{
    struct scene *scene = *state;
    create(scene, "--room a --identity ann");

    assert_int_equal(judge(scene, "verify --room a"), EX_OK);
    assert_string_equal(buffer_text(&scene->out), "good: ann would be admitted to room a\n");
    assert_int_equal(scene->err.length, 0);
}

static void the_token_alone_is_printed(void **state)
{
    struct scene *scene = *state;
    create(scene, "--room a --identity ann");

    assert_int_equal(strncmp(buffer_text(&scene->out), "eyJ", 3), 0);
    assert_int_equal(strcspn(buffer_text(&scene->out), "\n"), scene->out.length - 1);
    assert_int_equal(scene->err.length, 0);
}

/* T-10: so that a server which takes each token once takes it. */
static void every_token_has_an_id_of_its_own(void **state)
{
    struct scene *scene = *state;
    char ids[2][23];
    for (size_t i = 0; i < 2; i++) {
        create(scene, "--room a --identity ann");
        assert_int_equal(judge(scene, "inspect --json"), EX_OK);
        const char *jti = strstr(buffer_text(&scene->out), "\"jti\":\"");
        assert_non_null(jti);
        assert_int_equal(strcspn(jti + 7, "\""), 22);
        (void)snprintf(ids[i], sizeof ids[i], "%s", jti + 7);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

static void every_option_arrives_in_the_claims(void **state)
{
    struct scene *scene = *state;
    create(scene, "--room a --identity ann --name Ann --metadata m --attribute k=v --attribute l=w=x --ttl 1h --admin "
                  "--hidden --no-publish --update-own-metadata --key APIbob");

    assert_int_equal(judge(scene, "inspect --json"), EX_OK);
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
    struct scene *scene = *state;
    create(scene, "--room a --identity ann --no-publish-data");

    assert_int_equal(judge(scene, "inspect"), EX_OK);
    assert_says(&scene->out, "\"canPublish\":true");
    assert_says(&scene->out, "\"canPublishData\":false");
}

static void inspect_says_in_words_why_a_join_would_fail(void **state)
{
    struct scene *scene = *state;
    create(scene, "--room a --identity ann");
    assert_int_equal(judge(scene, "inspect --room b"), EX_OK);
    assert_says(&scene->out, "refused: token is for room a, you opened b\n");
    assert_int_equal(judge(scene, "verify --room b"), EX_DATAERR);
    assert_string_equal(buffer_text(&scene->out), "refused: token is for room a, you opened b\n");
    assert_int_equal(judge(scene, "verify --room a --audience calls"), EX_DATAERR);
    assert_says(&scene->out, "audience");
    assert_int_equal(judge(scene, "verify --room a --lifetime-max 1m"), EX_DATAERR);
    assert_says(&scene->out, "but at most 1 minute are allowed");

    create(scene, "--room a --identity ann --no-join");
    assert_int_equal(judge(scene, "verify --room a"), EX_DATAERR);
    assert_says(&scene->out, "roomJoin");
}

/* Signed long ago, so that it has expired by now. */
static void an_expired_token_is_told_for_how_long(void **state)
{
    struct scene *scene = *state;
    struct keyring *keys = keyring_create();
    struct buffer token = BUFFER_EMPTY;
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("APIann"), SLICE_LITERAL(SECRET)), ERROR_NONE);
    struct instant now = clock_now(), then = {.unix_ms = now.unix_ms - 3 * 3600 * 1000};
    struct claims claims = {.identity = SLICE_LITERAL("ann"),
                            .room = SLICE_LITERAL("a"),
                            .may_join = true,
                            .expires_unix_s = instant_unix_s(now) - 2 * 3600 - 60};
    assert_int_equal(token_create(keys, SLICE_LITERAL("APIann"), &claims, then, &token), ERROR_NONE);
    write_file(scene->token, buffer_text(&token), 0600);

    assert_int_equal(judge(scene, "verify --room a"), EX_DATAERR);
    assert_string_equal(buffer_text(&scene->out), "refused: expired 2 hours ago\n");
    buffer_fini(&token);
    keyring_destroy(keys);
}

static void a_token_by_another_key_is_told_so(void **state)
{
    struct scene *scene = *state;
    create(scene, "--room a --identity ann");
    write_file(scene->keys, "APIann: another secret of thirty-two bytes or more\n", 0600);
    assert_int_equal(judge(scene, "verify --room a"), EX_DATAERR);
    assert_says(&scene->out, "not signed by a key given: the signature does not fit");

    write_file(scene->keys, "APIcyd: " SECRET "\n", 0600);
    assert_int_equal(judge(scene, "inspect --room a"), EX_OK);
    assert_says(&scene->out, "not signed by a key given: none has");
}

static void without_a_key_inspect_says_that_nothing_is_proved(void **state)
{
    struct scene *scene = *state;
    struct buffer words = BUFFER_EMPTY;
    create(scene, "--room a --identity ann");

    buffer_add_format(&words, "token inspect %s", scene->token);
    assert_int_equal(run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "unproved: ");
    assert_says(&scene->out, "was not checked");
    buffer_clear(&words);
    buffer_add_format(&words, "token inspect --json --room b %s", scene->token);
    assert_int_equal(run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "\"signature_checked\":false,\"admitted\":false,\"code\":\"auth_room\"");
    buffer_clear(&words);
    buffer_add_format(&words, "token verify --room a %s", scene->token);
    assert_int_equal(run(scene, buffer_text(&words)), EX_USAGE);
    buffer_fini(&words);
}

static void keys_come_from_the_environment_too(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(setenv("PARLEY_AUTH_KEYS", "APIcyd: " SECRET ", APIann: " SECRET, 1), 0);
    assert_int_equal(run(scene, "token create --room a --identity cyd"), EX_OK);
    write_file(scene->token, buffer_text(&scene->out), 0600);
    assert_int_equal(unsetenv("PARLEY_AUTH_KEYS"), 0);

    write_file(scene->keys, "APIcyd: " SECRET "\n", 0600);
    assert_int_equal(setenv("PARLEY_AUTH_KEYS_FILE", scene->keys, 1), 0);
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "token verify --room a %s", scene->token);
    assert_int_equal(run(scene, buffer_text(&words)), EX_OK);
    buffer_fini(&words);
    assert_int_equal(unsetenv("PARLEY_AUTH_KEYS_FILE"), 0);
}

static void a_token_in_the_arguments_is_refused(void **state) /* T-02 */
{
    struct scene *scene = *state;

    assert_int_equal(run(scene, "token inspect eyJhbGciOiJIUzI1NiJ9.e30.AAAA"), EX_USAGE);
    assert_says(&scene->err, "does not belong in the arguments");
    assert_null(strstr(buffer_text(&scene->err), "eyJ"));
    assert_int_equal(scene->out.length, 0);
}

static void what_a_terminal_would_obey_is_not_printed(void **state) /* T-43 */
{
    struct scene *scene = *state;
    create(scene, "--room a --identity \x1b[31m\xc2\x9b"
                  "2J");

    assert_int_equal(judge(scene, "inspect"), EX_OK);
    assert_null(strchr(buffer_text(&scene->out), 0x1b));
    assert_null(strstr(buffer_text(&scene->out), "\xc2\x9b"));
}

static void each_mistake_has_its_exit_status(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(run(scene, "token"), EX_USAGE);
    assert_int_equal(run(scene, "token burn"), EX_USAGE);
    assert_int_equal(run(scene, "token --help"), EX_OK);
    assert_int_equal(run(scene, "token create --help"), EX_OK);
    assert_int_equal(run(scene, "token inspect --help"), EX_OK);
    assert_int_equal(run(scene, "token inspect"), EX_USAGE);
    assert_int_equal(run(scene, "token inspect /nowhere/token"), EX_NOINPUT);
    assert_int_equal(run(scene, "token create --room a --identity ann"), EX_USAGE); /* no key */
    assert_int_equal(run(scene, "token create --room a --identity ann --keys-file /nowhere/keys"), EX_NOINPUT);
    assert_int_equal(run_with_files(scene, "create", "--room a"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--identity ann"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity ann --ttl 10"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity ann --ttl 0"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity ann --ttl 9200000000000000s"), EX_DATAERR);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity ann --attribute k"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity ann --key APInone"), EX_USAGE);
    assert_int_equal(run_with_files(scene, "create", "--room a --identity \xff"), EX_DATAERR);
    write_file(scene->token, "no token\n", 0600);
    assert_int_equal(judge(scene, "inspect"), EX_DATAERR);
    write_file(scene->keys, "APIann: " SECRET "\n", 0644);
    assert_int_equal(judge(scene, "inspect"), EX_NOPERM);
    write_file(scene->keys, "APIann: short\n", 0600);
    assert_int_equal(judge(scene, "inspect"), EX_CONFIG);
    assert_says(&scene->err, "line 1");
}

static void keygen_prints_a_line_for_a_keys_file(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(run(scene, "keygen"), EX_OK);

    const char *colon = strstr(buffer_text(&scene->out), ": ");
    assert_int_equal(strncmp(buffer_text(&scene->out), "API", 3), 0);
    assert_non_null(colon);
    assert_int_equal(strcspn(colon + 2, "\n"), 43);
    write_file(scene->keys, buffer_text(&scene->out), 0600);
    create(scene, "--room a --identity ann");
    assert_int_equal(judge(scene, "verify --room a"), EX_OK);
}

static void keygen_prints_another_secret_each_time(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(run(scene, "keygen --turn"), EX_OK);
    assert_int_equal(scene->out.length, 44);
    char *first = strdup(buffer_text(&scene->out));

    assert_int_equal(run(scene, "keygen --turn"), EX_OK);
    assert_string_not_equal(first, buffer_text(&scene->out));
    free(first);
}

static void keygen_makes_a_key_pair_that_the_server_takes(void **state)
{
    struct scene *scene = *state;
    struct buffer words = BUFFER_EMPTY;
    buffer_add_format(&words, "keygen --jwk --jwks-file %s", scene->token);
    assert_int_equal(run(scene, buffer_text(&words)), EX_OK);
    assert_says(&scene->out, "\"d\":\"");

    struct keyring *keys = keyring_create();
    int index = 0;
    assert_int_equal(keyring_load_jwks(keys, scene->token, &index), ERROR_NONE);
    assert_int_equal(keyring_count(keys), 1);
    keyring_destroy(keys);

    assert_int_equal(run(scene, buffer_text(&words)), EX_CANTCREAT); /* there already */
    assert_int_equal(run(scene, "keygen --jwk --turn"), EX_USAGE);
    assert_int_equal(run(scene, "keygen --jwks-file x"), EX_USAGE);
    assert_int_equal(run(scene, "keygen x"), EX_USAGE);
    buffer_fini(&words);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, start, end)
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
        TEST(keygen_prints_a_line_for_a_keys_file),
        TEST(keygen_prints_another_secret_each_time),
        TEST(keygen_makes_a_key_pair_that_the_server_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
