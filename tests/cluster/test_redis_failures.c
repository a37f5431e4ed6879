/* test_redis_failures.c - a real Redis that dies, freezes, forgets or hangs up, and two nodes that go on. */
#include "tests/cluster/support/redis_scene.h"

#include <signal.h>
#include <stdio.h>

static int set_up_both(void **state)
{
    int status = redis_scene_set_up(state);
    redis_scene_start_both(*state);
    return status;
}

static void wait_for_both(struct redis_scene *scene, size_t ups, size_t downs)
{
    redis_scene_wait(scene, &scene->ann.downs, downs);
    redis_scene_wait(scene, &scene->bob.downs, downs);
    redis_scene_wait(scene, &scene->ann.ups, ups);
    redis_scene_wait(scene, &scene->bob.ups, ups);
}

/* Frames and claims go through, each way. */
static void assert_works(struct redis_scene *scene)
{
    size_t heard_by_ann = scene->ann.frames, heard_by_bob = scene->bob.frames;
    redis_node_say(&scene->ann, BOB, "1");
    redis_node_say(&scene->bob, ANN, "1");
    redis_scene_wait(scene, &scene->bob.frames, heard_by_bob + 1);
    redis_scene_wait(scene, &scene->ann.frames, heard_by_ann + 1);
    redis_node_claim(&scene->ann, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});
    assert_true(scene->ann.holder == ANN);
}

static void a_redis_that_was_killed_and_comes_back_is_used_again(void **state)
{
    struct redis_scene *scene = *state;
    assert_works(scene);

    redis_server_kill(&scene->server);
    wait_for_both(scene, 1, 1);
    assert_false(redis_bus_is_up(scene->ann.handle));
    redis_node_say(&scene->ann, BOB, "2");
    scene->ann.bus.claim(scene->ann.bus.context, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});
    redis_server_start(&scene->server, NULL);
    wait_for_both(scene, 2, 1);

    assert_works(scene);
    assert_int_equal(redis_bus_counts(scene->ann.handle)->dropped, 1);
    assert_int_equal(redis_bus_counts(scene->ann.handle)->connects, 2);
}

static void what_is_under_way_when_redis_dies_is_not_answered(void **state)
{
    struct redis_scene *scene = *state;
    size_t answers = scene->ann.answers;
    redis_server_signal(&scene->server, SIGSTOP);
    for (int i = 0; i < 100; i++) {
        scene->ann.bus.claim(scene->ann.bus.context, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});
        redis_node_say(&scene->ann, CYD, "1");
    }
    assert_in_range(redis_bus_pending(scene->ann.handle), 200, 201);

    redis_server_kill(&scene->server);
    wait_for_both(scene, 1, 1);

    assert_int_equal(redis_bus_pending(scene->ann.handle), 0);
    assert_int_equal(scene->ann.answers, answers);
    assert_int_equal(scene->ann.unheards, 0);
}

/* Connections stay open then: nothing but silence tells of it. */
static void a_redis_that_freezes_is_noticed_and_used_again_when_it_goes_on(void **state)
{
    struct redis_scene *scene = *state;

    redis_server_signal(&scene->server, SIGSTOP);
    wait_for_both(scene, 1, 1);
    redis_scene_wait_note(scene, &scene->ann, "no answer");
    redis_server_signal(&scene->server, SIGCONT);
    wait_for_both(scene, 2, 1);

    assert_works(scene);
}

static void a_redis_that_forgets_everything_is_no_reason_to_be_down(void **state)
{
    struct redis_scene *scene = *state;
    assert_works(scene);

    (void)ASK(&scene->server, "FLUSHALL");

    assert_works(scene);
    assert_int_equal(scene->ann.downs, 0);
}

static void a_subscription_that_is_cut_off_takes_the_bus_down_and_up(void **state)
{
    struct redis_scene *scene = *state;

    (void)ASK(&scene->server, "CLIENT", "KILL", "TYPE", "pubsub");
    wait_for_both(scene, 2, 1);

    assert_works(scene);
}

static void a_redis_that_becomes_a_replica_is_left_until_it_is_a_master(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "REPLICAOF", "127.0.0.1", "1");

    scene->ann.bus.claim(scene->ann.bus.context, &(struct claim){.kind = CLAIM_TAKE, .room = SLICE_LITERAL("tea")});
    redis_scene_wait(scene, &scene->ann.downs, 1);
    redis_scene_wait_note(scene, &scene->ann, "READONLY");
    (void)ASK(&scene->server, "REPLICAOF", "NO", "ONE");
    redis_scene_wait(scene, &scene->ann.ups, 2);

    assert_works(scene);
}

static void a_redis_that_is_not_there_is_waited_for_and_noted_once(void **state)
{
    struct redis_scene *scene = *state;
    redis_server_kill(&scene->server);
    wait_for_both(scene, 1, 1);

    redis_scene_wait(scene, (const size_t *)&redis_bus_counts(scene->ann.handle)->failures, 4);

    const char *told = strstr(buffer_text(&scene->ann.notes), "down: redis://127.0.0.1");
    assert_non_null(told);
    assert_null(strstr(told + 1, "down:"));
    redis_server_start(&scene->server, NULL);
    wait_for_both(scene, 2, 1);
}

static void a_host_without_an_address_is_noted_and_a_lookup_may_be_left_behind(void **state)
{
    struct redis_scene *scene = *state;
    redis_node_stop(&scene->ann);
    redis_node_start(scene, &scene->ann, ANN, "redis://nobody.invalid:PORT");
    redis_scene_wait_note(scene, &scene->ann, "down: redis://nobody.invalid");
    redis_node_stop(&scene->ann);

    redis_node_start(scene, &scene->ann, ANN, "redis://nobody.invalid:PORT");
    redis_node_say(&scene->bob, BOB, "1");
    redis_scene_wait(scene, &scene->bob.frames, 1); /* a lookup is under way, or is over */
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_both, redis_scene_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_redis_that_was_killed_and_comes_back_is_used_again),
        TEST(what_is_under_way_when_redis_dies_is_not_answered),
        TEST(a_redis_that_freezes_is_noticed_and_used_again_when_it_goes_on),
        TEST(a_redis_that_forgets_everything_is_no_reason_to_be_down),
        TEST(a_subscription_that_is_cut_off_takes_the_bus_down_and_up),
        TEST(a_redis_that_becomes_a_replica_is_left_until_it_is_a_master),
        TEST(a_redis_that_is_not_there_is_waited_for_and_noted_once),
        TEST(a_host_without_an_address_is_noted_and_a_lookup_may_be_left_behind),
    };
    return cmocka_run_group_tests_name("redis_failures", tests, NULL, NULL);
}
