/* test_edge_sessions.c - sessions that outlive connections and servers, by their tickets. */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

static void who_lost_its_connection_is_away_and_comes_back_as_the_same(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    (void)actor_hear(&ann);
    char id[RANDOM_ID_LENGTH + 1];
    memcpy(id, bob.peer_id, sizeof id);

    actor_vanish(scene, &bob, 1006);
    assert_has(actor_hear(&ann), "\"type\":\"peer-away\"");
    edge_scene_wait(scene, 29000);
    actor_resume(scene, &bob, &bob, "");

    assert_has(actor_hear(&bob), "\"session\":\"resumed\"");
    assert_string_equal(bob.peer_id, id);
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"type\":\"peer-back\"");
    assert_has_not(heard, "\"type\":\"peer-left\"");
    edge_scene_wait(scene, 29000);
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void what_was_said_meanwhile_follows_the_welcome_in_order(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":\"read\"");
    (void)actor_hear(&bob);
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":\"lost with the connection\"");

    actor_vanish(scene, &bob, 1006);
    actor_say_to(scene, &ann, &bob, "\"seq\":3,\"body\":\"said meanwhile\"");
    actor_resume(scene, &bob, &bob, ",\"got\":1");

    const char *heard = actor_hear(&bob);
    const char *welcome = strstr(heard, "\"type\":\"welcome\"");
    const char *lost = strstr(heard, "{\"n\":2,\"type\":\"relay\"");
    const char *meanwhile = strstr(heard, "{\"n\":3,\"type\":\"relay\"");
    assert_true(welcome && lost && meanwhile && welcome < lost && lost < meanwhile);
    assert_has_not(heard, "\"read\"");
    assert_has(actor_hear(&ann), "\"type\":\"receipt\"");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void a_half_open_connection_is_taken_over(void **state) /* T-31 */
{
    struct edge_scene *scene = *state;
    struct actor ann, stale, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &stale, "bob");
    (void)actor_hear(&ann);
    actor_say_to(scene, &ann, &stale, "\"seq\":1,\"body\":\"into the void\"");

    actor_resume(scene, &bob, &stale, ",\"got\":0");

    assert_has(actor_hear(&bob), "into the void");
    assert_int_equal(stale.close_code, 4510);
    const char *last = actor_hear(&stale);
    assert_has(last, "\"code\":\"taken_over\",\"action\":\"stop\"");
    assert_has_not(last, "into the void");
    assert_string_equal(actor_hear(&ann), ""); /* nobody was away */
    actor_say_to(scene, &stale, &ann, "\"body\":\"from beyond\"");
    actor_vanish(scene, &stale, 1000);
    assert_string_equal(actor_hear(&ann), "");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void a_ticket_is_spent_once_the_next_one_is_used(void **state) /* T-11 */
{
    struct edge_scene *scene = *state;
    struct actor first, second, third, thief;
    actor_enter(scene, &first, "ann");
    actor_resume(scene, &second, &first, "");
    assert_has(actor_hear(&second), "\"session\":\"resumed\"");

    actor_resume(scene, &third, &first, ""); /* as if the second welcome had been lost */
    assert_has(actor_hear(&third), "\"session\":\"resumed\"");
    actor_say(scene, &third, "{\"type\":\"update\"}");
    actor_resume(scene, &thief, &first, "");

    assert_has(actor_hear(&thief), "\"code\":\"session_ended\"");
    assert_int_equal(thief.close_code, 0);
    assert_int_equal(third.close_code, 0);
    actor_vanish(scene, &first, 1006);
    actor_vanish(scene, &second, 1006);
    actor_vanish(scene, &third, 1000);
    actor_vanish(scene, &thief, 1000);
}

