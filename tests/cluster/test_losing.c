/* test_losing.c - what a home forgets when another node has taken a room, and with which tickets its peers come. */
#include <stdio.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define LOBBY SLICE_LITERAL("lobby")

static uint64_t made_epochs;

static uint64_t make_epoch(void)
{
    return 1000 + ++made_epochs;
}

static int open_with_epochs(void **state)
{
    struct scene *scene = scene_create(4);
    made_epochs = 0;
    scene->config.make_epoch = make_epoch;
    scene_restart(scene);
    *state = scene;
    return 0;
}

static void a_room_that_is_lost_is_forgotten_in_silence(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    drops(scene, CYD, LEAVE_LOST);
    forget(scene);

    home_lose(scene->home, LOBBY);
    time_passes(scene, GRACE_MS);

    assert_heard(scene, "");
    assert_false(home_has_room(scene->home, LOBBY));
    assert_int_equal(home_session_count(scene->home) + home_away_count(scene->home), 0);
}

static void what_the_sessions_of_a_lost_room_still_ask_is_passed_over(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    home_lose(scene->home, LOBBY);

    relays(scene, ANN, BOB, 1);
    leaves(scene, BOB);

    assert_heard(scene, "");
}

static void a_room_that_comes_back_takes_no_ticket_of_its_first_life_for_one_of_its_second(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    uint64_t first = scene->people[ANN].ticket.epoch;
    home_lose(scene->home, LOBBY);

    resumes(scene, ANN, 0);
    joins(scene, CYD);

    assert_heard(scene, "ann welcome rebuilt\nann #1 peer-joined cyd\ncyd welcome new\n");
    assert_int_not_equal(scene->people[ANN].ticket.epoch, first);
    assert_int_equal(scene->people[CYD].ticket.epoch, scene->people[ANN].ticket.epoch);
}

static void other_rooms_keep_their_epoch(void **state)
{
    struct scene *scene = *state;
    joins_room(scene, ANN, "attic");
    home_lose(scene->home, LOBBY);

    joins_room(scene, BOB, "attic");

    assert_int_equal(scene->people[BOB].ticket.epoch, scene->people[ANN].ticket.epoch);
}

static void who_left_the_second_life_of_a_room_cannot_come_back_when_it_was_empty(void **state)
{
    struct scene *scene = *state;
    home_lose(scene->home, LOBBY);
    joins(scene, ANN);
    leaves(scene, ANN);
    forget(scene);

    resumes(scene, ANN, 0);

    assert_heard(scene, "ann error session_ended\n");
}

static void a_room_that_is_lost_twice_has_a_third_life(void **state)
{
    struct scene *scene = *state;
    home_lose(scene->home, LOBBY);
    joins(scene, ANN);
    home_lose(scene->home, LOBBY);
    forget(scene);

    resumes(scene, ANN, 0);

    assert_heard(scene, "ann welcome rebuilt\n");
}

static void no_more_losses_are_remembered_than_there_is_place_for(void **state)
{
    struct scene *scene = *state;
    char room[16];
    home_lose(scene->home, LOBBY);
    for (int i = 1; i < HOME_LOSSES_MAX; i++) {
        (void)snprintf(room, sizeof room, "room-%d", i);
        home_lose(scene->home, slice_from_text(room));
    }

    joins(scene, ANN);
    home_lose(scene->home, SLICE_LITERAL("one-more"));
    leaves(scene, ANN);
    joins(scene, BOB);

    assert_int_equal(scene->people[ANN].ticket.epoch, 1001);
    assert_int_equal(scene->people[BOB].ticket.epoch, scene->config.epoch);
}

/* Two homes had the room: here is the one that won. */
static void who_was_connected_elsewhere_all_the_time_comes_into_a_room_of_any_age(void **state)
{
    struct scene *scene = *state;
    joins(scene, BOB);
    joins(scene, CYD);
    scene_restart(scene);
    joins(scene, ANN);
    time_passes(scene, GRACE_MS * 10);
    forget(scene);

    resumes(scene, BOB, 0);
    assert_heard(scene, "bob error session_ended\n");
    resumes_live(scene, BOB);
    relays(scene, ANN, CYD, 1); /* who may come, too */

    assert_heard(scene, "ann #1 peer-back bob polite\nbob welcome rebuilt\n");
    time_passes(scene, GRACE_MS);
    assert_heard(scene, "ann #2 undelivered cyd 1-1 expired\nbob #1 roster bob ann\nann #3 roster bob ann\n");
}

