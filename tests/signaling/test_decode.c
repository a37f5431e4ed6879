/* test_decode.c - what a client's text becomes, and which texts are refused with which field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "signaling/message.h"

#define TEXT_MAX 65536

static struct message message;
static const char *field;

static int create_decoder(void **state)
{
    *state = decoder_create(TEXT_MAX);
    return 0;
}

static int destroy_decoder(void **state)
{
    *state = decoder_destroy(*state);
    return 0;
}

static enum error decode(void **state, const char *text)
{
    return message_decode(*state, slice_from_text(text), &message, &field);
}

static void assert_taken(void **state, const char *text)
{
    enum error error = decode(state, text);
    if (error != ERROR_NONE)
        fail_msg("%s: %s, field %s", text, error_code(error), field ? field : "none");
    assert_null(field);
}

static void assert_refused(void **state, const char *text, enum error expected, const char *expected_field)
{
    enum error error = decode(state, text);
    if (error != expected || (field == NULL) != (expected_field == NULL) ||
        (field && strcmp(field, expected_field) != 0))
        fail_msg("%s: %s, field %s", text, error_code(error), field ? field : "none");
}

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_is_text(text, expected))
        fail_msg("got " SLICE_FORMAT ", not %s", SLICE_ARGS(text), expected);
}

/* Ends `out` with `count` letters between `before` and `after`. */
static const char *long_text(const char *before, size_t count, const char *after)
{
    static struct buffer out;
    buffer_clear(&out);
    buffer_add_text(&out, before);
    while (count--)
        buffer_add_char(&out, 'x');
    buffer_add_text(&out, after);
    return buffer_text(&out);
}

static void hello_with_everything_is_read(void **state)
{
    assert_taken(state, "{\"type\":\"hello\",\"id\":7,\"token\":\"a.b.c\",\"name\":\"Ann\",\"region\":\"eu\","
                        "\"attributes\":{\"role\":\"host\",\"old\":\"\"},\"media\":{\"mic\":true,\"screen\":false}}");

    const struct profile_update *profile = &message.hello.profile;
    assert_int_equal(message.type, MESSAGE_HELLO);
    assert_true(message.id.is_set);
    assert_int_equal(message.id.id, 7);
    assert_text(message.hello.token, "a.b.c");
    assert_text(message.hello.region, "eu");
    assert_true(profile->has_name);
    assert_text(profile->name, "Ann");
    assert_true(profile->has_attributes);
    assert_int_equal(profile->attributes.count, 2);
    assert_text(profile->attributes.items[0].key, "role");
    assert_text(profile->attributes.items[0].value, "host");
    assert_text(profile->attributes.items[1].key, "old");
    assert_int_equal(profile->attributes.items[1].value.length, 0);
    assert_int_equal(profile->media_mask, MEDIA_MIC | MEDIA_SCREEN);
    assert_int_equal(profile->media, MEDIA_MIC);
}

static void hello_with_a_token_alone_changes_nothing_else(void **state)
{
    assert_taken(state, "{\"token\":\"t\",\"type\":\"hello\"}");

    assert_false(message.id.is_set);
    assert_int_equal(message.hello.region.length, 0);
    assert_false(message.hello.profile.has_name);
    assert_false(message.hello.profile.has_attributes);
    assert_int_equal(message.hello.profile.media_mask, 0);
}

static void relayed_bodies_are_the_original_bytes(void **state)
{
    static const char *const bodies[] = {"null",
                                         "false",
                                         "0",
                                         "1.0e+2",
                                         "\"\"",
                                         "\"v=0\\r\\n\\u00e9\\/\"",
                                         "{ \"sdp\" :\t[1, 2]\n}",
                                         "[]",
                                         "{}",
                                         "{\"body\":{\"type\":\"hello\"}}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "{\"type\":\"relay\",\"to\":\"bob\",\"body\": %s ,\"kind\":\"offer\"}",
                       bodies[i]);
        assert_taken(state, text);
        assert_text(message.relay.body, bodies[i]);
        assert_true(message.relay.body.data >= text && message.relay.body.data < text + sizeof text);

        (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"body\":%s}", bodies[i]);
        assert_taken(state, text);
        assert_text(message.broadcast.body, bodies[i]);
    }
}

