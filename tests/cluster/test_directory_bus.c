/* test_directory_bus.c - what becomes of leases when the bus goes and comes, Redis forgets, or the process stands
 * still. */
#include <stdio.h>

#include "tests/cluster/support/directory_scene.h"
#include "tests/support/cmocka_all.h"

/* The bus goes and comes */

static void while_the_bus_is_down_a_room_is_taken_at_once_and_leased_later(void **state)
{
    struct directory_scene *scene = *state;
    bus_goes_down(scene, ANN);
    asks_for(scene, ANN, "lobby");
    assert_told(scene, "ann found lobby ann\n");
    assert_int_equal(directory_unleased_count(directory_of(scene, ANN)), 1);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    assert_int_equal(directory_unleased_count(directory_of(scene, ANN)), 0);
    assert_leased(scene, "lobby", ANN);
}

static void who_waits_when_the_bus_goes_down_takes_the_room(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    bus_goes_down(scene, ANN);
    assert_told(scene, "ann found lobby ann\n");
}

static void a_room_taken_while_the_bus_was_down_is_lost_to_the_one_that_has_a_lease(void **state)
{
    struct directory_scene *scene = *state;
    bus_goes_down(scene, ANN);
    asks_for(scene, ANN, "lobby");
    asks_for(scene, BOB, "lobby");
    all_settles(scene);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    assert_told(scene, "ann found lobby ann\nbob found lobby bob\nann lost lobby bob\n");
    assert_int_equal(directory_held_count(directory_of(scene, ANN)), 0);
}

static void what_redis_forgot_is_restored_when_the_bus_comes(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    lease_model_flush(scene->redis);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    assert_leased(scene, "lobby", ANN);
    assert_told(scene, "");
}

static void after_a_flush_the_later_claim_wins_although_the_counter_is_gone(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    lease_model_flush(scene->redis);
    asks_for(scene, BOB, "lobby"); /* has never heard of a term */
    all_settles(scene);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    assert_told(scene, "bob found lobby bob\nann lost lobby bob\n");
}

static void who_was_replaced_just_after_the_bus_came_hears_of_it_soon(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    bus_goes_down(scene, ANN);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    asks_without(scene, BOB, "lobby", ANN);
    all_settles(scene);
    buffer_clear(&scene->heard);
    clocks_go_on(scene, DIRECTORY_AGAIN_MS);
    all_settles(scene);
    assert_told(scene, "ann lost lobby bob\n");
}

static void what_was_given_up_while_the_bus_was_down_is_given_back_later(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    bus_goes_down(scene, ANN);
    releases(scene, ANN, "lobby");
    assert_at(scene, ANN, "lobby", NOBODY);
    bus_comes_up(scene, ANN);
    all_settles(scene);
    assert_leased(scene, "lobby", NOBODY);
    assert_int_equal(directory_count(directory_of(scene, ANN)), 0);
}

static void many_rooms_are_asserted_in_slices(void **state)
{
    struct directory_scene *scene = *state;
    char room[20];
    bus_goes_down(scene, ANN);
    for (int i = 0; i < DIRECTORY_UNDER_WAY_MAX * 2 + 1; i++) {
        (void)snprintf(room, sizeof room, "room-%d", i);
        asks_for(scene, ANN, room);
    }
    bus_comes_up(scene, ANN);
    assert_int_equal(lease_model_waiting(scene->redis, ANN), 0); /* nothing is claimed while the bus speaks */
    ticks(scene, ANN);
    ticks(scene, ANN);
    assert_int_equal(lease_model_waiting(scene->redis, ANN), DIRECTORY_UNDER_WAY_MAX);
    all_settles(scene);
    assert_int_equal(directory_unleased_count(directory_of(scene, ANN)), 0);
    assert_int_equal(scene->claims[CLAIM_TAKE], DIRECTORY_UNDER_WAY_MAX * 2 + 1);
}

