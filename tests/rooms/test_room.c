/* test_room.c - a room decides who is in it, in which order, and who hears of that. */
#include <string.h>

#include "tests/rooms/support/room_scene.h"
#include "tests/support/cmocka_all.h"

static void those_in_the_room_hear_who_joins(void **state)
{
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), bob = profile_named("bob"), cyd = profile_named("cyd");

    enter(scene, &ann);
    enter(scene, &bob);
    enter(scene, &cyd);

    assert_heard(scene, "ann: peer-joined bob\nann: peer-joined cyd\nbob: peer-joined cyd\n");
}

static void a_full_room_takes_nobody(void **state)
{
    struct scene *scene = *state;
    struct profile dan = profile_named("dan");
    struct peer *peer = NULL;

    struct newcomer newcomer = {.peer_id = SLICE_LITERAL("id-of-one-too-many-123"), .profile = &dan};
    enum error error = room_join(scene->room, &newcomer, &peer);

    assert_int_equal(error, ERR_ROOM_FULL);
    assert_null(peer);
    assert_int_equal(room_count(scene->room), 3);
    assert_heard(scene, "");
}

static void the_later_of_two_is_the_polite_one(void **state)
{
    struct scene *scene = *state;

    assert_true(peer_is_polite(scene->bob, scene->ann));
    assert_false(peer_is_polite(scene->ann, scene->bob));
    assert_true(peer_is_polite(scene->cyd, scene->bob));
}

static void joining_later_is_to_have_a_later_order_whatever_the_clock_says(void **state)
{
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), bob = profile_named("bob"), cyd = profile_named("cyd");

    scene->ann = enter_in_order(scene, &ann, 1000, false);
    scene->bob = enter_in_order(scene, &bob, 2000, false);
    scene->cyd = enter_in_order(scene, &cyd, 500, false);

    assert_int_equal(scene->ann->order, 1000);
    assert_int_equal(scene->bob->order, 2000);
    assert_int_equal(scene->cyd->order, 2001);
    assert_order(scene, "ann bob cyd ");
}

static void who_returns_takes_its_old_place_and_each_hears_who_is_polite(void **state)
{
    struct scene *scene = *state;

    come_back(scene, "bob", 20);
    come_back(scene, "dan", 40);
    come_back(scene, "ann", 10);
    come_back(scene, "cyd", 30);

    assert_order(scene, "ann bob cyd dan ");
    assert_heard(scene, "bob: peer-back dan\n"
                        "bob: peer-back ann polite\n"
                        "dan: peer-back ann polite\n"
                        "ann: peer-back cyd\n"
                        "bob: peer-back cyd\n"
                        "dan: peer-back cyd polite\n");
}

static void of_two_with_the_same_order_the_list_and_both_sides_agree_who_is_polite(void **state)
{
    struct scene *scene = *state;

    struct peer *first = come_back(scene, "ann", 10);
    struct peer *second = come_back(scene, "bob", 10);

    assert_int_not_equal(peer_is_polite(first, second), peer_is_polite(second, first));
    assert_ptr_equal(room_first_peer(scene->room), peer_is_polite(first, second) ? second : first);
}

static void those_who_return_fit_up_to_twice_the_capacity(void **state)
{
    struct scene *scene = *state;
    struct profile eve = profile_named("eve");
    struct newcomer newcomer = {.peer_id = SLICE_LITERAL("id-of-one-too-many-123"), .profile = &eve};
    struct peer *peer = NULL;

    for (uint64_t order = 1; order <= 3; order++)
        come_back(scene, "dan", order);

    assert_int_equal(room_restore(scene->room, &newcomer, &peer), ERR_ROOM_FULL);
    assert_int_equal(room_join(scene->room, &newcomer, &peer), ERR_ROOM_FULL);
    assert_null(peer);
    assert_int_equal(room_count(scene->room), 6);
}

static void that_a_peer_is_away_or_back_is_told_once(void **state)
{
    struct scene *scene = *state;

    room_set_away(scene->room, scene->bob, true);
    room_set_away(scene->room, scene->bob, true);
    assert_true(scene->bob->is_away);
    room_set_away(scene->room, scene->bob, false);
    room_set_away(scene->room, scene->bob, false);

    assert_heard(scene, "ann: peer-away bob\n"
                        "cyd: peer-away bob\n"
                        "ann: peer-back bob\n"
                        "cyd: peer-back bob polite\n");
}

