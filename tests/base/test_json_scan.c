/* test_json_scan.c - values read out of checked JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_scan.h"

static void assert_decodes(struct slice string, struct slice expected)
{
    char out[64];
    size_t length = json_string_decode(string, out);

    assert_true(length + 2 <= string.length);
    assert_true(slice_is_equal(slice_of(out, length), expected));
}

#define ASSERT_DECODES(string, expected) assert_decodes(SLICE_LITERAL(string), SLICE_LITERAL(expected))

static void strings_are_unescaped(void **state)
{
    (void)state;
    ASSERT_DECODES("\"\"", "");
    ASSERT_DECODES("\"plain\"", "plain");
    ASSERT_DECODES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    ASSERT_DECODES("\"a\\nb\\\\nc\"", "a\nb\\nc");
    ASSERT_DECODES("\"\\u0000\\u007f\\u0080\\u07ff\\u0800\\uFFFF\"", "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    ASSERT_DECODES("\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    ASSERT_DECODES("\"\\u00E9\\u00e9\xc3\xa9\"", "\xc3\xa9\xc3\xa9\xc3\xa9");
}

/* T-28 */
static void integers_are_bounded(void **state)
{
    static const struct {
        const char *number;
        int64_t max;
        bool is_taken;
    } rows[] = {{"0", 0, true},
                {"1", 0, false},
                {"9", 5, false},
                {"5", 5, true},
                {"6", 5, false},
                {"10", 9, false},
                {"2147483647", INT32_MAX, true},
                {"2147483648", INT32_MAX, false},
                {"9223372036854775807", INT64_MAX, true},
                {"9223372036854775808", INT64_MAX, false},
                {"18446744073709551616", INT64_MAX, false},
                {"-1", INT64_MAX, false},
                {"-0", INT64_MAX, false},
                {"1.0", INT64_MAX, false},
                {"1e2", INT64_MAX, false},
                {"1E2", INT64_MAX, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = -7;
        bool is_taken = json_integer_decode(slice_from_text(rows[i].number), rows[i].max, &value);
        if (is_taken != rows[i].is_taken)
            fail_msg("%s up to %lld", rows[i].number, (long long)rows[i].max);
        assert_true(is_taken || value == -7);
    }
    int64_t value;
    assert_true(json_integer_decode(SLICE_LITERAL("9007199254740991"), INT64_MAX, &value));
    assert_true(value == 9007199254740991);
}

static void a_walk_visits_every_member_and_no_inner_one(void **state)
{
    const struct json_member expected[] = {
        {SLICE_LITERAL("a"), JSON_NUMBER, SLICE_LITERAL("-1.5e+3")},
        {SLICE_LITERAL("b\\\"}"), JSON_STRING, SLICE_LITERAL("\"]}\\\"\\\\\"")},
        {SLICE_LITERAL(""), JSON_OBJECT, SLICE_LITERAL("{ \"x\" : [ \"}\" ] }")},
        {SLICE_LITERAL("c"), JSON_ARRAY, SLICE_LITERAL("[[],{}]")},
        {SLICE_LITERAL("d"), JSON_TRUE, SLICE_LITERAL("true")},
        {SLICE_LITERAL("e"), JSON_FALSE, SLICE_LITERAL("false")},
        {SLICE_LITERAL("f"), JSON_NULL, SLICE_LITERAL("null")},
    };
    struct slice object = SLICE_LITERAL("{ \"a\" : -1.5e+3 ,\t\"b\\\"}\":\"]}\\\"\\\\\",\n\"\":{ \"x\" : [ \"}\" ] },"
                                        "\"c\":[[],{}],\"d\":true,\"e\":false\r,\"f\":null }");
    struct json_walk walk = json_walk_start(object);
    struct json_member member;
    size_t count = 0;
    (void)state;

    for (; json_walk_next(&walk, &member); count++) {
        assert_true(count < sizeof expected / sizeof *expected);
        assert_true(slice_is_equal(member.name, expected[count].name));
        assert_true(slice_is_equal(member.value, expected[count].value));
        assert_int_equal(member.kind, expected[count].kind);
    }

    assert_int_equal(count, sizeof expected / sizeof *expected);
}

static void a_walk_over_an_array_has_no_names(void **state)
{
    struct json_walk walk = json_walk_start(SLICE_LITERAL("[\"a\" , 1,[2,3]]"));
    struct json_member member;
    (void)state;

    assert_true(json_walk_next(&walk, &member));
    assert_true(slice_is_text(member.value, "\"a\""));
    assert_int_equal(member.name.length, 0);
    assert_true(json_walk_next(&walk, &member));
    assert_true(slice_is_text(member.value, "1"));
    assert_true(json_walk_next(&walk, &member));
    assert_true(slice_is_text(member.value, "[2,3]"));
    assert_false(json_walk_next(&walk, &member));
}

static void empty_containers_end_at_once(void **state)
{
    struct json_member member;
    struct json_walk object = json_walk_start(SLICE_LITERAL("{ }"));
    struct json_walk array = json_walk_start(SLICE_LITERAL("[]"));
    (void)state;

    assert_false(json_walk_next(&object, &member));
    assert_false(json_walk_next(&array, &member));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(integers_are_bounded),
        cmocka_unit_test(a_walk_visits_every_member_and_no_inner_one),
        cmocka_unit_test(a_walk_over_an_array_has_no_names),
        cmocka_unit_test(empty_containers_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
