/* test_reattach.c - what a client hears when its room's home is lost, while its connection stays. */
#include <string.h>

#include "tests/signaling/support/far_scene.h"
#include "tests/support/cmocka_all.h"

static struct actor ann, bob;

static void say(struct far_scene *scene, struct actor *actor, const char *text)
{
    actor_say(&scene->edge, actor, text);
}

static void a_client_speaks_with_the_home_that_has_its_session(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->asked = 2; /* by others, for other rooms */

    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":7");

    assert_has(actor_hear(&bob), "\"seq\":1,\"body\":7");
    far_vanish(scene, &ann, &bob);
}

static void when_a_home_dies_its_clients_are_welcomed_by_the_next_one_and_nobody_leaves(void **state)
{
    struct far_scene *scene = *state;
    char former[ACTOR_TICKET_MAX];
    far_enter(scene, &ann, &bob);
    memcpy(former, bob.ticket, sizeof former);

    far_dies(scene, 1, 2);
    assert_string_equal(actor_hear(&ann), "");
    far_beats(scene, EDGE_BEAT_MS);

    const char *heard = actor_hear(&bob);
    assert_has(heard, "{\"type\":\"welcome\",\"room\":\"lobby\"");
    assert_has(heard, "\"session\":\"rebuilt\"");
    assert_string_not_equal(bob.ticket, former);
    heard = actor_hear(&ann);
    assert_has(heard, "\"session\":\"rebuilt\"");
    assert_has(heard, "{\"n\":1,\"type\":\"peer-back\"");
    assert_has_not(heard, "peer-left");
    assert_int_equal(home_session_count(scene->homes[1].home), 2);
    far_vanish(scene, &ann, &bob);
}

static void while_there_is_no_home_numbered_messages_are_passed_over_and_others_put_off(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    far_dies(scene, 1, 2);

    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":7");
    say(scene, &ann, "{\"type\":\"receipt\",\"got\":1}");
    assert_string_equal(actor_hear(&ann), "");
    say(scene, &ann, "{\"type\":\"ping\",\"id\":3}");
    assert_string_equal(actor_hear(&ann), "{\"type\":\"pong\",\"re\":3}\n");
    say(scene, &ann, "{\"type\":\"update\",\"id\":4,\"media\":{\"mic\":true}}");

    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"re\":4,\"code\":\"rate_limited\"");
    assert_has(heard, "\"retryAfterMs\":500");
    far_vanish(scene, &ann, &bob);
}

/* Otherwise the new home would take a number for the first that is not, or a receipt for one of its own. */
static void until_a_client_answers_its_welcome_what_it_says_was_meant_for_the_home_before(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    (void)actor_hear(&ann);
    (void)actor_hear(&bob);

    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":2,\"got\":1,\"body\":2");
    actor_answer(scene, &ann, 0, 1); /* to another welcome */
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":3,\"body\":3");
    assert_string_equal(actor_hear(&bob), "");
    actor_answer(scene, &ann, 0, 2);
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":2,\"body\":2");

    const char *heard = actor_hear(&bob);
    assert_has(heard, "\"seq\":1,\"body\":1");
    assert_has(heard, "\"seq\":2,\"body\":2");
    assert_string_equal(actor_hear(&ann), "");
    far_vanish(scene, &ann, &bob);
}

static void where_only_the_link_broke_what_was_missed_comes_and_nothing_comes_twice(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    assert_has(actor_hear(&bob), "{\"n\":1,\"type\":\"relay\"");
    far_link_breaks(scene, 1);
    scene->is_cut = true;
    far_beats(scene, EDGE_BEAT_MS); /* and breaks again: nobody answers */
    scene->is_cut = false;
    far_link_breaks(scene, 1);
    far_beats(scene, EDGE_BEAT_MS);

    const char *heard = actor_hear(&bob);

    assert_has(heard, "\"session\":\"resumed\"");
    assert_has_not(heard, "\"n\":1,");
    assert_has(actor_hear(&ann), "\"session\":\"resumed\"");
    actor_answer(scene, &bob, 1, 2);
    assert_has(actor_hear(&ann), "\"type\":\"receipt\"");
    far_vanish(scene, &ann, &bob);
}

static void what_a_cut_link_lost_is_said_after_the_welcome(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->is_cut = true;
    struct home *home = scene->homes[0].home;
    home_detach_edge(home, EDGE_NODE, scene->edge.now); /* ann hears that bob is away: lost */
    scene->is_cut = false;
    edge_reattach(scene->edge.edge, 1, NULL, 0, scene->edge.now);
    far_beats(scene, EDGE_BEAT_MS);

    const char *heard = actor_hear(&ann);

    const char *welcome = strstr(heard, "\"type\":\"welcome\"");
    const char *away = strstr(heard, "\"type\":\"peer-away\"");
    assert_true(welcome && (!away || welcome < away));
    assert_int_equal(count_of(heard, "\"type\":\"peer-back\""), 1);
    far_vanish(scene, &ann, &bob);
}

