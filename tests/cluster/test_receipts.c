/* test_receipts.c - what is numbered is taken once and in order, and its sender hears what becomes of it. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void a_relay_that_was_handled_is_answered_by_a_receipt(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    relays(scene, ANN, BOB, 1);
    assert_heard(scene, "bob #1 relay ann 1\n");
    receipts(scene, BOB, 1);

    assert_heard(scene, "ann #2 receipt bob 1\n");
    assert_int_equal(home_counts(scene->home)->accepted, 1);
    assert_int_equal(home_counts(scene->home)->receipts, 1);
}

static void one_receipt_settles_messages_of_many_senders(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    relays(scene, ANN, CYD, 1);
    relays(scene, BOB, CYD, 1);
    relays(scene, ANN, CYD, 2);
    relays(scene, BOB, CYD, 2);
    forget(scene);

    receipts(scene, CYD, 3);
    assert_heard(scene, "ann #3 receipt cyd 2\nbob #2 receipt cyd 1\n");
    receipts(scene, CYD, 4);

    assert_heard(scene, "bob #3 receipt cyd 2\n");
    assert_int_equal(home_counts(scene->home)->receipts, 4);
}

static void a_receipt_may_come_with_any_message_and_more_than_once(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 2);
    forget(scene);
    struct request update = {.type = REQUEST_REFRESH, .got = 2};

    asks(scene, BOB, update);
    asks(scene, BOB, update);
    receipts(scene, BOB, 1);

    assert_heard(scene, "ann #2 receipt bob 2\n");
}

static void a_receipt_for_what_was_never_said_is_a_bad_message_and_takes_nothing(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    forget(scene);
    struct request relay = {.type = REQUEST_RELAY, .got = 2, .id = {true, 5}};
    relay.relay.to = id_of(scene, ANN);
    relay.relay.parcel = (struct parcel){.seq = 1, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};

    asks(scene, BOB, relay);
    assert_heard(scene, "bob error bad_message got re 5 seq 1\n"); /* without a number: 1 is to be used again */
    relay.got = 1;
    asks(scene, BOB, relay);

    assert_heard(scene, "ann #2 receipt bob 1\nann #3 relay bob 1\nbob #2 ok re 5 seq 1\n");
}

static void messages_are_taken_without_gaps(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    relays(scene, ANN, BOB, 2);
    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 3);
    relays(scene, ANN, BOB, 2);
    relays(scene, ANN, BOB, 3);

    assert_heard(scene, "ann #2 error out_of_order seq 2\n"
                        "bob #1 relay ann 1\n"
                        "ann #3 error out_of_order seq 3\n"
                        "bob #2 relay ann 2\n"
                        "bob #3 relay ann 3\n");
}

static void what_was_taken_before_is_passed_over(void **state)
{
    struct scene *scene = *state;
    two_join(scene);

    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 1);
    broadcasts(scene, ANN, 2);
    broadcasts(scene, ANN, 2);

    assert_heard(scene, "bob #1 relay ann 1\nann #2 ok seq 2\nbob #2 broadcast ann 2\nann #3 ok seq 2\n");
    assert_int_equal(home_counts(scene->home)->accepted, 2);
    assert_int_equal(home_counts(scene->home)->repeated, 2);
}

static void a_broadcast_is_answered_before_its_copies_and_receipted_by_each(void **state)
{
    struct scene *scene = *state;
    three_join(scene);

    broadcasts(scene, ANN, 1);
    receipts(scene, CYD, 1);
    receipts(scene, BOB, 2);

    assert_heard(scene, "ann #3 ok seq 1\n"
                        "bob #2 broadcast ann 1\n"
                        "cyd #1 broadcast ann 1\n"
                        "ann #4 receipt cyd 1\n"
                        "ann #5 receipt bob 1\n");
}

static void a_broadcast_may_be_for_some(void **state)
{
    struct scene *scene = *state;
    three_join(scene);

    broadcasts_to(scene, ANN, 1, "cyd eve ann cyd");
    broadcasts_to(scene, ANN, 2, "eve");

    assert_heard(scene, "ann #3 ok seq 1\ncyd #1 broadcast ann 1\nann #4 ok seq 2\n");
}

static void a_relay_to_nobody_is_undelivered_and_uses_up_its_number(void **state)
{
    struct scene *scene = *state;
    scene->people[CYD].grants.is_hidden = true;
    three_join(scene);

    relays(scene, ANN, EVE, 1);
    relays(scene, ANN, ANN, 2);
    relays(scene, ANN, CYD, 3);
    relays(scene, ANN, EVE, 0);

    assert_heard(scene, "ann #2 undelivered eve 1-1 peer-left\n"
                        "ann #3 undelivered ann 2-2 peer-left\n"
                        "ann #4 undelivered cyd 3-3 peer-left\n"
                        "ann #5 error no_such_peer\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_PEER_LEFT], 3);
}

static void what_is_not_permitted_uses_up_its_number(void **state)
{
    struct scene *scene = *state;
    scene->people[ANN].grants.may_publish_data = false;
    two_join(scene);

    relays(scene, ANN, BOB, 1);
    broadcasts(scene, ANN, 2);
    relays(scene, ANN, EVE, 3);

    assert_heard(scene, "ann #2 error not_permitted seq 1\n"
                        "ann #3 error not_permitted seq 2\n"
                        "ann #4 error not_permitted seq 3\n");
    assert_int_equal(home_counts(scene->home)->accepted, 3);
}

static void who_gives_no_receipts_has_got_what_its_edge_took(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    three_join(scene);

    relays(scene, ANN, BOB, 1);
    assert_heard(scene, "bob #2 relay ann 1\nann #3 receipt bob 1\n");
    broadcasts(scene, ANN, 2);

    assert_heard(scene, "ann #4 ok seq 2\nbob #3 broadcast ann 2\nann #5 receipt bob 2\ncyd #1 broadcast ann 2\n");
    assert_int_equal(home_counts(scene->home)->receipts, 2);
}

static void what_is_kept_for_who_gives_no_receipts_is_receipted_when_it_comes_back(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 2);
    assert_heard(scene, "ann #2 peer-away bob\n");

    resumes(scene, BOB, GOT_NOTHING);
    relays(scene, ANN, BOB, 3);

    assert_heard(scene, "ann #3 peer-back bob\n"
                        "bob welcome resumed\n"
                        "bob #1 relay ann 1\n"
                        "bob #2 relay ann 2\n"
                        "ann #4 receipt bob 2\n"
                        "bob #3 relay ann 3\n"
                        "ann #5 receipt bob 3\n");
}

