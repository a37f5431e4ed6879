/* test_framing.c - what a client reads before the text of a frame: RFC 6455's header, and its number. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "signaling/framing.h"
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

static void the_header_tells_the_length_as_short_as_it_can(void **state) /* RFC 6455, 5.2 */
{
    (void)state;
    static const struct {
        size_t length, header;
        uint64_t n;
        unsigned char bytes[10];
    } cases[] = {
        {3, 2, 0, {0x81, 3}},
        {125, 2, 0, {0x81, 125}},
        {126, 4, 0, {0x81, 126, 0, 126}},
        {65535, 4, 0, {0x81, 126, 0xff, 0xff}},
        {65536, 10, 0, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
        {119, 2, 1, {0x81, 125}}, /* the number counts, and may make the header longer */
        {119, 4, 10, {0x81, 126, 0, 126}},
        {65529, 4, 9, {0x81, 126, 0xff, 0xff}},
        {65529, 10, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char out[FRAMING_MAX];
        struct frame *frame = frame_of_length(cases[i].length);
        (void)framing_write(frame, cases[i].n, out);
        assert_memory_equal(out, cases[i].bytes, cases[i].header);
        frame_unref(frame);
    }
}

static void the_number_is_the_first_member_of_the_same_text(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "{\"type\":\"pong\"}"},
        {1, "{\"n\":1,\"type\":\"pong\"}"},
        {10, "{\"n\":10,\"type\":\"pong\"}"},
        {909, "{\"n\":909,\"type\":\"pong\"}"},
        {UINT64_MAX, "{\"n\":18446744073709551615,\"type\":\"pong\"}"},
    };
    struct frame *frame = frame_create(SLICE_LITERAL("{\"type\":\"pong\"}"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char out[FRAMING_MAX];
        struct buffer text = BUFFER_EMPTY;
        size_t length = framing_write(frame, cases[i].n, out);
        buffer_add(&text, slice_of(out + 2, length - 2));
        buffer_add(&text, slice_of(frame->bytes + 1, frame->length - 1));
        assert_string_equal(buffer_text(&text), cases[i].text);
        buffer_fini(&text);
    }
    frame_unref(frame);
}

static void the_length_foretold_is_the_length_written(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, 9, 10, 99, 100, 65535, UINT64_MAX};
    static const size_t lengths[] = {3, 118, 119, 120, 125, 126, 65528, 65529, 65530, 65535, 65536, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct frame *frame = frame_of_length(lengths[i]);
        for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
            unsigned char out[FRAMING_MAX];
            size_t written = framing_write(frame, numbers[j], out) + frame->length - 1;
            assert_int_equal(framing_length(frame, numbers[j]), written);
        }
        frame_unref(frame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_tells_the_length_as_short_as_it_can),
        cmocka_unit_test(the_number_is_the_first_member_of_the_same_text),
        cmocka_unit_test(the_length_foretold_is_the_length_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
