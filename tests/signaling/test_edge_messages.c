/* test_edge_messages.c - who may say what, and who hears it; the whole path from text to text, without sockets. */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

static void an_offer_arrives_byte_for_byte_with_its_true_sender(void **state) /* T-14 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    (void)actor_hear(&ann);

    actor_say_to(scene, &bob, &ann,
                 "\"id\":7,\"from\":\"mallory\",\"kind\":\"offer\",\"body\": {\"n\" : 1e400, \"s\":\"\\u00e9\"}");

    char expected[200];
    (void)snprintf(
        expected, sizeof expected,
        "{\"n\":2,\"type\":\"relay\",\"from\":\"%s\",\"kind\":\"offer\",\"body\":{\"n\" : 1e400, \"s\":\"\\u00e9\"}}\n",
        bob.peer_id);
    assert_string_equal(actor_hear(&ann), expected);
    assert_string_equal(actor_hear(&bob), "{\"n\":1,\"type\":\"ok\",\"re\":7}\n");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void rooms_do_not_hear_each_other(void **state) /* T-13 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "cellar", NULL);

    actor_say_to(scene, &bob, &ann, "\"body\":1");
    actor_say(scene, &bob, "{\"type\":\"broadcast\",\"body\":1}");

    assert_has(actor_hear(&bob), "\"code\":\"no_such_peer\"");
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void bad_json_ends_the_connection_of_its_sender_only(void **state) /* T-27 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    (void)actor_hear(&ann);

    actor_say(scene, &bob, "{\"type\":\"ping\",\"type\":\"ping\"}");

    assert_int_equal(bob.close_code, 4500);
    assert_has(actor_hear(&bob), "\"code\":\"bad_json\"");
    assert_has(actor_hear(&ann), "\"reason\":\"refused\"");
    actor_vanish(scene, &bob, 1006);
    actor_vanish(scene, &ann, 1000);
}

static void a_bad_field_is_named_and_nothing_else_happens(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    actor_say(scene, &ann, "{\"type\":\"relay\",\"id\":6,\"to\":5,\"body\":1}");

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"re\":6,\"code\":\"bad_message\"");
    assert_has(heard, "\"field\":\"to\"");
    assert_int_equal(ann.close_code, 0);
    actor_vanish(scene, &ann, 1000);
}

static void turn_credentials_are_pushed_before_they_expire(void **state)
{
    struct edge_scene *scene = *state;
    scene->ice.count = 1;
    scene->ice.servers[0] = (struct ice_server){.url_count = 1,
                                                .urls = {SLICE_LITERAL("turn:turn.example.org:3478")},
                                                .secret = SLICE_LITERAL("a secret that the TURN server has too")};
    edge_scene_open(scene);
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    scene->now.mono_ms += 2699 * 1000;
    scene->now.unix_ms += 2699 * 1000;
    edge_tick(scene->edge, scene->now);
    assert_string_equal(actor_hear(&ann), "");
    scene->now.mono_ms += 1000;
    scene->now.unix_ms += 1000;
    edge_tick(scene->edge, scene->now);

    const char *heard = actor_hear(&ann);
    assert_has(heard, "{\"type\":\"ice-servers\",\"iceServers\":[{\"urls\":[\"turn:turn.example.org:3478\"]");
    assert_has(heard, "\"username\":\"1800006300:lobby.");
    assert_has(heard, ann.peer_id);
    edge_tick(scene->edge, scene->now);
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
}

static void without_turn_nothing_is_pushed(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    scene->now.mono_ms += 3600 * 1000;
    edge_tick(scene->edge, scene->now);

    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
}

static void what_happened_is_counted(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    actor_say(scene, &ann, "{\"type\":\"broadcast\",\"body\":1}");
    actor_vanish(scene, &bob, 1001);

    const int64_t *values = scene->metrics->values;
    assert_int_equal(values[METRIC_JOINS_OK], 2);
    assert_int_equal(values[METRIC_MESSAGES_IN_BROADCAST], 1);
    assert_int_equal(values[METRIC_MESSAGES_OUT_BROADCAST], 1);
    assert_int_equal(values[METRIC_MESSAGES_OUT_PEER_LEFT], 1);
    assert_int_equal(values[metric_for_close_code(1001)], 1);
    actor_vanish(scene, &ann, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_offer_arrives_byte_for_byte_with_its_true_sender),
        SCENE(rooms_do_not_hear_each_other),
        SCENE(bad_json_ends_the_connection_of_its_sender_only),
        SCENE(a_bad_field_is_named_and_nothing_else_happens),
        UNOPENED_SCENE(turn_credentials_are_pushed_before_they_expire),
        SCENE(without_turn_nothing_is_pushed),
        SCENE(what_happened_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
