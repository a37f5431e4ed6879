/* test_outbox.c - an outbox holds so many frames and no more, in their order. */
#include <stdlib.h>
#include <string.h>

#include "signaling/outbox.h"
#include "tests/support/cmocka_all.h"

static struct frame *frame_of_length(size_t length)
{
    char *text = calloc(1, length);
    memset(text, 'x', length);
    text[0] = '{';
    struct frame *frame = frame_create(slice_of(text, length));
    free(text);
    return frame;
}

static void frames_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){100, 100000});
    size_t next_in = 3, next_out = 3;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 3; i++) {
            struct frame *frame = frame_of_length(next_in);
            assert_int_equal(outbox_push(&outbox, frame, next_in++), ERROR_NONE);
            frame_unref(frame);
        }
        for (int i = 0; i < 2; i++) {
            assert_int_equal(outbox_first(&outbox)->frame->length, next_out);
            assert_int_equal(outbox_first(&outbox)->n, next_out++);
            outbox_pop(&outbox);
        }
    }
    assert_int_equal(outbox.count, 30);
    outbox_fini(&outbox);
}

static void it_is_full_by_number_or_by_bytes(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(98); /* 100 with its header */
    struct outbox by_number, by_bytes;
    outbox_init(&by_number, (struct outbox_limits){2, 100000});
    outbox_init(&by_bytes, (struct outbox_limits){1000, 250});

    for (int i = 0; i < 2; i++) {
        assert_int_equal(outbox_push(&by_number, frame, 0), ERROR_NONE);
        assert_int_equal(outbox_push(&by_bytes, frame, 0), ERROR_NONE);
    }

    assert_int_equal(outbox_push(&by_number, frame, 0), ERR_OUTBOX_FULL);
    assert_int_equal(outbox_push(&by_bytes, frame, 0), ERR_OUTBOX_FULL);
    assert_int_equal(by_bytes.bytes, 200);
    outbox_pop(&by_bytes);
    assert_int_equal(outbox_push(&by_bytes, frame, 0), ERROR_NONE);
    outbox_fini(&by_number);
    outbox_fini(&by_bytes);
    assert_int_equal(frame->holders, 1);
    frame_unref(frame);
}

static void numbers_count_as_bytes_too(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(98);
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){1000, 106});

    assert_int_equal(outbox_push(&outbox, frame, 10), ERR_OUTBOX_FULL); /* {"n":10, takes the place of { */
    assert_int_equal(outbox_push(&outbox, frame, 9), ERROR_NONE);

    assert_int_equal(outbox.bytes, 106);
    outbox_pop(&outbox);
    assert_int_equal(outbox.bytes, 0);
    outbox_fini(&outbox);
    frame_unref(frame);
}

static void what_a_client_cannot_do_without_takes_no_place_from_the_rest(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(98);
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){1, 100});

    for (int i = 0; i < 20; i++)
        outbox_push_first(&outbox, frame, 0);

    assert_int_equal(outbox_push(&outbox, frame, 0), ERROR_NONE);
    assert_int_equal(outbox_push(&outbox, frame, 0), ERR_OUTBOX_FULL);
    outbox_fini(&outbox);
    frame_unref(frame);
}

static void last_words_always_fit_and_nothing_after_them(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(98);
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){1, 100});
    assert_int_equal(outbox_push(&outbox, frame, 0), ERROR_NONE);

    outbox_push_last(&outbox, frame);

    assert_int_equal(outbox.count, 2);
    assert_int_equal(outbox_push(&outbox, frame, 0), ERR_OUTBOX_FULL);
    outbox_pop(&outbox);
    outbox_pop(&outbox);
    assert_null(outbox_first(&outbox));
    outbox_fini(&outbox);
    frame_unref(frame);
}

static void one_frame_may_wait_in_many_outboxes(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(10);
    struct outbox outboxes[50];
    for (int i = 0; i < 50; i++) {
        outbox_init(&outboxes[i], (struct outbox_limits){1, 100});
        assert_int_equal(outbox_push(&outboxes[i], frame, 0), ERROR_NONE);
    }
    assert_int_equal(frame->holders, 51);
    frame_unref(frame);
    for (int i = 0; i < 50; i++)
        outbox_fini(&outboxes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_in_the_order_they_went_in),
        cmocka_unit_test(it_is_full_by_number_or_by_bytes),
        cmocka_unit_test(numbers_count_as_bytes_too),
        cmocka_unit_test(what_a_client_cannot_do_without_takes_no_place_from_the_rest),
        cmocka_unit_test(last_words_always_fit_and_nothing_after_them),
        cmocka_unit_test(one_frame_may_wait_in_many_outboxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
