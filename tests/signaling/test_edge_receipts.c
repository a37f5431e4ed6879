/* test_edge_receipts.c - numbered messages from text to text: what their sender hears of them, and what that costs. */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

/* ann and bob, who both give receipts, and have read what there was. */
static void enter_both(struct edge_scene *scene, struct actor *ann, struct actor *bob)
{
    actor_enter(scene, ann, "ann");
    actor_enter(scene, bob, "bob");
    (void)actor_hear(ann);
}

static void leave_both(struct edge_scene *scene, struct actor *ann, struct actor *bob)
{
    actor_vanish(scene, ann, 1000);
    actor_vanish(scene, bob, 1000);
}

static void a_message_is_receipted_when_its_addressee_says_so(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    char expected[100];
    enter_both(scene, &ann, &bob);

    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":2");
    assert_string_equal(actor_hear(&ann), ""); /* taken, and not handled yet */
    (void)snprintf(expected, sizeof expected, "\"from\":\"%s\",\"kind\":\"data\",\"seq\":2,\"body\":2}", ann.peer_id);
    assert_has(actor_hear(&bob), expected);
    actor_say(scene, &bob, "{\"type\":\"receipt\",\"got\":2}");

    (void)snprintf(expected, sizeof expected, "\"type\":\"receipt\",\"from\":\"%s\",\"seq\":2}\n", bob.peer_id);
    const char *heard = actor_hear(&ann);
    assert_has(heard, expected);
    assert_int_equal(count_of(heard, "receipt"), 1); /* one for both */
    leave_both(scene, &ann, &bob);
}

static void any_message_may_carry_a_receipt(void **state)
{
    struct edge_scene *scene = *state;
    static const char *const texts[] = {
        "{\"type\":\"ping\",\"got\":1}", "{\"type\":\"broadcast\",\"body\":1,\"got\":2}",
        "{\"type\":\"update\",\"got\":3}", "{\"type\":\"relay\",\"to\":\"nobody\",\"body\":1,\"got\":4}",
        "{\"type\":\"leave\",\"got\":6}"}; /* 5: that there is no nobody */
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char rest[40];
        char expected[40];
        (void)snprintf(rest, sizeof rest, "\"seq\":%zu,\"body\":1", i + 1);
        (void)snprintf(expected, sizeof expected, "\"seq\":%zu}", i + 1);
        actor_say_to(scene, &ann, &bob, rest);
        actor_say(scene, &bob, texts[i]);
        const char *heard = actor_hear(&ann);
        assert_has(heard, "\"type\":\"receipt\"");
        assert_has(heard, expected);
        assert_has_not(heard, "undelivered");
    }
    leave_both(scene, &ann, &bob);
}

static void for_those_who_give_none_the_edge_does(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_join(scene, &bob, "bob", "lobby", NULL);
    assert_has(actor_hear(&ann), "\"receipts\":false");

    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");

    assert_has(actor_hear(&ann), "\"type\":\"receipt\"");
    leave_both(scene, &ann, &bob);
}

static void a_receipt_for_what_was_never_said_is_refused(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");

    actor_say(scene, &bob, "{\"type\":\"receipt\",\"id\":3,\"got\":2}");

    const char *heard = actor_hear(&bob);
    assert_has(heard, "{\"type\":\"error\",\"re\":3,\"code\":\"bad_message\"");
    assert_has(heard, "\"field\":\"got\"");
    assert_string_equal(actor_hear(&ann), "");
    leave_both(scene, &ann, &bob);
}

