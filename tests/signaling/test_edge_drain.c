/* test_edge_drain.c - a server that stops, and the crowd that comes to the next one. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

#define CROWD 10000

static void everybody_is_sent_away_to_come_back(void **state) /* T-60 */
{
    struct edge_scene *scene = *state;
    struct net_address address = {{0}};
    struct actor ann, bob, cyd, late;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_connect(scene, &cyd, "lobby");
    (void)actor_hear(&ann);

    edge_shut(scene->edge, scene->now);
    actor_connect(scene, &late, "lobby"); /* had been let in just before */

    assert_int_equal(edge_may_open(scene->edge, &address, scene->now), ERR_SHUTTING_DOWN);
    assert_has(actor_hear(&ann), "{\"type\":\"bye\",\"code\":\"shutting_down\",\"action\":\"resume\"");
    assert_has(actor_hear(&bob), "\"action\":\"resume\"");
    assert_has(actor_hear(&cyd), "\"action\":\"rejoin\"");
    assert_has(actor_hear(&late), "\"action\":\"rejoin\"");
    assert_int_equal(ann.close_code, 1012);
    assert_int_equal(late.close_code, 1012);
    assert_int_equal(scene->metrics->values[METRIC_DRAINING], 1);
    actor_vanish(scene, &ann, 1006);
    assert_string_equal(actor_hear(&bob), ""); /* that ann is gone is no news: it comes back */
    assert_int_equal(home_session_count(scene->home), 2);
    actor_vanish(scene, &bob, 1006);
    actor_vanish(scene, &cyd, 1006);
    actor_vanish(scene, &late, 1006);
}

static void what_was_accepted_is_flushed_before_the_last_words(void **state) /* T-60 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":\"in time\"");

    edge_shut(scene->edge, scene->now);
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":\"too late\"");

    const char *heard = actor_hear(&bob);
    assert_true(strstr(heard, "in time") < strstr(heard, "\"type\":\"bye\""));
    assert_has(heard, "in time");
    assert_has_not(heard, "too late"); /* it was not accepted, and is sent again to the next server */
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
    edge_scene_restart(scene);
    actor_resume(scene, &ann, &ann, "");
    assert_has(actor_hear(&ann), "\"session\":\"rebuilt\"");
    actor_resume(scene, &bob, &bob, "");
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":\"too late\"");
    assert_has(actor_hear(&bob), "too late");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void without_a_grace_time_they_join_anew(void **state)
{
    struct edge_scene *scene = *state;
    scene->home_config.grace_ms = 0;
    edge_scene_open(scene);
    struct actor ann;
    actor_enter(scene, &ann, "ann");

    edge_shut(scene->edge, scene->now);

    assert_has(actor_hear(&ann), "\"action\":\"rejoin\"");
    actor_vanish(scene, &ann, 1006);
}

/* Everybody in a room of its own. */
static struct actor *gather(struct edge_scene *scene, size_t count)
{
    struct actor *crowd = calloc(count, sizeof *crowd);
    for (size_t i = 0; i < count; i++) {
        char room[24];
        (void)snprintf(room, sizeof room, "%zu", i);
        actor_join(scene, &crowd[i], "somebody", room, NULL);
    }
    return crowd;
}

static void disperse(struct edge_scene *scene, struct actor *crowd, size_t count)
{
    for (size_t i = 0; i < count; i++)
        actor_vanish(scene, &crowd[i], 1006);
    free(crowd);
}

static void lift_limits(struct edge_scene *scene)
{
    scene->home_config.rooms_max = 2 * CROWD;
    scene->config.limits.address_connections_max = 2 * CROWD;
    scene->config.limits.address_joins = (struct rate){1000, 2 * CROWD};
    scene->config.joins = (struct rate){1000, 2 * CROWD};
}

static int delay_of(struct actor *actor)
{
    const char *at = strstr(actor_hear(actor), "\"delayMs\":");
    return at ? atoi(at + strlen("\"delayMs\":")) : -1;
}

