/* test_config_command.c - what `parley config` answers, and with which exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/command_config.h"

#define ARGUMENTS_MAX 8

static char standard_output[65536];
static char standard_error[65536];

static int divert(FILE *stream, FILE *into)
{
    (void)fflush(stream);
    int saved = dup(fileno(stream));
    (void)dup2(fileno(into), fileno(stream));
    return saved;
}

static void give_back(FILE *stream, int saved, FILE *from, char *text, size_t size)
{
    (void)fflush(stream);
    (void)dup2(saved, fileno(stream));
    (void)close(saved);
    rewind(from);
    text[fread(text, 1, size - 1, from)] = '\0';
    (void)fclose(from);
}

/* Runs the command with these words, NULL at the end; keeps what it wrote. */
static int run(const char *const *words)
{
    char *argv[ARGUMENTS_MAX] = {0};
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = divert(stdout, out), saved_err = divert(stderr, err);

    int status = command_config(argc, argv);

    give_back(stdout, saved_out, out, standard_output, sizeof standard_output);
    give_back(stderr, saved_err, err, standard_error, sizeof standard_error);
    return status;
}

#define RUN(...) run((const char *const[]){"config", __VA_ARGS__, NULL})

static int give_key(void **state)
{
    (void)state;
    return setenv("PARLEY_AUTH_KEYS", "ann: 0123456789abcdef0123456789abcdef", 1);
}

static int take_key(void **state)
{
    (void)state;
    return unsetenv("PARLEY_AUTH_KEYS");
}

static void a_right_file_is_said_to_be_ok(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "-c", PARLEY_SOURCE_DIR "/tests/fuzz/corpus/config/turn.yaml"), 0);
    assert_non_null(strstr(standard_output, "turn.yaml: ok\n"));
}

static void a_wrong_file_ends_with_78_and_says_nothing_on_stdout(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "-c", PARLEY_SOURCE_DIR "/tests/fuzz/corpus/config/unknown_key.yaml"), 78);
    assert_non_null(strstr(standard_error, "unknown_key.yaml:2:3: unknown key \"turn.regoin\" (did you mean"));
    assert_string_equal(standard_output, "");
}

static void a_missing_file_ends_with_66(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "--config=no/such/file.yaml"), 66);
}

static void what_is_in_effect_is_shown(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "--rooms.capacity=7", "--set", "log.level=debug"), 0);
    assert_non_null(strstr(standard_output, "  capacity: 7\n"));
    assert_non_null(strstr(standard_output, "  level: debug\n"));
}

static void a_key_is_explained_with_or_without_its_number(void **state)
{
    (void)state;
    assert_int_equal(RUN("explain", "turn.servers[].urls"), 0);
    assert_non_null(strstr(standard_output, "PARLEY_TURN_SERVERS_0_URLS"));
    assert_int_equal(RUN("explain", "turn.servers[2].urls"), 0);
    assert_int_equal(RUN("explain", "turn.tll"), 64);
    assert_non_null(strstr(standard_error, "did you mean \"turn.ttl\"?"));
    assert_int_equal(RUN("explain"), 64);
}

static void what_takes_no_operand_is_given_none(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "config.yaml"), 64);
    assert_int_equal(RUN("show", "--unknown"), 64);
    assert_int_equal(RUN("frobnicate"), 64);
    assert_non_null(strstr(standard_error, "Usage:"));
}

static void help_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(RUN("--help"), 0);
    assert_non_null(strstr(standard_output, "Usage: parley config"));
    assert_string_equal(standard_error, "");
}

static void a_check_looks_into_the_files_of_keys_too(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "--auth.keys_file=/nowhere/keys"), 66);
    assert_string_equal(standard_error, "parley: auth.keys_file: /nowhere/keys: No such file or directory\n");
    assert_int_equal(RUN("check", "--auth.keys_file=/"), 66);
    assert_string_equal(standard_error, "parley: auth.keys_file: /: Is a directory\n");
    assert_int_equal(RUN("check", "--auth.jwks_file=/"), 66);
    assert_string_equal(standard_error, "parley: auth.jwks_file: /: Is a directory\n");
    assert_int_equal(RUN("check", "--auth.jwks_file=" PARLEY_SOURCE_DIR "/README.md"), 78);
    assert_non_null(strstr(standard_error, "README.md: holds no JWKS"));
}

/* Checks a keys file of this text and mode. */
static int check_keys_file(const char *text, mode_t mode)
{
    char path[] = "/tmp/parley-test-XXXXXX";
    char option[64];
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
    (void)snprintf(option, sizeof option, "--auth.keys_file=%s", path);
    int status = RUN("check", option);
    (void)unlink(path);
    return status;
}

static void what_is_wrong_in_a_keys_file_is_named_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(check_keys_file("# none\n", 0600), 78);
    assert_non_null(strstr(standard_error, ": holds no key\n"));
    assert_int_equal(check_keys_file("# weak\n\nann: short\n", 0600), 78);
    assert_non_null(strstr(standard_error, ": line 3: a secret is shorter than 32 bytes; "));
    assert_int_equal(check_keys_file("ann\n", 0600), 78);
    assert_non_null(strstr(standard_error, ": line 1: not \"id: secret\""));
    assert_int_equal(check_keys_file("ann: 0123456789abcdef0123456789abcdef\n", 0640), 77);
    assert_non_null(strstr(standard_error, "chmod 600"));
    assert_int_equal(check_keys_file("ann: 0123456789abcdef0123456789abcdef\n", 0600), 0);
}

static void a_check_without_any_key_is_refused_as_serve_would(void **state)
{
    (void)state;
    assert_int_equal(RUN("check"), 78);
    assert_non_null(strstr(standard_error, "parley: there is no key, so nobody could join: "));
    assert_string_equal(standard_output, "");
}

static void a_check_looks_into_the_files_of_tls_too(void **state)
{
    (void)state;
    assert_int_equal(
        RUN("check", "--server.tls_listen=a:1", "--server.tls_cert_file=/nowhere/c", "--server.tls_key_file=/k"), 66);
    assert_string_equal(standard_error, "parley: server.tls_cert_file: /nowhere/c: No such file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_looks_into_the_files_of_keys_too),
        cmocka_unit_test(what_is_wrong_in_a_keys_file_is_named_with_its_line),
        cmocka_unit_test(a_check_without_any_key_is_refused_as_serve_would),
        cmocka_unit_test_setup_teardown(a_check_looks_into_the_files_of_tls_too, give_key, take_key),
        cmocka_unit_test_setup_teardown(a_right_file_is_said_to_be_ok, give_key, take_key),
        cmocka_unit_test(a_wrong_file_ends_with_78_and_says_nothing_on_stdout),
        cmocka_unit_test(a_missing_file_ends_with_66),
        cmocka_unit_test(what_is_in_effect_is_shown),
        cmocka_unit_test(a_key_is_explained_with_or_without_its_number),
        cmocka_unit_test(what_takes_no_operand_is_given_none),
        cmocka_unit_test(help_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
