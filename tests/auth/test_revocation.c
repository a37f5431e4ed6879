/* test_revocation.c - who was kicked or replaced stays so for as long as a ticket could bring it back. */
#include "auth/revocation.h"

#include <stdio.h>

#include "auth/ticket.h"
#include "tests/support/cmocka_all.h"

#define NOW_S INT64_C(1800000000)
#define ANN   SLICE_LITERAL("ann")
#define BOB   SLICE_LITERAL("bob")

static struct instant at_s(int64_t unix_s)
{
    return (struct instant){.mono_ms = (unix_s - NOW_S) * 1000, .unix_ms = unix_s * 1000};
}

struct notes {
    size_t count;
    char text[256];
};

static void note(void *context, struct slice peer_id, enum error why, int64_t ends_unix_s)
{
    struct notes *notes = context;
    notes->count++;
    (void)snprintf(notes->text, sizeof notes->text, SLICE_FORMAT " %s %lld", SLICE_ARGS(peer_id), error_code(why),
                   (long long)ends_unix_s);
}

static void a_peer_is_revoked_for_the_reason_that_was_given(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    revocations_add(revocations, ANN, ERR_KICKED, NOW_S + 60);
    revocations_add(revocations, BOB, ERR_REPLACED, NOW_S + 60);
    assert_int_equal(revocations_find(revocations, ANN), ERR_KICKED);
    assert_int_equal(revocations_find(revocations, BOB), ERR_REPLACED);
    assert_int_equal(revocations_find(revocations, SLICE_LITERAL("cyd")), ERROR_NONE);
    assert_int_equal(revocations_find(revocations, SLICE_EMPTY), ERROR_NONE);
    revocations_destroy(revocations);
}

/* Not before a ticket of that end would be refused, tolerance included. */
static void it_is_forgotten_when_its_tickets_have_ended(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    revocations_add(revocations, ANN, ERR_KICKED, NOW_S + 60);
    revocations_add(revocations, BOB, ERR_KICKED, NOW_S + 90);

    revocations_tick(revocations, at_s(NOW_S + 60 + TICKET_LEEWAY_S));
    assert_int_equal(revocations_find(revocations, ANN), ERR_KICKED);

    revocations_tick(revocations, at_s(NOW_S + 61 + TICKET_LEEWAY_S));
    assert_int_equal(revocations_find(revocations, ANN), ERROR_NONE);
    assert_int_equal(revocations_find(revocations, BOB), ERR_KICKED);
    assert_int_equal(revocations_count(revocations), 1);
    revocations_destroy(revocations);
}

static void an_end_moves_back_for_nobody(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    revocations_add(revocations, ANN, ERR_REPLACED, NOW_S + 1000);
    revocations_add(revocations, ANN, ERR_KICKED, NOW_S + 10);

    revocations_tick(revocations, at_s(NOW_S + 500));

    assert_int_equal(revocations_find(revocations, ANN), ERR_KICKED);
    assert_int_equal(revocations_count(revocations), 1);
    revocations_destroy(revocations);
}

static void what_is_new_is_written_down_and_what_was_read_is_not(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct revocations *revocations = revocations_create((struct revocation_log){&notes, note});

    revocations_restore(revocations, BOB, ERR_REPLACED, NOW_S + 60);
    revocations_add(revocations, ANN, ERR_KICKED, NOW_S + 60);

    assert_int_equal(notes.count, 1);
    assert_string_equal(notes.text, "ann kicked 1800000060");
    assert_int_equal(revocations_find(revocations, BOB), ERR_REPLACED);
    revocations_destroy(revocations);
}

/* Ends come in no order: 7919 is prime, so that each comes once. */
static void beyond_the_bound_those_that_end_first_are_forgotten_first(void **state)
{
    (void)state;
    enum { SURPLUS = 1000, ALL = REVOCATIONS_MAX + SURPLUS };
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    for (size_t i = 0; i < ALL; i++) {
        char id[32];
        size_t end = i * 7919 % ALL;
        int length = snprintf(id, sizeof id, "peer %zu", end);
        revocations_add(revocations, slice_of(id, (size_t)length), ERR_KICKED, NOW_S + (int64_t)end);
    }

    assert_int_equal(revocations_count(revocations), REVOCATIONS_MAX);
    assert_int_equal(revocations_find(revocations, SLICE_LITERAL("peer 100999")), ERR_KICKED);
    revocations_tick(revocations, at_s(NOW_S + ALL - 10 + TICKET_LEEWAY_S));
    assert_int_equal(revocations_count(revocations), 10);
    assert_int_equal(revocations_find(revocations, SLICE_LITERAL("peer 100989")), ERROR_NONE);
    assert_int_equal(revocations_find(revocations, SLICE_LITERAL("peer 100990")), ERR_KICKED);
    revocations_tick(revocations, at_s(NOW_S + ALL + TICKET_LEEWAY_S));
    assert_int_equal(revocations_count(revocations), 0);
    revocations_destroy(revocations);
}

static void sessions_that_merely_ended_push_no_kick_out(void **state) /* T-67 */
{
    (void)state;
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    revocations_add(revocations, SLICE_LITERAL("kicked"), ERR_KICKED, NOW_S + 1);

    for (size_t i = 0; i < REVOCATIONS_MAX + 1; i++) {
        char id[32];
        int length = snprintf(id, sizeof id, "peer %zu", i);
        revocations_restore(revocations, slice_of(id, (size_t)length), ERR_SESSION_ENDED, NOW_S + 1000);
    }

    assert_int_equal(revocations_find(revocations, SLICE_LITERAL("kicked")), ERR_KICKED);
    revocations_destroy(revocations);
}

/* Found by the simulator. */
static void a_clock_that_is_set_forward_forgets_nobody(void **state) /* T-59, T-66 */
{
    (void)state;
    struct revocations *revocations = revocations_create((struct revocation_log){0});
    revocations_add(revocations, ANN, ERR_KICKED, NOW_S + 60);
    revocations_tick(revocations, at_s(NOW_S));
    struct instant tomorrow = at_s(NOW_S + 1);
    tomorrow.unix_ms += 86400000;

    revocations_tick(revocations, tomorrow);

    assert_int_equal(revocations_find(revocations, ANN), ERR_KICKED);
    revocations_destroy(revocations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_is_revoked_for_the_reason_that_was_given),
        cmocka_unit_test(sessions_that_merely_ended_push_no_kick_out),
        cmocka_unit_test(it_is_forgotten_when_its_tickets_have_ended),
        cmocka_unit_test(a_clock_that_is_set_forward_forgets_nobody),
        cmocka_unit_test(an_end_moves_back_for_nobody),
        cmocka_unit_test(what_is_new_is_written_down_and_what_was_read_is_not),
        cmocka_unit_test(beyond_the_bound_those_that_end_first_are_forgotten_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