static void what_a_former_home_says_is_passed_over(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->asked = 2;
    edge_reattach(scene->edge.edge, 1, NULL, 0, scene->edge.now); /* the first lives on, and does not know */
    far_beats(scene, EDGE_BEAT_MS);
    (void)actor_hear(&ann);

    struct event event = {.type = EVENT_PEER_AWAY, .away = {SLICE_LITERAL("cyd")}};
    struct frame *frame = edge_encode(scene->edge.edge, &event);
    struct delivery delivery = {{0, scene->last_client}, 9};

    assert_int_equal(edge_deliver_from(scene->edge.edge, 1, &delivery, 1, &event, frame), 0);
    assert_int_equal(edge_deliver_from(scene->edge.edge, 2, &delivery, 1, &event, frame), 1);

    frame_unref(frame);
    assert_int_equal(count_of(actor_hear(&bob), "peer-away"), 1);
    far_vanish(scene, &ann, &bob);
}

/* It may count from 1 again, or not: a receipt of it could be for what it has never seen. */
static void a_client_that_was_made_anew_and_is_then_resumed_comes_by_itself(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->asked = 2;
    edge_reattach(scene->edge.edge, 1, NULL, 0, scene->edge.now); /* the first lives on, and does not know */
    far_beats(scene, EDGE_BEAT_MS);
    assert_has(actor_hear(&ann), "\"session\":\"rebuilt\"");
    scene->asked = 1;
    edge_reattach(scene->edge.edge, 2, NULL, 0, scene->edge.now);
    far_beats(scene, EDGE_BEAT_MS);

    const char *heard = actor_hear(&ann);

    assert_has_not(heard, "\"session\":\"resumed\"");
    assert_has(heard, "\"action\":\"resume\"");
    far_vanish(scene, &ann, &bob);
}

static void it_is_said_that_the_client_was_connected_all_the_time(void **state)
{
    struct far_scene *scene = *state;
    struct actor cyd;
    far_enter(scene, &ann, &bob);
    scene->asked = 2; /* which has the room, too, */
    actor_enter(&scene->edge, &cyd, "cyd");
    far_beats(scene, 60000); /* and for long */

    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);

    assert_has(actor_hear(&ann), "\"session\":\"rebuilt\"");
    assert_int_equal(count_of(actor_hear(&cyd), "peer-back"), 2);
    actor_vanish(&scene->edge, &cyd, 1006);
    far_vanish(scene, &ann, &bob);
}

static void only_the_rooms_that_moved_are_concerned(void **state)
{
    struct far_scene *scene = *state;
    struct slice rooms[] = {SLICE_LITERAL("attic"), SLICE_LITERAL("cellar")};
    far_enter(scene, &ann, &bob);

    edge_reattach(scene->edge.edge, 1, rooms, 2, scene->edge.now);
    edge_reattach(scene->edge.edge, 2, NULL, 0, scene->edge.now);
    far_beats(scene, EDGE_BEAT_MS);

    assert_int_equal(scene->resumes, 0);
    far_vanish(scene, &ann, &bob);
}

static void an_answer_to_an_earlier_question_is_passed_over(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->is_holding = true;
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    struct reference first = scene->last_id; /* bob's, who came last */
    edge_reattach(scene->edge.edge, 1, NULL, 0, scene->edge.now);
    far_beats(scene, EDGE_BEAT_MS);
    assert_int_equal(scene->resumes, 4);
    assert_int_not_equal(first.id, scene->last_id.id);
    struct event stale = {.type = EVENT_ERROR, .re = first, .error = {ERR_SESSION_ENDED, NULL, -1}};
    struct delivery delivery = {{0, scene->last_client}, 0};

    (void)edge_deliver_from(scene->edge.edge, 2, &delivery, 1, &stale, NULL);

    assert_int_equal(ann.close_code + bob.close_code, 0);
    far_vanish(scene, &ann, &bob);
}

static void a_client_whose_session_has_ended_elsewhere_is_told_to_join_anew(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    struct slice lobby = SLICE_LITERAL("lobby");
    home_lose(scene->homes[1].home, lobby); /* makes the second's epoch another */
    struct actor cyd;
    actor_enter(&scene->edge, &cyd, "cyd");
    struct actor copy = cyd; /* with whom the second is rebuilt, and settles without ann and bob */
    actor_vanish(&scene->edge, &cyd, 1006);
    scene->asked = 2;
    actor_resume(&scene->edge, &cyd, &copy, "");
    scene->edge.now.mono_ms += 30000;
    home_tick(scene->homes[1].home, scene->edge.now);

    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);

    assert_has(actor_hear(&ann), "\"type\":\"bye\",\"code\":\"session_ended\",\"action\":\"rejoin\"");
    assert_int_equal(ann.close_code, 1012);
    actor_vanish(&scene->edge, &cyd, 1006);
    far_vanish(scene, &ann, &bob);
}