static void the_delays_grow_with_the_crowd_and_are_spread_evenly(void **state) /* T-35, T-60 */
{
    struct edge_scene *scene = *state;
    static const struct {
        size_t clients;
        int spread_ms;
    } cases[] = {{1, 200}, {10, 200}, {1000, 1000}, {CROWD, 10000}};
    lift_limits(scene);
    edge_scene_open(scene);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t in_tenth[10] = {0};
        struct actor *crowd = gather(scene, cases[i].clients);
        edge_shut(scene->edge, scene->now);
        for (size_t client = 0; client < cases[i].clients; client++) {
            int delay_ms = delay_of(&crowd[client]);
            assert_in_range(delay_ms, 0, cases[i].spread_ms - 1);
            in_tenth[delay_ms * 10 / cases[i].spread_ms]++;
        }
        for (int tenth = 0; tenth < 10 && cases[i].clients >= 10; tenth++)
            assert_int_equal(in_tenth[tenth], cases[i].clients / 10);
        assert_int_equal(home_session_count(scene->home), cases[i].clients);
        disperse(scene, crowd, cases[i].clients);
        edge_scene_restart(scene);
    }
}

/* Of hidden peers nobody hears, and their welcome stays short. */
static void hide(struct claims *claims)
{
    claims->grants.is_hidden = true;
}

/* Says hello for each of the crowd whose time has come; returns how many were welcomed. */
static size_t say_hello(struct edge_scene *scene, struct actor *crowd, const char *hello, int64_t *due_ms,
                        size_t *hellos)
{
    size_t welcomed = 0;
    for (size_t i = 0; i < CROWD; i++) {
        if (due_ms[i] != scene->now.mono_ms)
            continue;
        actor_say(scene, &crowd[i], hello);
        (*hellos)++;
        const char *heard = actor_hear(&crowd[i]);
        const char *retry = strstr(heard, "\"retryAfterMs\":");
        due_ms[i] = retry ? scene->now.mono_ms + atoi(retry + strlen("\"retryAfterMs\":")) : 0;
        welcomed += !retry && strstr(heard, "welcome");
    }
    return welcomed;
}

static void ten_thousand_who_join_at_once_are_told_when_to_come(void **state) /* T-35 */
{
    struct edge_scene *scene = *state;
    lift_limits(scene);
    scene->config.joins = (struct rate){1000, 2000};
    scene->home_config.room_capacity = CROWD;
    scene->config.outbox.frames_max = 3 * CROWD;
    scene->config.limits.address_joins = (struct rate){1000, 3 * CROWD};
    edge_scene_open(scene);
    struct actor *crowd = calloc(CROWD, sizeof *crowd);
    int64_t *due_ms = calloc(CROWD, sizeof *due_ms);
    struct buffer hello = BUFFER_EMPTY;
    size_t welcomed = 0, hellos = 0;
    buffer_add_text(&hello, "{\"type\":\"hello\",\"token\":\"");
    edge_scene_token(scene, "somebody", "lobby", hide, &hello);
    buffer_add_text(&hello, "\"}");
    for (size_t i = 0; i < CROWD; i++) {
        actor_connect(scene, &crowd[i], "lobby");
        due_ms[i] = scene->now.mono_ms;
    }

    for (int ms = 0; ms <= 8000; ms++, scene->now.mono_ms++)
        welcomed += say_hello(scene, crowd, buffer_text(&hello), due_ms, &hellos);

    assert_int_equal(welcomed, CROWD);
    assert_int_equal(hellos, CROWD + 8000); /* nobody was told twice, nor too late */
    buffer_fini(&hello);
    disperse(scene, crowd, CROWD);
    free(due_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(everybody_is_sent_away_to_come_back),
        SCENE(what_was_accepted_is_flushed_before_the_last_words),
        UNOPENED_SCENE(without_a_grace_time_they_join_anew),
        UNOPENED_SCENE(the_delays_grow_with_the_crowd_and_are_spread_evenly),
        UNOPENED_SCENE(ten_thousand_who_join_at_once_are_told_when_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
