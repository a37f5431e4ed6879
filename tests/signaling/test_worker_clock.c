/* test_worker_clock.c - the time when a worker could not run counts for nobody (T-61). */
#include "signaling/worker_clock.h"

#include "tests/support/cmocka_all.h"

#define START_MS INT64_C(5000000)
#define UNIX_MS  INT64_C(1800000000000)

static struct instant at_ms(int64_t mono_ms)
{
    return (struct instant){START_MS + mono_ms, UNIX_MS + mono_ms};
}

static struct worker_clock clock_started(void)
{
    struct worker_clock clock;
    worker_clock_init(&clock, at_ms(0));
    return clock;
}

static int64_t read_at(struct worker_clock *clock, int64_t mono_ms)
{
    return worker_clock_read(clock, at_ms(mono_ms)).mono_ms - START_MS;
}

static void a_loop_that_turns_has_the_machines_time(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    int64_t at = 0;
    for (int i = 0; i < 100; i++) {
        at += i * 31 % (WORKER_TURN_MS + WORKER_STALL_MS + 1);
        assert_int_equal(read_at(&clock, at), at);
    }
    assert_int_equal(worker_clock_take_stall(&clock), 0);
}

static void a_turn_that_is_two_seconds_late_still_counts(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    assert_int_equal(read_at(&clock, 3000), 3000);
    assert_int_equal(worker_clock_take_stall(&clock), 0);
}

/* SIGSTOP for 30 s, right after a turn began to wait. */
static void t_61_of_a_stall_one_turns_wait_is_left(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    (void)read_at(&clock, 500);
    assert_int_equal(read_at(&clock, 30500), 1500);
    assert_int_equal(worker_clock_take_stall(&clock), 29000);
    assert_int_equal(read_at(&clock, 31000), 2000);
}

static void t_61_stalls_add_up(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    (void)read_at(&clock, 30000);
    (void)read_at(&clock, 30500);
    assert_int_equal(read_at(&clock, 90500), 2500);
    assert_int_equal(worker_clock_take_stall(&clock), 29000 + 59000);
}

static void a_stall_is_told_once(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    (void)read_at(&clock, 10000);
    assert_int_equal(worker_clock_take_stall(&clock), 9000);
    assert_int_equal(worker_clock_take_stall(&clock), 0);
    (void)read_at(&clock, 10100);
    assert_int_equal(worker_clock_take_stall(&clock), 0);
}

/* Silence is what is measured with it: a client that was last heard before the stall. */
static void t_61_nobody_is_too_silent_because_of_a_stall(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    int64_t heard_ms = read_at(&clock, 100);
    (void)read_at(&clock, 400);
    assert_true(read_at(&clock, 3600400) - heard_ms < 25000);
}

static void it_never_goes_back(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    int64_t last = 0, at = 0;
    for (int i = 0; i < 2000; i++) {
        at += i * 7919 % 40000;
        int64_t now = read_at(&clock, at);
        assert_true(now >= last && now - last <= WORKER_TURN_MS + WORKER_STALL_MS);
        last = now;
    }
}

/* Tokens and credentials end by it, whatever happened here. */
static void the_wall_clock_is_passed_on_as_it_is(void **state)
{
    (void)state;
    struct worker_clock clock = clock_started();
    struct instant back = {START_MS + 60000, UNIX_MS - 86400000};
    assert_int_equal(worker_clock_read(&clock, back).unix_ms, UNIX_MS - 86400000);
    assert_int_equal(worker_clock_read(&clock, at_ms(61000)).unix_ms, UNIX_MS + 61000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_turns_has_the_machines_time),
        cmocka_unit_test(a_turn_that_is_two_seconds_late_still_counts),
        cmocka_unit_test(t_61_of_a_stall_one_turns_wait_is_left),
        cmocka_unit_test(t_61_stalls_add_up),
        cmocka_unit_test(a_stall_is_told_once),
        cmocka_unit_test(t_61_nobody_is_too_silent_because_of_a_stall),
        cmocka_unit_test(it_never_goes_back),
        cmocka_unit_test(the_wall_clock_is_passed_on_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