static void who_was_kicked_meanwhile_is_told_so(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    revocations_add(scene->edge.revocations, slice_from_text(bob.peer_id), ERR_KICKED, 2000000000);

    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);

    assert_has(actor_hear(&bob), "\"type\":\"bye\",\"code\":\"kicked\",\"action\":\"stop\"");
    assert_int_equal(bob.close_code, 4504);
    far_vanish(scene, &ann, &bob);
}

static void where_there_is_no_place_on_the_way_it_is_asked_again_later(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    scene->is_refusing = true;
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    scene->is_refusing = false;

    far_beats(scene, EDGE_BEAT_MS);
    assert_int_equal(scene->resumes, 2);
    far_beats(scene, 500);

    assert_has(actor_hear(&ann), "\"session\":\"rebuilt\"");
    far_vanish(scene, &ann, &bob);
}

static void who_leaves_meanwhile_has_left_when_the_next_home_hears_of_it(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    far_dies(scene, 1, 2);
    say(scene, &bob, "{\"type\":\"leave\",\"id\":9}");
    assert_has(actor_hear(&bob), "{\"type\":\"ok\",\"re\":9}");
    assert_int_equal(bob.close_code, 1000);

    actor_vanish(&scene->edge, &bob, 1000);
    far_beats(scene, EDGE_BEAT_MS);

    assert_int_equal(scene->leaves, 1);
    assert_int_equal(home_session_count(scene->homes[1].home), 1);
    far_vanish(scene, &ann, &bob);
}

static void whose_connection_breaks_meanwhile_may_come_back(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    struct actor copy = bob;
    far_dies(scene, 1, 2);
    actor_vanish(&scene->edge, &bob, 1006);
    far_beats(scene, EDGE_BEAT_MS);
    assert_int_equal(scene->leaves, 0);

    actor_resume(&scene->edge, &bob, &copy, "");

    assert_has(actor_hear(&bob), "\"session\":\"rebuilt\"");
    far_vanish(scene, &ann, &bob);
}

static void who_never_answers_its_welcome_reads_too_slowly(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    actor_answer(scene, &bob, 0, 2);

    edge_scene_wait(&scene->edge, 15000);

    assert_has(actor_hear(&ann), "\"type\":\"bye\",\"code\":\"slow_consumer\",\"action\":\"resume\"");
    assert_int_equal(bob.close_code, 0);
    far_vanish(scene, &ann, &bob);
}

static void a_room_that_this_node_loses_goes_on_at_the_next_home(void **state)
{
    struct far_scene *scene = *state;
    struct slice lobby = SLICE_LITERAL("lobby");
    scene->asked = 0;
    far_enter(scene, &ann, &bob);
    scene->asked = 2;

    home_lose(scene->edge.home, lobby);
    edge_reattach(scene->edge.edge, 0, &lobby, 1, scene->edge.now);
    far_beats(scene, EDGE_BEAT_MS);

    assert_has(actor_hear(&ann), "\"session\":\"rebuilt\"");
    assert_int_equal(home_session_count(scene->homes[1].home), 2);
    far_vanish(scene, &ann, &bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAR_SCENE(a_client_speaks_with_the_home_that_has_its_session),
        FAR_SCENE(when_a_home_dies_its_clients_are_welcomed_by_the_next_one_and_nobody_leaves),
        FAR_SCENE(while_there_is_no_home_numbered_messages_are_passed_over_and_others_put_off),
        FAR_SCENE(until_a_client_answers_its_welcome_what_it_says_was_meant_for_the_home_before),
        FAR_SCENE(where_only_the_link_broke_what_was_missed_comes_and_nothing_comes_twice),
        FAR_SCENE(what_a_cut_link_lost_is_said_after_the_welcome),
        FAR_SCENE(what_a_former_home_says_is_passed_over),
        FAR_SCENE(a_client_that_was_made_anew_and_is_then_resumed_comes_by_itself),
        FAR_SCENE(it_is_said_that_the_client_was_connected_all_the_time),
        FAR_SCENE(only_the_rooms_that_moved_are_concerned),
        FAR_SCENE(an_answer_to_an_earlier_question_is_passed_over),
        FAR_SCENE(a_client_whose_session_has_ended_elsewhere_is_told_to_join_anew),
        FAR_SCENE(who_was_kicked_meanwhile_is_told_so),
        FAR_SCENE(where_there_is_no_place_on_the_way_it_is_asked_again_later),
        FAR_SCENE(who_leaves_meanwhile_has_left_when_the_next_home_hears_of_it),
        FAR_SCENE(whose_connection_breaks_meanwhile_may_come_back),
        FAR_SCENE(who_never_answers_its_welcome_reads_too_slowly),
        FAR_SCENE(a_room_that_this_node_loses_goes_on_at_the_next_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
