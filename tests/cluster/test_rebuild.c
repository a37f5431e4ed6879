/* test_rebuild.c - a room is rebuilt from the tickets of those who come back to a server that had died. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void all_come_back_as_the_same_peers_in_the_same_order(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);

    resumes(scene, CYD, 7);
    resumes(scene, ANN, 9);
    resumes(scene, BOB, GOT_NOTHING);
    assert_heard(scene, "cyd welcome rebuilt\n"
                        "cyd #1 peer-back ann polite\n"
                        "ann welcome rebuilt\n"
                        "ann #1 peer-back bob\n"
                        "cyd #2 peer-back bob polite\n"
                        "bob welcome rebuilt\n");
    time_passes(scene, GRACE_MS);

    assert_heard(scene, "ann #2 roster ann bob cyd\nbob #1 roster ann bob cyd\ncyd #3 roster ann bob cyd\n");
    assert_int_equal(home_counts(scene->home)->rebuilt, 3);
}

static void the_roster_comes_once_at_the_end_of_the_grace_time(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS / 2);
    resumes(scene, BOB, 0);
    forget(scene);

    time_passes(scene, GRACE_MS / 2 - 1);
    assert_heard(scene, "");
    time_passes(scene, 1);
    assert_heard(scene, "ann #2 roster ann bob\nbob #1 roster ann bob\n");
    time_passes(scene, GRACE_MS);

    assert_heard(scene, "");
}

static void what_is_sent_to_those_who_are_missing_is_kept_for_them(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    relays(scene, ANN, BOB, 7);
    relays(scene, ANN, CYD, 8);
    relays(scene, ANN, BOB, 9);
    forget(scene);

    resumes(scene, BOB, 0);
    receipts(scene, BOB, 2);
    relays(scene, ANN, BOB, 10);

    assert_heard(scene, "ann #1 peer-back bob\n"
                        "bob welcome rebuilt\n"
                        "bob #1 relay ann 7\n"
                        "bob #2 relay ann 9\n"
                        "ann #2 receipt bob 9\n"
                        "bob #3 relay ann 10\n");
}

static void what_is_kept_for_those_who_do_not_come_back_expires_before_the_roster(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    relays(scene, ANN, CYD, 7);
    relays(scene, ANN, BOB, 8);
    relays(scene, ANN, CYD, 9);
    forget(scene);

    time_passes(scene, GRACE_MS);

    assert_heard(scene, "ann #1 undelivered cyd 7-9 expired\nann #2 undelivered bob 8-8 expired\nann #3 roster ann\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_EXPIRED], 3);
    relays(scene, ANN, BOB, 10);
    assert_heard(scene, "ann #4 undelivered bob 10-10 peer-left\n");
}

static void a_broadcast_is_kept_for_those_it_lists(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    resumes(scene, BOB, 0);
    forget(scene);
    scene->encoded = 0;

    broadcasts_to(scene, ANN, 5, "cyd bob cyd eve ann");
    assert_heard(scene, "ann #2 ok seq 5\nbob #1 broadcast ann 5\n");
    broadcasts(scene, ANN, 6); /* is for those who are in the room alone */
    resumes(scene, CYD, 0);

    assert_heard(scene, "ann #3 ok seq 6\n"
                        "bob #2 broadcast ann 6\n"
                        "ann #4 peer-back cyd\n"
                        "bob #3 peer-back cyd\n"
                        "cyd welcome rebuilt\n"
                        "cyd #1 broadcast ann 5\n");
}

static void without_a_number_nothing_is_kept(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    forget(scene);

    relays(scene, ANN, BOB, 0);
    broadcasts_to(scene, ANN, 0, "bob");
    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #1 error no_such_peer\nann #2 peer-back bob\nbob welcome rebuilt\n");
}

static void what_is_kept_is_bounded_in_ids_and_in_letters(void **state) /* T-32 */
{
    struct scene *scene = *state;
    scene->config.room_capacity = 2;
    scene->config.mailbox.letters_max = 1;
    scene->config.rooms_max = 10;
    scene_restart(scene);
    joins_room(scene, CYD, "c");
    joins_room(scene, DAN, "d");
    joins_room(scene, EVE, "e");
    joins(scene, ANN);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    forget(scene);

    relays(scene, ANN, CYD, 1);
    relays(scene, ANN, DAN, 2);
    relays(scene, ANN, EVE, 3);
    relays(scene, ANN, CYD, 4);

    assert_heard(scene, "ann #1 undelivered eve 3-3 outbox-full\nann #2 undelivered cyd 4-4 outbox-full\n");
}

