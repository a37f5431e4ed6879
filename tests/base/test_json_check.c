/* test_json_check.c - the strict JSON check: the grammar, the rules, and what it costs (T-27). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json_check.h"

#define BYTES_MAX 65536

static const struct json_rules plain_rules = {JSON_DEPTH_MAX, false, false};
static const struct json_rules message_rules = {8, true, true};

static int create_checker(void **state)
{
    *state = json_checker_create(BYTES_MAX);
    return 0;
}

static int destroy_checker(void **state)
{
    *state = json_checker_destroy(*state);
    return 0;
}

struct sample {
    struct slice text;
    bool is_message; /* under the message rules */
    bool is_json;    /* under plain RFC 8259 */
};

#define GOOD(text)                                                                                                     \
    {                                                                                                                  \
        {(text), sizeof(text) - 1}, true, true                                                                         \
    }
#define BROKEN(text)                                                                                                   \
    {                                                                                                                  \
        {(text), sizeof(text) - 1}, false, false                                                                       \
    }
#define ONLY_JSON(text)                                                                                                \
    {                                                                                                                  \
        {(text), sizeof(text) - 1}, false, true                                                                        \
    }

/* clang-format off */
static const struct sample samples[] = {
    /* Values */
    GOOD("{}"), GOOD("[]"), GOOD("\"\""), GOOD("0"), GOOD("true"), GOOD("false"), GOOD("null"),
    GOOD(" \t\r\n{ \t\r\n} \t\r\n"), GOOD("{\"a\" : [ 1 , 2 ] , \"b\":{}}"), GOOD("[[],{},\"\",0,true,false,null]"),
    BROKEN(""), BROKEN(" "), BROKEN("\n"), BROKEN("tru"), BROKEN("truee"), BROKEN("True"), BROKEN("nul"),
    BROKEN("NULL"), BROKEN("undefined"), BROKEN("NaN"), BROKEN("Infinity"), BROKEN("-Infinity"), BROKEN("inf"),
    BROKEN("{} {}"), BROKEN("[][]"), BROKEN("1 2"), BROKEN("1,"), BROKEN(","), BROKEN(":"), BROKEN("{}x"),
    BROKEN("{}\0"), BROKEN("\0{}"), BROKEN("[\0]"), BROKEN("{}\x1a"), BROKEN("\x0b[]"), BROKEN("\x0c[]"),
    BROKEN("/* */{}"), BROKEN("{}//"), BROKEN("#\n{}"), BROKEN("\xef\xbb\xbf{}"), BROKEN("\xc2\xa0{}"),
    BROKEN("\xff\xfe{\0}\0"), BROKEN("'a'"), BROKEN("a"), BROKEN("`a`"),
    /* Arrays */
    GOOD("[1,2,3]"), GOOD("[[[[[[[[]]]]]]]]"), BROKEN("["), BROKEN("]"), BROKEN("[1"), BROKEN("[1,"), BROKEN("[,1]"),
    BROKEN("[1,,2]"), BROKEN("[1,]"), BROKEN("[,]"), BROKEN("[1 2]"), BROKEN("[1}"), BROKEN("[\"a\":1]"), BROKEN("[1]]"),
    BROKEN("[1:2]"), BROKEN("[(1)]"),
    /* Objects */
    GOOD("{\"\":0}"), GOOD("{\"a\":{\"a\":{\"a\":1}}}"), GOOD("[{\"a\":1},{\"a\":1}]"), BROKEN("{"), BROKEN("}"),
    BROKEN("{\"a\""), BROKEN("{\"a\":"), BROKEN("{\"a\":1"), BROKEN("{\"a\":1,"), BROKEN("{\"a\":1,}"), BROKEN("{,}"),
    BROKEN("{\"a\"}"), BROKEN("{\"a\",1}"), BROKEN("{\"a\"::1}"), BROKEN("{\"a\" 1}"), BROKEN("{a:1}"), BROKEN("{1:1}"),
    BROKEN("{'a':1}"), BROKEN("{null:1}"), BROKEN("{\"a\":1]"), BROKEN("{\"a\":1 \"b\":2}"), BROKEN("{\"a\":1;\"b\":2}"),
    BROKEN("{\"a\":}"), BROKEN("{:1}"), BROKEN("{\"a\":1,,\"b\":2}"), BROKEN("{\"a\":1}}"), BROKEN("{[]:1}"),
    BROKEN("{\"a\":1,2}"), BROKEN("{\"a\":1:2}"),
    /* Numbers */
    GOOD("-0"), GOOD("10"), GOOD("0.0"), GOOD("-1.5e+10"), GOOD("1E-2"), GOOD("0e0"), GOOD("1e400"), GOOD("9007199254740993"),
    GOOD("123456789012345678901234567890123456789012345678901234567890"), BROKEN("-"), BROKEN("+1"), BROKEN("01"),
    BROKEN("-01"), BROKEN("00"), BROKEN("1."), BROKEN(".5"), BROKEN("-.5"), BROKEN("1.e1"), BROKEN("1e"), BROKEN("1e+"),
    BROKEN("1e1.5"), BROKEN("1.2.3"), BROKEN("0x10"), BROKEN("1_000"), BROKEN("--1"), BROKEN("1-"), BROKEN("1f"),
    BROKEN("\xef\xbc\x91"), BROKEN("- 1"), BROKEN("1 e1"),
    /* Strings */
    GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), GOOD("\"\\u0041\\uABCD\\uabcd\""), GOOD("\"\\ud83d\\ude00\""), GOOD("\"\x7f\""),
    GOOD("\"\\\\u0000\""), GOOD("\"\\u0001\\u001f\""), GOOD("\"\\uffff\""), GOOD("\"12345678\\n12345678\""), ONLY_JSON("\"\\u0000\""),
    ONLY_JSON("{\"\\u0000\":1}"), BROKEN("\""), BROKEN("\"a"), BROKEN("\"\\\""), BROKEN("\"\\"), BROKEN("\"\\a\""),
    BROKEN("\"\\'\""), BROKEN("\"\\0\""), BROKEN("\"\\x41\""), BROKEN("\"\\U0041\""), BROKEN("\"\\u\""), BROKEN("\"\\u004\""),
    BROKEN("\"\\u004g\""), BROKEN("\"\\u 041\""), BROKEN("\"\\u+041\""), BROKEN("\"\\u004"), BROKEN("\"\n\""), BROKEN("\"\t\""),
    BROKEN("\"\0\""), BROKEN("\"\x1f\""), BROKEN("\"1234567\x01""12345678\""), BROKEN("\"12345678123\x1f\""), BROKEN("\"\\\n\""),
    BROKEN("\"\\ud800\""), BROKEN("\"\\udc00\""), BROKEN("\"\\ud800\\ud800\""), BROKEN("\"\\udc00\\udc00\""), BROKEN("\"\\ud800\\ue000\""), BROKEN("\"\\ud800x\""), BROKEN("\"\\ud800\\n\""),
    BROKEN("\"\\ud800\\u0041\""), BROKEN("\"\\udc00\\ud800\""), BROKEN("\"\\ud800\\udc0\""), BROKEN("\"\\ud83d\""),
    BROKEN("{\"\\ud800\":1}"),
    /* UTF-8: the first and last of each length, and what lies just outside */
    GOOD("\"\xc2\x80\xdf\xbf\""), GOOD("\"\xe0\xa0\x80\xef\xbf\xbf\""), GOOD("\"\xed\x9f\xbf\xee\x80\x80\""),
    GOOD("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), GOOD("\"\xef\xbb\xbf\""), BROKEN("\"\x80\""), BROKEN("\"\xbf\""),
    BROKEN("\"\xc0\x80\""), BROKEN("\"\xc1\xbf\""), BROKEN("\"\xc2\""), BROKEN("\"\xc2\x41\""), BROKEN("\"\xe0\x9f\xbf\""),
    BROKEN("\"\xe2\x82\""), BROKEN("\"\xe2\x82\xc0\""), BROKEN("\"\xed\xa0\x80\""), BROKEN("\"\xed\xbf\xbf\""),
    BROKEN("\"\xf0\x8f\xbf\xbf\""), BROKEN("\"\xf0\x9f\x98\""), BROKEN("\"\xf4\x90\x80\x80\""), BROKEN("\"\xf5\x80\x80\x80\""),
    BROKEN("\"\xfe\""), BROKEN("\"\xff\""), BROKEN("\"\xf8\x88\x80\x80\x80\""), BROKEN("\"\xc2"), BROKEN("\"\xf0\x9f\x98"),
    BROKEN("\xc3\xa9"), BROKEN("[\xe2\x82\xac]"),
    /* Names given twice */
    ONLY_JSON("{\"a\":1,\"a\":2}"), ONLY_JSON("{\"a\":1,\"\\u0061\":2}"), ONLY_JSON("{\"\\u0061\":1,\"\\u0061\":2}"),
    ONLY_JSON("{\"\":1,\"\":2}"), ONLY_JSON("{\"\\u0061\":1,\"\\u0062\":2,\"a\":3}"), ONLY_JSON("{\"\\n\":1,\"\\u000a\":2}"), ONLY_JSON("{\"/\":1,\"\\/\":2}"),
    ONLY_JSON("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"), ONLY_JSON("{\"b\":{\"a\":1,\"a\":2}}"),
    ONLY_JSON("[[{\"a\":1,\"b\":{},\"a\":2}]]"), ONLY_JSON("{\"a\":{\"b\":[{\"a\":1}]},\"a\":2}"),
    GOOD("{\"a\":1,\"A\":2}"), GOOD("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), GOOD("{\"\\\\u0061\":1,\"a\":2}"),
    GOOD("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"), /* the same letter to the eye; names are not normalised */
    /* Depth: eight for a message */
    ONLY_JSON("[[[[[[[[[]]]]]]]]]"), GOOD("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}"),
    ONLY_JSON("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"), GOOD("[[[[[[[[]],[[]]]]]]]]"),
};
/* clang-format on */