static void where_the_missing_were_told_of_they_do_not_come_back_live_either(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS);
    forget(scene);

    resumes_live(scene, BOB);

    assert_heard(scene, "bob error session_ended\n");
}

/* Whatever the clocks of the two say. */
static void who_has_joined_where_nobody_here_was_is_not_missing(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS);
    joins_room(scene, BOB, "attic"); /* which stands for the other home */
    scene->people[BOB].ticket.epoch = 9;
    forget(scene);

    resumes_live(scene, BOB);

    assert_heard(scene, "ann #2 peer-back bob\nbob welcome rebuilt\n");
}

static void who_has_joined_elsewhere_after_that_was_not_missing(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);
    uint64_t former = scene->people[ANN].ticket.epoch;
    scene_restart(scene);
    scene->people[ANN].ticket.epoch = former - 1;
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS);
    time_passes(scene, 1);
    joins_room(scene, BOB, "attic"); /* which stands for ann's former home */
    scene->people[BOB].ticket.epoch = former - 1;
    forget(scene);

    resumes_live(scene, BOB);

    assert_heard(scene, "ann #2 peer-back bob\nbob welcome rebuilt\n");
}

static void a_second_rebuilding_does_not_bring_back_who_was_told_of_as_missing(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    time_passes(scene, GRACE_MS);
    struct stay missing = scene->people[BOB];
    joins_room(scene, BOB, "attic");
    scene->people[BOB].ticket.epoch = 9;
    resumes_live(scene, BOB);
    forget(scene);

    scene->people[BOB] = missing;
    resumes(scene, BOB, 0);
    resumes_live(scene, CYD);

    assert_heard(scene, "bob error session_ended\ncyd error session_ended\n");
}

/* The other home had heard of nothing: bob was there all the time. */
static void who_was_said_to_have_left_does_not_come_back_from_another_home(void **state)
{
    struct scene *scene = *state;
    scene->config.departed_max = 1;
    scene_restart(scene);
    two_join(scene);
    drops(scene, BOB, LEAVE_LOST);
    time_passes(scene, GRACE_MS);
    scene->people[BOB].ticket.epoch = 9; /* the other home's */
    forget(scene);

    resumes_live(scene, BOB);

    assert_heard(scene, "bob error session_ended\n");
}

static void no_more_who_left_are_remembered_than_there_is_place_for(void **state)
{
    struct scene *scene = *state;
    scene->config.departed_max = 1;
    scene_restart(scene);
    three_join(scene);
    leaves(scene, BOB);
    leaves(scene, CYD);
    scene->people[BOB].ticket.epoch = scene->people[CYD].ticket.epoch = 9;
    forget(scene);

    resumes_live(scene, CYD);
    resumes_live(scene, BOB);

    assert_heard(scene, "cyd error session_ended\nann #5 peer-back bob\nbob welcome rebuilt\n");
}

static void who_was_kicked_does_not_come_back_live(void **state) /* T-11 */
{
    struct scene *scene = *state;
    scene->people[ANN].grants.is_admin = true;
    two_join(scene);
    kicks(scene, ANN, BOB);
    home_lose(scene->home, LOBBY);
    forget(scene);

    resumes_live(scene, BOB);

    assert_heard(scene, "bob error kicked\n");
}

/* The other home had made the session anew from a ticket of this one, which never noticed. */
static void a_session_that_went_on_elsewhere_is_taken_back_with_what_is_kept_for_it(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    relays(scene, ANN, BOB, 1);
    scene->people[BOB].ticket.epoch = 9; /* the other home's */
    scene->people[BOB].ticket.generation += 1;
    forget(scene);

    resumes_live(scene, BOB);
    receipts(scene, BOB, 1);
    relays(scene, BOB, ANN, 20); /* the first that had no receipt there */

    assert_heard(scene, "bob welcome rebuilt\nbob #1 relay ann 1\nann #2 receipt bob 1\nann #3 relay bob 20\n");
}

