/* test_reattach_tickets.c - which ticket of a client is shown while its connection stays, and which one is good. */
#include "tests/signaling/support/far_scene.h"
#include "tests/support/cmocka_all.h"

static struct actor ann, bob;

static void until_a_client_answers_its_welcome_the_former_ticket_is_good(void **state) /* T-11 */
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    struct actor before = bob;
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    actor_say(&scene->edge, &bob, "{\"type\":\"update\",\"media\":{\"mic\":true}}"); /* before it read the welcome */
    actor_vanish(&scene->edge, &bob, 1006);

    actor_resume(&scene->edge, &bob, &before, "");

    assert_has(actor_hear(&bob), "\"session\":\"rebuilt\"");
    far_vanish(scene, &ann, &bob);
}

/* Its connection holds all of them back, and it comes over another one. */
static void whoever_reads_none_of_its_welcomes_comes_with_the_ticket_before_them(void **state)
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    struct actor before = bob;
    far_link_breaks(scene, 1);
    far_beats(scene, EDGE_BEAT_MS);
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    actor_vanish(&scene->edge, &bob, 1006);

    actor_resume(&scene->edge, &bob, &before, "");

    assert_has(actor_hear(&bob), "\"session\":\"rebuilt\"");
    far_vanish(scene, &ann, &bob);
}

static void whoever_has_answered_its_welcome_does_not_come_with_the_ticket_before_it(void **state) /* T-11 */
{
    struct far_scene *scene = *state;
    far_enter(scene, &ann, &bob);
    struct actor before = bob;
    far_link_breaks(scene, 1);
    far_beats(scene, EDGE_BEAT_MS);
    (void)actor_hear(&bob);
    actor_answer(scene, &bob, 1, 2);
    far_dies(scene, 1, 2);
    far_beats(scene, EDGE_BEAT_MS);
    actor_vanish(&scene->edge, &bob, 1006);

    actor_resume(&scene->edge, &bob, &before, "");

    assert_has(actor_hear(&bob), "\"code\":\"session_ended\"");
    far_vanish(scene, &ann, &bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAR_SCENE(until_a_client_answers_its_welcome_the_former_ticket_is_good),
        FAR_SCENE(whoever_reads_none_of_its_welcomes_comes_with_the_ticket_before_them),
        FAR_SCENE(whoever_has_answered_its_welcome_does_not_come_with_the_ticket_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