static void a_lease_is_renewed_before_it_expires_and_one_of_the_dead_expires(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "attic");
    all_settles(scene);
    for (int i = 0; i < 4; i++) {
        clocks_go_on(scene, DIRECTORY_RENEW_MS);
        ticks(scene, ANN);
        redis_works(scene, ANN);
        hears_answers(scene, ANN);
    }
    assert_leased(scene, "lobby", ANN);
    assert_leased(scene, "attic", NOBODY);
    assert_int_equal(scene->claims[CLAIM_ASSERT], 4);
}

/* The process stood still: T-68 */

static void after_a_standstill_nothing_is_sure_until_it_is_confirmed(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    clocks_go_on(scene, 30000);
    directory_stalled(directory_of(scene, ANN), scene->now);
    assert_false(directory_is_sure(directory_of(scene, ANN)));
    all_settles(scene);
    assert_true(directory_is_sure(directory_of(scene, ANN)));
    assert_told(scene, "");
}

static void an_answer_of_before_the_standstill_confirms_nothing(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    clocks_go_on(scene, DIRECTORY_RENEW_MS);
    ticks(scene, ANN);
    redis_works(scene, ANN); /* confirmed; then ann stands still, and her answer waits */
    asks_without(scene, BOB, "lobby", ANN);
    redis_works(scene, BOB);
    hears_answers(scene, BOB);
    directory_stalled(directory_of(scene, ANN), scene->now);
    hears_answers(scene, ANN);
    assert_false(directory_is_sure(directory_of(scene, ANN)));
    redis_works(scene, ANN);
    hears_answers(scene, ANN);
    assert_true(directory_is_sure(directory_of(scene, ANN)));
    assert_told(scene, "bob found lobby bob\nann lost lobby bob\n");
}

static void what_nobody_confirms_is_believed_in_the_end(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    directory_stalled(directory_of(scene, ANN), scene->now);
    bus_goes_down(scene, ANN);
    clocks_go_on(scene, DIRECTORY_WAIT_MS - 1);
    ticks(scene, ANN);
    assert_false(directory_is_sure(directory_of(scene, ANN)));
    clocks_go_on(scene, 1);
    ticks(scene, ANN);
    assert_true(directory_is_sure(directory_of(scene, ANN)));
    assert_at(scene, ANN, "lobby", ANN);
}

/* Bounds, and calls from within calls */

static void the_least_used_of_too_many_known_rooms_is_forgotten(void **state)
{
    struct directory_scene *scene = *state;
    struct directory *directory = directory_of(scene, ANN);
    char room[20];
    for (int i = 0; i <= DIRECTORY_KNOWN_MAX; i++) {
        (void)snprintf(room, sizeof room, "room-%d", i);
        asks_for(scene, ANN, room);
        directory_held(directory, slice_from_text(room), BOB, 7, scene->now);
        assert_at(scene, ANN, "room-0", BOB); /* in use all the time */
    }
    assert_int_equal(directory_count(directory), DIRECTORY_KNOWN_MAX);
    assert_at(scene, ANN, "room-1", NOBODY);
    assert_at(scene, ANN, room, BOB);
}

static void what_is_found_may_be_given_up_at_once(void **state)
{
    struct directory_scene *scene = *state;
    struct directory *directory = directory_of(scene, ANN);
    scene->nodes[ANN].gives_up_what_it_finds = true;
    asks_for(scene, ANN, "lobby");
    all_settles(scene);
    assert_leased(scene, "lobby", NOBODY);
    asks_for(scene, ANN, "attic");
    bus_goes_down(scene, ANN);
    asks_for(scene, ANN, "cellar");
    bus_comes_up(scene, ANN);
    asks_for(scene, ANN, "garden");
    clocks_go_on(scene, DIRECTORY_WAIT_MS);
    ticks(scene, ANN);
    assert_told(scene, "ann found lobby ann\nann found attic ann\nann found cellar ann\nann found garden ann\n");
    all_settles(scene);
    assert_int_equal(directory_count(directory), 0);
}