static void nothing_overtakes_what_an_edge_did_not_take(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    two_join(scene);
    scene->people[BOB].is_deaf = true;
    relays(scene, ANN, BOB, 1);
    scene->people[BOB].is_deaf = false;
    relays(scene, ANN, BOB, 2);
    assert_heard(scene, "");
    drops(scene, BOB, LEAVE_SLOW);
    forget(scene);

    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #3 peer-back bob\n"
                        "bob welcome resumed\n"
                        "bob #1 relay ann 1\n"
                        "bob #2 relay ann 2\n"
                        "ann #4 receipt bob 2\n");
}

static void without_a_number_the_sender_hears_that_an_edge_took_nothing(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    two_join(scene);

    scene->people[BOB].is_deaf = true;
    relays(scene, ANN, BOB, 0);

    assert_heard(scene, "ann #2 error outbox_full\n");
}

static void who_gives_receipts_gets_later_what_its_edge_did_not_take(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene->people[BOB].is_deaf = true;
    relays(scene, ANN, BOB, 0);
    broadcasts(scene, ANN, 1);
    scene->people[BOB].is_deaf = false;
    drops(scene, BOB, LEAVE_SLOW);
    forget(scene);

    resumes(scene, BOB, 0);

    assert_heard(scene, "ann #4 peer-back bob\nbob welcome resumed\nbob #1 relay ann\nbob #2 broadcast ann 1\n");
}

static void a_sender_that_is_away_hears_of_its_receipts_when_it_is_back(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    drops(scene, ANN, LEAVE_LOST);
    receipts(scene, BOB, 2);
    forget(scene);

    resumes(scene, ANN, 1);

    assert_heard(scene, "bob #3 peer-back ann polite\nann welcome resumed accepted 1\nann #2 receipt bob 1\n");
}

static void what_a_peer_sent_arrives_also_after_it_left(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    relays(scene, ANN, BOB, 1);
    leaves(scene, ANN);
    forget(scene);

    resumes(scene, BOB, GOT_NOTHING);
    receipts(scene, BOB, 2);

    assert_heard(scene, "bob welcome resumed\nbob #1 relay ann 1\nbob #2 peer-left ann left\n");
    assert_int_equal(home_counts(scene->home)->receipts, 0);
}

static void before_a_peer_has_left_its_senders_hear_what_it_did_not_get(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    for (int seq = 1; seq <= 3; seq++)
        relays(scene, ANN, CYD, seq);
    broadcasts(scene, BOB, 1);
    receipts(scene, CYD, 1);
    forget(scene);

    leaves(scene, CYD);

    assert_heard(scene, "ann #5 undelivered cyd 2-3 peer-left\n"
                        "bob #3 undelivered cyd 1-1 peer-left\n"
                        "ann #6 peer-left cyd left\n"
                        "bob #4 peer-left cyd left\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_PEER_LEFT], 3);
}

static void what_was_kept_for_a_peer_that_did_not_come_back_has_expired(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    relays(scene, ANN, BOB, 1);
    forget(scene);

    time_passes(scene, GRACE_MS);

    assert_heard(scene, "ann #3 undelivered bob 1-1 expired\nann #4 peer-left bob lost\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_EXPIRED], 1);
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_relay_that_was_handled_is_answered_by_a_receipt),
        AT_HOME(one_receipt_settles_messages_of_many_senders),
        AT_HOME(a_receipt_may_come_with_any_message_and_more_than_once),
        AT_HOME(a_receipt_for_what_was_never_said_is_a_bad_message_and_takes_nothing),
        AT_HOME(messages_are_taken_without_gaps),
        AT_HOME(what_was_taken_before_is_passed_over),
        AT_HOME(a_broadcast_is_answered_before_its_copies_and_receipted_by_each),
        AT_HOME(a_broadcast_may_be_for_some),
        AT_HOME(a_relay_to_nobody_is_undelivered_and_uses_up_its_number),
        AT_HOME(what_is_not_permitted_uses_up_its_number),
        AT_HOME(who_gives_no_receipts_has_got_what_its_edge_took),
        AT_HOME(what_is_kept_for_who_gives_no_receipts_is_receipted_when_it_comes_back),
        AT_HOME(nothing_overtakes_what_an_edge_did_not_take),
        AT_HOME(without_a_number_the_sender_hears_that_an_edge_took_nothing),
        AT_HOME(who_gives_receipts_gets_later_what_its_edge_did_not_take),
        AT_HOME(a_sender_that_is_away_hears_of_its_receipts_when_it_is_back),
        AT_HOME(what_a_peer_sent_arrives_also_after_it_left),
        AT_HOME(before_a_peer_has_left_its_senders_hear_what_it_did_not_get),
        AT_HOME(what_was_kept_for_a_peer_that_did_not_come_back_has_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
