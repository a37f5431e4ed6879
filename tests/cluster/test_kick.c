/* test_kick.c - a kick sticks: neither the ticket nor anything still under way of the kicked peer counts (T-67). */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

/* Ann may kick. */
static int open_moderated_room(void **state)
{
    struct scene *scene = scene_create(4);
    scene->people[ANN].grants.is_admin = true;
    three_join(scene);
    *state = scene;
    return 0;
}

static void the_kicked_and_the_others_are_told(void **state)
{
    struct scene *scene = *state;

    kicks(scene, ANN, BOB);

    assert_heard(scene, "ann #3 peer-left bob kicked\ncyd #1 peer-left bob kicked\nbob bye kicked stop\n");
    assert_int_equal(home_session_count(scene->home), 2);
}

static void what_was_kept_for_the_kicked_is_undelivered(void **state) /* T-67 */
{
    struct scene *scene = *state;
    relays(scene, CYD, BOB, 1);
    relays(scene, CYD, BOB, 2);
    forget(scene);

    kicks(scene, ANN, BOB);

    assert_heard(scene, "cyd #1 undelivered bob 1-2 kicked\n"
                        "ann #3 peer-left bob kicked\n"
                        "cyd #2 peer-left bob kicked\n"
                        "bob bye kicked stop\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_KICKED], 2);
}

static void the_ticket_of_the_kicked_is_void_here_and_after_a_restart(void **state) /* T-10, T-67 */
{
    struct scene *scene = *state;
    kicks(scene, ANN, BOB);
    forget(scene);

    resumes(scene, BOB, 0);
    scene_restart(scene);
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error kicked\nbob error kicked\n");
}

static void a_kick_outlasts_every_ticket_of_the_kicked(void **state) /* T-67 */
{
    struct scene *scene = *state;
    struct request refresh = {.type = REQUEST_REFRESH, .got = GOT_NOTHING, .refresh = {ENDS_S + 60}};
    asks(scene, BOB, refresh);
    refresh.refresh.ends_unix_s = ENDS_S - 60; /* the ticket that came of the first refresh is still good */
    asks(scene, BOB, refresh);
    kicks(scene, ANN, BOB);
    forget(scene);

    scene->now.unix_ms = (ENDS_S + 30) * INT64_C(1000);
    revocations_tick(scene->revocations, scene->now);
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error kicked\n");
}

static void one_who_is_away_can_be_kicked(void **state) /* T-67 */
{
    struct scene *scene = *state;
    drops(scene, BOB, LEAVE_LOST);
    forget(scene);

    kicks(scene, ANN, BOB);
    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #4 peer-left bob kicked\ncyd #2 peer-left bob kicked\nbob error kicked\n");
    assert_int_equal(home_away_count(scene->home), 0);
}

static void queued_messages_of_the_kicked_are_taken_back(void **state) /* T-67 */
{
    struct scene *scene = *state;
    drops(scene, CYD, LEAVE_LOST);
    relays(scene, BOB, CYD, 1);
    relays(scene, ANN, CYD, 1);
    relays(scene, BOB, CYD, 0);
    broadcasts(scene, BOB, 2);
    kicks(scene, ANN, BOB);
    forget(scene);

    resumes(scene, CYD, 0);
    receipts(scene, CYD, 5);

    assert_heard(scene, "ann #6 peer-back cyd\n"
                        "cyd welcome resumed\n"
                        "cyd #2 relay ann 1\n"
                        "cyd #5 peer-left bob kicked\n"
                        "ann #7 receipt cyd 1\n");
}

static void messages_that_wait_for_who_is_missing_are_taken_back_too(void **state) /* T-67 */
{
    struct scene *scene = *state;
    scene_restart(scene);
    resumes(scene, ANN, 0);
    resumes(scene, BOB, 0);
    relays(scene, BOB, CYD, 1);
    kicks(scene, ANN, BOB);
    forget(scene);

    resumes(scene, CYD, 0);

    assert_heard(scene, "ann #3 peer-back cyd\ncyd welcome rebuilt\n");
}

static void nothing_is_kept_for_the_kicked_while_others_are_awaited(void **state) /* T-67 */
{
    struct scene *scene = *state;
    kicks(scene, ANN, BOB);
    scene_restart(scene);
    resumes(scene, CYD, 0);
    forget(scene);

    relays(scene, CYD, BOB, 1);

    assert_heard(scene, "cyd #1 undelivered bob 1-1 peer-left\n");
}

static void requests_of_the_kicked_that_were_under_way_do_nothing(void **state) /* T-67 */
{
    struct scene *scene = *state;
    struct request refresh = {.type = REQUEST_REFRESH, .got = 0, .id = {true, 1}, .refresh = {ENDS_S + 1}};
    struct profile_update mute = {.media_mask = MEDIA_MIC};
    struct request update = {.type = REQUEST_UPDATE, .got = 1, .id = {true, 2}, .update = &mute};
    relays(scene, ANN, BOB, 1);
    kicks(scene, ANN, BOB);
    forget(scene);

    relays(scene, BOB, CYD, 1);
    broadcasts(scene, BOB, 2);
    receipts(scene, BOB, 2);
    asks(scene, BOB, refresh);
    asks(scene, BOB, update);
    drops(scene, BOB, LEAVE_LOST);
    leaves(scene, BOB);

    assert_heard(scene, "");
    assert_int_equal(home_session_count(scene->home), 2);
    assert_int_equal(home_counts(scene->home)->accepted, 1);
    assert_int_equal(home_counts(scene->home)->receipts, 0);
}

static void who_may_not_kick_cannot(void **state)
{
    struct scene *scene = *state;

    kicks(scene, BOB, CYD);
    kicks(scene, ANN, EVE);
    kicks(scene, ANN, ANN);

    assert_heard(scene, "bob #2 error not_permitted\nann #3 error no_such_peer\nann #4 error no_such_peer\n");
    assert_int_equal(home_session_count(scene->home), 3);
}

#define MODERATED(test) cmocka_unit_test_setup_teardown(test, open_moderated_room, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODERATED(the_kicked_and_the_others_are_told),
        MODERATED(what_was_kept_for_the_kicked_is_undelivered),
        MODERATED(the_ticket_of_the_kicked_is_void_here_and_after_a_restart),
        MODERATED(a_kick_outlasts_every_ticket_of_the_kicked),
        MODERATED(one_who_is_away_can_be_kicked),
        MODERATED(queued_messages_of_the_kicked_are_taken_back),
        MODERATED(messages_that_wait_for_who_is_missing_are_taken_back_too),
        MODERATED(nothing_is_kept_for_the_kicked_while_others_are_awaited),
        MODERATED(requests_of_the_kicked_that_were_under_way_do_nothing),
        MODERATED(who_may_not_kick_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
