/* test_edge_limits.c - what becomes of those who say too much, come too often or read too slowly. */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

static void too_many_messages_are_refused_with_the_time_to_wait(void **state) /* T-34 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){10, 3};
    edge_scene_open(scene);
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (int i = 0; i < 4; i++)
        actor_say(scene, &ann, "{\"type\":\"ping\"}");
    const char *heard = actor_hear(&ann);
    assert_has(heard, "{\"type\":\"error\",\"code\":\"rate_limited\"");
    assert_has(heard, "\"retryAfterMs\":100}");
    scene->now.mono_ms += 100;
    actor_say(scene, &ann, "{\"type\":\"ping\",\"id\":8}");

    assert_string_equal(actor_hear(&ann), "{\"type\":\"pong\",\"re\":8}\n");
    actor_vanish(scene, &ann, 1000);
}

static void who_goes_on_after_that_is_cut_off(void **state) /* T-34 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){1, 1};
    scene->config.outbox.frames_max = 1000;
    edge_scene_open(scene);
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (int i = 0; i < 1000; i++)
        actor_say(scene, &ann, "{\"type\":\"ping\"}");

    assert_int_equal(ann.close_code, 4003);
    assert_has(actor_hear(&ann), "\"code\":\"flood\"");
    actor_vanish(scene, &ann, 1006);
}

/* Found by the simulator: the message had been taken before, and was delivered after its sender had given it up. */
static void being_cut_off_is_no_word_on_the_message_that_brought_it_about(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){1, 1};
    scene->config.outbox.frames_max = 1000;
    edge_scene_open(scene);
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (int i = 0; i < 1000; i++)
        actor_say(scene, &ann, "{\"type\":\"broadcast\",\"seq\":1,\"body\":0}");

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"seq\":1,\"code\":\"rate_limited\"");
    assert_has(heard, "{\"type\":\"error\",\"code\":\"flood\"");
    assert_int_equal(ann.close_code, 4003);
    actor_vanish(scene, &ann, 1006);
}

static void a_broadcast_costs_its_sender_every_copy(void **state) /* T-15 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_bytes = (struct rate){100, 1000};
    edge_scene_open(scene);
    struct actor ann, bob, cyd;
    char text[420];
    (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"body\":\"%0370d\"}", 0);
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    actor_join(scene, &cyd, "cyd", "lobby", NULL);
    (void)actor_hear(&ann);
    scene->now.mono_ms += 20000;

    actor_say(scene, &ann, text); /* 400 bytes for each of two */
    assert_string_equal(actor_hear(&ann), "");
    actor_say(scene, &ann, text);

    assert_has(actor_hear(&ann), "\"code\":\"rate_limited\"");
    assert_has_not(actor_hear(&ann), "broadcast");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
    actor_vanish(scene, &cyd, 1000);
}

static void joins_of_one_address_are_limited(void **state) /* T-34 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.address_joins = (struct rate){1, 2};
    edge_scene_open(scene);
    struct actor ann;
    actor_connect(scene, &ann, "lobby");
    for (int i = 0; i < 2; i++) {
        struct actor guest;
        actor_join(scene, &guest, "guest", "lobby", NULL);
        actor_vanish(scene, &guest, 1000);
    }

    actor_hello(scene, &ann, "x.y.z");

    assert_int_equal(ann.close_code, 0);
    assert_has(actor_hear(&ann), "\"code\":\"rate_limited\"");
    actor_vanish(scene, &ann, 1000);
}

/* Many who come back at once from behind one address must not be sent away for good. */
static void who_is_told_to_wait_with_hello_gets_the_time_for_it(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.address_joins = (struct rate){0.1, 1};
    edge_scene_open(scene);
    struct actor ann, bob, cyd;
    struct buffer token = BUFFER_EMPTY;
    edge_scene_token(scene, "bob", "lobby", NULL, &token);
    actor_connect(scene, &bob, "lobby");
    actor_connect(scene, &cyd, "lobby");
    scene->now.mono_ms += 4500;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    actor_hello(scene, &bob, buffer_text(&token));
    actor_hello(scene, &cyd, buffer_text(&token));
    assert_has(actor_hear(&bob), "\"retryAfterMs\":10000}");
    assert_has(actor_hear(&cyd), "\"retryAfterMs\":20000}");
    for (int second = 0; second < 10; second++)
        edge_scene_wait(scene, 1000);
    assert_int_equal(bob.close_code, 0);
    actor_hello(scene, &bob, buffer_text(&token));
    assert_has(actor_hear(&bob), "\"type\":\"welcome\"");
    for (int second = 0; second < 20; second++) /* cyd does not come, though it has those ten more, and what all have */
        edge_scene_wait(scene, 1000);

    assert_int_equal(cyd.close_code, 4508);
    buffer_fini(&token);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
    actor_vanish(scene, &cyd, 1006);
}

