/* test_utf8.c - every scalar value there and back, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include <cmocka.h>

#include "base/utf8.h"

static bool is_scalar(uint32_t value)
{
    return value < 0xd800 || (value > 0xdfff && value <= 0x10ffff);
}

static void every_scalar_value_is_written_and_recognised(void **state)
{
    (void)state;
    for (uint32_t value = 0; value <= 0x110000; value++) {
        char bytes[4];
        size_t length = utf8_put(value, bytes);
        size_t expected = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;

        if (length != expected || utf8_length(bytes, length) != (is_scalar(value) ? length : 0))
            fail_msg("U+%04X: %zu bytes", (unsigned)value, length);
    }
}

static void a_sequence_that_is_cut_off_is_none(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("a", 0), 0);
    assert_int_equal(utf8_length("\xc3\xa9", 1), 0);
    assert_int_equal(utf8_length("\xe2\x82\xac", 2), 0);
    assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 3), 0);
    assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 4), 4);
}

/* Every lead byte with tails from just below to just above every bound, counted against RFC 3629. */
static void nothing_but_scalar_values_is_recognised(void **state)
{
    size_t found[5] = {0};
    (void)state;
    for (uint32_t bits = 0; bits < 1u << 17; bits++) {
        static const unsigned char tails[8] = {0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
        char bytes[4] = {(char)(bits & 0xff), (char)tails[bits >> 8 & 7], (char)tails[bits >> 11 & 7],
                         (char)tails[bits >> 14 & 7]};
        found[utf8_length(bytes, 4)]++;
    }
    assert_int_equal(found[1], 128 * 512);
    assert_int_equal(found[2], 30 * 6 * 64);
    /* E0 takes A0 and BF; ED takes 80, 8F, 90 and 9F; the other 14 take all six */
    assert_int_equal(found[3], (2 + 4 + 14 * 6) * 6 * 8);
    /* F0 takes all but 80 and 8F; F4 takes those two; F1 to F3 take all six */
    assert_int_equal(found[4], (4 + 2 + 3 * 6) * 6 * 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_value_is_written_and_recognised),
        cmocka_unit_test(a_sequence_that_is_cut_off_is_none),
        cmocka_unit_test(nothing_but_scalar_values_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
