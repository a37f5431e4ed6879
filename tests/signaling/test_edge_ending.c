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
    } cases[] = {{1000, "\"left\""}, {1001, "\"left\""}, {1006, "\"lost\""}, {1005, "\"lost\""}, {3000, "\"lost\""}};
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
    assert_has(actor_hear(&ann), "{\"type\":\"ok\",\"re\":5}");
    actor_say(scene, &bob, "{\"type\":\"broadcast\",\"body\":\"ghost\"}");
    assert_has_not(actor_hear(&ann), "ghost");
    actor_vanish(scene, &bob, 1006);
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &cyd, 1000);
}

static void a_stopping_server_tells_everybody_to_come_back(void **state)
{
    struct edge_scene *scene = *state;
    struct net_address address = {{0}};
    struct actor ann, bob, cyd;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &cyd, "cyd", "lobby", NULL);
    actor_connect(scene, &bob, "lobby");

    edge_shut(scene->edge, scene->now);

    assert_int_equal(ann.close_code, 1012);
    assert_int_equal(bob.close_code, 1012);
    assert_has(actor_hear(&ann), "{\"type\":\"bye\",\"code\":\"shutting_down\",\"action\":\"rejoin\"");
    assert_has_not(actor_hear(&cyd), "peer-left"); /* their call goes on meanwhile */
    assert_int_equal(edge_may_open(scene->edge, &address, scene->now), ERR_SHUTTING_DOWN);
    actor_vanish(scene, &cyd, 1006);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(those_who_stay_hear_why_somebody_is_gone),
        SCENE(leave_ends_with_a_normal_close),
        SCENE(a_kicked_peer_is_told_and_the_room_hears_it),
        SCENE(a_stopping_server_tells_everybody_to_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
