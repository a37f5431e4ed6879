/* test_session.c - a session outlives its connection, and goes on over the one that shows its ticket. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void a_peer_whose_connection_broke_is_away_and_comes_back(void **state)
{
    struct scene *scene = *state;
    three_join(scene);

    drops(scene, BOB, LEAVE_LOST);
    assert_int_equal(home_away_count(scene->home), 1);
    time_passes(scene, GRACE_MS - 1);
    resumes(scene, BOB, 1);

    assert_heard(scene, "ann #3 peer-away bob\n"
                        "cyd #1 peer-away bob\n"
                        "ann #4 peer-back bob\n"
                        "cyd #2 peer-back bob polite\n"
                        "bob welcome resumed\n");
    assert_int_equal(home_away_count(scene->home), 0);
    assert_int_equal(home_session_count(scene->home), 3);
    assert_int_equal(home_counts(scene->home)->resumed, 1);
}

static void a_peer_that_does_not_come_back_in_time_has_left_for_the_reason_it_went(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    drops(scene, BOB, LEAVE_TIMEOUT);
    time_passes(scene, GRACE_MS);
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #2 peer-away bob\nann #3 peer-left bob timeout\nbob error session_ended\n");
    assert_int_equal(home_away_count(scene->home), 0);
    assert_int_equal(home_counts(scene->home)->resumes_refused, 1);
}

static void each_has_a_grace_time_of_its_own(void **state)
{
    struct scene *scene = *state;
    three_join(scene);

    drops(scene, CYD, LEAVE_LOST);
    time_passes(scene, 10000);
    drops(scene, BOB, LEAVE_LOST);
    forget(scene);
    time_passes(scene, 20000);
    assert_heard(scene, "ann #5 peer-left cyd lost\n");
    time_passes(scene, 10000);

    assert_heard(scene, "ann #6 peer-left bob lost\n");
}

static void a_room_where_all_were_away_too_long_is_closed(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    drops(scene, ANN, LEAVE_LOST);
    drops(scene, BOB, LEAVE_LOST);
    time_passes(scene, GRACE_MS);

    assert_int_equal(home_room_count(scene->home), 0);
    assert_int_equal(home_session_count(scene->home), 0);
}

static void the_wall_clock_ends_no_session(void **state) /* T-59 */
{
    struct scene *scene = *state;
    two_join(scene);

    drops(scene, BOB, LEAVE_LOST);
    forget(scene);
    scene->now.unix_ms += 86400000;
    time_passes(scene, 1000);
    scene->now.unix_ms -= 2 * 86400000;
    time_passes(scene, 1000);
    assert_heard(scene, "");
    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #3 peer-back bob\nbob welcome resumed\n");
}

static void what_was_missed_follows_the_welcome_with_the_numbers_it_had(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 2);
    drops(scene, BOB, LEAVE_LOST);
    relays(scene, ANN, BOB, 3);
    forget(scene);

    resumes(scene, BOB, 1);

    assert_heard(scene, "ann #3 peer-back bob\n"
                        "ann #4 receipt bob 1\n"
                        "bob welcome resumed\n"
                        "bob #2 relay ann 2\n"
                        "bob #3 relay ann 3\n");
}

static void without_got_everything_that_is_kept_follows(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    forget(scene);

    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "bob bye taken_over stop\nbob welcome resumed\nbob #1 relay ann 1\n");
}

static void the_welcome_says_how_much_of_its_own_the_home_has_taken(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, BOB, ANN, 1);
    relays(scene, BOB, ANN, 2);
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "bob bye taken_over stop\nbob welcome resumed accepted 2\n");
    assert_int_equal(scene->people[BOB].grace_ms, GRACE_MS);
}

static void a_half_open_connection_is_taken_over_and_fenced_off(void **state) /* T-67 */
{
    struct scene *scene = *state;
    scene->people[BOB].grants.is_admin = true;
    two_join(scene);
    struct stay old = scene->people[BOB];

    resumes(scene, BOB, 0);
    struct stay present = scene->people[BOB];
    assert_heard(scene, "bob bye taken_over stop\nbob welcome resumed\n");
    scene->people[BOB] = old;
    relays(scene, BOB, ANN, 1);
    kicks(scene, BOB, ANN);
    drops(scene, BOB, LEAVE_LOST);
    leaves(scene, BOB);
    assert_heard(scene, "");
    scene->people[BOB] = present;
    relays(scene, BOB, ANN, 1);

    assert_heard(scene, "ann #2 relay bob 1\n");
}

static void nothing_is_heard_from_a_session_that_is_away(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    forget(scene);

    relays(scene, BOB, ANN, 1);
    drops(scene, BOB, LEAVE_TIMEOUT);
    leaves(scene, BOB);
    assert_heard(scene, "");
    time_passes(scene, GRACE_MS);

    assert_heard(scene, "ann #3 peer-left bob lost\n");
}

static void a_lost_welcome_does_not_spend_the_former_ticket(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    scene->people[BOB].misses_welcomes = true;

    for (int i = 0; i < 5; i++) {
        resumes(scene, BOB, 0);
        drops(scene, BOB, LEAVE_LOST); /* is the edge's word, and proves nothing about the client */
    }
    scene->people[BOB].misses_welcomes = false;
    forget(scene);
    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #11 peer-back bob\nbob welcome resumed\n");
}

