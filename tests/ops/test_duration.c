/* test_duration.c - how people write spans of time, and how they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/duration.h"

static void every_unit_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"0s", 0},
        {"1ms", 1},
        {"500ms", 500},
        {"30s", 30000},
        {"10m", 600000},
        {"1h", 3600000},
        {"7d", 604800000},
        {"007s", 7000},
        {"86400s", 86400000},
        {"9223372036854775807ms", INT64_MAX},
        {"106751991167d", 106751991167 * 86400000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        if (!duration_parse(slice_from_text(cases[i].text), &ms) || ms != cases[i].ms)
            fail_msg("%s gave %lld", cases[i].text, (long long)ms);
    }
}

static void anything_else_is_refused_and_the_result_untouched(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        " ",
        "s",
        "10",
        "00",
        "10 m",
        " 10m",
        "10m ",
        "-1s",
        "+1s",
        "1.5h",
        "1h30m",
        "1S",
        "1w",
        "1y",
        "0x1s",
        "1e3s",
        "ten m",
        "1mss",
        "9223372036854775808ms",
        "9223372036854775807s",
        "106751991168d",
        "99999999999999999999999999999h",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 77;
        if (duration_parse(slice_from_text(cases[i]), &ms) || ms != 77)
            fail_msg("\"%s\" was taken for %lld", cases[i], (long long)ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_is_read),
        cmocka_unit_test(anything_else_is_refused_and_the_result_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
