/* test_link_breaking.c - a link that breaks tells both ends once, and nothing of it comes afterwards. */
#include <string.h>

#include "base/slice.h"
#include "tests/cluster/support/link_scene.h"
#include "tests/support/cmocka_all.h"

/* --- breaking --- */

static void a_break_is_told_to_both_once_and_they_begin_anew(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    struct link_flight former = link_ann.sent[0];
    link_end_lose(&link_ann);
    link_break(link_ann.link, 300);
    assert_int_equal(link_waiting_frames(link_ann.link), 0);
    for (int i = 0; i < 5; i++) {
        link_scene_tick(LINK_RESEND_MS);
        link_scene_carry();
    }
    assert_int_equal(link_ann.broken, 1);
    assert_int_equal(link_bob.broken, 1);

    link_end_hear(&link_bob, &former);
    link_end_say(&link_ann, "2");
    link_end_say(&link_bob, "x");
    link_scene_carry();
    link_assert_heard(&link_bob, "2");
    link_assert_heard(&link_ann, "x");
}

static void what_the_other_has_not_heard_of_a_broken_stream_is_given_up(void **state)
{
    (void)state;
    link_scene_meet();
    link_end_say(&link_bob, "x");
    link_end_lose(&link_bob);
    link_break(link_ann.link, 300);
    link_end_say(&link_ann, "1");
    link_scene_carry();
    assert_int_equal(link_bob.broken, 1);
    assert_int_equal(link_waiting_frames(link_bob.link), 0);
    link_assert_heard(&link_bob, "1");
    link_assert_heard(&link_ann, "");
}

static void who_is_there_again_is_another_and_the_link_breaks(void **state)
{
    (void)state;
    link_scene_meet();
    link_ann.link = link_destroy(link_ann.link);
    link_end_open(&link_ann, 900);
    link_end_say(&link_ann, "2");
    link_scene_carry();
    assert_int_equal(link_bob.broken, 1);
    assert_int_equal(link_ann.broken, 0);
    link_assert_heard(&link_bob, "2");
}

static void a_stranger_without_our_stream_breaks_nothing(void **state) /* T-51 */
{
    (void)state;
    link_scene_meet();
    struct link_flight stranger = {.mark = {.stream = 5, .number = 1}, .length = 1, .bytes = "!"};
    link_end_hear(&link_bob, &stranger);
    stranger.mark.heard_stream = 777;
    link_end_hear(&link_bob, &stranger);
    stranger.mark.stream = 0;
    link_end_hear(&link_bob, &stranger);
    link_end_say(&link_ann, "1");
    link_scene_carry();
    link_assert_heard(&link_bob, "1");
    assert_int_equal(link_ann.broken + link_bob.broken, 0);
}

static void replayed_frames_of_former_streams_are_harmless(void **state) /* T-51 */
{
    static struct link_flight former[FLIGHTS];
    (void)state;
    link_scene_meet();
    link_end_say(&link_ann, "1");
    link_end_say(&link_ann, "2");
    link_end_say(&link_ann, "3");
    size_t count = link_ann.sent_count;
    memcpy(former, link_ann.sent, sizeof former);
    link_scene_carry();
    link_break(link_bob.link, 400);
    link_scene_tick(LINK_TICK_MS); /* ann is told */
    link_scene_carry();
    link_end_say(&link_ann, "4");
    link_scene_carry();
    link_assert_heard(&link_bob, "1234");
    unsigned broken = link_ann.broken + link_bob.broken;

    for (int i = 0; i < 3; i++)
        for (size_t at = 0; at < count; at++)
            link_end_hear(&link_bob, &former[at]);
    link_scene_carry();
    link_end_say(&link_ann, "5");
    link_scene_carry();
    link_assert_heard(&link_bob, "12345");
    assert_int_equal(link_ann.broken + link_bob.broken, broken);
}

/* --- from within --- */

static void one_may_say_something_while_receiving(void **state)
{
    (void)state;
    link_scene_meet();
    link_bob.reply = "x";
    link_end_say(&link_ann, "1");
    link_scene_carry();
    link_assert_heard(&link_ann, "x");
}

static void one_may_say_something_while_told_of_a_break(void **state)
{
    (void)state;
    link_scene_meet();
    link_ann.reply = "1";
    link_bob.reply = "x";
    link_break(link_ann.link, 300);
    link_scene_carry();
    link_assert_heard(&link_bob, "1");
    link_assert_heard(&link_ann, "x");
}

static void one_may_break_while_receiving(void **state)
{
    (void)state;
    link_scene_meet();
    link_bob.break_on_hearing = 300;
    link_end_say(&link_ann, "1");
    link_end_say(&link_ann, "2");
    link_scene_carry();
    for (int i = 0; i < 3; i++) {
        link_scene_tick(LINK_RESEND_MS);
        link_scene_carry();
    }
    link_assert_heard(&link_bob, "1"); /* 2 is of the former stream */
    assert_int_equal(link_ann.broken, 1);
    assert_int_equal(link_bob.broken, 1);
    link_end_say(&link_ann, "3");
    link_scene_carry();
    link_assert_heard(&link_bob, "13");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, link_scene_open, link_scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_break_is_told_to_both_once_and_they_begin_anew),
        TEST(what_the_other_has_not_heard_of_a_broken_stream_is_given_up),
        TEST(who_is_there_again_is_another_and_the_link_breaks),
        TEST(a_stranger_without_our_stream_breaks_nothing),
        TEST(replayed_frames_of_former_streams_are_harmless),
        TEST(one_may_say_something_while_receiving),
        TEST(one_may_say_something_while_told_of_a_break),
        TEST(one_may_break_while_receiving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
