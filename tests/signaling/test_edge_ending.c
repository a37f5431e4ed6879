/* test_edge_ending.c - how a stay ends, who ends it and what the others hear. */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

static void those_who_stay_hear_why_somebody_is_gone(void **state)
{
    struct edge_scene *scene = *state;
    static const struct {
        int code;
        const char *reason;
    } cases[] = {{1000, "\"left\""}, {1001, "\"left\""}};
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        actor_join(scene, &bob, "bob", "lobby", NULL);
        (void)actor_hear(&ann);
        actor_vanish(scene, &bob, cases[i].code);
        const char *heard = actor_hear(&ann);
        assert_has(heard, "\"type\":\"peer-left\"");
        assert_has(heard, cases[i].reason);
    }
    actor_vanish(scene, &ann, 1000);
    assert_int_equal(home_room_count(scene->home), 0);
}

static void who_was_lost_has_left_when_the_grace_time_is_over(void **state)
{
    struct edge_scene *scene = *state;
    static const int codes[] = {1006, 1005, 3000};
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        actor_join(scene, &bob, "bob", "lobby", NULL);
        (void)actor_hear(&ann);
        actor_vanish(scene, &bob, codes[i]);
        edge_scene_wait(scene, 29999);
        const char *heard = actor_hear(&ann);
        assert_has(heard, "\"type\":\"peer-away\"");
        assert_has_not(heard, "\"type\":\"peer-left\"");
        edge_scene_wait(scene, 1);
        heard = actor_hear(&ann);
        assert_has(heard, "\"type\":\"peer-left\"");
        assert_has(heard, "\"reason\":\"lost\"");
    }
    actor_vanish(scene, &ann, 1000);
    assert_int_equal(home_room_count(scene->home), 0);
}

static void without_a_grace_time_who_is_lost_has_left(void **state)
{
    struct edge_scene *scene = *state;
    scene->home_config.grace_ms = 0;
    edge_scene_open(scene);
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);

    edge_refuse(ann.client, ERR_PING_TIMEOUT, scene->now);

    assert_has(actor_hear(&ann), "\"action\":\"rejoin\"");
    assert_has(actor_hear(&bob), "\"reason\":\"timeout\"");
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1000);
}

static void leave_ends_with_a_normal_close(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);

    actor_say(scene, &ann, "{\"type\":\"leave\",\"id\":9}");

    assert_has(actor_hear(&ann), "{\"type\":\"ok\",\"re\":9}");
    assert_int_equal(ann.close_code, 1000);
    assert_has(actor_hear(&bob), "\"reason\":\"left\"");
    actor_vanish(scene, &ann, 1000);
    assert_string_equal(actor_hear(&bob), "");
    actor_vanish(scene, &bob, 1000);
}

static void make_admin(struct claims *claims)
{
    claims->grants.is_admin = true;
}

static void a_kicked_peer_is_told_and_the_room_hears_it(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob, cyd;
    char kick[100];
    actor_join(scene, &ann, "ann", "lobby", make_admin);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    actor_join(scene, &cyd, "cyd", "lobby", NULL);
    (void)actor_hear(&ann);
    (void)snprintf(kick, sizeof kick, "{\"type\":\"kick\",\"id\":5,\"peer\":\"%s\"}", bob.peer_id);

    actor_say(scene, &cyd, kick);
    assert_has(actor_hear(&cyd), "\"code\":\"not_permitted\"");
    actor_say(scene, &ann, kick);

    assert_int_equal(bob.close_code, 4504);
    assert_has(actor_hear(&bob), "{\"type\":\"bye\",\"code\":\"kicked\",\"action\":\"stop\"");
    assert_has(actor_hear(&cyd), "\"reason\":\"kicked\"");
    assert_has(actor_hear(&ann), "\"type\":\"ok\",\"re\":5}");
    actor_say(scene, &bob, "{\"type\":\"broadcast\",\"body\":\"ghost\"}");
    assert_has_not(actor_hear(&ann), "ghost");
    actor_vanish(scene, &bob, 1006);
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &cyd, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(those_who_stay_hear_why_somebody_is_gone),
        SCENE(who_was_lost_has_left_when_the_grace_time_is_over),
        UNOPENED_SCENE(without_a_grace_time_who_is_lost_has_left),
        SCENE(leave_ends_with_a_normal_close),
        SCENE(a_kicked_peer_is_told_and_the_room_hears_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
