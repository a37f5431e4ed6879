/* test_mailbox.c - a mailbox keeps letters in order and within its bounds. */
#include "base/slice.h"
#include "cluster/mailbox.h"
#include "tests/support/cmocka_all.h"

static struct frame *frame; /* of 10 bytes */

static int open_frame(void **state)
{
    static struct mailbox mailbox;
    frame = frame_create(SLICE_LITERAL("{\"a\":1234}"));
    mailbox_init(&mailbox, (struct mailbox_limits){.letters_max = 20, .bytes_max = 150});
    *state = &mailbox;
    return 0;
}

static int close_frame(void **state)
{
    mailbox_fini(*state);
    assert_int_equal(frame->holders, 1);
    frame_unref(frame);
    return 0;
}

static enum error push(struct mailbox *mailbox, uint64_t n, uint64_t sender)
{
    struct letter letter = {.frame = frame, .type = EVENT_RELAY, .n = n, .sender = sender, .seq = (int64_t)n};
    return mailbox_push(mailbox, &letter);
}

static void letters_come_out_in_the_order_they_went_in(void **state)
{
    struct mailbox *mailbox = *state;
    uint64_t n = 0;

    for (int round = 0; round < 10; round++) { /* goes round the ring, and makes it grow on the way */
        for (int i = 0; i < round; i++)
            assert_int_equal(push(mailbox, ++n, 1), ERROR_NONE);
        for (int i = 0; i < round; i++) {
            assert_int_equal(mailbox_at(mailbox, 0)->n, n - (uint64_t)(round - i) + 1);
            mailbox_pop(mailbox);
        }
    }
    assert_null(mailbox_at(mailbox, 0));
    assert_int_equal(mailbox->bytes, 0);
}

static void each_letter_holds_its_frame(void **state)
{
    struct mailbox *mailbox = *state;

    (void)push(mailbox, 1, 1);
    (void)push(mailbox, 2, 1);
    assert_int_equal(frame->holders, 3);
    mailbox_pop(mailbox);

    assert_int_equal(frame->holders, 2);
}

static void a_mailbox_is_bounded_in_bytes(void **state) /* T-32 */
{
    struct mailbox *mailbox = *state;
    for (uint64_t n = 1; n <= 15; n++)
        assert_int_equal(push(mailbox, n, 1), ERROR_NONE);

    assert_int_equal(push(mailbox, 16, 1), ERR_OUTBOX_FULL);
    assert_int_equal(mailbox->count, 15);
    mailbox_pop(mailbox);

    assert_int_equal(push(mailbox, 16, 1), ERROR_NONE);
}

static void a_mailbox_is_bounded_in_letters(void **state) /* T-32 */
{
    struct mailbox *mailbox = *state;
    mailbox->limits = (struct mailbox_limits){.letters_max = 3, .bytes_max = 1000};
    for (uint64_t n = 1; n <= 3; n++)
        assert_int_equal(push(mailbox, n, 1), ERROR_NONE);

    assert_int_equal(push(mailbox, 4, 1), ERR_OUTBOX_FULL);
}

static void what_cannot_be_refused_fits_up_to_twice_the_bounds(void **state) /* T-32 */
{
    struct mailbox *mailbox = *state;
    struct letter letter = {.frame = frame, .n = 1};
    for (; letter.n <= 30; letter.n++)
        assert_int_equal(mailbox_push_beyond(mailbox, &letter), ERROR_NONE);

    assert_int_equal(mailbox_push_beyond(mailbox, &letter), ERR_OUTBOX_FULL);
    assert_int_equal(mailbox_push(mailbox, &letter), ERR_OUTBOX_FULL);
    assert_int_equal(mailbox->count, 30);
}

static void letters_of_one_sender_can_be_taken_back(void **state)
{
    struct mailbox *mailbox = *state;
    for (uint64_t n = 1; n <= 9; n++)
        (void)push(mailbox, n, n % 3);

    assert_int_equal(mailbox_withdraw(mailbox, 1), 3);
    assert_int_equal(mailbox_withdraw(mailbox, 7), 0);

    static const uint64_t left[] = {2, 3, 5, 6, 8, 9};
    assert_int_equal(mailbox->count, 6);
    assert_int_equal(mailbox->bytes, 60);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(mailbox_at(mailbox, i)->n, left[i]);
    assert_int_equal(push(mailbox, 10, 1), ERROR_NONE);
}

static void an_empty_mailbox_gives_its_memory_back(void **state)
{
    struct mailbox *mailbox = *state;
    for (uint64_t n = 1; n <= 15; n++)
        (void)push(mailbox, n, 1);

    assert_int_equal(mailbox_withdraw(mailbox, 1), 15);

    assert_null(mailbox->ring);
    assert_int_equal(push(mailbox, 16, 1), ERROR_NONE);
}

#define WITH_MAILBOX(test) cmocka_unit_test_setup_teardown(test, open_frame, close_frame)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MAILBOX(letters_come_out_in_the_order_they_went_in),
        WITH_MAILBOX(each_letter_holds_its_frame),
        WITH_MAILBOX(a_mailbox_is_bounded_in_bytes),
        WITH_MAILBOX(a_mailbox_is_bounded_in_letters),
        WITH_MAILBOX(what_cannot_be_refused_fits_up_to_twice_the_bounds),
        WITH_MAILBOX(letters_of_one_sender_can_be_taken_back),
        WITH_MAILBOX(an_empty_mailbox_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
