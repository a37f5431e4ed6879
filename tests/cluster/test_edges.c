/* test_edges.c - a home whose clients are at several edges: who speaks for a session, and who receipts. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define THERE  7
#define YONDER 8

/* ann is here, bob and cyd are elsewhere */
static int open_apart(void **state)
{
    struct scene *scene = scene_create(4);
    scene->people[BOB].edge = THERE;
    scene->people[CYD].edge = YONDER;
    *state = scene;
    return 0;
}

static void an_edge_does_not_speak_for_a_session_of_another(void **state) /* T-51 */
{
    struct scene *scene = *state;
    three_join(scene);
    struct request leave = {.type = REQUEST_LEAVE, .session = scene->people[BOB].session, .got = GOT_NOTHING};
    struct request relay = {.type = REQUEST_RELAY, .session = scene->people[BOB].session, .got = GOT_NOTHING};
    relay.relay.to = id_of(scene, ANN);
    relay.relay.parcel = (struct parcel){.seq = 1, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};
    leave.from = relay.from = (struct locator){YONDER, scene->people[BOB].client};

    scene->route.send(scene->route.context, &leave);
    scene->route.send(scene->route.context, &relay);

    assert_heard(scene, "");
    assert_int_equal(home_session_count(scene->home), 3);
}

static void a_session_that_moved_to_another_edge_is_not_spoken_for_by_the_former(void **state) /* T-51 */
{
    struct scene *scene = *state;
    three_join(scene);
    struct request detach = {.type = REQUEST_DETACH, .session = scene->people[BOB].session, .got = GOT_NOTHING};
    detach.from = (struct locator){THERE, scene->people[BOB].client};
    scene->people[BOB].edge = YONDER;
    resumes(scene, BOB, 0);
    forget(scene);

    scene->route.send(scene->route.context, &detach);

    assert_heard(scene, "");
    assert_int_equal(home_away_count(scene->home), 0);
}

static void when_an_edge_is_out_of_reach_its_sessions_are_away_and_no_others(void **state)
{
    struct scene *scene = *state;
    three_join(scene);

    home_detach_edge(scene->home, THERE, scene->now);

    assert_heard(scene, "ann #3 peer-away bob\ncyd #1 peer-away bob\n");
    assert_int_equal(home_away_count(scene->home), 1);
    resumes_live(scene, BOB);
    assert_heard(scene, "ann #4 peer-back bob\ncyd #2 peer-back bob polite\nbob welcome resumed\n");
}

static void without_grace_the_sessions_of_a_lost_edge_end_and_the_room_with_them(void **state)
{
    struct scene *scene = *state;
    scene->config.grace_ms = 0;
    scene_restart(scene);
    scene->people[CYD].edge = THERE;
    joins(scene, BOB);
    joins(scene, CYD);
    forget(scene);

    home_detach_edge(scene->home, THERE, scene->now);

    assert_heard(scene, "cyd #1 peer-left bob lost\n");
    assert_int_equal(home_room_count(scene->home), 0);
}

static void what_is_sent_to_a_silent_peer_elsewhere_is_settled_when_its_edge_has_it(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    joins(scene, ANN);
    joins(scene, BOB);
    forget(scene);

    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 2);
    assert_heard(scene, "bob #1 relay ann 1\nbob #2 relay ann 2\n");
    receipts(scene, BOB, 1);

    assert_heard(scene, "ann #2 receipt bob 1\n");
}

static void what_the_edge_of_a_silent_peer_never_had_is_delivered_when_it_comes_back(void **state)
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    joins(scene, ANN);
    joins(scene, BOB);
    relays(scene, ANN, BOB, 1);
    relays(scene, ANN, BOB, 0);
    home_detach_edge(scene->home, THERE, scene->now);
    scene->people[BOB].edge = 0;
    forget(scene);

    resumes(scene, BOB, GOT_NOTHING); /* what has no number is not said twice */

    assert_heard(scene, "ann #3 peer-back bob\nbob welcome resumed\nbob #1 relay ann 1\nann #4 receipt bob 1\n");
}

static void that_an_edge_has_it_does_not_spend_its_clients_ticket(void **state) /* T-11 */
{
    struct scene *scene = *state;
    scene->people[BOB].gives_receipts = false;
    two_join(scene);
    scene->people[BOB].misses_welcomes = true;
    resumes(scene, BOB, GOT_NOTHING);
    relays(scene, ANN, BOB, 1);
    receipts(scene, BOB, 1);
    scene->people[BOB].misses_welcomes = false;
    forget(scene);

    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "bob bye taken_over stop\nbob welcome resumed\n");
}

/* The answer was lost with a link, and the request is asked again. */
static void a_join_that_is_asked_again_is_the_same_join(void **state)
{
    struct scene *scene = *state;
    struct profile profile = {.identity = SLICE_LITERAL("bob")};
    struct request join = {.type = REQUEST_JOIN, .now = scene->now, .got = GOT_NOTHING};
    joins(scene, ANN);
    joins(scene, BOB);
    join.from = (struct locator){THERE, scene->people[BOB].client};
    join.join.room = SLICE_LITERAL("lobby");
    join.join.peer_id = scene->people[BOB].peer_id;
    join.join.profile = &profile;
    join.join.gives_receipts = true;
    home_detach_edge(scene->home, THERE, scene->now);
    relays(scene, ANN, BOB, 1);
    forget(scene);

    scene->route.send(scene->route.context, &join);
    assert_heard(scene, "ann #3 peer-back bob\nbob welcome new\nbob #1 relay ann 1\n");
    join.from.client++;
    scene->route.send(scene->route.context, &join);

    assert_heard(scene, "bob error internal\n");
    assert_int_equal(home_session_count(scene->home), 2);
}

#define APART(test) cmocka_unit_test_setup_teardown(test, open_apart, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        APART(an_edge_does_not_speak_for_a_session_of_another),
        APART(a_session_that_moved_to_another_edge_is_not_spoken_for_by_the_former),
        APART(when_an_edge_is_out_of_reach_its_sessions_are_away_and_no_others),
        APART(without_grace_the_sessions_of_a_lost_edge_end_and_the_room_with_them),
        APART(what_is_sent_to_a_silent_peer_elsewhere_is_settled_when_its_edge_has_it),
        APART(what_the_edge_of_a_silent_peer_never_had_is_delivered_when_it_comes_back),
        APART(that_an_edge_has_it_does_not_spend_its_clients_ticket),
        APART(a_join_that_is_asked_again_is_the_same_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
