/* test_bounds.c - what is kept for a peer has an end, and whoever is concerned hears of it (T-32). */
#include <string.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define LETTERS_MAX 16

/* Bob's mailbox is full of ann's letters 1 to 16. */
static int open_full_mailbox(void **state)
{
    struct scene *scene = scene_create(4);
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    receipts(scene, ANN, 2);
    for (int seq = 1; seq <= LETTERS_MAX; seq++)
        relays(scene, ANN, BOB, seq);
    forget(scene);
    *state = scene;
    return 0;
}

static void a_message_that_is_too_many_is_undelivered(void **state) /* T-32 */
{
    struct scene *scene = *state;

    relays(scene, ANN, BOB, 17);
    broadcasts(scene, ANN, 18);

    assert_heard(scene, "ann #3 undelivered bob 17-17 outbox-full\n"
                        "ann #4 ok seq 18\n"
                        "ann #5 undelivered bob 18-18 outbox-full\n");
    assert_int_equal(home_counts(scene->home)->undelivered[UNDELIVERED_OUTBOX_FULL], 2);
}

static void one_without_a_number_is_refused(void **state) /* T-32 */
{
    struct scene *scene = *state;

    relays(scene, ANN, BOB, 0);
    broadcasts(scene, ANN, 0);

    assert_heard(scene, "ann #3 error outbox_full\n");
}

static void a_broadcast_reaches_those_who_have_place_for_it(void **state) /* T-32 */
{
    struct scene *scene = *state;
    joins(scene, CYD);
    forget(scene);

    broadcasts(scene, ANN, 17);

    assert_heard(scene, "ann #4 ok seq 17\nann #5 undelivered bob 17-17 outbox-full\ncyd #1 broadcast ann 17\n");
}

static void what_is_receipted_makes_place(void **state)
{
    struct scene *scene = *state;

    resumes(scene, BOB, 1);
    forget(scene);
    relays(scene, ANN, BOB, 17);

    assert_heard(scene, "bob #17 relay ann 17\n");
}

static void the_first_message_after_another_home_is_waited_for_even_when_it_has_to_wait(void **state)
{
    struct scene *scene = *state;
    joins(scene, CYD);
    relays(scene, ANN, BOB, 17);
    resumes(scene, BOB, 5);
    scene->people[ANN].ticket.epoch = 9; /* the other home's */
    scene->people[ANN].ticket.generation += (UINT64_C(1) << 32) + 1;
    resumes_live(scene, ANN);
    forget(scene);

    relays(scene, ANN, BOB, 18);
    relays(scene, ANN, CYD, 19);

    assert_heard(scene, "ann #7 error rate_limited seq 18\nann #8 error out_of_order seq 19\n");
}

/* Else bob would have handled 18 when 17 is sent again to another home, pass it over, and receipt it. */
static void what_follows_a_refusal_waits_until_its_sender_has_heard_of_it(void **state)
{
    struct scene *scene = *state;
    joins(scene, CYD);
    relays(scene, ANN, BOB, 17);
    resumes(scene, BOB, 5);
    forget(scene);

    relays(scene, ANN, BOB, 18);
    broadcasts(scene, ANN, 18);
    broadcasts_to(scene, ANN, 18, "cyd");
    relays(scene, ANN, BOB, 19);
    assert_heard(scene, "ann #7 error rate_limited seq 18\nann #8 error rate_limited seq 18\nann #9 ok seq 18\n"
                        "cyd #2 broadcast ann 18\nann #10 error rate_limited seq 19\n");

    receipts(scene, ANN, 10);
    relays(scene, ANN, BOB, 19);
    assert_heard(scene, "bob #18 relay ann 19\n");
}

static void while_there_is_no_place_the_others_need_not_wait(void **state)
{
    struct scene *scene = *state;
    joins(scene, CYD);
    broadcasts(scene, ANN, 17);
    forget(scene);

    broadcasts(scene, ANN, 18);

    assert_heard(scene, "ann #6 ok seq 18\nann #7 undelivered bob 18-18 outbox-full\ncyd #2 broadcast ann 18\n");
}

static void bytes_are_counted_as_well(void **state) /* T-32 */
{
    struct scene *scene = *state;
    scene->config.mailbox.bytes_max = 2 * strlen("{relay ann 1}");
    scene_restart(scene);
    two_join(scene);

    for (int seq = 1; seq <= 3; seq++)
        relays(scene, ANN, BOB, seq);

    assert_heard(scene, "bob #1 relay ann 1\nbob #2 relay ann 2\nann #2 undelivered bob 3-3 outbox-full\n");
}