static bool accepts(struct json_checker *checker, struct slice text, const struct json_rules *rules)
{
    /* A copy of the exact size, so that the sanitizer sees a read past the end. */
    char *copy = malloc(text.length ? text.length : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.length);
    enum error error = json_check(checker, slice_of(copy, text.length), rules);
    free(copy);
    assert_true(error == ERROR_NONE || error == ERR_BAD_JSON);
    return error == ERROR_NONE;
}

static void each_text_of_the_table_is_judged_right(void **state)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *sample = &samples[i];

        bool is_json = accepts(*state, sample->text, &plain_rules);
        bool is_message = accepts(*state, sample->text, &message_rules);

        if (is_json != sample->is_json || is_message != sample->is_message)
            fail_msg("row %zu, " SLICE_FORMAT ": json %d, message %d", i, SLICE_ARGS(sample->text), is_json,
                     is_message);
    }
}

static void every_cut_of_a_message_is_refused(void **state)
{
    struct slice text = SLICE_LITERAL("{\"a\":[\"\\ud83d\\ude00\",\"\xf0\x9f\x98\x80\",-1.5e+3,true,null],\"b\":{}}");
    assert_true(accepts(*state, text, &message_rules));

    for (size_t length = 0; length < text.length; length++)
        assert_false(accepts(*state, slice_of(text.data, length), &message_rules));
}

