/* test_storm.c - whatever is asked of a home in whatever order, it keeps its books and forgets nothing it holds. */
#include <string.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define STEPS 3000
#define SEEDS 40

static uint64_t random_state;

/* xorshift64*, Vigna 2016 */
static unsigned below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 2685821657736338717u) >> 33) % limit;
}

static enum person somebody(void)
{
    return (enum person)(1 + below(PEOPLE - 1));
}

static void speak(struct scene *scene, enum person person)
{
    int64_t *seq = &scene->people[person].next_seq;
    switch (below(4)) {
    case 0: relays(scene, person, somebody(), below(8) ? ++*seq : (int64_t)below(40)); break;
    case 1: relays(scene, person, somebody(), 0); break;
    case 2: broadcasts(scene, person, ++*seq); break;
    default: broadcasts_to(scene, person, ++*seq, below(2) ? "ann bob" : "cyd eve cyd"); break;
    }
}

/* Tickets that are old, or were never issued, among the good ones. */
static void come_back(struct scene *scene, enum person person)
{
    struct stay *stay = &scene->people[person];
    struct stay kept = *stay;
    if (!stay->joins)
        return;
    stay->is_deaf = false;
    stay->misses_welcomes = below(4) == 0;
    stay->leaves_at_once = below(10) == 0;
    stay->ticket.generation -= below(5) == 0;
    stay->ticket.epoch -= below(8) == 0;
    resumes(scene, person, below(3) ? GOT_NOTHING : (int64_t)below(10));
    if (stay->welcomes == kept.welcomes) { /* refused: the former connection is still there */
        kept.connections = stay->connections;
        *stay = kept;
    } else if (stay->misses_welcomes || stay->leaves_at_once) {
        stay->ticket = kept.ticket;
    }
    stay->misses_welcomes = stay->leaves_at_once = false;
}

static void go(struct scene *scene, enum person person)
{
    switch (below(4)) {
    case 0: leaves(scene, person); break;
    case 1: kicks(scene, person, somebody()); break;
    default: drops(scene, person, (enum leave_reason)below(LEAVE_REASON_COUNT)); break;
    }
}

static void step(struct scene *scene)
{
    enum person person = somebody();
    scene->people[somebody()].is_deaf = below(10) == 0;
    switch (below(16)) {
    case 0:
        scene->people[person].is_deaf = false;
        drops(scene, person, LEAVE_LOST);
        joins(scene, person);
        scene->people[person].next_seq = 0;
        break;
    case 1:
    case 2:
    case 3: come_back(scene, person); break;
    case 4:
    case 5: go(scene, person); break;
    case 6: time_passes(scene, below(GRACE_MS)); break;
    case 7: receipts(scene, person, (int64_t)below(30)); break;
    default: speak(scene, person); break;
    }
    if (below(300) == 0)
        scene_restart(scene);
}

static void storm(uint64_t seed, struct buffer *out_heard)
{
    struct scene *scene = scene_create(2 + seed % 4);
    random_state = seed * 0x9E3779B97F4A7C15u + 1;
    scene->config.duplicates = (enum duplicate_policy)(seed % 3);
    scene->config.mailbox.letters_max = 1 + 5 * (seed % 7);
    scene->people[ANN].grants.is_admin = true;
    scene->people[DAN].gives_receipts = false;
    scene->people[EVE].grants.is_hidden = seed % 5 == 0;
    scene_restart(scene);
    for (int i = 0; i < STEPS; i++)
        step(scene);
    for (enum person person = ANN; person <= EVE; person++) {
        scene->people[person].is_deaf = false;
        drops(scene, person, LEAVE_LOST);
    }
    assert_int_equal(home_away_count(scene->home), home_session_count(scene->home));
    time_passes(scene, 2 * GRACE_MS);
    assert_int_equal(home_session_count(scene->home), 0);
    assert_int_equal(home_away_count(scene->home), 0);
    assert_int_equal(home_room_count(scene->home), 0);
    buffer_add(out_heard, buffer_slice(&scene->heard));
    scene_destroy(scene);
}

static void after_a_storm_nothing_is_left_behind(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct buffer heard = BUFFER_EMPTY;
        storm(seed, &heard);
        assert_true(heard.length > STEPS);
        buffer_fini(&heard);
    }
}

static void the_same_storm_is_heard_the_same_way(void **state)
{
    struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;
    (void)state;

    storm(7, &first);
    storm(7, &second);

    assert_string_equal(buffer_text(&first), buffer_text(&second));
    buffer_fini(&first);
    buffer_fini(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_storm_nothing_is_left_behind),
        cmocka_unit_test(the_same_storm_is_heard_the_same_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
