/* test_base64.c - RFC 4648: its own vectors, and what a strict decoder must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/random.h"

static void the_vectors_of_the_rfc_are_met(void **state)
{
    static const struct {
        const char *plain, *padded, *url;
    } rows[] = {{"", "", ""},
                {"f", "Zg==", "Zg"},
                {"fo", "Zm8=", "Zm8"},
                {"foo", "Zm9v", "Zm9v"},
                {"foob", "Zm9vYg==", "Zm9vYg"},
                {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                {"\xfb\xff\xfe", "+//+", "-__-"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[16];
        unsigned char bytes[16];
        size_t count = 99;

        assert_int_equal(base64_encode(rows[i].plain, strlen(rows[i].plain), text, sizeof text),
                         strlen(rows[i].padded));
        assert_string_equal(text, rows[i].padded);
        assert_int_equal(base64url_encode(rows[i].plain, strlen(rows[i].plain), text, sizeof text),
                         strlen(rows[i].url));
        assert_string_equal(text, rows[i].url);
        assert_true(base64url_decode(slice_from_text(rows[i].url), bytes, sizeof bytes, &count));
        assert_true(slice_is_text(slice_of(bytes, count), rows[i].plain));
    }
}

/* T-08: padding, the other alphabet, whitespace, impossible lengths, unused bits that are not zero */
static void everything_else_is_refused(void **state)
{
    static const char *const texts[] = {"Zg==", "Zm8=",   "=",       "Z",          "Zm9vY", "+//+",
                                        "-_/-", "Zm9v\n", " Zm9v",   "Zm 9v",      "Zm9v.", "Zh",
                                        "Zm9",  "Zm9vYh", "Zm9vYmF", "aa\xc3\xa9", "Zg\t="};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unsigned char bytes[16];
        size_t count = 99;
        if (base64url_decode(slice_from_text(texts[i]), bytes, sizeof bytes, &count))
            fail_msg("%s was taken", texts[i]);
        assert_int_equal(count, 99);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    unsigned char bytes[3];
    size_t count;
    (void)state;

    assert_true(base64url_decode(SLICE_LITERAL("Zm9v"), bytes, 3, &count));
    assert_false(base64url_decode(SLICE_LITERAL("Zm9vYg"), bytes, 3, &count));
}

static void bytes_come_back_as_they_were(void **state)
{
    (void)state;
    for (size_t length = 0; length < 100; length++) {
        unsigned char before[100], after[100];
        char text[150];
        size_t count;
        random_fill(before, length);

        size_t text_length = base64url_encode(before, length, text, sizeof text);
        assert_true(base64url_decode(slice_of(text, text_length), after, length, &count));

        assert_true(slice_is_equal(slice_of(before, length), slice_of(after, count)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_are_met),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(bytes_come_back_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
