/* test_redis_claims.c - claims of rooms on a real Redis, by the table of docs/decisions/0009-many-instances.md. */
#include "tests/cluster/support/redis_scene.h"

#include <stdio.h>
#include <stdlib.h>

#define TEA   SLICE_LITERAL("tea")
#define ENTRY "test:room:tea"
#define LATER (UINT64_C(1) << 52) /* a term that no clock of ours gives */

static int set_up_both(void **state)
{
    int status = redis_scene_set_up(state);
    redis_scene_start_both(*state);
    return status;
}

/* `node` claims the room, and hears who holds it. */
static void claim(struct redis_node *node, enum claim_kind kind, uint64_t holder, uint64_t term)
{
    redis_node_claim(node, &(struct claim){.kind = kind, .room = TEA, .holder = holder, .term = term});
    assert_string_equal(node->room, "tea");
}

static void assert_answer(const struct redis_node *node, uint64_t holder, uint64_t term)
{
    assert_true(node->holder == holder);
    assert_true(node->term == term);
}

static void assert_entry(const struct redis_scene *scene, uint64_t holder, uint64_t term)
{
    char entry[64];
    (void)snprintf(entry, sizeof entry, "%016llx %llu", (unsigned long long)holder, (unsigned long long)term);
    assert_string_equal(ASK(&scene->server, "GET", ENTRY), entry);
    assert_in_range(atoi(ASK(&scene->server, "PTTL", ENTRY)), REDIS_LEASE_MS / 2, REDIS_LEASE_MS);
}

static uint64_t counter(const struct redis_scene *scene)
{
    return strtoull(ASK(&scene->server, "GET", "test:term"), NULL, 10);
}

static void shorten(const struct redis_scene *scene)
{
    assert_string_equal(ASK(&scene->server, "PEXPIRE", ENTRY, "60000"), "1");
}

static void a_free_room_is_taken_with_a_new_term(void **state)
{
    struct redis_scene *scene = *state;

    claim(&scene->ann, CLAIM_TAKE, 0, 0);

    assert_answer(&scene->ann, ANN, counter(scene));
    assert_true(scene->ann.term > UINT64_C(1000000) * 1000000000); /* Redis' clock is in it */
    assert_entry(scene, ANN, scene->ann.term);
}

static void a_new_term_is_greater_than_the_counter_and_all_that_the_claimant_has_seen(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "SET", "test:term", "4503599627370496");
    claim(&scene->ann, CLAIM_TAKE, 0, 7);
    assert_answer(&scene->ann, ANN, LATER + 1);
    claim(&scene->ann, CLAIM_RELEASE, 0, LATER + 1);

    claim(&scene->bob, CLAIM_TAKE, 0, LATER + 9);

    assert_answer(&scene->bob, BOB, LATER + 10);
    assert_int_equal(counter(scene), LATER + 10);
}

static void a_room_that_is_taken_stays_with_its_holder_and_is_renewed_by_it_alone(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_TAKE, 0, 0);
    uint64_t term = scene->ann.term;
    shorten(scene);

    claim(&scene->bob, CLAIM_TAKE, 0, LATER);
    assert_answer(&scene->bob, ANN, term);
    assert_in_range(atoi(ASK(&scene->server, "PTTL", ENTRY)), 1, 60000);

    claim(&scene->ann, CLAIM_TAKE, 0, LATER);
    assert_answer(&scene->ann, ANN, term);
    assert_entry(scene, ANN, term);
}

static void a_holder_that_is_named_is_replaced_and_no_other(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_TAKE, 0, 0);
    uint64_t term = scene->ann.term;

    claim(&scene->bob, CLAIM_REPLACE, CYD, 0);
    assert_answer(&scene->bob, ANN, term);
    claim(&scene->bob, CLAIM_REPLACE, ANN, 0);

    assert_true(scene->bob.holder == BOB && scene->bob.term > term);
    assert_entry(scene, BOB, scene->bob.term);
    assert_int_equal(counter(scene), scene->bob.term);
}

static void a_free_room_may_be_claimed_by_replacing_and_ones_own_is_only_renewed(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_REPLACE, BOB, 0);
    uint64_t term = scene->ann.term;
    assert_true(scene->ann.holder == ANN);
    shorten(scene);

    claim(&scene->ann, CLAIM_REPLACE, ANN, 0);

    assert_answer(&scene->ann, ANN, term);
    assert_entry(scene, ANN, term);
}

static void what_redis_has_forgotten_is_restored_and_raises_the_counter(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "FLUSHALL");

    claim(&scene->ann, CLAIM_ASSERT, 0, 77);
    assert_answer(&scene->ann, ANN, 77);
    assert_entry(scene, ANN, 77);
    assert_int_equal(counter(scene), 77);
    claim(&scene->ann, CLAIM_RELEASE, 0, 77);
    claim(&scene->bob, CLAIM_ASSERT, 0, 12);

    assert_answer(&scene->bob, BOB, 12);
    assert_int_equal(counter(scene), 77);
}

static void the_higher_term_wins_and_an_equal_one_does_not(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_ASSERT, 0, 20);

    claim(&scene->bob, CLAIM_ASSERT, 0, 20);
    assert_answer(&scene->bob, ANN, 20);
    claim(&scene->bob, CLAIM_ASSERT, 0, 19);
    assert_answer(&scene->bob, ANN, 20);
    claim(&scene->bob, CLAIM_ASSERT, 0, 21);
    assert_answer(&scene->bob, BOB, 21);

    claim(&scene->ann, CLAIM_ASSERT, 0, 20);
    assert_answer(&scene->ann, BOB, 21);
}

