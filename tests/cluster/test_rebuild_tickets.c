/* test_rebuild_tickets.c - with which tickets a session is rebuilt, and with which it is not any more. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static void when_the_welcome_was_lost_the_former_ticket_rebuilds_again(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    scene_restart(scene);
    resumes(scene, ANN, 0);
    scene->people[BOB].misses_welcomes = true;
    resumes(scene, BOB, 0);
    relays(scene, ANN, BOB, 7);
    drops(scene, BOB, LEAVE_LOST);
    scene->people[BOB].misses_welcomes = false;
    forget(scene);

    resumes(scene, BOB, 3);
    receipts(scene, BOB, 1);

    assert_heard(scene, "ann #3 peer-back bob\nbob welcome rebuilt\nbob #1 relay ann 7\nann #4 receipt bob 7\n");
    assert_int_equal(home_session_count(scene->home), 2);
}

static void once_the_rebuilt_session_is_used_tickets_from_before_are_spent(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay before = scene->people[BOB];
    scene_restart(scene);
    resumes(scene, BOB, 0);
    receipts(scene, BOB, 0);
    struct stay after = scene->people[BOB];
    forget(scene);

    scene->people[BOB].ticket = before.ticket;
    resumes(scene, BOB, 0);
    scene->people[BOB].ticket.generation += 5; /* and so are all others of that time */
    resumes(scene, BOB, 0);
    assert_heard(scene, "bob error session_ended\nbob error session_ended\n");
    scene->people[BOB] = after;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob bye taken_over stop\nbob welcome resumed\n");
}

static void resuming_with_the_rebuilt_sessions_ticket_is_using_it(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay before = scene->people[BOB];
    scene_restart(scene);
    resumes(scene, BOB, 0);
    resumes(scene, BOB, 0);
    forget(scene);

    scene->people[BOB].ticket = before.ticket;
    scene->people[BOB].ticket.generation += 5;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
}

static void a_ticket_older_than_the_one_that_rebuilt_the_session_is_spent(void **state) /* T-11 */
{
    struct scene *scene = *state;
    two_join(scene);
    struct stay first = scene->people[BOB];
    resumes(scene, BOB, 0);
    scene_restart(scene);
    resumes(scene, BOB, 0);
    forget(scene);

    scene->people[BOB].ticket = first.ticket;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error session_ended\n");
}

static void a_rebuilt_session_can_be_rebuilt_by_the_next_server(void **state)
{
    struct scene *scene = *state;
    two_join(scene);
    uint64_t order = scene->people[BOB].ticket.order, generation = scene->people[BOB].ticket.generation;

    for (int i = 0; i < 3; i++) {
        scene_restart(scene);
        resumes(scene, BOB, 0);
        assert_heard(scene, "bob welcome rebuilt\n");
    }

    assert_int_equal(scene->people[BOB].ticket.order, order);
    assert_true(scene->people[BOB].ticket.generation > generation);
    assert_int_equal(scene->people[BOB].ticket.ends_unix_s, ENDS_S);
}

/* Found by the simulator: the former events contradicted the welcome, and peers seemed to leave and to join. */
static void a_client_whose_rebuilt_welcome_was_lost_hears_how_things_are_and_not_how_they_came_about(void **state)
{
    struct scene *scene = *state;
    three_join(scene);
    scene_restart(scene);
    scene->people[ANN].misses_welcomes = true;
    resumes(scene, ANN, 0);
    resumes(scene, BOB, 0);
    relays(scene, BOB, ANN, 7);
    time_passes(scene, GRACE_MS);
    joins(scene, DAN);
    forget(scene);

    scene->people[ANN].misses_welcomes = false;
    resumes(scene, ANN, 0);

    assert_heard(scene,
                 "ann bye taken_over stop\nann welcome rebuilt\nann #2 relay bob 7\nann #5 roster ann bob dan\n");
}

static bool is_true(void *context)
{
    return *(const bool *)context;
}

static void while_the_home_is_cut_off_a_ticket_of_another_home_is_put_off_and_its_own_are_judged(void **state)
{
    struct scene *scene = *state;
    bool is_cut_off = true;
    two_join(scene);
    struct stay before = scene->people[BOB];
    scene->config.is_cut_off = is_true;
    scene->config.is_cut_off_context = &is_cut_off;
    scene_restart(scene);
    resumes(scene, BOB, 0);
    receipts(scene, BOB, 0);
    struct stay after = scene->people[BOB];
    forget(scene);

    scene->people[BOB].ticket = before.ticket;
    resumes(scene, BOB, 0);
    is_cut_off = false;
    resumes(scene, BOB, 0);
    is_cut_off = true;
    scene->people[BOB].ticket = after.ticket;
    scene->people[BOB].ticket.generation += 5;
    resumes(scene, BOB, 0);

    assert_heard(scene, "bob error rate_limited\nbob error session_ended\nbob error session_ended\n");
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(when_the_welcome_was_lost_the_former_ticket_rebuilds_again),
        AT_HOME(once_the_rebuilt_session_is_used_tickets_from_before_are_spent),
        AT_HOME(resuming_with_the_rebuilt_sessions_ticket_is_using_it),
        AT_HOME(a_ticket_older_than_the_one_that_rebuilt_the_session_is_spent),
        AT_HOME(while_the_home_is_cut_off_a_ticket_of_another_home_is_put_off_and_its_own_are_judged),
        AT_HOME(a_rebuilt_session_can_be_rebuilt_by_the_next_server),
        AT_HOME(a_client_whose_rebuilt_welcome_was_lost_hears_how_things_are_and_not_how_they_came_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