static void a_ticket_is_spent_once_the_next_one_is_used(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay first = scene->people[BOB];
    resumes(scene, BOB, 0);
    receipts(scene, BOB, 0);
    forget(scene);

    struct stay second = scene->people[BOB];
    scene->people[BOB].ticket = first.ticket;
    resumes(scene, BOB, 0);
    assert_heard(scene, "bob error session_ended\n");
    scene->people[BOB] = second;
    relays(scene, BOB, ANN, 1);

    assert_heard(scene, "ann #2 relay bob 1\n");
}

static void a_ticket_is_spent_by_resuming_with_the_next_one(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay first = scene->people[BOB];
    resumes(scene, BOB, 0);
    resumes(scene, BOB, 0);
    forget(scene);

    scene->people[BOB].ticket = first.ticket;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
}

static void a_ticket_of_a_generation_not_yet_issued_is_refused(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);

    scene->people[BOB].ticket.generation++;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
}

static void a_receipt_for_what_was_never_said_resumes_nothing(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    resumes(scene, BOB, 1);

    assert_heard(scene, "bob error bad_message got\n");
    assert_int_equal(home_away_count(scene->home), 0);
}

static void who_leaves_does_not_come_back(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    leaves(scene, BOB);
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #2 peer-left bob left\nbob error session_ended\n");
}

static void without_grace_a_session_ends_with_its_connection(void **state)
{
    struct scene *scene = *state;
    scene->config.grace_ms = 0;
    scene_restart(scene);
    two_join(scene);

    drops(scene, BOB, LEAVE_LOST);

    assert_heard(scene, "ann #2 peer-left bob lost\n");
    assert_int_equal(home_session_count(scene->home), 1);
}

static void a_client_that_has_gone_by_its_welcome_is_away(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    drops(scene, BOB, LEAVE_LOST);
    scene->people[BOB].leaves_at_once = true;
    forget(scene);

    resumes(scene, BOB, 0);
    scene->people[CYD].leaves_at_once = true;
    joins(scene, CYD);

    assert_heard(scene, "ann #3 peer-back bob\n"
                        "bob welcome resumed\n"
                        "ann #4 peer-away bob\n"
                        "ann #5 peer-joined cyd\n"
                        "cyd welcome new\n"
                        "ann #6 peer-away cyd\n");
    assert_int_equal(home_away_count(scene->home), 2);
}

static void a_refreshed_session_has_tickets_that_last_longer(void **state) /* T-10 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct request refresh = {.type = REQUEST_REFRESH, .got = GOT_NOTHING, .refresh = {ENDS_S + 60}};

    asks(scene, BOB, refresh);
    resumes(scene, BOB, 0);
    assert_int_equal(scene->people[BOB].ticket.ends_unix_s, ENDS_S + 60);
    refresh.refresh.ends_unix_s = ENDS_S - 60;
    asks(scene, BOB, refresh);
    resumes(scene, BOB, 0);

    assert_int_equal(scene->people[BOB].ticket.ends_unix_s, ENDS_S + 60);
}

static void the_order_of_joining_is_the_time_of_joining(void **state)
{
    struct scene *scene = *state;

    joins(scene, ANN);
    scene->now.unix_ms += 5000;
    joins(scene, BOB);
    scene->now.unix_ms -= 60000; /* a wall clock that was set back */
    joins(scene, CYD);

    uint64_t ann = scene->people[ANN].ticket.order;
    assert_int_equal(ann, 1700000000000);
    assert_int_equal(scene->people[BOB].ticket.order, ann + 5000);
    assert_int_equal(scene->people[CYD].ticket.order, ann + 5001);
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_peer_whose_connection_broke_is_away_and_comes_back),
        AT_HOME(a_peer_that_does_not_come_back_in_time_has_left_for_the_reason_it_went),
        AT_HOME(each_has_a_grace_time_of_its_own),
        AT_HOME(a_room_where_all_were_away_too_long_is_closed),
        AT_HOME(the_wall_clock_ends_no_session),
        AT_HOME(what_was_missed_follows_the_welcome_with_the_numbers_it_had),
        AT_HOME(without_got_everything_that_is_kept_follows),
        AT_HOME(the_welcome_says_how_much_of_its_own_the_home_has_taken),
        AT_HOME(a_half_open_connection_is_taken_over_and_fenced_off),
        AT_HOME(nothing_is_heard_from_a_session_that_is_away),
        AT_HOME(a_lost_welcome_does_not_spend_the_former_ticket),
        AT_HOME(a_ticket_is_spent_once_the_next_one_is_used),
        AT_HOME(a_ticket_is_spent_by_resuming_with_the_next_one),
        AT_HOME(a_ticket_of_a_generation_not_yet_issued_is_refused),
        AT_HOME(a_receipt_for_what_was_never_said_resumes_nothing),
        AT_HOME(who_leaves_does_not_come_back),
        AT_HOME(without_grace_a_session_ends_with_its_connection),
        AT_HOME(a_client_that_has_gone_by_its_welcome_is_away),
        AT_HOME(a_refreshed_session_has_tickets_that_last_longer),
        AT_HOME(the_order_of_joining_is_the_time_of_joining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