static void the_first_number_after_it_may_be_any_and_then_there_are_no_gaps(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    resumes(scene, BOB, 0);
    forget(scene);

    relays(scene, ANN, BOB, 7);
    relays(scene, ANN, BOB, 9);
    relays(scene, ANN, BOB, 6);
    relays(scene, ANN, BOB, 8);

    assert_heard(scene, "bob #1 relay ann 7\nann #2 error out_of_order seq 9\nbob #2 relay ann 8\n");
}

static void a_rebuilt_session_that_took_nothing_yet_takes_any_number_also_when_resumed(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    resumes(scene, ANN, 0);
    relays(scene, ANN, EVE, 7);

    assert_heard(scene, "ann welcome rebuilt\n"
                        "ann bye taken_over stop\n"
                        "ann welcome resumed\n"
                        "ann #1 undelivered eve 7-7 peer-left\n");
}

static void who_comes_after_the_grace_time_of_a_room_is_too_late(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    joins(scene, DAN);
    time_passes(scene, GRACE_MS);
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
    assert_int_equal(home_counts(scene->home)->resumes_refused, 1);
}

static void while_some_are_awaited_nobody_is_too_late(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    joins(scene, DAN);
    time_passes(scene, GRACE_MS - 1);
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS - 1);
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #1 peer-back bob\ndan #2 peer-back bob polite\nbob welcome rebuilt\n");
}

static void where_nobody_is_nobody_is_too_late(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    time_passes(scene, 100 * GRACE_MS);

    resumes(scene, BOB, 0);

    assert_heard(scene, "bob welcome rebuilt\n");
}

static void newcomers_do_not_keep_out_those_who_return_up_to_twice_the_capacity(void **state)
{
    struct scene *scene = *state;
    scene->config.room_capacity = 2;
    scene_restart(scene);
    joins(scene, ANN);
    joins(scene, BOB);
    joins_room(scene, EVE, "elsewhere");
    scene_restart(scene);
    joins(scene, CYD);
    joins(scene, DAN);
    forget(scene);

    resumes(scene, BOB, 0);
    resumes(scene, ANN, 0);
    resumes(scene, EVE, 0);

    assert_heard(scene, "cyd #2 peer-back bob polite\n"
                        "dan #1 peer-back bob polite\n"
                        "bob welcome rebuilt\n"
                        "bob #1 peer-back ann polite\n"
                        "cyd #3 peer-back ann polite\n"
                        "dan #2 peer-back ann polite\n"
                        "ann welcome rebuilt\n"
                        "eve error room_full\n");
}

static void rooms_that_are_rebuilt_count_as_rooms(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    joins_room(scene, CYD, "a");
    joins_room(scene, DAN, "b");
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error room_limit\n");
}

static void who_gives_no_receipts_has_got_what_was_kept_once_its_edge_took_it(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    relays(scene, ANN, BOB, 7);
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #1 peer-back bob\nbob welcome rebuilt\nbob #1 relay ann 7\nann #2 receipt bob 7\n");
}

static void a_room_that_is_left_while_others_are_awaited_is_closed(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    relays(scene, ANN, BOB, 7);

    leaves(scene, ANN);
    forget(scene);
    time_passes(scene, GRACE_MS);

    assert_int_equal(home_room_count(scene->home), 0);
    assert_heard(scene, "");
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(all_come_back_as_the_same_peers_in_the_same_order),
        AT_HOME(the_roster_comes_once_at_the_end_of_the_grace_time),
        AT_HOME(what_is_sent_to_those_who_are_missing_is_kept_for_them),
        AT_HOME(what_is_kept_for_those_who_do_not_come_back_expires_before_the_roster),
        AT_HOME(a_broadcast_is_kept_for_those_it_lists),
        AT_HOME(without_a_number_nothing_is_kept),
        AT_HOME(what_is_kept_is_bounded_in_ids_and_in_letters),
        AT_HOME(the_first_number_after_it_may_be_any_and_then_there_are_no_gaps),
        AT_HOME(a_rebuilt_session_that_took_nothing_yet_takes_any_number_also_when_resumed),
        AT_HOME(who_comes_after_the_grace_time_of_a_room_is_too_late),
        AT_HOME(while_some_are_awaited_nobody_is_too_late),
        AT_HOME(where_nobody_is_nobody_is_too_late),
        AT_HOME(newcomers_do_not_keep_out_those_who_return_up_to_twice_the_capacity),
        AT_HOME(rooms_that_are_rebuilt_count_as_rooms),
        AT_HOME(who_gives_no_receipts_has_got_what_was_kept_once_its_edge_took_it),
        AT_HOME(a_room_that_is_left_while_others_are_awaited_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
