/* test_revocation_file.c - a kick outlives its server, and garbage on the disk stops none (T-66). */
#include "ops/revocation_file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/directory.h"
#include "tests/ops/support/capture.h"
#include "tests/ops/support/state_scene.h"
#include "tests/support/cmocka_all.h"

#define NOW_S INT64_C(1800000000)
#define ANN   "annAAAAAAAAAAAAAAAAAAA"
#define BOB   "bobAAAAAAAAAAAAAAAA-_9"
#define CYD   "cydAAAAAAAAAAAAAAAAAAA"
#define LATER "1800003600\n"

static const struct instant now = {.unix_ms = NOW_S * 1000};

/* One server's view of the file. */
struct server {
    int directory_fd;
    struct revocation_file *file;
    struct revocations *revocations;
    char logged[4096];
};

static struct server start(const struct state_scene *scene)
{
    struct server server = {0};
    assert_int_equal(directory_open_locked(scene->directory, &server.directory_fd), 0);
    struct capture capture = capture_begin_pipe();
    server.file = revocation_file_open(server.directory_fd, now);
    capture_end(&capture);
    (void)capture_read(&capture, server.logged, sizeof server.logged);
    (void)close(capture.reader);
    assert_non_null(server.file);
    server.revocations = revocations_create(revocation_file_log(server.file));
    revocation_file_restore(server.file, server.revocations);
    (void)flock(server.directory_fd, LOCK_UN);
    return server;
}

static void stop(struct server *server)
{
    revocations_destroy(server->revocations);
    revocation_file_close(server->file);
    (void)close(server->directory_fd);
}

static enum error find(const struct server *server, const char *peer_id)
{
    return revocations_find(server->revocations, slice_from_text(peer_id));
}

static void add(const struct server *server, const char *peer_id, enum error why)
{
    revocations_add(server->revocations, slice_from_text(peer_id), why, NOW_S + 3600);
}

static void write_text(const struct state_scene *scene, const char *text)
{
    state_scene_write(scene, "revoked", text, strlen(text), 0600);
}

static void who_was_kicked_or_replaced_stays_so_after_a_restart(void **state)
{
    struct server first = start(*state);
    add(&first, ANN, ERR_KICKED);
    add(&first, BOB, ERR_REPLACED);
    stop(&first);

    struct server second = start(*state);

    assert_int_equal(find(&second, ANN), ERR_KICKED);
    assert_int_equal(find(&second, BOB), ERR_REPLACED);
    assert_int_equal(find(&second, CYD), ERROR_NONE);
    assert_int_equal(state_scene_mode(*state, "revoked"), 0600);
    stop(&second);
}

