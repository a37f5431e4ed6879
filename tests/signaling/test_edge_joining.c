/* test_edge_joining.c - who gets into a room with what, and as whom. */
#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(without_hello_in_time_the_connection_ends),
        SCENE(the_first_message_must_be_hello),
        SCENE(a_second_hello_is_refused_and_harmless),
        SCENE(a_token_for_another_room_opens_nothing),
        SCENE(an_expired_token_is_told_from_a_bad_one),
        SCENE(a_full_room_says_so),
        SCENE(the_server_holds_only_so_many_rooms),
        SCENE(the_token_decides_on_the_name_unless_it_lets_its_bearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
