/* test_outbox.c - frames are RFC 6455's, and an outbox holds so many and no more. */
#include <stdlib.h>
#include <string.h>

#include "signaling/outbox.h"
#include "tests/support/cmocka_all.h"

static struct frame *frame_of_length(size_t length)
{
    char *text = calloc(1, length + 1);
    memset(text, 'x', length);
    struct frame *frame = frame_create(slice_of(text, length));
    free(text);
    return frame;
}

static void the_header_tells_the_length_as_short_as_it_can(void **state) /* RFC 6455, 5.2 */
{
    (void)state;
    static const struct {
        size_t length, header;
        unsigned char bytes[10];
    } cases[] = {
        {0, 2, {0x81, 0}},
        {125, 2, {0x81, 125}},
        {126, 4, {0x81, 126, 0, 126}},
        {65535, 4, {0x81, 126, 0xff, 0xff}},
        {65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame *frame = frame_of_length(cases[i].length);
        assert_int_equal(frame->length, cases[i].header + cases[i].length);
        assert_memory_equal(frame->bytes, cases[i].bytes, cases[i].header);
        frame_unref(frame);
    }
}

static void frames_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){100, 100000});
    size_t next_in = 1, next_out = 1;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 3; i++) {
            struct frame *frame = frame_of_length(next_in++);
            assert_int_equal(outbox_push(&outbox, frame), ERROR_NONE);
            frame_unref(frame);
        }
        for (int i = 0; i < 2; i++) {
            assert_int_equal(outbox_first(&outbox)->length, 2 + next_out++);
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
        assert_int_equal(outbox_push(&by_number, frame), ERROR_NONE);
        assert_int_equal(outbox_push(&by_bytes, frame), ERROR_NONE);
    }

    assert_int_equal(outbox_push(&by_number, frame), ERR_OUTBOX_FULL);
    assert_int_equal(outbox_push(&by_bytes, frame), ERR_OUTBOX_FULL);
    assert_int_equal(by_bytes.bytes, 200);
    outbox_pop(&by_bytes);
    assert_int_equal(outbox_push(&by_bytes, frame), ERROR_NONE);
    outbox_fini(&by_number);
    outbox_fini(&by_bytes);
    assert_int_equal(frame->holders, 1);
    frame_unref(frame);
}

static void last_words_always_fit_and_nothing_after_them(void **state)
{
    (void)state;
    struct frame *frame = frame_of_length(98);
    struct outbox outbox;
    outbox_init(&outbox, (struct outbox_limits){1, 100});
    assert_int_equal(outbox_push(&outbox, frame), ERROR_NONE);

    outbox_push_last(&outbox, frame);

    assert_int_equal(outbox.count, 2);
    assert_int_equal(outbox_push(&outbox, frame), ERR_OUTBOX_FULL);
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
        assert_int_equal(outbox_push(&outboxes[i], frame), ERROR_NONE);
    }
    assert_int_equal(frame->holders, 51);
    frame_unref(frame);
    for (int i = 0; i < 50; i++)
        outbox_fini(&outboxes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_tells_the_length_as_short_as_it_can),
        cmocka_unit_test(frames_come_out_in_the_order_they_went_in),
        cmocka_unit_test(it_is_full_by_number_or_by_bytes),
        cmocka_unit_test(last_words_always_fit_and_nothing_after_them),
        cmocka_unit_test(one_frame_may_wait_in_many_outboxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