static void ones_own_room_is_raised_or_renewed(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_ASSERT, 0, 20);

    claim(&scene->ann, CLAIM_ASSERT, 0, 30);
    assert_answer(&scene->ann, ANN, 30);
    shorten(scene);
    claim(&scene->ann, CLAIM_ASSERT, 0, 25);

    assert_answer(&scene->ann, ANN, 30);
    assert_entry(scene, ANN, 30);
}

static void to_assert_without_a_term_is_to_take(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_ASSERT, 0, 0);
    assert_answer(&scene->ann, ANN, counter(scene));

    claim(&scene->bob, CLAIM_ASSERT, 0, 0);

    assert_answer(&scene->bob, ANN, scene->ann.term);
}

static void only_its_holder_with_its_term_releases_a_room(void **state)
{
    struct redis_scene *scene = *state;
    claim(&scene->ann, CLAIM_RELEASE, 0, 20);
    assert_answer(&scene->ann, 0, 0);
    claim(&scene->ann, CLAIM_ASSERT, 0, 20);

    claim(&scene->bob, CLAIM_RELEASE, 0, 20);
    assert_answer(&scene->bob, 0, 0);
    claim(&scene->ann, CLAIM_RELEASE, 0, 19);
    assert_answer(&scene->ann, 0, 0);
    assert_entry(scene, ANN, 20);

    claim(&scene->ann, CLAIM_RELEASE, 0, 20);
    assert_answer(&scene->ann, 0, 0);
    assert_string_equal(ASK(&scene->server, "EXISTS", ENTRY), "0");
}

/* T-50. Nothing in a room's id is read as anything else than a part of a key. */
static void any_text_may_be_a_room(void **state)
{
    struct redis_scene *scene = *state;
    static const char *const rooms[] = {"a\r\nFLUSHALL\r\n",        "%s%n%b", "a b  c", "{x}",
                                        "\xc3\xa4\xf0\x9f\x8e\xb8", "*"};
    (void)ASK(&scene->server, "SET", "other", "kept");
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        char key[128];
        (void)snprintf(key, sizeof key, "test:room:%s", rooms[i]);
        redis_node_claim(&scene->ann,
                         &(struct claim){.kind = CLAIM_ASSERT, .room = slice_from_text(rooms[i]), .term = 5});
        assert_string_equal(scene->ann.room, rooms[i]);
        assert_string_equal(ASK(&scene->server, "GET", key), "a000000000000001 5");
    }
    assert_string_equal(ASK(&scene->server, "GET", "other"), "kept");
    assert_string_equal(ASK(&scene->server, "DBSIZE"), "8"); /* the rooms, the counter, and the other */
}

static void what_is_no_entry_counts_as_none(void **state)
{
    struct redis_scene *scene = *state;
    static const char *const strange[] = {"",
                                          "hello",
                                          "b000000000000002",
                                          "b000000000000002 -1",
                                          "B000000000000002 9",
                                          "b0000000000000022 9",
                                          "b000000000000002 99999999999999999999"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        (void)ASK(&scene->server, "SET", ENTRY, strange[i]);
        claim(&scene->ann, CLAIM_TAKE, 0, 0);
        assert_true(scene->ann.holder == ANN);
    }
    (void)ASK(&scene->server, "DEL", ENTRY, "test:term");
    (void)ASK(&scene->server, "LPUSH", ENTRY, "x");
    (void)ASK(&scene->server, "LPUSH", "test:term", "x");

    claim(&scene->ann, CLAIM_TAKE, 0, 0);

    assert_entry(scene, ANN, scene->ann.term);
    assert_int_equal(scene->ann.downs, 0);
}

static void a_claim_is_answered_although_the_script_was_flushed(void **state)
{
    struct redis_scene *scene = *state;
    (void)ASK(&scene->server, "SCRIPT", "FLUSH");

    claim(&scene->ann, CLAIM_ASSERT, 0, 20);

    assert_answer(&scene->ann, ANN, 20);
    assert_int_equal(scene->ann.downs, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_both, redis_scene_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_free_room_is_taken_with_a_new_term),
        TEST(a_new_term_is_greater_than_the_counter_and_all_that_the_claimant_has_seen),
        TEST(a_room_that_is_taken_stays_with_its_holder_and_is_renewed_by_it_alone),
        TEST(a_holder_that_is_named_is_replaced_and_no_other),
        TEST(a_free_room_may_be_claimed_by_replacing_and_ones_own_is_only_renewed),
        TEST(what_redis_has_forgotten_is_restored_and_raises_the_counter),
        TEST(the_higher_term_wins_and_an_equal_one_does_not),
        TEST(ones_own_room_is_raised_or_renewed),
        TEST(to_assert_without_a_term_is_to_take),
        TEST(only_its_holder_with_its_term_releases_a_room),
        TEST(any_text_may_be_a_room),
        TEST(what_is_no_entry_counts_as_none),
        TEST(a_claim_is_answered_although_the_script_was_flushed),
    };
    return cmocka_run_group_tests_name("redis_claims", tests, NULL, NULL);
}
