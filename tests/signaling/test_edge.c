/* test_edge.c - who may say what and when, and who hears it; the whole path from text to text, without sockets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

static int set_the_scene(void **state)
{
    struct edge_scene *scene = calloc(1, sizeof *scene);
    edge_scene_init(scene);
    *state = scene;
    return 0;
}

static int open_the_scene(void **state)
{
    (void)set_the_scene(state);
    edge_scene_open(*state);
    return 0;
}

static int clear_the_scene(void **state)
{
    edge_scene_fini(*state);
    free(*state);
    return 0;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in: %s", part, text);
}

static void say_to(struct edge_scene *scene, struct actor *from, const struct actor *to, const char *rest)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, "{\"type\":\"relay\",\"to\":\"%s\",%s}", to->peer_id, rest);
    actor_say(scene, from, buffer_text(&text));
    buffer_fini(&text);
}

static void an_offer_arrives_byte_for_byte_with_its_true_sender(void **state) /* T-14 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "lobby", NULL);
    (void)actor_hear(&ann);

    say_to(scene, &bob, &ann,
           "\"id\":7,\"from\":\"mallory\",\"kind\":\"offer\",\"body\": {\"n\" : 1e400, \"s\":\"\\u00e9\"}");

    char expected[200];
    (void)snprintf(
        expected, sizeof expected,
        "{\"type\":\"relay\",\"from\":\"%s\",\"kind\":\"offer\",\"body\":{\"n\" : 1e400, \"s\":\"\\u00e9\"}}\n",
        bob.peer_id);
    assert_string_equal(actor_hear(&ann), expected);
    assert_string_equal(actor_hear(&bob), "{\"type\":\"ok\",\"re\":7}\n");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void rooms_do_not_hear_each_other(void **state) /* T-13 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_join(scene, &bob, "bob", "cellar", NULL);

    say_to(scene, &bob, &ann, "\"body\":1");
    actor_say(scene, &bob, "{\"type\":\"broadcast\",\"body\":1}");

    assert_has(actor_hear(&bob), "\"code\":\"no_such_peer\"");
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

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

static void without_hello_in_time_the_connection_ends(void **state) /* T-30 */
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_connect(scene, &ann, "lobby");

    scene->now.mono_ms += 4999;
    edge_tick(scene->edge, scene->now);
    assert_int_equal(ann.close_code, 0);
    scene->now.mono_ms += 1;
    edge_tick(scene->edge, scene->now);

    assert_int_equal(ann.close_code, 4508);
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"code\":\"hello_timeout\"");
    assert_has(heard, "\"type\":\"bye\"");
    assert_has(heard, "\"action\":\"stop\"");
    actor_vanish(scene, &ann, 1006);
}

static void the_first_message_must_be_hello(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_connect(scene, &ann, "lobby");

    actor_say(scene, &ann, "{\"type\":\"ping\",\"id\":3}");

    assert_int_equal(ann.close_code, 4500);
    assert_has(actor_hear(&ann), "{\"type\":\"error\",\"re\":3,\"code\":\"hello_expected\"");
    actor_vanish(scene, &ann, 1006);
}

static void a_second_hello_is_refused_and_harmless(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    actor_hello(scene, &ann, "x.y.z");
    assert_has(actor_hear(&ann), "\"code\":\"hello_repeated\"");
    actor_say(scene, &ann, "{\"type\":\"ping\",\"id\":4}");

    assert_string_equal(actor_hear(&ann), "{\"type\":\"pong\",\"re\":4}\n");
    assert_int_equal(ann.close_code, 0);
    actor_vanish(scene, &ann, 1000);
}

