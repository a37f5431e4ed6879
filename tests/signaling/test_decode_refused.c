/* test_decode_refused.c - which texts of a client are refused, with which field, and the limits of those that are not.
 */
#include <stdio.h>

#include "tests/signaling/support/decode_scene.h"
#include "tests/support/cmocka_all.h"

static void what_is_no_strict_json_is_bad_json(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "{\"type\":\"ping\"",
                                        "{\"type\":\"ping\"}}",
                                        "{\"type\":\"ping\",}",
                                        "\xef\xbb\xbf{\"type\":\"ping\"}",
                                        "{\"type\":\"ping\",\"type\":\"ping\"}",
                                        "{\"type\":\"ping\",\"\\u0074ype\":\"leave\"}",
                                        "{\"type\":\"ping\",\"x\":\"\\u0000\"}",
                                        "{\"type\":\"ping\",\"x\":\"\\ud800\"}",
                                        "{\"type\":\"ping\",\"x\":\"\xff\"}",
                                        "{\"type\":\"broadcast\",\"body\":[[[[[[[[]]]]]]]]}",
                                        "{\"type\":\"broadcast\",\"body\":{\"a\":1,\"a\":1}}",
                                        "{\"type\":\"ping\",\"id\":NaN}",
                                        "{\"type\":\"ping\",\"id\":01}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(state, texts[i], ERR_BAD_JSON, NULL);
    assert_taken(state, "{\"type\":\"broadcast\",\"body\":[[[[[[[]]]]]]]}");
}

static void what_is_no_object_is_bad_json(void **state)
{
    static const char *const texts[] = {"[]", "[{\"type\":\"ping\"}]", "\"ping\"", "1", "null", "true"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(state, texts[i], ERR_BAD_JSON, NULL);
}

static void a_missing_or_wrong_type_is_named(void **state)
{
    assert_refused(state, "{}", ERR_BAD_MESSAGE, "type");
    assert_refused(state, "{\"type\":1}", ERR_BAD_MESSAGE, "type");
    assert_refused(state, "{\"type\":null}", ERR_BAD_MESSAGE, "type");
    assert_refused(state, "{\"type\":{\"type\":\"ping\"}}", ERR_BAD_MESSAGE, "type");
    assert_refused(state, "{\"type\":\"\"}", ERR_UNKNOWN_TYPE, NULL);
    assert_refused(state, "{\"type\":\"Ping\"}", ERR_UNKNOWN_TYPE, NULL);
    assert_refused(state, "{\"type\":\"pings\"}", ERR_UNKNOWN_TYPE, NULL);
    assert_refused(state, "{\"type\":\"welcome\"}", ERR_UNKNOWN_TYPE, NULL);
}

/* T-28 */
static void an_id_is_an_integer_that_javascript_can_hold(void **state)
{
    static const char *const ids[] = {"-1",
                                      "-0",
                                      "1.0",
                                      "0.5",
                                      "1e3",
                                      "\"1\"",
                                      "null",
                                      "true",
                                      "[]",
                                      "{}",
                                      "9007199254740992",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "1e400",
                                      "99999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":\"ping\",\"id\":%s}", ids[i]);
        assert_refused(state, text, ERR_BAD_MESSAGE, "id");
        assert_false(message.id.is_set);
    }
    assert_taken(state, "{\"type\":\"ping\",\"id\":2147483648}");
    assert_true(message.id.id == 2147483648);
}

static void the_id_of_a_refused_message_is_still_known(void **state)
{
    assert_refused(state, "{\"type\":\"dance\",\"id\":5}", ERR_UNKNOWN_TYPE, NULL);
    assert_true(message.id.is_set);
    assert_int_equal(message.id.id, 5);

    assert_refused(state, "{\"type\":\"relay\",\"id\":6}", ERR_BAD_MESSAGE, "to");
    assert_int_equal(message.id.id, 6);

    assert_refused(state, "{\"id\":8}", ERR_BAD_MESSAGE, "type");
    assert_int_equal(message.id.id, 8);
}

