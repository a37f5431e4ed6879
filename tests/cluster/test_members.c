/* test_members.c - who is there: heartbeats heard, missed, and played again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/members.h"
#include "tests/support/cmocka_all.h"

enum { SELF = 1, ANN, BOB };

struct scene {
    struct members *members;
    struct instant now;
    uint64_t counts[8];
    char told[256];
};

static void tell(struct scene *scene, const char *what, uint64_t node)
{
    size_t length = strlen(scene->told);
    const char *name = node == ANN ? "ann" : "bob";
    (void)snprintf(scene->told + length, sizeof scene->told - length, "%s%s %s", length ? ", " : "", name, what);
}

static void on_joined(void *context, const struct member *member)
{
    tell(context, "joined", member->node);
}

static void on_gone(void *context, uint64_t node, struct instant now)
{
    (void)now;
    tell(context, "gone", node);
}

static int open_members(void **state)
{
    struct scene *scene = memory_new(sizeof *scene);
    scene->now.mono_ms = 50000;
    scene->members = members_create(SELF, (struct members_port){scene, on_joined, on_gone});
    members_bus_up(scene->members, scene->now);
    *state = scene;
    return 0;
}

static int close_members(void **state)
{
    struct scene *scene = *state;
    members_destroy(scene->members);
    free(scene);
    return 0;
}

static void hears(struct scene *scene, uint64_t node, uint64_t count)
{
    struct wire_heartbeat heartbeat = {.name = "node", .version_least = 1, .version = 1, .count = count};
    members_hear(scene->members, node, &heartbeat, scene->now);
}

static void beats(struct scene *scene, uint64_t node)
{
    hears(scene, node, ++scene->counts[node]);
}

/* With our own heartbeats, and ticks as often as they come. */
static void time_passes(struct scene *scene, int64_t ms, bool is_bus_working)
{
    for (int64_t passed = 0; passed < ms; passed += 100) {
        scene->now.mono_ms += 100;
        if (is_bus_working && scene->now.mono_ms % MEMBERS_HEARTBEAT_MS == 0)
            beats(scene, SELF);
        members_tick(scene->members, scene->now);
    }
}

static void assert_told(struct scene *scene, const char *expected)
{
    assert_string_equal(scene->told, expected);
    scene->told[0] = '\0';
}

static int open_with_ann(void **state)
{
    (void)open_members(state);
    struct scene *scene = *state;
    beats(scene, SELF);
    beats(scene, ANN);
    assert_told(scene, "ann joined");
    return 0;
}

static void who_is_heard_joins_once(void **state)
{
    struct scene *scene = *state;
    beats(scene, ANN);
    beats(scene, ANN);
    beats(scene, BOB);
    assert_told(scene, "ann joined, bob joined");
    assert_int_equal(members_count(scene->members), 2);
    assert_int_equal(members_find(scene->members, ANN)->last.count, 2);
    assert_null(members_find(scene->members, SELF));
}

static void who_is_silent_while_the_bus_works_is_gone(void **state)
{
    struct scene *scene = *state;
    time_passes(scene, MEMBERS_SILENT_MS - 100, true);
    assert_told(scene, "");
    time_passes(scene, 100, true);
    assert_told(scene, "ann gone");
    assert_null(members_find(scene->members, ANN));
    assert_int_equal(members_count(scene->members), 0);
}

static void who_goes_on_beating_stays(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 10; i++) {
        time_passes(scene, MEMBERS_SILENT_MS - 500, true);
        beats(scene, ANN);
    }
    assert_told(scene, "");
}

static void nobody_is_judged_while_our_own_heartbeats_do_not_come_back(void **state)
{
    struct scene *scene = *state;
    time_passes(scene, 60000, false);
    assert_told(scene, "");
    assert_false(members_is_bus_working(scene->members, scene->now));
}

static void nobody_is_judged_while_the_bus_is_down(void **state)
{
    struct scene *scene = *state;
    members_bus_down(scene->members, scene->now);
    time_passes(scene, 60000, true);
    assert_told(scene, "");
    members_bus_up(scene->members, scene->now);
    time_passes(scene, MEMBERS_SILENT_MS - 100, true);
    assert_told(scene, "");
}