/* Redis has forgotten the later home, which died: bob comes back by himself to the one before, where he seems to be. */
static void a_session_that_went_on_in_a_home_that_died_is_taken_back_by_the_one_before(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    uint64_t epoch = scene->people[BOB].ticket.epoch;
    struct stay former = scene->people[BOB];
    scene->people[BOB].ticket.epoch = 9; /* the later home's */
    scene->people[BOB].ticket.generation += (UINT64_C(1) << 32) + 1;
    forget(scene);

    resumes(scene, BOB, 0);
    assert_heard(scene, "bob bye taken_over stop\nbob welcome rebuilt\n");
    assert_int_equal(scene->people[BOB].ticket.epoch, epoch);
    scene->people[BOB] = former;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
}

static void a_connection_that_was_given_up_does_not_take_the_session_back(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    home_lose(scene->home, LOBBY);
    struct stay given_up = scene->people[BOB];
    resumes(scene, BOB, 0); /* by itself, over another one */
    forget(scene);

    scene->people[BOB] = given_up;
    resumes_live(scene, BOB);

    assert_heard(scene, "bob error session_ended\n");
}

/* It was rebuilt here and there, with one number, and bob has only heard of the other. */
static void a_session_that_nobody_heard_of_here_gives_way_to_the_one_elsewhere(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    struct stay elsewhere = scene->people[BOB];
    elsewhere.ticket.epoch = 9;
    elsewhere.ticket.generation += (UINT64_C(1) << 32) + 1;
    scene->people[BOB].misses_welcomes = true;
    resumes(scene, BOB, 0);
    forget(scene);

    scene->people[BOB] = elsewhere;
    resumes_live(scene, BOB);

    assert_heard(scene, "bob bye taken_over stop\nbob welcome rebuilt\n");
}

/* His edge asks again with the id that ann has heard of. */
static void whose_first_welcome_was_lost_with_its_home_gets_what_was_said_to_him_since(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    relays(scene, ANN, BOB, 1);
    scene->people[BOB].joins = 0;
    forget(scene);

    joins(scene, BOB);
    receipts(scene, BOB, 1);

    assert_heard(scene, "ann #1 peer-joined bob\nbob welcome new\nbob #1 relay ann 1\nann #2 receipt bob 1\n");
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_with_epochs, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_room_that_is_lost_is_forgotten_in_silence),
        AT_HOME(what_the_sessions_of_a_lost_room_still_ask_is_passed_over),
        AT_HOME(a_room_that_comes_back_takes_no_ticket_of_its_first_life_for_one_of_its_second),
        AT_HOME(other_rooms_keep_their_epoch),
        AT_HOME(who_left_the_second_life_of_a_room_cannot_come_back_when_it_was_empty),
        AT_HOME(a_room_that_is_lost_twice_has_a_third_life),
        AT_HOME(no_more_losses_are_remembered_than_there_is_place_for),
        AT_HOME(who_was_connected_elsewhere_all_the_time_comes_into_a_room_of_any_age),
        AT_HOME(where_the_missing_were_told_of_they_do_not_come_back_live_either),
        AT_HOME(who_has_joined_where_nobody_here_was_is_not_missing),
        AT_HOME(who_has_joined_elsewhere_after_that_was_not_missing),
        AT_HOME(a_second_rebuilding_does_not_bring_back_who_was_told_of_as_missing),
        AT_HOME(who_was_said_to_have_left_does_not_come_back_from_another_home),
        AT_HOME(no_more_who_left_are_remembered_than_there_is_place_for),
        AT_HOME(who_was_kicked_does_not_come_back_live),
        AT_HOME(a_session_that_went_on_elsewhere_is_taken_back_with_what_is_kept_for_it),
        AT_HOME(a_session_that_went_on_in_a_home_that_died_is_taken_back_by_the_one_before),
        AT_HOME(a_session_that_nobody_heard_of_here_gives_way_to_the_one_elsewhere),
        AT_HOME(whose_first_welcome_was_lost_with_its_home_gets_what_was_said_to_him_since),
        AT_HOME(a_connection_that_was_given_up_does_not_take_the_session_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
