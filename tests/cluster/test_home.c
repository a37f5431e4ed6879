/* test_home.c - a home answers requests, keeps sessions apart and opens and closes rooms by itself. */
#include <stdio.h>
#include <string.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void a_room_opens_with_its_first_peer_and_closes_with_its_last(void **state)
{
    struct scene *scene = *state;

    joins(scene, ANN);
    joins(scene, BOB);
    assert_int_equal(home_room_count(scene->home), 1);
    assert_int_equal(home_session_count(scene->home), 2);
    leaves(scene, ANN);
    assert_int_equal(home_room_count(scene->home), 1);
    leaves(scene, BOB);

    assert_int_equal(home_room_count(scene->home), 0);
    assert_int_equal(home_session_count(scene->home), 0);
    assert_heard(scene, "ann welcome new\nann #1 peer-joined bob\nbob welcome new\nbob #1 peer-left ann left\n");
}

static void one_room_too_many_is_refused_until_another_closes(void **state)
{
    struct scene *scene = *state;
    joins_room(scene, ANN, "a");
    joins_room(scene, BOB, "b");

    joins_room(scene, CYD, "c");
    assert_heard(scene, "ann welcome new\nbob welcome new\ncyd error room_limit\n");
    leaves(scene, ANN);
    joins_room(scene, DAN, "c");

    assert_heard(scene, "dan welcome new\n");
}

static void a_full_room_refuses_whoever_comes_next(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);
    joins(scene, BOB);
    joins(scene, CYD);
    joins(scene, DAN);
    forget(scene);

    joins(scene, EVE);

    assert_heard(scene, "eve error room_full\n");
    assert_int_equal(home_session_count(scene->home), 4);
}

static void a_session_that_has_ended_is_not_heard_any_more(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    leaves(scene, BOB);
    forget(scene);

    broadcasts(scene, BOB, 0);
    joins(scene, CYD); /* takes the place in memory that bob's session had */
    broadcasts(scene, BOB, 0);

    assert_heard(scene, "ann #3 peer-joined cyd\ncyd welcome new\n");
}

static void success_is_answered_only_when_asked_for_and_failure_always(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);
    forget(scene);
    struct request asked = {.type = REQUEST_BROADCAST, .got = GOT_NOTHING, .id = {true, 2}};
    asked.broadcast.parcel.body = SLICE_LITERAL("1");

    broadcasts(scene, ANN, 0);
    asks(scene, ANN, asked);
    kicks(scene, ANN, BOB);

    assert_heard(scene, "ann #1 ok re 2\nann #2 error not_permitted\n");
}

static void every_kind_of_request_with_an_id_is_answered_once(void **state)
{
    struct scene *scene = *state;
    struct profile_update update = {.media_mask = MEDIA_MIC};
    struct request request = {.got = GOT_NOTHING, .id = {true, 7}};
    scene->people[ANN].grants.is_admin = true;
    two_join(scene);
    request.type = REQUEST_RELAY;
    request.relay.to = id_of(scene, BOB);
    request.relay.parcel = (struct parcel){.kind = RELAY_DATA, .body = SLICE_LITERAL("1")};
    asks(scene, ANN, request);
    request.type = REQUEST_UPDATE;
    request.update = &update;
    asks(scene, ANN, request);
    request.type = REQUEST_KICK;
    request.kick.peer_id = id_of(scene, BOB);
    asks(scene, ANN, request);
    request.type = REQUEST_RECEIPT;
    asks(scene, ANN, request);
    request.type = REQUEST_REFRESH;
    asks(scene, ANN, request);
    request.type = REQUEST_LEAVE;
    asks(scene, ANN, request);

    assert_heard(scene, "bob #1 relay ann\n"
                        "ann #2 ok re 7\n"
                        "bob #2 peer-updated ann\n"
                        "ann #3 ok re 7\n"
                        "ann #4 peer-left bob kicked\n"
                        "bob bye kicked stop\n"
                        "ann #5 ok re 7\n"
                        "ann #6 ok re 7\n"
                        "ann #7 ok re 7\n"
                        "ann #8 ok re 7\n");
}

static void an_event_is_encoded_once_for_all_and_delivered_in_one_call(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene->encoded = scene->deliveries = 0;

    broadcasts(scene, ANN, 0);

    assert_heard(scene, "bob #2 broadcast ann\ncyd #1 broadcast ann\n");
    assert_int_equal(scene->encoded, 1);
    assert_int_equal(scene->deliveries, 1);
}

static void what_nobody_hears_is_not_encoded(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);
    scene->encoded = 0;

    broadcasts(scene, ANN, 0);

    assert_int_equal(scene->encoded, 0);
}

static void rooms_of_thousands_of_names_are_found_again(void **state) /* T-63 */
{
    struct scene *scene = *state;
    scene->config.rooms_max = 5000;
    scene_restart(scene);
    char name[16];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            (void)snprintf(name, sizeof name, "room-%u", i);
            joins_room(scene, round ? ANN : BOB, name);
        }
    }
    assert_int_equal(home_room_count(scene->home), 5000);
    assert_int_equal(home_session_count(scene->home), 10000);
    assert_null(strstr(buffer_text(&scene->heard), "error"));
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_room_opens_with_its_first_peer_and_closes_with_its_last),
        AT_HOME(one_room_too_many_is_refused_until_another_closes),
        AT_HOME(a_full_room_refuses_whoever_comes_next),
        AT_HOME(a_session_that_has_ended_is_not_heard_any_more),
        AT_HOME(success_is_answered_only_when_asked_for_and_failure_always),
        AT_HOME(every_kind_of_request_with_an_id_is_answered_once),
        AT_HOME(an_event_is_encoded_once_for_all_and_delivered_in_one_call),
        AT_HOME(what_nobody_hears_is_not_encoded),
        AT_HOME(rooms_of_thousands_of_names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
