/* test_edge_replay.c - coming back again and again does not have the server say everything again for nothing (T-15). */
#include <string.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

#define BODY_BYTES 4000
#define LETTERS    5
#define LOOPS      100

static void open_with_small_allowance(struct edge_scene *scene)
{
    scene->config.limits.address_bytes = (struct rate){.per_s = 1000, .burst = 200000};
    edge_scene_open(scene);
}

static void bob_says_much(struct edge_scene *scene, struct actor *bob, const struct actor *ann)
{
    char rest[BODY_BYTES + 40];
    memcpy(rest, "\"body\":\"", 8);
    memset(rest + 8, 'x', BODY_BYTES);
    memcpy(rest + 8 + BODY_BYTES, "\"", 2);
    for (int i = 0; i < LETTERS; i++)
        actor_say_to(scene, bob, ann, rest);
}

static void who_has_the_same_said_over_and_over_is_put_off(void **state) /* T-15 */
{
    struct edge_scene *scene = *state;
    struct actor ann[2] = {0}, bob = {0};
    open_with_small_allowance(scene);
    actor_enter(scene, &ann[0], "ann");
    actor_enter(scene, &bob, "bob");
    bob_says_much(scene, &bob, &ann[0]);

    size_t heard = 0;
    for (int i = 0; i < LOOPS; i++) {
        struct actor *now = &ann[(i + 1) % 2], *before = &ann[i % 2];
        actor_resume(scene, now, before, "");
        const char *text = actor_hear(now);
        heard += strlen(text);
        bool is_put_off = strstr(text, "rate_limited") != NULL;
        actor_vanish(scene, before, 1006);
        if (is_put_off) {
            actor_vanish(scene, now, 1006);
            break;
        }
    }

    assert_true(heard < 300000);
    if (ann[0].client)
        actor_vanish(scene, &ann[0], 1006);
    if (ann[1].client)
        actor_vanish(scene, &ann[1], 1006);
    actor_vanish(scene, &bob, 1006);
}

static void who_missed_as_much_as_is_kept_hears_it_at_once(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann = {0}, bob = {0};
    open_with_small_allowance(scene);
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_vanish(scene, &ann, 1006);
    bob_says_much(scene, &bob, &ann);

    actor_resume(scene, &ann, &ann, "");

    assert_int_equal(count_of(actor_hear(&ann), "xxx\""), LETTERS);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNOPENED_SCENE(who_has_the_same_said_over_and_over_is_put_off),
        UNOPENED_SCENE(who_missed_as_much_as_is_kept_hears_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
