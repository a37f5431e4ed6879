/* test_room_messages.c - a room decides who may say what, and who hears it. */
#include "tests/rooms/support/room_scene.h"
#include "tests/support/cmocka_all.h"

static void a_relay_reaches_its_addressee_only(void **state)
{
    struct scene *scene = *state;

    enum error error = relay(scene, scene->ann, peer_id(scene->cyd), RELAY_OFFER, SLICE_LITERAL("{\"sdp\" : 1e400}"));

    assert_int_equal(error, ERROR_NONE);
    assert_heard(scene, "cyd: relay ann {\"sdp\" : 1e400}\n");
}

static void a_broadcast_reaches_all_but_its_sender(void **state) /* T-15 */
{
    struct scene *scene = *state;

    assert_int_equal(broadcast(scene, scene->bob, SLICE_LITERAL("\"hi\"")), ERROR_NONE);

    assert_heard(scene, "ann: broadcast bob \"hi\"\ncyd: broadcast bob \"hi\"\n");
}

static void a_broadcast_to_some_reaches_each_of_them_once(void **state)
{
    struct scene *scene = *state;
    scene->bob->profile.grants.is_hidden = true;
    struct slice to[] = {peer_id(scene->cyd), peer_id(scene->bob), SLICE_LITERAL("nobody"), peer_id(scene->ann),
                         peer_id(scene->cyd)};
    struct parcel parcel = {.seq = 7, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};

    for (int i = 0; i < 2; i++)
        assert_int_equal(room_broadcast(scene->room, scene->ann, &parcel, to, 5), ERROR_NONE);
    assert_int_equal(room_broadcast(scene->room, scene->ann, &parcel, to, 0), ERROR_NONE);

    assert_heard(scene, "cyd: broadcast ann 1 7\ncyd: broadcast ann 1 7\n");
}

static void the_number_of_a_message_goes_with_it(void **state)
{
    struct scene *scene = *state;
    struct parcel parcel = {.seq = 7, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};

    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), &parcel), ERROR_NONE);

    assert_heard(scene, "bob: relay ann 1 7\n");
}

static void a_relay_to_oneself_or_to_nobody_finds_no_peer(void **state) /* T-13 */
{
    struct scene *scene = *state;
    struct slice strange[] = {peer_id(scene->ann), SLICE_EMPTY, SLICE_LITERAL("x"),
                              SLICE_LITERAL("id-0000000000000009999"), SLICE_LITERAL("id-000000000000000999900000")};

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_int_equal(relay(scene, scene->ann, strange[i], RELAY_DATA, SLICE_LITERAL("1")), ERR_NO_SUCH_PEER);
    assert_heard(scene, "");
}

static void without_canPublish_offers_and_answers_are_refused(void **state)
{
    struct scene *scene = *state;
    scene->ann->profile.grants.may_publish = false;

    assert_int_equal(relay(scene, scene->ann, peer_id(scene->bob), RELAY_OFFER, SLICE_LITERAL("1")), ERR_NOT_PERMITTED);
    assert_int_equal(relay(scene, scene->ann, peer_id(scene->bob), RELAY_ANSWER, SLICE_LITERAL("1")),
                     ERR_NOT_PERMITTED);
    assert_int_equal(relay(scene, scene->ann, peer_id(scene->bob), RELAY_DATA, SLICE_LITERAL("1")), ERROR_NONE);
    assert_heard(scene, "bob: relay ann 1\n");
}

static void without_canPublishData_data_and_broadcasts_are_refused(void **state)
{
    struct scene *scene = *state;
    scene->ann->profile.grants.may_publish_data = false;

    assert_int_equal(broadcast(scene, scene->ann, SLICE_LITERAL("1")), ERR_NOT_PERMITTED);
    assert_int_equal(relay(scene, scene->ann, peer_id(scene->bob), RELAY_DATA, SLICE_LITERAL("1")), ERR_NOT_PERMITTED);
    assert_int_equal(relay(scene, scene->ann, peer_id(scene->bob), RELAY_OFFER, SLICE_LITERAL("1")), ERROR_NONE);
    assert_heard(scene, "bob: relay ann 1\n");
}

static void a_hidden_peer_hears_but_is_not_heard_of(void **state)
{
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), spy = profile_named("spy");
    spy.grants.is_hidden = true;
    struct peer *seen = enter(scene, &ann);

    struct peer *hidden = enter(scene, &spy);
    enum error to_hidden = relay(scene, seen, peer_id(hidden), RELAY_DATA, SLICE_LITERAL("1"));
    enum error from_hidden = relay(scene, hidden, peer_id(seen), RELAY_DATA, SLICE_LITERAL("1"));
    enum error by_hidden = broadcast(scene, hidden, SLICE_LITERAL("1"));
    (void)broadcast(scene, seen, SLICE_LITERAL("2"));
    room_leave(scene->room, hidden, LEAVE_LEFT);

    assert_int_equal(to_hidden, ERR_NO_SUCH_PEER);
    assert_int_equal(from_hidden, ERR_NOT_PERMITTED);
    assert_int_equal(by_hidden, ERR_NOT_PERMITTED);
    assert_heard(scene, "spy: broadcast ann 2\n");
}

#define IN_EMPTY_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
#define AMONG_THREE(test)   cmocka_unit_test_setup_teardown(test, open_room_of_three, close_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AMONG_THREE(a_relay_reaches_its_addressee_only),
        AMONG_THREE(a_broadcast_reaches_all_but_its_sender),
        AMONG_THREE(a_broadcast_to_some_reaches_each_of_them_once),
        AMONG_THREE(the_number_of_a_message_goes_with_it),
        AMONG_THREE(a_relay_to_oneself_or_to_nobody_finds_no_peer),
        AMONG_THREE(without_canPublish_offers_and_answers_are_refused),
        AMONG_THREE(without_canPublishData_data_and_broadcasts_are_refused),
        IN_EMPTY_ROOM(a_hidden_peer_hears_but_is_not_heard_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
