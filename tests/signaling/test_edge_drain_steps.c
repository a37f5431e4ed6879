/* test_edge_drain_steps.c - a server that stops sends rooms away one by one, and may take it back. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/signaling/support/far_scene.h"
#include "tests/support/cmocka_all.h"

#define ROOMS     200
#define SPREAD_MS 10000
#define LEAD_MS   (SPREAD_MS / 4) /* in which nobody goes */

static void open_with_spread(struct edge_scene *scene)
{
    scene->config.drain_spread_ms = SPREAD_MS;
    scene->home_config.rooms_max = ROOMS;
    scene->config.limits.address_connections_max = 2 * ROOMS;
    scene->config.limits.address_joins = (struct rate){1000, 4 * ROOMS};
    scene->config.joins = (struct rate){1000, 4 * ROOMS};
    edge_scene_open(scene);
}

/* Two in each room. */
static struct actor *gather(struct edge_scene *scene)
{
    struct actor *crowd = calloc(2 * ROOMS, sizeof *crowd);
    for (size_t i = 0; i < 2 * ROOMS; i++) {
        char room[24];
        (void)snprintf(room, sizeof room, "room-%zu", i % ROOMS);
        actor_join(scene, &crowd[i], i < ROOMS ? "ann" : "bob", room, NULL);
    }
    for (size_t i = 0; i < 2 * ROOMS; i++)
        (void)actor_hear(&crowd[i]);
    return crowd;
}

static void disperse(struct edge_scene *scene, struct actor *crowd)
{
    for (size_t i = 0; i < 2 * ROOMS; i++)
        actor_vanish(scene, &crowd[i], 1006);
    free(crowd);
}

static size_t count_gone(const struct actor *crowd)
{
    size_t gone = 0;
    for (size_t i = 0; i < ROOMS; i++) {
        assert_int_equal(crowd[i].close_code, crowd[ROOMS + i].close_code); /* no room is ever halved */
        gone += crowd[i].close_code == 1012;
    }
    return gone;
}

static void wait_ms(struct edge_scene *scene, int64_t ms)
{
    for (int64_t waited = 0; waited < ms; waited += EDGE_DRAIN_STEP_MS) {
        scene->now.mono_ms += EDGE_DRAIN_STEP_MS;
        scene->now.unix_ms += EDGE_DRAIN_STEP_MS;
        edge_drain(scene->edge, scene->now);
    }
}

static void rooms_go_whole_and_evenly(void **state) /* T-60 */
{
    struct edge_scene *scene = *state;
    open_with_spread(scene);
    struct actor *crowd = gather(scene);

    edge_shut(scene->edge, scene->now);
    wait_ms(scene, LEAD_MS);

    size_t gone = count_gone(crowd);
    for (int tenth = 0; tenth < 10; tenth++) {
        wait_ms(scene, (SPREAD_MS - LEAD_MS) / 10);
        size_t now_gone = count_gone(crowd);
        assert_in_range(now_gone - gone, 1, ROOMS / 10 * 3); /* 20 on average */
        gone = now_gone;
    }
    assert_int_equal(gone, ROOMS);
    disperse(scene, crowd);
}

static void nobody_goes_before_load_balancers_had_time_to_look(void **state) /* T-60 */
{
    struct edge_scene *scene = *state;
    struct net_address address = {{0}};
    open_with_spread(scene);
    struct actor *crowd = gather(scene);

    edge_shut(scene->edge, scene->now);
    wait_ms(scene, LEAD_MS - EDGE_DRAIN_STEP_MS);

    assert_int_equal(count_gone(crowd), 0);
    assert_int_equal(edge_may_open(scene->edge, &address, scene->now), ERR_SHUTTING_DOWN);
    assert_int_equal(scene->metrics->values[METRIC_DRAINING], 1);
    disperse(scene, crowd);
}

static void who_has_not_been_sent_away_goes_on_and_stays_when_it_is_taken_back(void **state)
{
    struct edge_scene *scene = *state;
    open_with_spread(scene);
    struct actor *crowd = gather(scene);
    struct net_address address = {{0}};
    edge_shut(scene->edge, scene->now);
    wait_ms(scene, SPREAD_MS / 2);
    size_t gone = count_gone(crowd);

    edge_reopen(scene->edge, scene->now);
    wait_ms(scene, SPREAD_MS);

    assert_in_range(gone, 1, ROOMS - 1);
    assert_int_equal(count_gone(crowd), gone);
    assert_int_equal(edge_may_open(scene->edge, &address, scene->now), ERROR_NONE);
    assert_int_equal(scene->metrics->values[METRIC_DRAINING], 0);
    for (size_t i = 0; i < ROOMS; i++) {
        if (crowd[i].close_code)
            continue;
        actor_say_to(scene, &crowd[i], &crowd[ROOMS + i], "\"body\":\"still here\"");
        assert_has(actor_hear(&crowd[ROOMS + i]), "still here");
    }
    disperse(scene, crowd);
}

static void who_was_sent_away_may_come_back_and_else_has_left_in_the_end(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    edge_shut(scene->edge, scene->now);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);

    edge_reopen(scene->edge, scene->now);

    actor_resume(scene, &bob, &bob, "");
    assert_has(actor_hear(&bob), "\"session\":\"resumed\"");
    edge_scene_wait(scene, scene->home_config.grace_ms + 1000);
    assert_has(actor_hear(&bob), "\"type\":\"peer-left\"");
    assert_int_equal(home_session_count(scene->home), 1);
    actor_vanish(scene, &bob, 1000);
}

static void a_home_on_another_node_hears_too_that_they_are_away(void **state)
{
    struct far_scene *scene = *state;
    struct home *home = scene->homes[0].home;
    struct actor ann;
    actor_enter(&scene->edge, &ann, "ann");
    edge_shut(scene->edge.edge, scene->edge.now);
    actor_vanish(&scene->edge, &ann, 1006);

    edge_reopen(scene->edge.edge, scene->edge.now);

    scene->edge.now.mono_ms += scene->edge.home_config.grace_ms + 1000;
    home_tick(home, scene->edge.now);
    assert_int_equal(home_session_count(home), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNOPENED_SCENE(rooms_go_whole_and_evenly),
        UNOPENED_SCENE(nobody_goes_before_load_balancers_had_time_to_look),
        UNOPENED_SCENE(who_has_not_been_sent_away_goes_on_and_stays_when_it_is_taken_back),
        SCENE(who_was_sent_away_may_come_back_and_else_has_left_in_the_end),
        FAR_SCENE(a_home_on_another_node_hears_too_that_they_are_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
