/* test_buffer.c - text that grows, and JSON strings in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json_check.h"
#include "base/json_scan.h"
#include "base/utf8.h"

static void text_is_added_in_order_however_much(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    (void)state;

    for (int i = 0; i < 10000; i++) {
        buffer_add_int(&buffer, i);
        buffer_add_char(&buffer, ' ');
    }

    const char *at = buffer_text(&buffer);
    for (int i = 0; i < 10000; i++) {
        char expected[16];
        int length = snprintf(expected, sizeof expected, "%d ", i);
        assert_memory_equal(at, expected, (size_t)length);
        at += length;
    }
    assert_int_equal(*at, '\0');
    assert_ptr_equal(at, buffer.data + buffer.length);
    buffer_fini(&buffer);
}

static void every_way_of_adding_adds(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    (void)state;

    buffer_add(&buffer, SLICE_EMPTY);
    assert_int_equal(buffer_slice(&buffer).length, 0);
    buffer_add(&buffer, SLICE_LITERAL("a\0b"));
    buffer_add_text(&buffer, "|");
    buffer_add_int(&buffer, INT64_MIN);
    buffer_add_format(&buffer, "|%s|%03d|%s", "x", 7, "");

    assert_true(slice_is_equal(buffer_slice(&buffer), SLICE_LITERAL("a\0b|-9223372036854775808|x|007|")));
    buffer_fini(&buffer);
}

static void a_cleared_buffer_keeps_its_memory_and_a_finished_one_does_not(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    (void)state;
    buffer_add_text(&buffer, "secret");
    char *memory = buffer.data;

    buffer_clear(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    assert_ptr_equal(buffer.data, memory);
    buffer_fini(&buffer);
    assert_null(buffer.data);
    buffer_fini(&buffer);
}

static void what_could_break_out_of_a_json_string_is_escaped(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    (void)state;

    buffer_add_json_string(&buffer, SLICE_LITERAL("a\"\\\n\r\t\b\0\x1f\x7f\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9/\xe2"));

    assert_string_equal(buffer_text(&buffer), "\"a\\\"\\\\\\n\\r\\t\\u0008\\u0000\\u001f\\u007f\xe2\x80\xa7"
                                              "\\u2028\\u2029/\xe2\"");
    buffer_fini(&buffer);
}

static void every_character_survives_the_journey_through_json(void **state)
{
    struct json_checker *checker = json_checker_create(32);
    const struct json_rules rules = {1, true, false};
    struct buffer buffer = BUFFER_EMPTY;
    (void)state;
    for (uint32_t value = 0; value <= 0x10ffff; value += value < 0x3000 ? 1 : 0xff) {
        char before[4], after[32];
        size_t length = utf8_put(value, before);
        if (!utf8_length(before, length))
            continue;
        buffer_clear(&buffer);
        buffer_add_json_string(&buffer, slice_of(before, length));

        assert_int_equal(json_check(checker, buffer_slice(&buffer), &rules), ERROR_NONE);
        size_t after_length = json_string_decode(buffer_slice(&buffer), after);

        assert_true(slice_is_equal(slice_of(before, length), slice_of(after, after_length)));
    }
    buffer_fini(&buffer);
    (void)json_checker_destroy(checker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_added_in_order_however_much),
        cmocka_unit_test(every_way_of_adding_adds),
        cmocka_unit_test(a_cleared_buffer_keeps_its_memory_and_a_finished_one_does_not),
        cmocka_unit_test(what_could_break_out_of_a_json_string_is_escaped),
        cmocka_unit_test(every_character_survives_the_journey_through_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