static void a_token_for_another_room_opens_nothing(void **state) /* T-12 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob, cyd;
    struct buffer token = BUFFER_EMPTY;
    actor_join(scene, &ann, "ann", "there", NULL);
    edge_scene_token(scene, "bob", "elsewhere", NULL, &token);
    actor_connect(scene, &bob, "there");
    actor_connect(scene, &cyd, "nowhere");

    actor_hello(scene, &bob, buffer_text(&token));
    actor_hello(scene, &cyd, buffer_text(&token));

    assert_int_equal(bob.close_code, 4503);
    assert_int_equal(cyd.close_code, 4503);
    const char *of_existing = actor_hear(&bob);
    assert_has(of_existing, "\"code\":\"auth_room\"");
    assert_string_equal(actor_hear(&cyd), of_existing);
    assert_string_equal(actor_hear(&ann), "");
    buffer_fini(&token);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
    actor_vanish(scene, &cyd, 1000);
}

static void an_expired_token_is_told_from_a_bad_one(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    struct buffer token = BUFFER_EMPTY;
    edge_scene_token(scene, "ann", "lobby", NULL, &token);
    scene->now.unix_ms += 1000000;
    actor_connect(scene, &ann, "lobby");
    actor_connect(scene, &bob, "lobby");

    actor_hello(scene, &ann, buffer_text(&token));
    actor_hello(scene, &bob, "not.a.token");

    assert_int_equal(ann.close_code, 4502);
    assert_int_equal(bob.close_code, 4501);
    assert_int_equal(home_session_count(scene->home), 0);
    buffer_fini(&token);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
}

static void a_full_room_says_so(void **state)
{
    struct edge_scene *scene = *state;
    struct actor inside[3], dan;
    struct buffer token = BUFFER_EMPTY;
    for (int i = 0; i < 3; i++)
        actor_join(scene, &inside[i], "ann", "lobby", NULL);
    edge_scene_token(scene, "dan", "lobby", NULL, &token);
    actor_connect(scene, &dan, "lobby");

    actor_hello(scene, &dan, buffer_text(&token));

    assert_int_equal(dan.close_code, 4506);
    assert_has(actor_hear(&dan), "\"code\":\"room_full\"");
    buffer_fini(&token);
    actor_vanish(scene, &dan, 1006);
    for (int i = 0; i < 3; i++)
        actor_vanish(scene, &inside[i], 1000);
}

static void the_server_holds_only_so_many_rooms(void **state)
{
    struct edge_scene *scene = *state;
    const char *rooms[] = {"a", "b", "c", "d"};
    struct actor inside[4], dan;
    struct buffer token = BUFFER_EMPTY;
    for (int i = 0; i < 4; i++)
        actor_join(scene, &inside[i], "ann", rooms[i], NULL);
    edge_scene_token(scene, "dan", "e", NULL, &token);
    actor_connect(scene, &dan, "e");

    actor_hello(scene, &dan, buffer_text(&token));

    assert_int_equal(dan.close_code, 1013);
    assert_has(actor_hear(&dan), "\"action\":\"rejoin\"");
    buffer_fini(&token);
    actor_vanish(scene, &dan, 1006);
    for (int i = 0; i < 4; i++)
        actor_vanish(scene, &inside[i], 1000);
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

static void too_many_messages_are_refused_with_the_time_to_wait(void **state) /* T-34 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){10, 3};
    edge_scene_open(scene);
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    for (int i = 0; i < 3; i++)
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

    for (int i = 0; i < 5; i++) {
        (void)actor_hear(&ann);
        say_to(scene, &ann, &bob, "\"id\":1,\"body\":1");
    }

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"code\":\"outbox_full\"");
    assert_has(heard, "\"type\":\"peer-left\"");
    assert_has(heard, "\"reason\":\"slow\"");
    assert_int_equal(bob.close_code, 4001);
    assert_has(actor_hear(&bob), "\"action\":\"rejoin\"");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1006);
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

    scene->now.mono_ms += 86400 * 1000;
    edge_tick(scene->edge, scene->now);

    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
}

static void a_stopping_server_tells_everybody_to_come_back(void **state)
{
    struct edge_scene *scene = *state;
    struct net_address address = {{0}};
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_connect(scene, &bob, "lobby");

    edge_shut(scene->edge, scene->now);

    assert_int_equal(ann.close_code, 1012);
    assert_int_equal(bob.close_code, 1012);
    assert_has(actor_hear(&ann), "{\"type\":\"bye\",\"code\":\"shutting_down\",\"action\":\"rejoin\"");
    assert_int_equal(edge_may_open(scene->edge, &address, scene->now), ERR_SHUTTING_DOWN);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
}

static void forbid_own_metadata(struct claims *claims)
{
    claims->grants.may_update_self = false;
    claims->name = SLICE_LITERAL("Ann of the token");
}

static void the_token_decides_on_the_name_unless_it_lets_its_bearer(void **state)
{
    struct edge_scene *scene = *state;
    void (*const changes[])(struct claims *) = {NULL, forbid_own_metadata};
    const char *names[] = {"\"name\":\"Annie\"", "\"name\":\"Ann of the token\""};
    for (int i = 0; i < 2; i++) {
        struct actor ann;
        struct buffer token = BUFFER_EMPTY, hello = BUFFER_EMPTY;
        edge_scene_token(scene, "ann", "lobby", changes[i], &token);
        buffer_add_format(&hello, "{\"type\":\"hello\",\"token\":\"%s\",\"name\":\"Annie\",\"media\":{\"mic\":true}}",
                          buffer_text(&token));
        actor_connect(scene, &ann, "lobby");

        actor_say(scene, &ann, buffer_text(&hello));

        const char *heard = actor_hear(&ann);
        assert_has(heard, names[i]);
        assert_has(heard, "\"media\":{\"mic\":true,\"camera\":false,\"screen\":false}");
        buffer_fini(&token);
        buffer_fini(&hello);
        actor_vanish(scene, &ann, 1000);
    }
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

#define SCENE(test)       cmocka_unit_test_setup_teardown(test, open_the_scene, clear_the_scene)
#define WITH_LIMITS(test) cmocka_unit_test_setup_teardown(test, set_the_scene, clear_the_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_offer_arrives_byte_for_byte_with_its_true_sender),
        SCENE(rooms_do_not_hear_each_other),
        SCENE(those_who_stay_hear_why_somebody_is_gone),
        SCENE(leave_ends_with_a_normal_close),
        SCENE(without_hello_in_time_the_connection_ends),
        SCENE(the_first_message_must_be_hello),
        SCENE(a_second_hello_is_refused_and_harmless),
        SCENE(a_token_for_another_room_opens_nothing),
        SCENE(an_expired_token_is_told_from_a_bad_one),
        SCENE(a_full_room_says_so),
        SCENE(the_server_holds_only_so_many_rooms),
        SCENE(a_kicked_peer_is_told_and_the_room_hears_it),
        WITH_LIMITS(too_many_messages_are_refused_with_the_time_to_wait),
        WITH_LIMITS(who_goes_on_after_that_is_cut_off),
        WITH_LIMITS(a_broadcast_costs_its_sender_every_copy),
        WITH_LIMITS(joins_of_one_address_are_limited),
        WITH_LIMITS(an_address_holds_only_so_many_connections),
        WITH_LIMITS(a_slow_reader_is_cut_off_and_the_sender_told),
        SCENE(bad_json_ends_the_connection_of_its_sender_only),
        SCENE(a_bad_field_is_named_and_nothing_else_happens),
        WITH_LIMITS(turn_credentials_are_pushed_before_they_expire),
        SCENE(without_turn_nothing_is_pushed),
        SCENE(a_stopping_server_tells_everybody_to_come_back),
        SCENE(the_token_decides_on_the_name_unless_it_lets_its_bearer),
        SCENE(what_happened_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