static void a_special_byte_is_found_at_every_place_of_a_word(void **state)
{
    static const char specials[] = "\x01\x1f\x80\xff\"\\";
    for (size_t at = 0; at < 24; at++) {
        for (const char *special = specials; *special; special++) {
            char text[] = "\"aaaaaaaaaaaaaaaaaaaaaaaa\"";
            text[1 + at] = *special;
            assert_false(accepts(*state, slice_of(text, 26), &plain_rules));
        }
    }
}

static void a_text_of_the_largest_size_is_read_and_a_longer_one_refused(void **state)
{
    struct json_checker *checker = json_checker_create(16);
    struct slice text = SLICE_LITERAL("{\"a\":\"4567890\"} ");

    assert_true(accepts(checker, slice_of(text.data, 15), &message_rules));
    assert_true(accepts(checker, text, &message_rules));
    assert_false(accepts(checker, SLICE_LITERAL("{\"a\":\"4567890\"}  "), &message_rules));

    (void)json_checker_destroy(checker);
    (void)state;
}

/* T-27: 10^5 brackets */
static void bottomless_nesting_is_refused(void **state)
{
    struct json_checker *checker = json_checker_create(1 << 20);
    struct buffer text = BUFFER_EMPTY;
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&text, i % 2 ? "{\"\":" : "[");

    assert_false(accepts(checker, buffer_slice(&text), &plain_rules));
    assert_false(accepts(checker, buffer_slice(&text), &message_rules));

    buffer_fini(&text);
    (void)json_checker_destroy(checker);
    (void)state;
}

static void add_members(struct buffer *text, int count)
{
    buffer_add_char(text, '{');
    for (int i = 0; i < count; i++) {
        if (i)
            buffer_add_char(text, ',');
        buffer_add_format(text, "\"%x\":0", i);
    }
    buffer_add_char(text, '}');
}

/* T-27: 10^5 keys, and the last one is a repetition of the first */
static void a_repetition_among_many_names_is_found(void **state)
{
    struct json_checker *checker = json_checker_create(2 << 20);
    struct buffer text = BUFFER_EMPTY;
    add_members(&text, 100000);

    assert_true(accepts(checker, buffer_slice(&text), &message_rules));
    text.length--;
    buffer_add_text(&text, ",\"\\u0030\":0}");
    assert_false(accepts(checker, buffer_slice(&text), &message_rules));

    buffer_fini(&text);
    (void)json_checker_destroy(checker);
    (void)state;
}

