/* test_link.c - what ann and bob say over their link arrives once, in order and within bounds. */
#include <string.h>

#include "base/slice.h"
#include "tests/cluster/support/link_scene.h"
#include "tests/support/cmocka_all.h"

/* --- what is said arrives --- */

static void what_is_said_arrives_in_order_and_once(void **state)
{
    (void)state;
    link_end_say(&link_ann, "1");
    link_end_say(&link_ann, "2");
    link_end_say(&link_bob, "x");
    assert_int_equal(link_ann.sent[0].length, 0); /* who is there? */
    link_scene_carry();
    link_assert_heard(&link_bob, "12");
    link_assert_heard(&link_ann, "x");
}

static void what_was_lost_is_sent_again(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_lose(&link_ann);
    link_end_say(&link_ann, "2");
    link_end_carry(&link_ann, &link_bob); /* beyond a gap */
    link_assert_heard(&link_bob, "");
    link_end_lose(&link_bob);
    link_scene_tick(LINK_RESEND_MS);
    link_scene_carry();
    link_assert_heard(&link_bob, "12");
}

static void a_gap_is_told_and_filled_before_its_time(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_lose(&link_ann);
    link_end_say(&link_ann, "2");
    link_scene_carry();
    link_assert_heard(&link_bob, "12");
}

static void what_comes_twice_is_heard_once(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    struct link_flight flight = link_ann.sent[0];
    link_end_carry(&link_ann, &link_bob);
    link_end_hear(&link_bob, &flight);
    link_end_hear(&link_bob, &flight);
    link_assert_heard(&link_bob, "1");
}

static void an_acknowledgement_rides_on_what_is_said(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_carry(&link_ann, &link_bob);
    assert_int_equal(link_bob.sent_count, 0);
    link_end_say(&link_bob, "x");
    assert_int_equal(link_bob.sent_count, 1);
    link_end_carry(&link_bob, &link_ann);
    assert_int_equal(link_waiting_frames(link_ann.link), 0);
    assert_int_equal(link_waiting_bytes(link_ann.link), 0);
}

static void an_acknowledgement_goes_alone_at_the_next_tick(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_carry(&link_ann, &link_bob);
    link_scene_tick(LINK_TICK_MS);
    assert_int_equal(link_bob.sent_count, 1);
    assert_int_equal(link_bob.sent[0].mark.number, 0);
    link_end_carry(&link_bob, &link_ann);
    assert_int_equal(link_waiting_frames(link_ann.link), 0);
    link_scene_tick(LINK_TICK_MS);
    assert_int_equal(link_ann.sent_count + link_bob.sent_count, 0);
}

static void many_frames_are_acknowledged_without_a_tick(void **state)
{
    (void)state;
    link_scene_meet();
    for (int i = 0; i < LINK_HEARD_FRAMES; i++)
        link_end_say(&link_ann, "1");
    link_scene_carry();
    assert_int_equal(link_waiting_frames(link_ann.link), 0);
}

/* --- bounds --- */

static void no_more_frames_are_kept_than_the_limit(void **state)
{
    (void)state;
    for (int i = 0; i < FRAMES_MAX; i++)
        link_end_say(&link_ann, "1");
    size_t sent = link_ann.sent_count;
    assert_int_equal(link_say(link_ann.link, SLICE_LITERAL("2"), link_now), ERR_OUTBOX_FULL);
    assert_int_equal(link_waiting_frames(link_ann.link), FRAMES_MAX);
    assert_int_equal(link_waiting_bytes(link_ann.link), FRAMES_MAX);
    assert_int_equal(link_ann.sent_count, sent);
    link_scene_carry();
    assert_int_equal(link_bob.heard_count, FRAMES_MAX);
    assert_null(memchr(link_bob.heard, '2', link_bob.heard_count));
}

static void no_more_bytes_are_kept_than_the_limit(void **state)
{
    static char long_text[100001];
    (void)state;
    assert_int_equal(link_say(link_ann.link, slice_of(long_text, 100001), link_now), ERR_OUTBOX_FULL);
    assert_int_equal(link_waiting_bytes(link_ann.link), 0);
    assert_int_equal(link_say(link_ann.link, slice_of(long_text, 100000), link_now), ERROR_NONE);
    assert_int_equal(link_say(link_ann.link, SLICE_LITERAL("2"), link_now), ERR_OUTBOX_FULL);
    assert_int_equal(link_waiting_frames(link_ann.link), 1);
    assert_int_equal(link_waiting_bytes(link_ann.link), 100000);
}

static void the_wait_for_sending_again_doubles_up_to_a_bound(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_lose(&link_ann);
    for (int64_t wait_ms = LINK_RESEND_MS, i = 0; i < 8; i++) {
        link_scene_tick(wait_ms - 1);
        assert_int_equal(link_ann.sent_count, 0);
        link_scene_tick(1);
        assert_int_equal(link_ann.sent_count, 1);
        link_end_lose(&link_ann);
        wait_ms = wait_ms * 2 < LINK_RESEND_MS_MAX ? wait_ms * 2 : LINK_RESEND_MS_MAX;
    }
}

static void only_a_window_of_a_backlog_is_sent_again_at_once(void **state)
{
    static char text[1000] = "1";
    (void)state;
    link_scene_meet();
    for (int i = 0; i < FRAMES_MAX - 1; i++)
        assert_int_equal(link_say(link_ann.link, slice_of(text, sizeof text), link_now), ERROR_NONE);
    link_end_lose(&link_ann);
    link_scene_tick(LINK_RESEND_MS);
    assert_in_range(link_ann.sent_count, 1, LINK_RESEND_BYTES / sizeof text + 1);
    link_scene_carry();
    link_scene_tick(LINK_TICK_MS);
    link_scene_carry();
    assert_int_equal(link_bob.heard_count, FRAMES_MAX - 1);
}

static void the_lag_is_the_age_of_the_oldest_that_waits(void **state)
{
    (void)state;
    link_scene_meet();
    assert_int_equal(link_lag_ms(link_ann.link, link_now), 0);
    link_end_say(&link_ann, "1");
    link_now.mono_ms += 70;
    link_end_say(&link_ann, "2");
    assert_int_equal(link_lag_ms(link_ann.link, link_now), 70);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_scene_open, link_scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_arrives_in_order_and_once),
        TEST(what_was_lost_is_sent_again),
        TEST(a_gap_is_told_and_filled_before_its_time),
        TEST(what_comes_twice_is_heard_once),
        TEST(an_acknowledgement_rides_on_what_is_said),
        TEST(an_acknowledgement_goes_alone_at_the_next_tick),
        TEST(many_frames_are_acknowledged_without_a_tick),
        TEST(no_more_frames_are_kept_than_the_limit),
        TEST(no_more_bytes_are_kept_than_the_limit),
        TEST(the_wait_for_sending_again_doubles_up_to_a_bound),
        TEST(only_a_window_of_a_backlog_is_sent_again_at_once),
        TEST(the_lag_is_the_age_of_the_oldest_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