static void a_field_that_is_missing_or_of_another_type_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *field;
    } rows[] = {
        {"{\"type\":\"hello\"}", "token"},
        {"{\"type\":\"hello\",\"token\":\"\"}", "token"},
        {"{\"type\":\"hello\",\"token\":1}", "token"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"name\":null}", "name"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"name\":[\"Ann\"]}", "name"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"region\":1}", "region"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"media\":true}", "media"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"media\":[]}", "media"},
        {"{\"type\":\"hello\",\"token\":\"t\",\"media\":{\"mic\":1}}", "media"},
        {"{\"type\":\"update\",\"media\":{\"camera\":null}}", "media"},
        {"{\"type\":\"update\",\"media\":{\"mic\":true,\"screen\":\"true\"}}", "media"},
        {"{\"type\":\"update\",\"attributes\":[]}", "attributes"},
        {"{\"type\":\"update\",\"attributes\":null}", "attributes"},
        {"{\"type\":\"update\",\"attributes\":{\"a\":1}}", "attributes"},
        {"{\"type\":\"update\",\"attributes\":{\"a\":null}}", "attributes"},
        {"{\"type\":\"update\",\"attributes\":{\"a\":{\"b\":\"c\"}}}", "attributes"},
        {"{\"type\":\"relay\",\"body\":1}", "to"},
        {"{\"type\":\"relay\",\"to\":1,\"body\":1}", "to"},
        {"{\"type\":\"relay\",\"to\":[\"bob\"],\"body\":1}", "to"},
        {"{\"type\":\"relay\",\"to\":\"bob\"}", "body"},
        {"{\"type\":\"relay\",\"to\":\"bob\",\"body\":1,\"kind\":\"\"}", "kind"},
        {"{\"type\":\"relay\",\"to\":\"bob\",\"body\":1,\"kind\":\"Offer\"}", "kind"},
        {"{\"type\":\"relay\",\"to\":\"bob\",\"body\":1,\"kind\":null}", "kind"},
        {"{\"type\":\"broadcast\"}", "body"},
        {"{\"type\":\"kick\"}", "peer"},
        {"{\"type\":\"kick\",\"peer\":{\"id\":\"bob\"}}", "peer"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(state, rows[i].text, ERR_BAD_MESSAGE, rows[i].field);
}

static void each_text_may_be_as_long_as_promised_and_no_longer(void **state)
{
    static const struct {
        const char *before, *after, *field;
        size_t max;
    } rows[] = {
        {"{\"type\":\"hello\",\"token\":\"", "\"}", "token", 4096},
        {"{\"type\":\"hello\",\"token\":\"t\",\"name\":\"", "\"}", "name", 256},
        {"{\"type\":\"hello\",\"token\":\"t\",\"region\":\"", "\"}", "region", 64},
        {"{\"type\":\"update\",\"name\":\"", "\"}", "name", 256},
        {"{\"type\":\"update\",\"attributes\":{\"", "\":\"\"}}", "attributes", 64},
        {"{\"type\":\"update\",\"attributes\":{\"k\":\"", "\"}}", "attributes", 1024},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_taken(state, long_text(rows[i].before, rows[i].max, rows[i].after));
        assert_refused(state, long_text(rows[i].before, rows[i].max + 1, rows[i].after), ERR_BAD_MESSAGE,
                       rows[i].field);
    }
}

static void add_attributes(struct buffer *text, int count, int value_length)
{
    buffer_clear(text);
    buffer_add_text(text, "{\"type\":\"update\",\"attributes\":{");
    for (int i = 0; i < count; i++)
        buffer_add_format(text, "%s\"%04d\":\"%0*d\"", i ? "," : "", i, value_length, 0);
    buffer_add_text(text, "}}");
}

static void attributes_are_bounded_in_number_and_together(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    add_attributes(&text, 32, 4096 / 32 - 4);
    assert_taken(state, buffer_text(&text));
    assert_int_equal(message.update.attributes.count, 32);

    add_attributes(&text, 32, 4096 / 32 - 3);
    assert_refused(state, buffer_text(&text), ERR_BAD_MESSAGE, "attributes");
    add_attributes(&text, 33, 1);
    assert_refused(state, buffer_text(&text), ERR_BAD_MESSAGE, "attributes");

    buffer_fini(&text);
}

/* A limit is in bytes of the text, not of its escapes. */
static void a_name_is_measured_unescaped(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_text(&text, "{\"type\":\"update\",\"name\":\"");
    for (int i = 0; i < 64; i++)
        buffer_add_text(&text, "\\ud83d\\ude00");
    buffer_add_text(&text, "\"}");

    assert_taken(state, buffer_text(&text));
    assert_int_equal(message.update.name.length, 256);

    buffer_fini(&text);
}

/* T-48 */
static void keys_that_poison_prototypes_are_refused(void **state)
{
    static const char *const keys[] = {"__proto__", "constructor", "prototype", "\\u005f_proto__"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":\"update\",\"attributes\":{\"%s\":\"x\"}}", keys[i]);
        assert_refused(state, text, ERR_BAD_MESSAGE, "attributes");
    }
    assert_taken(state, "{\"type\":\"update\",\"attributes\":{\"toString\":\"constructor\"}}");
}

static void a_text_over_the_decoders_size_is_refused(void **state)
{
    assert_refused(state, long_text("{\"type\":\"broadcast\",\"body\":\"", DECODE_TEXT_MAX, "\"}"), ERR_BAD_JSON, NULL);
}

static void strings_of_the_largest_message_fit_into_the_scratch(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_text(&text, "{\"type\":\"kick\",\"peer\":\"\\n");
    while (text.length < DECODE_TEXT_MAX - 2)
        buffer_add_char(&text, 'x');
    buffer_add_text(&text, "\"}");

    assert_int_equal(message_decode(*state, buffer_slice(&text), &message, &field), ERROR_NONE);
    assert_int_equal(message.kick.peer_id.length, DECODE_TEXT_MAX - strlen("{\"type\":\"kick\",\"peer\":\"") - 1 - 2);

    buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_strict_json_is_bad_json),
        cmocka_unit_test(what_is_no_object_is_bad_json),
        cmocka_unit_test(a_missing_or_wrong_type_is_named),
        cmocka_unit_test(an_id_is_an_integer_that_javascript_can_hold),
        cmocka_unit_test(the_id_of_a_refused_message_is_still_known),
        cmocka_unit_test(a_field_that_is_missing_or_of_another_type_is_named),
        cmocka_unit_test(each_text_may_be_as_long_as_promised_and_no_longer),
        cmocka_unit_test(attributes_are_bounded_in_number_and_together),
        cmocka_unit_test(a_name_is_measured_unescaped),
        cmocka_unit_test(keys_that_poison_prototypes_are_refused),
        cmocka_unit_test(a_text_over_the_decoders_size_is_refused),
        cmocka_unit_test(strings_of_the_largest_message_fit_into_the_scratch),
    };
    return cmocka_run_group_tests(tests, decode_scene_start, decode_scene_end);
}