static void each_kind_is_known_and_data_is_the_default(void **state)
{
    for (int kind = 0; kind < RELAY_KIND_COUNT; kind++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":\"relay\",\"to\":\"bob\",\"kind\":\"%s\",\"body\":1}",
                       relay_kind_name((enum relay_kind)kind));
        assert_taken(state, text);
        assert_int_equal(message.relay.kind, kind);
    }
    assert_taken(state, "{\"type\":\"relay\",\"to\":\"bob\",\"body\":1}");
    assert_int_equal(message.relay.kind, RELAY_DATA);
    assert_text(message.relay.to, "bob");
}

static void kick_ping_and_leave_are_read(void **state)
{
    assert_taken(state, "{\"type\":\"kick\",\"peer\":\"bob\",\"id\":0}");
    assert_int_equal(message.type, MESSAGE_KICK);
    assert_text(message.kick.peer_id, "bob");
    assert_true(message.id.is_set);

    assert_taken(state, "{\"type\":\"ping\",\"id\":9007199254740991}");
    assert_int_equal(message.type, MESSAGE_PING);
    assert_true(message.id.id == ((int64_t)1 << 53) - 1);

    assert_taken(state, " {\"type\":\"leave\"} ");
    assert_int_equal(message.type, MESSAGE_LEAVE);
}

static void an_update_says_only_what_changes(void **state)
{
    assert_taken(state, "{\"type\":\"update\"}");
    assert_false(message.update.has_name || message.update.has_attributes || message.update.media_mask);

    assert_taken(state,
                 "{\"type\":\"update\",\"name\":\"\",\"attributes\":{},\"media\":{\"camera\":true,\"lidar\":9}}");
    assert_true(message.update.has_name && message.update.has_attributes);
    assert_int_equal(message.update.attributes.count, 0);
    assert_int_equal(message.update.media_mask, MEDIA_CAMERA);
    assert_int_equal(message.update.media, MEDIA_CAMERA);
}

static void escapes_are_read_in_names_types_and_values(void **state)
{
    assert_taken(state,
                 "{\"\\u0074ype\":\"u\\u0070date\",\"name\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\","
                 "\"attributes\":{\"\\u006b\":\"\\u0001\"},\"m\\u0065dia\":{\"\\u006dic\":true}}");

    assert_int_equal(message.type, MESSAGE_UPDATE);
    assert_text(message.update.name, "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_text(message.update.attributes.items[0].key, "k");
    assert_text(message.update.attributes.items[0].value, "\x01");
    assert_int_equal(message.update.media, MEDIA_MIC);
}

static void unknown_members_are_ignored(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_char(&text, '{');
    for (int i = 0; i < 100; i++)
        buffer_add_format(&text, "\"unknown-%d\":[{}],", i);
    buffer_add_text(&text, "\"type\":\"kick\",\"body\":1,\"peer\":\"bob\"}");

    assert_taken(state, buffer_text(&text));
    assert_text(message.kick.peer_id, "bob");

    buffer_fini(&text);
}

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
    assert_refused(state, long_text("{\"type\":\"broadcast\",\"body\":\"", TEXT_MAX, "\"}"), ERR_BAD_JSON, NULL);
}

static void strings_of_the_largest_message_fit_into_the_scratch(void **state)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_text(&text, "{\"type\":\"kick\",\"peer\":\"\\n");
    while (text.length < TEXT_MAX - 2)
        buffer_add_char(&text, 'x');
    buffer_add_text(&text, "\"}");

    assert_int_equal(message_decode(*state, buffer_slice(&text), &message, &field), ERROR_NONE);
    assert_int_equal(message.kick.peer_id.length, TEXT_MAX - strlen("{\"type\":\"kick\",\"peer\":\"") - 1 - 2);

    buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_with_everything_is_read),
        cmocka_unit_test(hello_with_a_token_alone_changes_nothing_else),
        cmocka_unit_test(relayed_bodies_are_the_original_bytes),
        cmocka_unit_test(each_kind_is_known_and_data_is_the_default),
        cmocka_unit_test(kick_ping_and_leave_are_read),
        cmocka_unit_test(an_update_says_only_what_changes),
        cmocka_unit_test(escapes_are_read_in_names_types_and_values),
        cmocka_unit_test(unknown_members_are_ignored),
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
    return cmocka_run_group_tests(tests, create_decoder, destroy_decoder);
}
