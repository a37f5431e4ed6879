/* test_state_dir.c - the ticket key is found or made once, kept from others, and never guessed at. */
#include "ops/state_dir.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/ops/support/capture.h"
#include "tests/ops/support/state_scene.h"
#include "tests/support/cmocka_all.h"

#define GOOD_KEY    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define CLUSTER_KEY "a cluster key of thirty-two bytes and more"
#define NOWHERE     "/dev/null/state"

/* What came of one opening. */
struct opened {
    int status;
    struct state_dir state;
    char *said;        /* on `errors` */
    char logged[4096]; /* in the log */
};

static struct opened open_with(const struct state_places *places, const char *cluster_key)
{
    struct opened opened = {0};
    size_t size = 0;
    FILE *errors = open_memstream(&opened.said, &size);
    struct capture capture = capture_begin_pipe();
    opened.status = state_dir_open(places, cluster_key, clock_now(), errors, &opened.state);
    capture_end(&capture);
    (void)capture_read(&capture, opened.logged, sizeof opened.logged);
    (void)close(capture.reader);
    (void)fclose(errors);
    return opened;
}

static struct opened open_scene(const struct state_scene *scene, const char *cluster_key)
{
    struct state_places places = {.setting = scene->directory};
    return open_with(&places, cluster_key);
}

static void done(struct opened *opened)
{
    state_dir_fini(&opened->state);
    free(opened->said);
}

static void assert_only_secret(const struct opened *opened, const char *secret)
{
    assert_int_equal(opened->status, EX_OK);
    assert_int_equal(opened->state.secret_count, 1);
    assert_true(slice_is_text(opened->state.secrets[0], secret));
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static void the_first_start_makes_a_key_that_nobody_else_can_read(void **state)
{
    const struct state_scene *scene = *state;
    char key[64];

    struct opened opened = open_scene(scene, "");

    assert_int_equal(opened.status, EX_OK);
    assert_int_equal(state_scene_mode(scene, ""), 0700);
    assert_int_equal(state_scene_mode(scene, "ticket.key"), 0600);
    assert_int_equal(state_scene_mode(scene, "revoked"), 0600);
    assert_int_equal(state_scene_read(scene, "ticket.key", key, sizeof key), 44);
    key[43] = '\0';
    assert_only_secret(&opened, key);
    assert_null(strstr(opened.logged, key));
    assert_non_null(opened.state.revoked);
    assert_false(state_scene_has(scene, "ticket.key.new"));
    done(&opened);
}

static void the_next_start_finds_the_same_key(void **state)
{
    struct opened first = open_scene(*state, "");
    struct opened second = open_scene(*state, "");

    assert_true(slice_is_equal(first.state.secrets[0], second.state.secrets[0]));
    done(&first);
    done(&second);
}

static void what_a_server_left_that_was_killed_while_it_made_a_key_does_no_harm(void **state)
{
    state_scene_write(*state, "ticket.key.new", "half", 4, 0600);

    struct opened opened = open_scene(*state, "");

    assert_int_equal(opened.status, EX_OK);
    assert_int_equal(opened.state.secrets[0].length, 43);
    assert_false(state_scene_has(*state, "ticket.key.new"));
    done(&opened);
}

/* In a child: opens the directory when `start` is closed, and writes the key to `result`. */
static void open_and_tell(const struct state_scene *scene, int start, int result)
{
    struct state_dir opened;
    struct state_places places = {.setting = scene->directory};
    char unused;
    ssize_t count = read(start, &unused, 1);
    if (count == 0 && state_dir_open(&places, "", clock_now(), stderr, &opened) == EX_OK)
        count = write(result, opened.secrets[0].data, opened.secrets[0].length);
    state_dir_fini(&opened);
    _exit(count == 43 ? 0 : 1);
}

static void servers_that_start_at_once_end_with_the_same_key(void **state)
{
    enum { SERVERS = 12 };
    int start[2], result[2];
    pid_t children[SERVERS];
    assert_true(pipe(start) == 0 && pipe(result) == 0);
    for (int i = 0; i < SERVERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)close(start[1]);
            open_and_tell(*state, start[0], result[1]);
        }
    }
    (void)close(start[0]);

    (void)close(start[1]);

    char keys[SERVERS][43];
    for (int i = 0; i < SERVERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
        assert_int_equal(read(result[0], keys[i], 43), 43);
        assert_memory_equal(keys[i], keys[0], 43);
    }
    (void)close(result[0]);
    (void)close(result[1]);
}

static void a_key_that_others_can_read_is_refused_with_77_and_what_to_do(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0610};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        state_scene_write(*state, "ticket.key", GOOD_KEY "\n", 44, modes[i]);
        struct opened opened = open_scene(*state, "");
        assert_int_equal(opened.status, EX_NOPERM);
        assert_has(opened.said, "/ticket.key: others can read it");
        assert_has(opened.said, "chmod 600");
        done(&opened);
    }
}

/* T-66 */
static void garbage_in_the_place_of_the_key_is_refused_and_not_repeated(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } garbage[] = {
        {"", 0},
        {"\n", 1},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 45},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\n", 43},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\n", 44}, /* bits to spare that are set */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 \n", 45},
        {GOOD_KEY "\n" GOOD_KEY "\n", 88},
        {"\0AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 44},
        {"\xff\xfe not a key at all", 20},
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        state_scene_write(*state, "ticket.key", garbage[i].text, garbage[i].length, 0600);
        struct opened opened = open_scene(*state, "");
        assert_int_equal(opened.status, EX_CONFIG);
        assert_has(opened.said, "/ticket.key: is no ticket key");
        assert_has(opened.said, "remove the file");
        assert_null(strstr(opened.said, "AECAw"));
        done(&opened);
    }
}

