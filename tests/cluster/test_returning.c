/* test_returning.c - what one member cannot take from others while a room is rebuilt, and kicks that last. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define CAPACITY 4

static void relays_to_nobody(struct scene *scene, enum person from, int64_t seq)
{
    char id[RANDOM_ID_LENGTH + 1] = "0000000000000000000000";
    struct request request = {.type = REQUEST_RELAY, .got = GOT_NOTHING};
    id[0] += (char)seq;
    request.relay.to = slice_of(id, RANDOM_ID_LENGTH);
    request.relay.parcel = (struct parcel){.seq = seq, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};
    asks(scene, from, request);
}

static void messages_to_made_up_peers_take_no_place_from_those_of_others(void **state) /* T-32 */
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, GOT_NOTHING);
    resumes(scene, BOB, GOT_NOTHING);
    forget(scene);

    for (int seq = 1; seq <= CAPACITY + 1; seq++)
        relays_to_nobody(scene, ANN, seq);
    relays(scene, BOB, CYD, 1);
    resumes(scene, CYD, GOT_NOTHING);

    assert_heard(scene, "ann #2 undelivered 5000000000000000000000 5-5 outbox-full\n"
                        "ann #3 peer-back cyd\n"
                        "bob #1 peer-back cyd\n"
                        "cyd welcome rebuilt\n"
                        "cyd #1 relay bob 1\n");
}

static void a_kick_lasts_as_long_as_any_ticket_of_the_kicked(void **state) /* T-67 */
{
    struct scene *scene = *state;
    scene->config.prolonged_s = 7200;
    scene->people[ANN].grants.is_admin = true;
    two_join(scene);
    struct stay refreshed = scene->people[BOB];
    refreshed.ticket.ends_unix_s = ENDS_S + 3600;
    scene_restart(scene);
    resumes(scene, ANN, GOT_NOTHING);
    resumes(scene, BOB, GOT_NOTHING); /* with the ticket that ends earlier */
    kicks(scene, ANN, BOB);
    leaves(scene, ANN);
    scene->now.unix_ms = (ENDS_S + INT64_C(1800)) * 1000;
    revocations_tick(scene->revocations, scene->now);
    forget(scene);

    scene->people[BOB].ticket = refreshed.ticket;
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "bob error kicked\n");
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

static void who_has_not_come_back_yet_can_be_kicked_and_then_does_not(void **state) /* T-67 */
{
    struct scene *scene = *state;
    scene->config.prolonged_s = 7200;
    scene->people[ANN].grants.is_admin = true;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, GOT_NOTHING);
    relays(scene, ANN, BOB, 1);
    forget(scene);

    kicks(scene, ANN, BOB);
    relays(scene, ANN, BOB, 2);
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #1 undelivered bob 1-1 kicked\n"
                        "ann #2 undelivered bob 2-2 peer-left\n"
                        "bob error kicked\n");
}

static void only_an_admin_kicks_who_has_not_come_back_yet(void **state) /* T-67 */
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, GOT_NOTHING);
    forget(scene);

    kicks(scene, ANN, BOB);
    resumes(scene, BOB, GOT_NOTHING);

    assert_heard(scene, "ann #1 error not_permitted\nann #2 peer-back bob\nbob welcome rebuilt\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(messages_to_made_up_peers_take_no_place_from_those_of_others),
        AT_HOME(a_kick_lasts_as_long_as_any_ticket_of_the_kicked),
        AT_HOME(who_has_not_come_back_yet_can_be_kicked_and_then_does_not),
        AT_HOME(only_an_admin_kicks_who_has_not_come_back_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