static void nothing_is_heard_of_a_hidden_peer_that_goes_and_returns(void **state)
{
    struct scene *scene = *state;
    scene->bob->profile.grants.is_hidden = true;
    struct profile spy = profile_named("spy");
    spy.grants.is_hidden = true;

    room_set_away(scene->room, scene->bob, true);
    room_set_away(scene->room, scene->bob, false);
    enter_in_order(scene, &spy, 1, true);

    assert_heard(scene, "");
}

static void everyone_hears_when_a_room_has_settled(void **state)
{
    struct scene *scene = *state;

    room_settle(scene->room);

    assert_heard(scene, "ann: roster 3\nbob: roster 3\ncyd: roster 3\n");
}

static void of_an_identity_the_one_that_joined_last_is_found(void **state)
{
    struct scene *scene = *state;
    scene->cyd->profile.identity = scene->ann->profile.identity;

    assert_ptr_equal(room_find_identity(scene->room, SLICE_LITERAL("ann")), scene->cyd);
    assert_ptr_equal(room_find_identity(scene->room, SLICE_LITERAL("bob")), scene->bob);
    assert_null(room_find_identity(scene->room, SLICE_LITERAL("dan")));
}

static void the_others_hear_who_left_and_why(void **state)
{
    struct scene *scene = *state;

    room_leave(scene->room, scene->bob, LEAVE_TIMEOUT);

    assert_heard(scene, "ann: peer-left bob timeout\ncyd: peer-left bob timeout\n");
    assert_int_equal(room_count(scene->room), 2);
}

static void only_admins_kick(void **state)
{
    struct scene *scene = *state;
    struct peer *found = NULL;

    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->bob), &found), ERR_NOT_PERMITTED);
    scene->ann->profile.grants.is_admin = true;
    assert_int_equal(room_may_kick(scene->room, scene->ann, SLICE_LITERAL("nobody"), &found), ERR_NO_SUCH_PEER);
    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->ann), &found), ERR_NO_SUCH_PEER);
    assert_null(found);
    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->bob), &found), ERROR_NONE);
    assert_ptr_equal(found, scene->bob);
}

static void room_ids_keep_to_their_alphabet(void **state)
{
    (void)state;
    char longest[ROOM_ID_MAX + 1];
    memset(longest, 'r', sizeof longest);
    const char *good[] = {"a", "A-b_c.d~e", "user@example.org", "team:blue", "a=c", "...", "0"};
    const char *bad[] = {"",         ".",   "..", "a b", "a/b", "a\\b", "a%41",
                         "\xc3\xa9", "a\n", "a?", "a#",  "a;b", "a+b",  "<a>"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(room_id_is_valid(slice_from_text(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(room_id_is_valid(slice_from_text(bad[i])));
    assert_false(room_id_is_valid(slice_of("a\0b", 3)));
    assert_true(room_id_is_valid(slice_of(longest, ROOM_ID_MAX)));
    assert_false(room_id_is_valid(slice_of(longest, ROOM_ID_MAX + 1)));
}

#define IN_EMPTY_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
#define AMONG_THREE(test)   cmocka_unit_test_setup_teardown(test, open_room_of_three, close_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_EMPTY_ROOM(those_in_the_room_hear_who_joins),
        AMONG_THREE(a_full_room_takes_nobody),
        AMONG_THREE(the_later_of_two_is_the_polite_one),
        IN_EMPTY_ROOM(joining_later_is_to_have_a_later_order_whatever_the_clock_says),
        IN_EMPTY_ROOM(who_returns_takes_its_old_place_and_each_hears_who_is_polite),
        IN_EMPTY_ROOM(of_two_with_the_same_order_the_list_and_both_sides_agree_who_is_polite),
        AMONG_THREE(those_who_return_fit_up_to_twice_the_capacity),
        AMONG_THREE(that_a_peer_is_away_or_back_is_told_once),
        AMONG_THREE(nothing_is_heard_of_a_hidden_peer_that_goes_and_returns),
        AMONG_THREE(everyone_hears_when_a_room_has_settled),
        AMONG_THREE(of_an_identity_the_one_that_joined_last_is_found),
        AMONG_THREE(the_others_hear_who_left_and_why),
        AMONG_THREE(only_admins_kick),
        cmocka_unit_test(room_ids_keep_to_their_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