static void what_is_lost_may_be_asked_for_at_once(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_without(scene, BOB, "lobby", ANN);
    all_settles(scene);
    scene->nodes[ANN].gives_up_what_it_finds = true;
    clocks_go_on(scene, DIRECTORY_RENEW_MS);
    ticks(scene, ANN);
    redis_works(scene, ANN);
    hears_answers(scene, ANN);
    assert_int_equal(scene->claims[CLAIM_REPLACE], 1); /* by bob; ann's waits for the bus to have spoken */
    ticks(scene, ANN);
    assert_int_equal(scene->claims[CLAIM_REPLACE], 2);
}

/* T-51: what is no answer of the script's */
static void nonsense_from_the_bus_does_no_harm(void **state)
{
    struct directory_scene *scene = *state;
    struct directory *directory = directory_of(scene, ANN);
    ann_holds_the_lobby(scene);
    directory_held(directory, SLICE_LITERAL("lobby"), 0, 0, scene->now);
    directory_held(directory, SLICE_LITERAL("lobby"), BOB, 0, scene->now);
    directory_held(directory, SLICE_LITERAL("lobby"), BOB, 1, scene->now); /* older than ours */
    directory_held(directory, SLICE_LITERAL("attic"), BOB, 9, scene->now); /* never asked for */
    directory_note_term(directory, UINT64_MAX);
    assert_told(scene, "");
    assert_at(scene, ANN, "lobby", ANN);
    assert_int_equal(directory_count(directory), 1);
    assert_true(directory_term(directory) <= DIRECTORY_TERM_MAX);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_directories, close_directories)

/* What other nodes say that they have taken */

static uint64_t ann_s_term(struct directory_scene *scene)
{
    return directory_term_of(directory_of(scene, ANN), SLICE_LITERAL("lobby"));
}

static void ann_hears_that_bob_took_the_lobby(struct directory_scene *scene, uint64_t term)
{
    directory_taken(directory_of(scene, ANN), SLICE_LITERAL("lobby"), BOB, term, scene->now);
}

static void a_lower_term_is_lost_to_its_successor_although_redis_has_forgotten_both(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    lease_model_flush(scene->redis);
    ann_hears_that_bob_took_the_lobby(scene, ann_s_term(scene) + 1);
    assert_told(scene, "ann lost lobby bob\n");
    assert_at(scene, ANN, "lobby", BOB);
    all_settles(scene);
    assert_leased(scene, "lobby", NOBODY);
}

static void who_took_it_with_a_lower_term_makes_us_assert_it(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    lease_model_flush(scene->redis);
    ann_hears_that_bob_took_the_lobby(scene, ann_s_term(scene) - 1);
    assert_told(scene, "");
    all_settles(scene);
    assert_leased(scene, "lobby", ANN);
    assert_at(scene, ANN, "lobby", ANN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(while_the_bus_is_down_a_room_is_taken_at_once_and_leased_later),
        SCENE(who_waits_when_the_bus_goes_down_takes_the_room),
        SCENE(a_room_taken_while_the_bus_was_down_is_lost_to_the_one_that_has_a_lease),
        SCENE(what_redis_forgot_is_restored_when_the_bus_comes),
        SCENE(after_a_flush_the_later_claim_wins_although_the_counter_is_gone),
        SCENE(who_was_replaced_just_after_the_bus_came_hears_of_it_soon),
        SCENE(what_was_given_up_while_the_bus_was_down_is_given_back_later),
        SCENE(many_rooms_are_asserted_in_slices),
        SCENE(a_lease_is_renewed_before_it_expires_and_one_of_the_dead_expires),
        SCENE(after_a_standstill_nothing_is_sure_until_it_is_confirmed),
        SCENE(an_answer_of_before_the_standstill_confirms_nothing),
        SCENE(what_nobody_confirms_is_believed_in_the_end),
        SCENE(the_least_used_of_too_many_known_rooms_is_forgotten),
        SCENE(what_is_found_may_be_given_up_at_once),
        SCENE(what_is_lost_may_be_asked_for_at_once),
        SCENE(nonsense_from_the_bus_does_no_harm),
        SCENE(a_lower_term_is_lost_to_its_successor_although_redis_has_forgotten_both),
        SCENE(who_took_it_with_a_lower_term_makes_us_assert_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