static void receipts_of_something_new_are_free_and_others_are_not(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){0.001, 20};
    edge_scene_open(scene);
    struct actor ann, bob;
    char text[60];
    enter_both(scene, &ann, &bob);
    for (int i = 1; i <= 20; i++) {
        (void)snprintf(text, sizeof text, "\"seq\":%d,\"body\":1", i);
        actor_say_to(scene, &ann, &bob, text);
    }
    (void)actor_hear(&bob);

    for (int i = 1; i <= 20; i++) {
        (void)snprintf(text, sizeof text, "{\"type\":\"receipt\",\"got\":%d}", i);
        actor_say(scene, &bob, text);
        actor_say(scene, &bob, text); /* says nothing new: this uses up the twenty */
    }
    assert_string_equal(actor_hear(&bob), "");
    actor_say(scene, &bob, text);
    assert_has(actor_hear(&bob), "\"code\":\"rate_limited\"");
    actor_say(scene, &bob, "{\"type\":\"receipt\",\"got\":21}"); /* a lie would be free otherwise */
    assert_has(actor_hear(&bob), "\"code\":\"rate_limited\"");

    assert_int_equal(count_of(actor_hear(&ann), "\"type\":\"receipt\""), 20);
    leave_both(scene, &ann, &bob);
}

static void a_numbered_broadcast_is_answered_and_those_after_a_refused_one_are_out_of_order(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){1, 1};
    edge_scene_open(scene);
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);

    actor_say(scene, &ann, "{\"type\":\"broadcast\",\"seq\":1,\"body\":1}");
    assert_string_equal(actor_hear(&ann), "{\"n\":2,\"type\":\"ok\",\"seq\":1}\n");
    actor_say(scene, &ann, "{\"type\":\"broadcast\",\"seq\":2,\"body\":2}");
    const char *heard = actor_hear(&ann);
    assert_has(heard, "{\"type\":\"error\",\"seq\":2,\"code\":\"rate_limited\"");
    assert_has(heard, "\"retryAfterMs\":1000}");
    edge_scene_wait(scene, 1000);
    actor_say(scene, &ann, "{\"type\":\"broadcast\",\"seq\":3,\"body\":3}");

    assert_has(actor_hear(&ann), "\"seq\":3,\"code\":\"out_of_order\"");
    heard = actor_hear(&bob);
    assert_has(heard, "\"body\":1");
    assert_has_not(heard, "\"body\":3");
    leave_both(scene, &ann, &bob);
}

static void a_number_is_named_when_its_message_could_not_be_read(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);

    actor_say(scene, &ann, "{\"type\":\"relay\",\"seq\":1,\"to\":7,\"body\":1}");
    assert_has(actor_hear(&ann), "{\"type\":\"error\",\"seq\":1,\"code\":\"bad_message\"");
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1"); /* without an n it is to be used again */

    assert_has(actor_hear(&bob), "\"seq\":1,\"body\":1}");
    leave_both(scene, &ann, &bob);
}

static void a_broadcast_to_some_is_heard_by_them_alone(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob, cyd;
    char text[160];
    enter_both(scene, &ann, &bob);
    actor_enter(scene, &cyd, "cyd");
    (void)actor_hear(&ann);
    (void)actor_hear(&bob);
    (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"seq\":1,\"to\":[\"%s\",\"nobody\"],\"body\":1}",
                   cyd.peer_id);

    actor_say(scene, &ann, text);

    assert_has(actor_hear(&ann), "\"type\":\"ok\",\"seq\":1}");
    assert_string_equal(actor_hear(&bob), "");
    assert_has(actor_hear(&cyd), "\"type\":\"broadcast\"");
    actor_vanish(scene, &cyd, 1000);
    leave_both(scene, &ann, &bob);
}

static void what_is_not_receipted_when_its_addressee_leaves_is_undelivered(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);
    for (int i = 1; i <= 3; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "\"seq\":%d,\"body\":1", i);
        actor_say_to(scene, &ann, &bob, text);
    }

    actor_say(scene, &bob, "{\"type\":\"leave\",\"got\":1}");

    const char *heard = actor_hear(&ann);
    const char *undelivered = strstr(heard, "\"first\":2,\"last\":3,\"reason\":\"peer-left\"}");
    const char *left = strstr(heard, "\"type\":\"peer-left\"");
    assert_true(undelivered && left && undelivered < left);
    leave_both(scene, &ann, &bob);
}

static void make_admin(struct claims *claims)
{
    claims->grants.is_admin = true;
}

