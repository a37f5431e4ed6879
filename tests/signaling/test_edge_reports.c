/* test_edge_reports.c - an edge receipts for clients that give no receipts, where their home is on another node. */
#include "tests/signaling/support/far_scene.h"
#include "tests/support/cmocka_all.h"

static struct actor ann, bob;

static void both_enter(struct far_scene *scene)
{
    actor_enter(&scene->edge, &ann, "ann");
    actor_enter_silent(scene, &bob, "bob");
    (void)actor_hear(&ann);
    scene->receipts = 0;
}

static void both_vanish(struct far_scene *scene)
{
    actor_vanish(&scene->edge, &ann, 1006);
    if (bob.client)
        actor_vanish(&scene->edge, &bob, 1006);
}

static void what_its_outbox_took_is_receipted_at_the_next_beat(void **state)
{
    struct far_scene *scene = *state;
    both_enter(scene);

    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":2,\"body\":2");
    assert_string_equal(actor_hear(&ann), "");
    far_beats(scene, EDGE_BEAT_MS);
    far_beats(scene, EDGE_BEAT_MS);

    assert_has(actor_hear(&ann), "\"type\":\"receipt\",\"from\":\"");
    assert_int_equal(scene->receipts, 1);
    assert_int_equal(scene->last_got, 2);
    both_vanish(scene);
}

static void its_connection_does_not_go_before_that_is_told(void **state)
{
    struct far_scene *scene = *state;
    both_enter(scene);
    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    struct actor copy = bob;
    actor_vanish(&scene->edge, &bob, 1006);

    actor_resume(&scene->edge, &bob, &copy, ",\"receipts\":false");

    assert_has(actor_hear(&ann), "\"seq\":1}");
    both_vanish(scene);
}

static void a_client_with_a_home_here_is_not_receipted_for(void **state)
{
    struct far_scene *scene = *state;
    scene->asked = 0;
    both_enter(scene);

    actor_say_to(&scene->edge, &ann, &bob, "\"seq\":1,\"body\":1");
    far_beats(scene, EDGE_BEAT_MS);

    assert_int_equal(scene->receipts, 0);
    both_vanish(scene);
}

static void a_client_that_gives_receipts_is_not_receipted_for(void **state)
{
    struct far_scene *scene = *state;
    both_enter(scene);

    actor_say_to(&scene->edge, &bob, &ann, "\"seq\":1,\"body\":1");
    far_beats(scene, EDGE_BEAT_MS);

    assert_int_equal(scene->receipts, 0);
    both_vanish(scene);
}

static void what_such_a_client_says_to_have_got_is_not_asked_about(void **state)
{
    struct far_scene *scene = *state;
    both_enter(scene);

    actor_say(&scene->edge, &bob, "{\"type\":\"ping\",\"got\":99}");

    assert_int_equal(scene->last_got, GOT_NOTHING);
    assert_has(actor_hear(&bob), "{\"type\":\"pong\"}");
    both_vanish(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAR_SCENE(what_its_outbox_took_is_receipted_at_the_next_beat),
        FAR_SCENE(its_connection_does_not_go_before_that_is_told),
        FAR_SCENE(a_client_with_a_home_here_is_not_receipted_for),
        FAR_SCENE(a_client_that_gives_receipts_is_not_receipted_for),
        FAR_SCENE(what_such_a_client_says_to_have_got_is_not_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