static void news_goes_in_beyond_the_bounds_but_not_for_ever(void **state) /* T-32 */
{
    struct scene *scene = *state;

    for (int i = 0; i < LETTERS_MAX; i++) { /* that each has left is kept, not that it had come */
        joins(scene, CYD);
        leaves(scene, CYD);
        receipts(scene, ANN, 4 + 2 * i);
    }
    assert_int_equal(home_session_count(scene->home), 2);
    forget(scene);
    joins(scene, CYD);

    assert_heard(scene, "ann #35 peer-joined cyd17\n"
                        "cyd welcome new\n"
                        "ann #36 undelivered bob 1-16 peer-left\n"
                        "ann #37 peer-left bob slow\n"
                        "cyd #1 peer-left bob slow\n");
    assert_int_equal(home_session_count(scene->home), 2);
    assert_int_equal(home_away_count(scene->home), 0);
}

static void who_is_attached_and_too_slow_is_told_so(void **state) /* T-32 */
{
    struct scene *scene = *state;
    resumes(scene, BOB, 0);
    for (int i = 0; i < LETTERS_MAX; i++) {
        joins(scene, CYD);
        leaves(scene, CYD);
        receipts(scene, ANN, 5 + 2 * i);
    }
    forget(scene);

    kicks(scene, BOB, ANN); /* the answer has no place either */
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #36 undelivered bob 1-16 peer-left\n"
                        "ann #37 peer-left bob slow\n"
                        "bob bye slow_consumer rejoin\n"
                        "bob error session_ended\n");
}

static void those_who_are_too_slow_together_end_together(void **state) /* T-32 */
{
    struct scene *scene = *state;
    scene->config.mailbox.letters_max = 1;
    scene_restart(scene);
    joins(scene, ANN);
    joins(scene, BOB);
    joins(scene, CYD);
    forget(scene);

    joins(scene, DAN); /* ann's third piece of news; that she has left is bob's third */

    assert_heard(scene, "bob #2 peer-joined dan\n"
                        "cyd #1 peer-joined dan\n"
                        "dan welcome new\n"
                        "cyd #2 peer-left ann slow\n"
                        "dan #1 peer-left ann slow\n"
                        "ann bye slow_consumer rejoin\n"
                        "dan #2 peer-left bob slow\n"
                        "bob bye slow_consumer rejoin\n"
                        "cyd bye slow_consumer rejoin\n"
                        "dan bye slow_consumer rejoin\n");
    assert_int_equal(home_room_count(scene->home), 0);
}

static void a_sender_that_reads_nothing_ends_however_much_comes_back_to_it(void **state) /* T-32 */
{
    struct scene *scene = *state;
    scene->config.mailbox.letters_max = 2;
    scene_restart(scene);
    for (enum person person = ANN; person <= DAN; person++)
        joins(scene, person);
    receipts(scene, ANN, 3);
    receipts(scene, BOB, 2);
    receipts(scene, CYD, 1);
    broadcasts(scene, ANN, 1);
    broadcasts(scene, ANN, 2);
    forget(scene);

    broadcasts(scene, ANN, 3); /* for three whose mailboxes are full, and ann reads none of the answers */

    assert_heard(scene, "ann #6 ok seq 3\n"
                        "ann #7 undelivered bob 3-3 outbox-full\n"
                        "bob #5 peer-left ann slow\n"
                        "cyd #4 peer-left ann slow\n"
                        "dan #3 peer-left ann slow\n"
                        "ann bye slow_consumer rejoin\n");
}

#define AT_HOME(test)           cmocka_unit_test_setup_teardown(test, open_scene, close_scene)
#define WITH_FULL_MAILBOX(test) cmocka_unit_test_setup_teardown(test, open_full_mailbox, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FULL_MAILBOX(a_message_that_is_too_many_is_undelivered),
        WITH_FULL_MAILBOX(one_without_a_number_is_refused),
        WITH_FULL_MAILBOX(the_first_message_after_another_home_is_waited_for_even_when_it_has_to_wait),
        WITH_FULL_MAILBOX(what_follows_a_refusal_waits_until_its_sender_has_heard_of_it),
        WITH_FULL_MAILBOX(while_there_is_no_place_the_others_need_not_wait),
        WITH_FULL_MAILBOX(a_broadcast_reaches_those_who_have_place_for_it),
        WITH_FULL_MAILBOX(what_is_receipted_makes_place),
        AT_HOME(bytes_are_counted_as_well),
        WITH_FULL_MAILBOX(news_goes_in_beyond_the_bounds_but_not_for_ever),
        WITH_FULL_MAILBOX(who_is_attached_and_too_slow_is_told_so),
        AT_HOME(a_sender_that_reads_nothing_ends_however_much_comes_back_to_it),
        AT_HOME(those_who_are_too_slow_together_end_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
