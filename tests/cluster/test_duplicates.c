/* test_duplicates.c - what becomes of a join whose identity is in the room already is the operator's choice. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void set_policy(struct scene *scene, enum duplicate_policy policy)
{
    scene->config.duplicates = policy;
    scene_restart(scene);
}

static void the_former_session_is_replaced_and_told_so(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay former = scene->people[ANN];
    relays(scene, BOB, ANN, 1);
    forget(scene);

    joins(scene, ANN);
    assert_heard(scene, "bob #1 undelivered ann 1-1 peer-left\n"
                        "bob #2 peer-left ann replaced\n"
                        "ann bye replaced stop\n"
                        "bob #3 peer-joined ann2\n"
                        "ann welcome new\n");
    scene->people[ANN] = former;
    resumes(scene, ANN, 0);

    assert_heard(scene, "ann error replaced\n");
}

static void a_replaced_session_stays_ended_on_the_next_server(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay former = scene->people[ANN];
    joins(scene, ANN);
    scene_restart(scene);
    forget(scene);

    scene->people[ANN] = former;
    resumes(scene, ANN, 0);

    assert_heard(scene, "ann error replaced\n");
}

static void whoever_is_alone_in_a_room_can_be_replaced(void **state)
{
    struct scene *scene = *state;
    joins(scene, ANN);

    joins(scene, ANN);

    assert_heard(scene, "ann welcome new\nann bye replaced stop\nann welcome new\n");
    assert_int_equal(home_session_count(scene->home), 1);
}

static void a_full_room_has_place_for_whoever_replaces_another(void **state)
{
    struct scene *scene = *state;
    scene->config.room_capacity = 2;
    scene_restart(scene);
    two_join(scene);

    joins(scene, BOB);

    assert_heard(scene, "ann #2 peer-left bob replaced\n"
                        "bob bye replaced stop\n"
                        "ann #3 peer-joined bob2\n"
                        "bob welcome new\n");
}

static void nobody_is_replaced_by_a_join_that_is_refused(void **state)
{
    struct scene *scene = *state;
    scene->config.room_capacity = 1;
    scene_restart(scene);
    joins(scene, ANN);
    scene_restart(scene);
    joins(scene, BOB);
    resumes(scene, ANN, 0);
    forget(scene);

    joins(scene, BOB);

    assert_heard(scene, "bob error room_full\n");
    assert_int_equal(home_session_count(scene->home), 2);
}

static void the_new_one_is_refused_where_the_policy_is_to_reject(void **state)
{
    struct scene *scene = *state;
    set_policy(scene, DUPLICATE_REJECT);
    two_join(scene);

    scene->people[CYD].identity = "ann";
    joins(scene, CYD);

    assert_heard(scene, "cyd error identity_taken\n");
    assert_int_equal(home_session_count(scene->home), 2);
}

static void where_the_policy_is_to_reject_one_who_is_away_is_replaced(void **state)
{
    struct scene *scene = *state;
    set_policy(scene, DUPLICATE_REJECT);
    two_join(scene);
    drops(scene, ANN, LEAVE_LOST);
    forget(scene);

    scene->people[CYD].identity = "ann";
    joins(scene, CYD);
    resumes(scene, ANN, 0);

    assert_heard(scene, "bob #2 peer-left ann replaced\n"
                        "bob #3 peer-joined cyd\n"
                        "cyd welcome new\n"
                        "ann error replaced\n");
}

static void both_stay_where_that_is_the_policy(void **state)
{
    struct scene *scene = *state;
    set_policy(scene, DUPLICATE_ALLOW);
    two_join(scene);

    scene->people[CYD].identity = "ann";
    joins(scene, CYD);

    assert_heard(scene, "ann #2 peer-joined cyd\nbob #1 peer-joined cyd\ncyd welcome new\n");
}

static void who_was_replaced_while_the_home_did_not_know_it_does_not_come_back(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    scene->people[CYD].identity = "ann";
    joins(scene, CYD);
    forget(scene);

    resumes(scene, ANN, 0);
    leaves(scene, CYD);
    resumes(scene, ANN, 0);

    assert_heard(scene, "ann error replaced\nann error replaced\n");
}

static void two_of_one_identity_that_return_both_stay(void **state)
{
    struct scene *scene = *state;
    set_policy(scene, DUPLICATE_ALLOW);
    scene->people[CYD].identity = "ann";
    three_join(scene);
    set_policy(scene, DUPLICATE_REPLACE);

    resumes(scene, ANN, 0);
    resumes(scene, CYD, 0);

    assert_heard(scene, "ann welcome rebuilt\nann #1 peer-back cyd\ncyd welcome rebuilt\n");
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(the_former_session_is_replaced_and_told_so),
        AT_HOME(a_replaced_session_stays_ended_on_the_next_server),
        AT_HOME(whoever_is_alone_in_a_room_can_be_replaced),
        AT_HOME(a_full_room_has_place_for_whoever_replaces_another),
        AT_HOME(nobody_is_replaced_by_a_join_that_is_refused),
        AT_HOME(the_new_one_is_refused_where_the_policy_is_to_reject),
        AT_HOME(where_the_policy_is_to_reject_one_who_is_away_is_replaced),
        AT_HOME(both_stay_where_that_is_the_policy),
        AT_HOME(who_was_replaced_while_the_home_did_not_know_it_does_not_come_back),
        AT_HOME(two_of_one_identity_that_return_both_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
