/* test_redis.c - two nodes on a real Redis: frames between them, ways to reach it, passwords. */
#include "tests/cluster/support/redis_scene.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES 2000
#define SECRET "correct%20horse"

static void frames_arrive_in_order_at_the_node_that_they_are_for(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);

    for (int i = 1; i <= FRAMES; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", i);
        redis_node_say(&scene->ann, BOB, number);
    }
    redis_scene_wait(scene, &scene->bob.frames, FRAMES);

    assert_true(scene->bob.is_in_order);
    assert_int_equal(scene->ann.frames, 0);
    assert_int_equal(redis_bus_counts(scene->ann.handle)->published, FRAMES);
    assert_int_equal(redis_bus_counts(scene->bob.handle)->received, FRAMES);
    assert_int_equal(scene->ann.unheards, 0);
}

static void what_is_said_to_all_is_heard_by_all_and_by_its_sender(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);

    redis_node_say(&scene->ann, BUS_TO_ALL, "1");

    redis_scene_wait(scene, &scene->bob.frames, 1);
    redis_scene_wait(scene, &scene->ann.frames, 1);
    assert_string_equal(buffer_text(&scene->ann.last), "1");
}

static void a_frame_is_any_bytes_whatever_its_length(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);
    size_t length = 3 * 1024 * 1024 + 7;
    char *bytes = malloc(length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 7);
    bytes[0] = '\0';

    scene->ann.bus.publish(scene->ann.bus.context, BOB, slice_of(bytes, length));
    redis_scene_wait(scene, &scene->bob.frames, 1);

    assert_true(slice_is_equal(buffer_slice(&scene->bob.last), slice_of(bytes, length)));
    free(bytes);
}

static void what_nobody_hears_is_told_of(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);

    redis_node_say(&scene->ann, CYD, "1");
    redis_scene_wait(scene, &scene->ann.unheards, 1);

    assert_true(scene->ann.unheard_by == CYD);
    assert_int_equal(redis_bus_counts(scene->ann.handle)->unheard, 1);
    assert_int_equal(scene->ann.downs, 0);
}

static void frames_beyond_the_bounds_are_dropped_and_counted(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);
    static const char mebibyte[1 << 20];
    const size_t most = REDIS_PENDING_BYTES_MAX / sizeof mebibyte;

    for (size_t i = 0; i < most + 5; i++)
        scene->ann.bus.publish(scene->ann.bus.context, BOB, slice_of(mebibyte, sizeof mebibyte));
    assert_int_equal(redis_bus_counts(scene->ann.handle)->dropped, 5);
    redis_scene_wait(scene, &scene->bob.frames, most);
    for (size_t i = 0; i < REDIS_PENDING_MAX + 5; i++)
        redis_node_say(&scene->ann, BOB, "x");

    assert_in_range(redis_bus_counts(scene->ann.handle)->dropped, 10, 10 + most);
    assert_in_range(redis_bus_pending(scene->ann.handle), REDIS_PENDING_MAX, REDIS_PENDING_MAX + 1);
}

static void the_way_there_and_back_is_measured(void **state)
{
    struct redis_scene *scene = *state;
    redis_scene_start_both(scene);
    redis_node_say(&scene->ann, ANN, "1"); /* behind the first probe */

    redis_scene_wait(scene, &scene->ann.frames, 1);

    assert_true(redis_bus_round_trip_s(scene->ann.handle) > 0.);
    assert_true(redis_bus_is_up(scene->ann.handle));
}

static void a_host_name_and_a_database_will_do(void **state)
{
    struct redis_scene *scene = *state;
    redis_node_start(scene, &scene->ann, ANN, "redis://localhost:PORT/3");
    redis_scene_wait(scene, &scene->ann.ups, 1);

    redis_node_claim(&scene->ann, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});

    assert_string_equal(ASK(&scene->server, "EXISTS", "test:room:tea"), "0"); /* in database 0 */
    assert_null(strstr(buffer_text(&scene->ann.notes), "open"));              /* this machine is no network */
}

static void a_unix_socket_will_do(void **state)
{
    struct redis_scene *scene = *state;
    char url[128];
    (void)snprintf(url, sizeof url, "unix://%s", scene->server.socket);
    redis_node_start(scene, &scene->ann, ANN, url);
    redis_node_start(scene, &scene->bob, BOB, NULL);
    redis_scene_wait(scene, &scene->ann.ups, 1);
    redis_scene_wait(scene, &scene->bob.ups, 1);

    redis_node_say(&scene->ann, BOB, "1");

    redis_scene_wait(scene, &scene->bob.frames, 1);
}

