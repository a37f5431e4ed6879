/* test_decode.c - what a client's text becomes. */
#include <stdio.h>

#include "tests/signaling/support/decode_scene.h"
#include "tests/support/cmocka_all.h"

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_is_text(text, expected))
        fail_msg("got " SLICE_FORMAT ", not %s", SLICE_ARGS(text), expected);
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
        assert_text(message.relay.parcel.body, bodies[i]);
        assert_true(message.relay.parcel.body.data >= text && message.relay.parcel.body.data < text + sizeof text);

        (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"body\":%s}", bodies[i]);
        assert_taken(state, text);
        assert_text(message.broadcast.parcel.body, bodies[i]);
    }
}

static void each_kind_is_known_and_data_is_the_default(void **state)
{
    for (int kind = 0; kind < RELAY_KIND_COUNT; kind++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":\"relay\",\"to\":\"bob\",\"kind\":\"%s\",\"body\":1}",
                       relay_kind_name((enum relay_kind)kind));
        assert_taken(state, text);
        assert_int_equal(message.relay.parcel.kind, kind);
    }
    assert_taken(state, "{\"type\":\"relay\",\"to\":\"bob\",\"body\":1}");
    assert_int_equal(message.relay.parcel.kind, RELAY_DATA);
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
    };
    return cmocka_run_group_tests(tests, decode_scene_start, decode_scene_end);
}