static void a_key_without_a_line_end_is_a_key(void **state)
{
    state_scene_write(*state, "ticket.key", GOOD_KEY, 43, 0400);
    struct opened opened = open_scene(*state, "");
    assert_only_secret(&opened, GOOD_KEY);
    done(&opened);
}

static void a_link_or_a_directory_is_no_key(void **state)
{
    const struct state_scene *scene = *state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/ticket.key", scene->directory);
    state_scene_write(scene, "elsewhere", GOOD_KEY "\n", 44, 0600);
    assert_int_equal(symlink("elsewhere", path), 0);
    struct opened linked = open_scene(scene, "");
    assert_int_equal(linked.status, EX_NOINPUT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);

    struct opened directory = open_scene(scene, "");

    assert_int_equal(directory.status, EX_CONFIG);
    done(&linked);
    done(&directory);
}

static void a_cluster_key_is_the_key_and_none_is_made(void **state)
{
    struct opened opened = open_scene(*state, CLUSTER_KEY);
    assert_only_secret(&opened, CLUSTER_KEY);
    assert_false(state_scene_has(*state, "ticket.key"));
    assert_non_null(opened.state.revoked);
    done(&opened);
}

static void a_cluster_key_and_the_one_before_come_in_that_order(void **state)
{
    struct opened opened = open_scene(*state, CLUSTER_KEY " , the one before: 32 bytes or more of it");
    assert_int_equal(opened.state.secret_count, 2);
    assert_true(slice_is_text(opened.state.secrets[0], CLUSTER_KEY));
    done(&opened);
}

static void without_a_place_to_write_a_server_stops_with_73_and_says_what_to_do(void **state)
{
    (void)state;
    struct state_places places = {.setting = NOWHERE};

    struct opened opened = open_with(&places, "");

    assert_int_equal(opened.status, EX_CANTCREAT);
    assert_has(opened.said, "parley: " NOWHERE ": the ticket key cannot be kept there: Not a directory\n");
    assert_has(opened.said, "set server.state_dir");
    assert_has(opened.said, "cluster.key_file");
    done(&opened);
}

static void with_a_cluster_key_a_server_runs_without_a_place_and_warns_of_kicks(void **state)
{
    (void)state;
    struct state_places places = {.setting = NOWHERE};

    struct opened opened = open_with(&places, CLUSTER_KEY);

    assert_only_secret(&opened, CLUSTER_KEY);
    assert_null(opened.state.revoked);
    assert_has(opened.logged, "state.none");
    assert_has(opened.logged, "kicked may come back after a restart");
    done(&opened);
}

static void a_server_for_trying_out_makes_do_with_a_key_that_dies_with_it(void **state)
{
    (void)state;
    struct state_places places = {.setting = NOWHERE, .is_throwaway_fine = true};

    struct opened first = open_with(&places, ""), second = open_with(&places, "");

    assert_int_equal(first.status, EX_OK);
    assert_int_equal(first.state.secrets[0].length, 43);
    assert_false(slice_is_equal(first.state.secrets[0], second.state.secrets[0]));
    assert_has(first.logged, "state.throwaway_key");
    done(&first);
    done(&second);
}

static void assert_place(const struct state_places *places, const char *wanted)
{
    struct opened opened = open_with(places, CLUSTER_KEY);
    if (wanted)
        assert_string_equal(opened.state.path, wanted);
    else
        assert_null(opened.state.path);
    done(&opened);
}

static void the_place_is_the_setting_or_the_service_managers_or_the_users(void **state)
{
    (void)state;
    assert_place(&(struct state_places){"/dev/null/a", "/dev/null/b", "/dev/null/c", "/dev/null/d", false},
                 "/dev/null/a");
    assert_place(&(struct state_places){"", "/dev/null/b:/dev/null/x", "/dev/null/c", "/dev/null/d", false},
                 "/dev/null/b");
    assert_place(&(struct state_places){"", "", "/dev/null/c", "/dev/null/d", false}, "/dev/null/c/parley");
    assert_place(&(struct state_places){"", NULL, "relative", "/dev/null/d", false}, "/dev/null/d/.local/state/parley");
    assert_place(&(struct state_places){NULL, NULL, NULL, "/dev/null/d", false}, "/dev/null/d/.local/state/parley");
    assert_place(&(struct state_places){NULL, NULL, NULL, NULL, false}, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, state_scene_start, state_scene_end)
    const struct CMUnitTest tests[] = {
        TEST(the_first_start_makes_a_key_that_nobody_else_can_read),
        TEST(the_next_start_finds_the_same_key),
        TEST(what_a_server_left_that_was_killed_while_it_made_a_key_does_no_harm),
        TEST(servers_that_start_at_once_end_with_the_same_key),
        TEST(a_key_that_others_can_read_is_refused_with_77_and_what_to_do),
        TEST(garbage_in_the_place_of_the_key_is_refused_and_not_repeated),
        TEST(a_key_without_a_line_end_is_a_key),
        TEST(a_link_or_a_directory_is_no_key),
        TEST(a_cluster_key_is_the_key_and_none_is_made),
        TEST(a_cluster_key_and_the_one_before_come_in_that_order),
        TEST(without_a_place_to_write_a_server_stops_with_73_and_says_what_to_do),
        TEST(with_a_cluster_key_a_server_runs_without_a_place_and_warns_of_kicks),
        TEST(a_server_for_trying_out_makes_do_with_a_key_that_dies_with_it),
        TEST(the_place_is_the_setting_or_the_service_managers_or_the_users),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