static void what_one_session_overdoes_its_neighbours_do_not_pay_for(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_bytes = (struct rate){100, 100000};
    scene->config.limits.address_bytes = (struct rate){100, 100000};
    edge_scene_open(scene);
    static char text[33000];
    (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"body\":\"%032900d\"}", 0);
    struct actor ann, bob, cyd, dan;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    actor_join(scene, &cyd, "cyd", "lobby", NULL);
    actor_join(scene, &dan, "dan", "cellar", NULL);
    (void)actor_hear(&ann);

    actor_say(scene, &ann, text);
    actor_say(scene, &ann, text);
    actor_say(scene, &dan, "{\"type\":\"ping\",\"id\":1}");

    assert_has(actor_hear(&ann), "\"code\":\"rate_limited\"");
    assert_string_equal(actor_hear(&dan), "{\"type\":\"pong\",\"re\":1}\n");
    actor_say(scene, &ann, "{\"type\":\"leave\",\"id\":2}");
    assert_has(actor_hear(&ann), "\"type\":\"ok\",\"re\":2}");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
    actor_vanish(scene, &cyd, 1000);
    actor_vanish(scene, &dan, 1000);
}

static void a_welcome_is_held_however_long_the_roster_is(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.outbox.bytes_max = 300; /* less than a peer takes */
    edge_scene_open(scene);
    struct actor ann, bob;

    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);

    assert_int_equal(bob.close_code, 0);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void an_address_holds_only_so_many_connections(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.address_connections_max = 2;
    edge_scene_open(scene);
    struct net_address home = {{[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1}};
    struct net_address other = home;
    other.bytes[15] = 2;
    struct actor ann, bob;
    actor_connect(scene, &ann, "lobby");
    assert_int_equal(edge_may_open(scene->edge, &home, scene->now), ERROR_NONE);
    actor_connect(scene, &bob, "lobby");

    assert_int_equal(edge_may_open(scene->edge, &home, scene->now), ERR_ADDRESS_LIMIT);
    assert_int_equal(edge_may_open(scene->edge, &other, scene->now), ERROR_NONE);
    actor_vanish(scene, &ann, 1000);

    assert_int_equal(edge_may_open(scene->edge, &home, scene->now), ERROR_NONE);
    actor_vanish(scene, &bob, 1000);
}

static void a_slow_reader_is_cut_off_and_the_sender_told(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.outbox.frames_max = 4;
    edge_scene_open(scene);
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);

    for (int i = 0; i < 6; i++) { /* a place was added for the welcome */
        (void)actor_hear(&ann);
        actor_say_to(scene, &ann, &bob, "\"id\":1,\"body\":1");
    }

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"code\":\"outbox_full\""); /* for bob keeps no count of what it has got */
    assert_has(heard, "\"type\":\"peer-away\"");
    assert_int_equal(bob.close_code, 4001);
    assert_has(actor_hear(&bob), "\"action\":\"resume\"");
    edge_scene_wait(scene, 30000);
    assert_has(actor_hear(&ann), "\"reason\":\"slow\"");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNOPENED_SCENE(too_many_messages_are_refused_with_the_time_to_wait),
        UNOPENED_SCENE(who_goes_on_after_that_is_cut_off),
        UNOPENED_SCENE(being_cut_off_is_no_word_on_the_message_that_brought_it_about),
        UNOPENED_SCENE(a_broadcast_costs_its_sender_every_copy),
        UNOPENED_SCENE(joins_of_one_address_are_limited),
        UNOPENED_SCENE(who_is_told_to_wait_with_hello_gets_the_time_for_it),
        UNOPENED_SCENE(what_one_session_overdoes_its_neighbours_do_not_pay_for),
        UNOPENED_SCENE(a_welcome_is_held_however_long_the_roster_is),
        UNOPENED_SCENE(an_address_holds_only_so_many_connections),
        UNOPENED_SCENE(a_slow_reader_is_cut_off_and_the_sender_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