/* T-27: as many names as any text of that size can hold: the table of names is never full */
static void the_densest_text_fits(void **state)
{
    const struct json_rules rules = {JSON_DEPTH_MAX, true, true};
    struct buffer text = BUFFER_EMPTY;
    buffer_add_char(&text, '[');
    while (text.length + 2600 < BYTES_MAX) {
        for (int i = 0; i < 500; i++)
            buffer_add_text(&text, "{\"\":");
        buffer_add_char(&text, '0');
        for (int i = 0; i < 500; i++)
            buffer_add_char(&text, '}');
        buffer_add_char(&text, ',');
    }
    buffer_add_text(&text, "0]");

    assert_true(accepts(*state, buffer_slice(&text), &rules));

    buffer_fini(&text);
}

static void names_of_an_earlier_text_are_forgotten(void **state)
{
    for (int i = 0; i < 1000; i++) {
        assert_true(accepts(*state, SLICE_LITERAL("{\"a\":1,\"b\":{\"a\":1}}"), &message_rules));
        assert_false(accepts(*state, SLICE_LITERAL("{\"a\":1,\"b\":{\"a\":1},\"a\":1}"), &message_rules));
    }
}

static void a_number_of_any_size_is_only_a_number(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_char(&text, '1');
    while (text.length < BYTES_MAX)
        buffer_add_char(&text, '9');

    assert_true(accepts(*state, buffer_slice(&text), &message_rules));

    buffer_fini(&text);
}

static void the_members_asked_for_are_found_in_one_pass(void **state)
{
    struct json_member members[] = {{.name = SLICE_LITERAL("type")},
                                    {.name = SLICE_LITERAL("body")},
                                    {.name = SLICE_LITERAL("absent")},
                                    {.name = SLICE_LITERAL("n")}};
    struct slice text = SLICE_LITERAL(
        " {\"x\":[{\"type\":1}], \"ty\\u0070e\" : \"a\\n\" ,\"body\":\t{ \"absent\" : [1, 2] }\n, \"n\":-1.5} ");
    enum json_kind kind;

    assert_int_equal(json_check_members(*state, text, &message_rules, members, 4, &kind), ERROR_NONE);

    assert_int_equal(kind, JSON_OBJECT);
    assert_int_equal(members[0].kind, JSON_STRING);
    assert_true(slice_is_text(members[0].value, "\"a\\n\""));
    assert_int_equal(members[1].kind, JSON_OBJECT);
    assert_true(slice_is_text(members[1].value, "{ \"absent\" : [1, 2] }"));
    assert_int_equal(members[2].kind, JSON_ABSENT);
    assert_int_equal(members[3].kind, JSON_NUMBER);
    assert_true(slice_is_text(members[3].value, "-1.5"));
}

static void each_kind_of_value_is_told(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } rows[] = {{" {}", JSON_OBJECT}, {"[1]", JSON_ARRAY},   {"\"\"", JSON_STRING}, {"-1", JSON_NUMBER},
                {"true", JSON_TRUE},  {"false", JSON_FALSE}, {"null", JSON_NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_member member = {.name = SLICE_LITERAL("a")};
        char object[32];
        enum json_kind kind;
        (void)snprintf(object, sizeof object, "{\"a\":%s}", rows[i].text);

        assert_int_equal(json_check_members(*state, slice_from_text(rows[i].text), &plain_rules, &member, 1, &kind), 0);
        assert_int_equal(kind, rows[i].kind);
        assert_int_equal(member.kind, JSON_ABSENT);
        assert_int_equal(json_check_members(*state, slice_from_text(object), &plain_rules, &member, 1, &kind), 0);
        assert_int_equal(member.kind, rows[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_of_the_table_is_judged_right),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(a_special_byte_is_found_at_every_place_of_a_word),
        cmocka_unit_test(a_text_of_the_largest_size_is_read_and_a_longer_one_refused),
        cmocka_unit_test(bottomless_nesting_is_refused),
        cmocka_unit_test(a_repetition_among_many_names_is_found),
        cmocka_unit_test(the_densest_text_fits),
        cmocka_unit_test(names_of_an_earlier_text_are_forgotten),
        cmocka_unit_test(a_number_of_any_size_is_only_a_number),
        cmocka_unit_test(the_members_asked_for_are_found_in_one_pass),
        cmocka_unit_test(each_kind_of_value_is_told),
    };
    return cmocka_run_group_tests(tests, create_checker, destroy_checker);
}