static void a_password_will_do(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "CONFIG", "SET", "requirepass", "correct horse");
    scene->server.password = "correct horse";

    redis_node_start(scene, &scene->ann, ANN, "redis://:" SECRET "@0.0.0.0:PORT");
    redis_scene_wait(scene, &scene->ann.ups, 1);

    assert_null(strstr(buffer_text(&scene->ann.notes), "open"));
    assert_null(strstr(buffer_text(&scene->ann.notes), "horse"));
}

/* The rights are those that docs/redis.md tells operators to give. */
static void a_user_with_no_more_rights_than_it_needs_will_do(void **state)
{
    struct redis_scene *scene = *state;
    assert_string_equal(ASK(&scene->server, "ACL", "SETUSER", "parley", "on", ">correct horse", "resetkeys", "~test:*",
                            "resetchannels", "&test:*", "-@all", "+ping", "+select", "+subscribe", "+publish",
                            "+script|load", "+eval", "+evalsha", "+get", "+set", "+del", "+pexpire", "+time"),
                        "OK");
    redis_node_start(scene, &scene->ann, ANN, "redis://parley:" SECRET "@127.0.0.1:PORT/1");
    redis_scene_wait(scene, &scene->ann.ups, 1);

    redis_node_claim(&scene->ann, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});
    assert_true(scene->ann.holder == ANN);
    redis_node_claim(&scene->ann,
                     &(struct claim){.kind = CLAIM_RELEASE, .room = SLICE_LITERAL("tea"), .term = scene->ann.term});

    redis_node_say(&scene->ann, ANN, "1");
    redis_scene_wait(scene, &scene->ann.frames, 1);
    assert_int_equal(scene->ann.downs, 0);
}

static void a_wrong_password_is_said_and_not_repeated(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "CONFIG", "SET", "requirepass", "another one");
    scene->server.password = "another one";

    redis_node_start(scene, &scene->ann, ANN, "redis://:hunter2@127.0.0.1:PORT");
    redis_node_start(scene, &scene->bob, BOB, NULL);
    redis_scene_wait_note(scene, &scene->ann, "WRONGPASS");
    redis_scene_wait_note(scene, &scene->bob, "NOAUTH");

    assert_null(strstr(buffer_text(&scene->ann.notes), "hunter2"));
    assert_int_equal(scene->ann.ups + scene->bob.ups, 0);
}

/* A Redis without the command AUTH repeats what it was given. */
static void a_password_that_redis_repeats_is_not_repeated_by_us(void **state)
{
    struct redis_scene *scene = *state;
    static const char *const options[] = {"--rename-command", "AUTH", "HIDDEN", NULL};
    redis_server_kill(&scene->server);
    redis_server_start(&scene->server, options);

    redis_node_start(scene, &scene->ann, ANN, "redis://:hunter2@127.0.0.1:PORT");
    redis_scene_wait_note(scene, &scene->ann, "unknown command");

    assert_non_null(strstr(buffer_text(&scene->ann.notes), "'***'"));
    assert_null(strstr(buffer_text(&scene->ann.notes), "hunter2"));
}

/* T-52. 0.0.0.0 leads to this machine and is no loopback address. */
static void a_redis_that_lets_anybody_in_over_a_network_is_told_of_once(void **state)
{
    struct redis_scene *scene = *state;
    redis_node_start(scene, &scene->ann, ANN, "redis://0.0.0.0:PORT");
    redis_scene_wait(scene, &scene->ann.ups, 1);
    (void)ASK(&scene->server, "CLIENT", "KILL", "TYPE", "pubsub");
    redis_scene_wait(scene, &scene->ann.ups, 2);

    const char *told = strstr(buffer_text(&scene->ann.notes), "open: redis://0.0.0.0");

    assert_non_null(told);
    assert_null(strstr(told + 1, "open"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, redis_scene_set_up, redis_scene_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(frames_arrive_in_order_at_the_node_that_they_are_for),
        TEST(what_is_said_to_all_is_heard_by_all_and_by_its_sender),
        TEST(a_frame_is_any_bytes_whatever_its_length),
        TEST(what_nobody_hears_is_told_of),
        TEST(frames_beyond_the_bounds_are_dropped_and_counted),
        TEST(the_way_there_and_back_is_measured),
        TEST(a_host_name_and_a_database_will_do),
        TEST(a_unix_socket_will_do),
        TEST(a_password_will_do),
        TEST(a_user_with_no_more_rights_than_it_needs_will_do),
        TEST(a_wrong_password_is_said_and_not_repeated),
        TEST(a_password_that_redis_repeats_is_not_repeated_by_us),
        TEST(a_redis_that_lets_anybody_in_over_a_network_is_told_of_once),
    };
    return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