static void who_is_not_heard_by_redis_is_gone_sooner(void **state)
{
    struct scene *scene = *state;
    members_unheard(scene->members, ANN, scene->now);
    time_passes(scene, MEMBERS_UNHEARD_MS, true);
    assert_told(scene, "");
    members_unheard(scene->members, ANN, scene->now);
    time_passes(scene, 100, true);
    assert_told(scene, "ann gone");
}

static void a_heartbeat_takes_back_that_nobody_heard_it(void **state)
{
    struct scene *scene = *state;
    members_unheard(scene->members, ANN, scene->now);
    beats(scene, ANN);
    time_passes(scene, MEMBERS_UNHEARD_MS, true);
    members_unheard(scene->members, ANN, scene->now);
    time_passes(scene, 100, true);
    assert_told(scene, "");
}

static void a_standstill_of_ours_is_no_silence_of_theirs(void **state)
{
    struct scene *scene = *state;
    time_passes(scene, MEMBERS_SILENT_MS - 100, true);
    scene->now.mono_ms += 30000;
    members_stalled(scene->members, scene->now);
    beats(scene, SELF);
    time_passes(scene, 1000, true);
    assert_told(scene, "");
}

static void a_heartbeat_that_is_played_again_is_no_sign_of_life(void **state) /* T-51 */
{
    struct scene *scene = *state;
    for (int i = 0; i < 3; i++) {
        time_passes(scene, 1000, true);
        hears(scene, ANN, scene->counts[ANN]);
    }
    assert_told(scene, "ann gone");
    hears(scene, ANN, scene->counts[ANN]);
    assert_told(scene, "");
    beats(scene, ANN);
    assert_told(scene, "ann joined");
}

static void our_own_that_is_played_again_does_not_say_that_the_bus_works(void **state) /* T-51 */
{
    struct scene *scene = *state;
    for (int i = 0; i < 10; i++) {
        time_passes(scene, 1000, false);
        hears(scene, SELF, scene->counts[SELF]);
    }
    assert_false(members_is_bus_working(scene->members, scene->now));
    assert_told(scene, "");
}

static void who_was_only_spoken_to_is_no_member(void **state)
{
    struct scene *scene = *state;
    members_unheard(scene->members, BOB, scene->now);
    assert_int_equal(members_count(scene->members), 1);
    assert_int_equal(members_at(scene->members, 0)->node, ANN);
    assert_null(members_at(scene->members, 1));
    assert_null(members_find(scene->members, BOB));
}

static void no_more_are_taken_in_than_there_is_place_for(void **state)
{
    struct scene *scene = *state;
    for (uint64_t node = 100; node < 100 + MEMBERS_MAX; node++)
        hears(scene, node, 1);
    assert_int_equal(members_count(scene->members), MEMBERS_MAX);
    assert_null(members_find(scene->members, 99 + MEMBERS_MAX));
}

/* Ann was heard shortly before our own last one came back; then the bus gives nothing to anybody. */
static void an_outage_that_begins_just_after_our_own_judges_nobody(void **state)
{
    struct scene *scene = *state;
    time_passes(scene, 900, false);
    beats(scene, SELF);
    time_passes(scene, 60000, false);
    assert_told(scene, "");
}

/* The same where nobody tells us that the bus is down, again and again. */
static void several_outages_do_not_add_up_to_a_silence(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 5; i++) {
        time_passes(scene, 10000, false);
        beats(scene, SELF);
        time_passes(scene, 200, false);
        beats(scene, ANN);
    }
    assert_told(scene, "");
}

/* Both said of a bus that does not work in between. */
static void unheard_before_and_after_an_outage_is_not_unheard_for_a_second(void **state)
{
    struct scene *scene = *state;
    members_unheard(scene->members, ANN, scene->now);
    time_passes(scene, 10000, false);
    assert_told(scene, "");
    beats(scene, SELF);
    members_unheard(scene->members, ANN, scene->now);
    time_passes(scene, 100, false);
    assert_told(scene, "");
}