static void nothing_that_a_kicked_peer_said_is_heard_after_its_end(void **state) /* T-67 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob, cyd;
    char kick[100];
    actor_join(scene, &ann, "ann", "lobby", make_admin);
    actor_enter(scene, &bob, "bob");
    actor_enter(scene, &cyd, "cyd");
    actor_vanish(scene, &cyd, 1006);
    actor_say_to(scene, &bob, &cyd, "\"seq\":1,\"body\":\"poison\"");
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");
    (void)actor_hear(&ann);
    (void)snprintf(kick, sizeof kick, "{\"type\":\"kick\",\"peer\":\"%s\"}", bob.peer_id);

    actor_say(scene, &ann, kick);
    actor_say(scene, &bob, "{\"type\":\"receipt\",\"got\":2}"); /* too late */
    actor_resume(scene, &cyd, &cyd, "");

    assert_has_not(actor_hear(&cyd), "poison");
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"first\":1,\"last\":1,\"reason\":\"kicked\"}");
    assert_has_not(heard, "\"type\":\"receipt\"");
    actor_vanish(scene, &cyd, 1000);
    leave_both(scene, &ann, &bob);
}

/* Found by the simulator: number 2 was taken for the first of the rebuilt session, and 1 for a repetition of what it
 * had taken. */
static void in_a_rebuilt_session_too_nothing_overtakes_what_was_refused(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){1, 1};
    edge_scene_open(scene);
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
    edge_scene_restart(scene);
    actor_resume(scene, &ann, &ann, "");
    actor_say(scene, &ann, "{\"type\":\"ping\",\"id\":1}");
    (void)actor_hear(&ann);

    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");
    assert_has(actor_hear(&ann), "{\"type\":\"error\",\"seq\":1,\"code\":\"rate_limited\"");
    edge_scene_wait(scene, 1000);
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":2");
    assert_has(actor_hear(&ann), "{\"type\":\"error\",\"seq\":2,\"code\":\"out_of_order\"");
    edge_scene_wait(scene, 1000);
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");
    edge_scene_wait(scene, 1000);
    actor_say_to(scene, &ann, &bob, "\"seq\":2,\"body\":2");

    actor_resume(scene, &bob, &bob, "");
    const char *heard = actor_hear(&bob);
    assert_has(heard, "\"seq\":1,\"body\":1");
    assert_has(heard, "\"seq\":2,\"body\":2");
    leave_both(scene, &ann, &bob);
}

static void a_refused_message_receipts_all_the_same(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_messages = (struct rate){0.001, 1};
    edge_scene_open(scene);
    struct actor ann, bob;
    enter_both(scene, &ann, &bob);
    actor_say_to(scene, &ann, &bob, "\"seq\":1,\"body\":1");
    actor_say(scene, &bob, "{\"type\":\"ping\"}");
    (void)actor_hear(&bob);

    actor_say(scene, &bob, "{\"type\":\"ping\",\"got\":1}");

    assert_has(actor_hear(&bob), "\"code\":\"rate_limited\"");
    assert_has(actor_hear(&ann), "\"type\":\"receipt\"");
    leave_both(scene, &ann, &bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_message_is_receipted_when_its_addressee_says_so),
        SCENE(any_message_may_carry_a_receipt),
        SCENE(for_those_who_give_none_the_edge_does),
        SCENE(a_receipt_for_what_was_never_said_is_refused),
        UNOPENED_SCENE(receipts_of_something_new_are_free_and_others_are_not),
        UNOPENED_SCENE(a_numbered_broadcast_is_answered_and_those_after_a_refused_one_are_out_of_order),
        UNOPENED_SCENE(in_a_rebuilt_session_too_nothing_overtakes_what_was_refused),
        UNOPENED_SCENE(a_refused_message_receipts_all_the_same),
        SCENE(a_number_is_named_when_its_message_could_not_be_read),
        SCENE(a_broadcast_to_some_is_heard_by_them_alone),
        SCENE(what_is_not_receipted_when_its_addressee_leaves_is_undelivered),
        SCENE(nothing_that_a_kicked_peer_said_is_heard_after_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