static void after_the_server_died_everyone_comes_back_as_the_same(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    char id[RANDOM_ID_LENGTH + 1];
    memcpy(id, ann.peer_id, sizeof id);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
    edge_scene_restart(scene);

    actor_resume(scene, &bob, &bob, ",\"got\":2");
    assert_has(actor_hear(&bob), "\"session\":\"rebuilt\"");
    actor_resume(scene, &ann, &ann, "");

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"session\":\"rebuilt\"");
    assert_has(heard, "\"polite\":false"); /* ann was there first, and still was */
    assert_string_equal(ann.peer_id, id);
    heard = actor_hear(&bob);
    assert_has(heard, "{\"n\":1,\"type\":\"peer-back\"");
    assert_has(heard, "\"polite\":true");
    edge_scene_wait(scene, 30000);
    heard = actor_hear(&bob);
    assert_has(heard, "\"type\":\"roster\"");
    assert_has(heard, id);
    assert_has_not(heard, "peer-left");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void with_another_key_one_joins_anew_over_the_same_connection(void **state)
{
    struct edge_scene *scene = *state;
    struct slice secret = SLICE_LITERAL("another secret, for the state directory was lost");
    struct actor ann;
    struct buffer token = BUFFER_EMPTY;
    actor_enter(scene, &ann, "ann");
    actor_vanish(scene, &ann, 1006);
    sealer_destroy(scene->sealer);
    scene->sealer = sealer_create(&secret, 1);
    edge_scene_restart(scene);

    actor_resume(scene, &ann, &ann, "");
    assert_has(actor_hear(&ann), "\"re\":1,\"code\":\"ticket_invalid\"");
    assert_int_equal(scene->metrics->values[METRIC_RESUMES_INVALID], 1);
    edge_scene_token(scene, "ann", "lobby", NULL, &token);
    actor_hello(scene, &ann, buffer_text(&token));

    assert_has(actor_hear(&ann), "\"session\":\"new\"");
    buffer_fini(&token);
    actor_vanish(scene, &ann, 1000);
}

static void a_ticket_opens_no_other_room(void **state) /* T-11 */
{
    struct edge_scene *scene = *state;
    struct actor ann, elsewhere;
    struct buffer hello = BUFFER_EMPTY;
    actor_enter(scene, &ann, "ann");
    buffer_add_format(&hello, "{\"type\":\"hello\",\"ticket\":\"%s\"}", ann.ticket);
    actor_connect(scene, &elsewhere, "cellar");

    actor_say(scene, &elsewhere, buffer_text(&hello));

    assert_has(actor_hear(&elsewhere), "\"code\":\"ticket_invalid\"");
    buffer_fini(&hello);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &elsewhere, 1000);
}

static void who_comes_back_says_how_it_presents_itself_now(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_enter(scene, &ann, "ann");
    actor_vanish(scene, &ann, 1006);
    edge_scene_restart(scene);

    actor_resume(scene, &ann, &ann, ",\"name\":\"Annie\",\"media\":{\"mic\":true}");

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"name\":\"Annie\"");
    assert_has(heard, "\"identity\":\"ann\"");
    assert_has(heard, "\"mic\":true");
    actor_vanish(scene, &ann, 1000);
}

static void make_admin(struct claims *claims)
{
    claims->grants.is_admin = true;
}

static void a_kicked_peers_ticket_is_void_also_after_a_restart(void **state) /* T-10, T-67 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    char kick[100];
    actor_join(scene, &ann, "ann", "lobby", make_admin);
    actor_enter(scene, &bob, "bob");
    actor_say_to(scene, &bob, &ann, "\"seq\":1,\"body\":1");
    (void)snprintf(kick, sizeof kick, "{\"type\":\"kick\",\"peer\":\"%s\"}", bob.peer_id);
    actor_say(scene, &ann, kick);
    assert_int_equal(bob.close_code, 4504);
    actor_vanish(scene, &bob, 1006);

    for (int server = 0; server < 2; server++) {
        actor_resume(scene, &bob, &bob, "");
        assert_has(actor_hear(&bob), "\"code\":\"kicked\",\"action\":\"stop\"");
        assert_int_equal(bob.close_code, 4504);
        actor_vanish(scene, &bob, 1006);
        if (ann.client)
            actor_vanish(scene, &ann, 1006);
        edge_scene_restart(scene);
    }
}

static void nobody_comes_back_after_the_grace_time(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_vanish(scene, &bob, 1006);
    edge_scene_wait(scene, 30000);

    actor_resume(scene, &bob, &bob, "");

    assert_has(actor_hear(&bob), "\"code\":\"session_ended\"");
    assert_int_equal(bob.close_code, 0);
    assert_int_equal(scene->metrics->values[METRIC_JOINS_REFUSED], 0);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(who_lost_its_connection_is_away_and_comes_back_as_the_same),
        SCENE(what_was_said_meanwhile_follows_the_welcome_in_order),
        SCENE(a_half_open_connection_is_taken_over),
        SCENE(a_ticket_is_spent_once_the_next_one_is_used),
        SCENE(after_the_server_died_everyone_comes_back_as_the_same),
        SCENE(with_another_key_one_joins_anew_over_the_same_connection),
        SCENE(a_ticket_opens_no_other_room),
        SCENE(who_comes_back_says_how_it_presents_itself_now),
        SCENE(a_kicked_peers_ticket_is_void_also_after_a_restart),
        SCENE(nobody_comes_back_after_the_grace_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