static void who_is_spoken_to_in_vain_takes_no_place_from_who_is_heard(void **state)
{
    struct scene *scene = *state;
    for (uint64_t node = 100; node < 100 + MEMBERS_MAX; node++)
        members_unheard(scene->members, node, scene->now);
    beats(scene, BOB);
    assert_told(scene, "bob joined");
}

static void says_goodbye(struct scene *scene, uint64_t node, uint64_t count)
{
    struct wire_heartbeat heartbeat = {.version_least = 1, .version = 1, .count = count, .is_goodbye = true};
    members_hear(scene->members, node, &heartbeat, scene->now);
}

static void who_says_goodbye_is_gone_at_once(void **state)
{
    struct scene *scene = *state;
    says_goodbye(scene, ANN, scene->counts[ANN] + 1);
    assert_told(scene, "ann gone");
    assert_null(members_find(scene->members, ANN));
    assert_int_equal(members_count(scene->members), 0);
}

static void what_was_said_before_a_goodbye_is_no_sign_of_life_after_it(void **state) /* T-51 */
{
    struct scene *scene = *state;
    uint64_t last = scene->counts[ANN] + 5;
    says_goodbye(scene, ANN, last);
    assert_told(scene, "ann gone");
    for (uint64_t count = 1; count <= last; count++)
        hears(scene, ANN, count);
    assert_told(scene, "");
    assert_null(members_find(scene->members, ANN));
}

static void a_goodbye_that_is_played_again_sends_nobody_away(void **state) /* T-51 */
{
    struct scene *scene = *state;
    uint64_t goodbye = scene->counts[ANN] + 1;
    says_goodbye(scene, ANN, goodbye);
    hears(scene, ANN, goodbye + 1);
    assert_told(scene, "ann gone, ann joined");
    says_goodbye(scene, ANN, goodbye);
    assert_told(scene, "");
    assert_non_null(members_find(scene->members, ANN));
}

static void who_is_first_heard_to_say_goodbye_was_never_there(void **state) /* T-51 */
{
    struct scene *scene = *state;
    says_goodbye(scene, BOB, 7);
    hears(scene, BOB, 6);
    assert_told(scene, "");
    assert_null(members_find(scene->members, BOB));
}

#define WITH_ANN(test) cmocka_unit_test_setup_teardown(test, open_with_ann, close_members)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_heard_joins_once, open_members, close_members),
        WITH_ANN(who_is_silent_while_the_bus_works_is_gone),
        WITH_ANN(who_goes_on_beating_stays),
        WITH_ANN(nobody_is_judged_while_our_own_heartbeats_do_not_come_back),
        WITH_ANN(nobody_is_judged_while_the_bus_is_down),
        WITH_ANN(who_is_not_heard_by_redis_is_gone_sooner),
        WITH_ANN(a_heartbeat_takes_back_that_nobody_heard_it),
        WITH_ANN(a_standstill_of_ours_is_no_silence_of_theirs),
        WITH_ANN(a_heartbeat_that_is_played_again_is_no_sign_of_life),
        WITH_ANN(our_own_that_is_played_again_does_not_say_that_the_bus_works),
        WITH_ANN(who_was_only_spoken_to_is_no_member),
        WITH_ANN(an_outage_that_begins_just_after_our_own_judges_nobody),
        WITH_ANN(several_outages_do_not_add_up_to_a_silence),
        WITH_ANN(unheard_before_and_after_an_outage_is_not_unheard_for_a_second),
        WITH_ANN(who_is_spoken_to_in_vain_takes_no_place_from_who_is_heard),
        WITH_ANN(who_says_goodbye_is_gone_at_once),
        WITH_ANN(what_was_said_before_a_goodbye_is_no_sign_of_life_after_it),
        WITH_ANN(a_goodbye_that_is_played_again_sends_nobody_away),
        WITH_ANN(who_is_first_heard_to_say_goodbye_was_never_there),
        WITH_ANN(no_more_are_taken_in_than_there_is_place_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
