/* test_directory.c - who is home to a room: asked for, answered late or never, and given up. */
#include "tests/cluster/support/directory_scene.h"
#include "tests/support/cmocka_all.h"

/* Asking */

static void who_asks_first_holds_the_room_and_others_find_it_there(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    asks_for(scene, BOB, "lobby");
    all_settles(scene);
    assert_told(scene, "ann found lobby ann\nbob found lobby ann\n");
    assert_at(scene, ANN, "lobby", ANN);
    assert_at(scene, BOB, "lobby", ANN);
    assert_at(scene, CYD, "lobby", NOBODY);
}

static void several_who_ask_make_one_claim_and_are_answered_once(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    asks_for(scene, ANN, "lobby");
    asks_for(scene, ANN, "lobby");
    assert_int_equal(scene->claims[CLAIM_TAKE], 1);
    all_settles(scene);
    assert_told(scene, "ann found lobby ann\n");
}

static void what_is_known_is_answered_at_once_and_asks_nothing(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "lobby");
    all_settles(scene);
    size_t claims = scene->claims[CLAIM_TAKE];
    asks_for(scene, ANN, "lobby");
    asks_for(scene, BOB, "lobby");
    assert_told(scene, "bob found lobby ann\nann found lobby ann\nbob found lobby ann\n");
    assert_int_equal(scene->claims[CLAIM_TAKE], claims);
}

static void a_holder_out_of_reach_is_replaced(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "lobby");
    all_settles(scene);
    asks_without(scene, BOB, "lobby", ANN);
    all_settles(scene);
    assert_told(scene, "bob found lobby ann\nbob found lobby bob\n");
    assert_leased(scene, "lobby", BOB);
    clocks_go_on(scene, DIRECTORY_RENEW_MS);
    all_settles(scene);
    assert_told(scene, "ann lost lobby bob\n");
    assert_at(scene, ANN, "lobby", BOB);
}

static void a_holder_that_turns_out_to_be_out_of_reach_while_it_is_asked_for_is_replaced(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "lobby");
    asks_without(scene, BOB, "lobby", ANN);
    all_settles(scene);
    assert_told(scene, "bob found lobby bob\n");
}

static void another_than_the_one_out_of_reach_is_not_replaced(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_without(scene, BOB, "lobby", CYD);
    all_settles(scene);
    assert_told(scene, "bob found lobby ann\n");
    assert_leased(scene, "lobby", ANN);
}

static void rooms_of_a_node_that_is_forgotten_are_unknown(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "lobby");
    all_settles(scene);
    directory_forget_room(directory_of(scene, BOB), SLICE_LITERAL("lobby"), CYD);
    assert_at(scene, BOB, "lobby", ANN);
    directory_forget_node(directory_of(scene, BOB), ANN);
    assert_at(scene, BOB, "lobby", NOBODY);
    assert_int_equal(directory_count(directory_of(scene, BOB)), 0);
}

/* Answers that come late, or never */

static void without_an_answer_the_room_is_taken_without_a_lease(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    clocks_go_on(scene, DIRECTORY_WAIT_MS - 1);
    ticks(scene, ANN);
    assert_told(scene, "");
    clocks_go_on(scene, 1);
    ticks(scene, ANN);
    assert_told(scene, "ann found lobby ann\n");
    assert_int_equal(directory_unleased_count(directory_of(scene, ANN)), 1);
    all_settles(scene);
    assert_int_equal(directory_unleased_count(directory_of(scene, ANN)), 0);
    assert_leased(scene, "lobby", ANN);
    assert_told(scene, "");
}

static void a_late_answer_that_names_another_takes_the_room_away(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    asks_for(scene, BOB, "lobby");
    redis_works(scene, BOB);
    clocks_go_on(scene, DIRECTORY_WAIT_MS);
    ticks(scene, BOB);
    hears_answers(scene, BOB);
    assert_told(scene, "bob found lobby bob\nbob lost lobby ann\n");
    assert_int_equal(directory_unleased_count(directory_of(scene, BOB)), 0);
}

static void a_lease_that_comes_when_nobody_wants_it_any_more_is_given_back(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    redis_works(scene, ANN);
    releases(scene, ANN, "lobby");
    assert_leased(scene, "lobby", ANN);
    all_settles(scene);
    assert_leased(scene, "lobby", NOBODY);
    assert_told(scene, "");
    assert_int_equal(directory_count(directory_of(scene, ANN)), 0);
}

static void a_lease_that_comes_when_the_room_is_forgotten_is_given_back(void **state)
{
    struct directory_scene *scene = *state;
    asks_for(scene, ANN, "lobby");
    redis_works(scene, ANN);
    releases(scene, ANN, "lobby");
    clocks_go_on(scene, DIRECTORY_WAIT_MS);
    ticks(scene, ANN);
    assert_int_equal(directory_count(directory_of(scene, ANN)), 0);
    all_settles(scene);
    assert_leased(scene, "lobby", NOBODY);
}

static void who_asks_again_is_not_answered_by_what_was_said_before_the_release(void **state)
{
    struct directory_scene *scene = *state;
    ann_holds_the_lobby(scene);
    releases(scene, ANN, "lobby");
    asks_for(scene, BOB, "lobby");
    asks_for(scene, ANN, "lobby");
    redis_works(scene, ANN);
    redis_works(scene, BOB);
    hears_answers(scene, ANN);
    assert_told(scene, "ann found lobby ann\n");
    hears_answers(scene, BOB);
    assert_told(scene, "bob found lobby ann\n");
    assert_leased(scene, "lobby", ANN);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_directories, close_directories)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(who_asks_first_holds_the_room_and_others_find_it_there),
        SCENE(several_who_ask_make_one_claim_and_are_answered_once),
        SCENE(what_is_known_is_answered_at_once_and_asks_nothing),
        SCENE(a_holder_out_of_reach_is_replaced),
        SCENE(a_holder_that_turns_out_to_be_out_of_reach_while_it_is_asked_for_is_replaced),
        SCENE(another_than_the_one_out_of_reach_is_not_replaced),
        SCENE(rooms_of_a_node_that_is_forgotten_are_unknown),
        SCENE(without_an_answer_the_room_is_taken_without_a_lease),
        SCENE(a_late_answer_that_names_another_takes_the_room_away),
        SCENE(a_lease_that_comes_when_nobody_wants_it_any_more_is_given_back),
        SCENE(a_lease_that_comes_when_the_room_is_forgotten_is_given_back),
        SCENE(who_asks_again_is_not_answered_by_what_was_said_before_the_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