/* Nobody closes or flushes anything: what a server that is killed has written is there. */
static void who_was_kicked_stays_so_when_the_server_is_killed(void **state)
{
    pid_t child = fork();
    if (child == 0) {
        struct server killed = start(*state);
        add(&killed, ANN, ERR_KICKED);
        (void)kill(getpid(), SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    struct server next = start(*state);

    assert_int_equal(find(&next, ANN), ERR_KICKED);
    stop(&next);
}

static void what_has_ended_is_dropped_at_the_next_start(void **state)
{
    char text[256];
    write_text(*state, ANN " kicked 1799999969\n" BOB " kicked 1799999970\n" CYD " replaced " LATER);

    struct server server = start(*state);

    (void)state_scene_read(*state, "revoked", text, sizeof text);
    assert_string_equal(text, BOB " kicked 1799999970\n" CYD " replaced " LATER);
    assert_false(state_scene_has(*state, "revoked.bad"));
    assert_int_equal(revocations_count(server.revocations), 2);
    stop(&server);
}

/* Each is set aside as it was, and the good lines around it count. */
static void assert_set_aside(const struct state_scene *scene, const char *text, size_t length)
{
    char aside[1024], left[1024];
    state_scene_write(scene, "revoked", text, length, 0600);

    struct server server = start(scene);

    assert_non_null(strstr(server.logged, "revocations.bad"));
    assert_int_equal(state_scene_read(scene, "revoked.bad", aside, sizeof aside), length);
    assert_memory_equal(aside, text, length);
    assert_int_equal(find(&server, ANN), ERR_KICKED);
    assert_int_equal(revocations_count(server.revocations), 1);
    (void)state_scene_read(scene, "revoked", left, sizeof left);
    assert_string_equal(left, ANN " kicked " LATER);
    stop(&server);
}

static void t_66_garbage_is_set_aside_and_the_server_starts(void **state)
{
    static const char *const garbage[] = {
        "garbage\n",
        "\x01\x02\xff\xfe\n",
        " \n",
        BOB "\n",
        BOB " kicked\n",
        BOB " kicked \n",
        BOB " kicked x\n",
        BOB " kicked -1\n",
        BOB " kicked 1.5\n",
        BOB " kicked 99999999999999999999\n",
        BOB " kicked 1800003600 \n",
        BOB " kicked 1800003600\r\n",
        BOB "  kicked 1800003600\n",
        BOB " KICKED 1800003600\n",
        BOB " room_full 1800003600\n",
        "bob kicked 1800003600\n",
        BOB "A kicked 1800003600\n",
        "bob/AAAAAAAAAAAAAAAAAA kicked 1800003600\n",
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        char text[256];
        int length = snprintf(text, sizeof text, "%s%s kicked " LATER, garbage[i], ANN);
        assert_set_aside(*state, text, (size_t)length);
        length = snprintf(text, sizeof text, "%s kicked " LATER "%s", ANN, garbage[i]);
        assert_set_aside(*state, text, (size_t)length);
    }
    assert_set_aside(*state, "\0\0\0\n" ANN " kicked " LATER, sizeof "\0\0\0\n" ANN " kicked " LATER - 1);
}

/* Power failed, or the disk was full. */
static void t_66_a_last_line_that_is_torn_is_set_aside(void **state)
{
    static const char line[] = BOB " kicked 1800003600";
    char text[256];
    for (size_t length = 1; length < sizeof line; length++) {
        int all = snprintf(text, sizeof text, ANN " kicked " LATER "\n%.*s", (int)length, line);
        assert_set_aside(*state, text, (size_t)all);
    }
}

static void t_66_a_file_of_nothing_but_garbage_is_set_aside_whole(void **state)
{
    char garbage[8192], left[16];
    memset(garbage, 0xa5, sizeof garbage);
    state_scene_write(*state, "revoked", garbage, sizeof garbage, 0600);

    struct server server = start(*state);

    assert_int_equal(state_scene_read(*state, "revoked", left, sizeof left), 0);
    assert_int_equal(revocations_count(server.revocations), 0);
    add(&server, ANN, ERR_KICKED);
    stop(&server);
    struct server next = start(*state);
    assert_int_equal(find(&next, ANN), ERR_KICKED);
    assert_null(strstr(next.logged, "revocations.bad"));
    stop(&next);
}

static void what_one_server_left_unfinished_spoils_no_entry_of_another(void **state)
{
    write_text(*state, "");
    struct server server = start(*state);
    write_text(*state, BOB " kick"); /* another one's disk was full at that moment */

    add(&server, ANN, ERR_KICKED);

    stop(&server);
    struct server next = start(*state);
    assert_int_equal(find(&next, ANN), ERR_KICKED);
    stop(&next);
}

static void a_server_that_runs_goes_on_writing_when_another_has_compacted_the_file(void **state)
{
    struct server first = start(*state);
    add(&first, ANN, ERR_KICKED);
    struct server second = start(*state);

    add(&first, BOB, ERR_KICKED);
    add(&second, CYD, ERR_KICKED);

    struct server third = start(*state);
    assert_int_equal(find(&third, ANN), ERR_KICKED);
    assert_int_equal(find(&third, BOB), ERR_KICKED);
    assert_int_equal(find(&third, CYD), ERR_KICKED);
    stop(&first);
    stop(&second);
    stop(&third);
}

/* In a child: `count` entries of its own, while others write theirs and servers start. */
static void add_many(const struct state_scene *scene, char letter, int count)
{
    struct server server = start(scene);
    for (int i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%c%021d", letter, i);
        add(&server, id, ERR_KICKED);
    }
    stop(&server);
    _exit(0);
}

static void nothing_is_lost_when_several_servers_write_and_start(void **state)
{
    enum { WRITERS = 4, EACH = 2000 };
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            add_many(*state, (char)('a' + i), EACH);
    }
    for (int i = 0; i < 200; i++) {
        struct server passing = start(*state); /* compacts while the others write */
        assert_null(strstr(passing.logged, "revocations.bad"));
        stop(&passing);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }

    struct server server = start(*state);

    assert_int_equal(revocations_count(server.revocations), WRITERS * EACH);
    stop(&server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, state_scene_start, state_scene_end)
    const struct CMUnitTest tests[] = {
        TEST(who_was_kicked_or_replaced_stays_so_after_a_restart),
        TEST(who_was_kicked_stays_so_when_the_server_is_killed),
        TEST(what_has_ended_is_dropped_at_the_next_start),
        TEST(t_66_garbage_is_set_aside_and_the_server_starts),
        TEST(t_66_a_last_line_that_is_torn_is_set_aside),
        TEST(t_66_a_file_of_nothing_but_garbage_is_set_aside_whole),
        TEST(what_one_server_left_unfinished_spoils_no_entry_of_another),
        TEST(a_server_that_runs_goes_on_writing_when_another_has_compacted_the_file),
        TEST(nothing_is_lost_when_several_servers_write_and_start),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
