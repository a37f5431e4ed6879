/* test_wire_request.c - a request is the same on the other node, and nothing that no edge would say is one (T-51). */
#include <stdlib.h>

#include "tests/cluster/support/wire_scene.h"
#include "tests/support/cmocka_all.h"

#define ROUNDS 300
#define ANN    "AAAAAAAAAAAAAAAAAAAAAA"
#define BOB    "BBBBBBBBBBBBBBBBBBBBBB"

static enum error get(struct wire_scene *scene, struct request *out)
{
    return wire_get_request(scene->room, buffer_slice(&scene->bytes), out);
}

static void assert_is_refused(struct wire_scene *scene, const struct request *request)
{
    struct request found = {.session = 77};
    buffer_clear(&scene->bytes);
    wire_put_request(request, &scene->bytes);
    assert_int_equal(get(scene, &found), ERR_BAD_MESSAGE);
    assert_int_equal(found.session, 77);
}

static void assert_is_taken(struct wire_scene *scene, const struct request *request)
{
    struct request found;
    buffer_clear(&scene->bytes);
    wire_put_request(request, &scene->bytes);
    assert_int_equal(get(scene, &found), ERROR_NONE);
    assert_same_request(&found, request);
}

static void every_request_comes_out_as_it_went_in(void **state)
{
    struct wire_scene *scene = *state;
    for (int i = 0; i < ROUNDS; i++) {
        for (int type = 0; type <= REQUEST_LEAVE; type++) {
            wire_scene_clear(scene);
            struct request request = any_request(scene, (enum request_type)type);
            assert_is_taken(scene, &request);
        }
    }
}

static void what_is_cut_off_is_refused_and_nothing_is_read_beyond_it(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    for (int i = 0; i < 3; i++) {
        for (int type = 0; type <= REQUEST_LEAVE; type++) {
            wire_scene_clear(scene);
            struct request request = any_request(scene, (enum request_type)type);
            wire_put_request(&request, &scene->bytes);
            for (size_t length = 0; length < scene->bytes.length; length++) {
                char *cut = cut_off(buffer_slice(&scene->bytes), length);
                assert_int_equal(wire_get_request(scene->room, slice_of(cut, length), &request), ERR_BAD_MESSAGE);
                free(cut);
            }
        }
    }
}

static void what_a_later_version_adds_at_the_end_is_passed_over(void **state)
{
    struct wire_scene *scene = *state;
    for (int type = 0; type <= REQUEST_LEAVE; type++) {
        struct request found;
        wire_scene_clear(scene);
        struct request request = any_request(scene, (enum request_type)type);
        wire_put_request(&request, &scene->bytes);
        append_hex(&scene->bytes, "ff 00 01 02");
        assert_int_equal(get(scene, &found), ERROR_NONE);
        assert_same_request(&found, &request);
    }
}

static void what_a_later_version_adds_to_a_profile_is_passed_over(void **state)
{
    struct wire_scene *scene = *state;
    struct request found;
    struct profile profile = {.identity = SLICE_LITERAL("ann")};
    struct request request = {
        .type = REQUEST_JOIN, .got = GOT_NOTHING, .join = {SLICE_LITERAL("blue"), ANN, &profile, true, 2000000000}};
    wire_put_request(&request, &scene->bytes);
    size_t tail = scene->bytes.length - 9;
    struct buffer longer = BUFFER_EMPTY;
    size_t length_at = tail - (3 * 4 + 3 + 1 + 1 + 1) - 4;

    buffer_add(&longer, slice_of(scene->bytes.data, tail));
    append_hex(&longer, "ff ff ff");
    longer.data[length_at + 3] = (char)(longer.data[length_at + 3] + 3);
    buffer_add(&longer, slice_of(scene->bytes.data + tail, 9));

    assert_int_equal(wire_get_request(scene->room, buffer_slice(&longer), &found), ERROR_NONE);
    assert_same_request(&found, &request);
    buffer_fini(&longer);
}

static void whatever_is_flipped_what_comes_out_keeps_the_limits(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct buffer again = BUFFER_EMPTY;
    for (int round = 0; round < 5000; round++) {
        struct request found, second;
        wire_scene_clear(scene);
        struct request request = any_request(scene, (enum request_type)any_to(scene, REQUEST_LEAVE));
        wire_put_request(&request, &scene->bytes);
        size_t at = any_to(scene, scene->bytes.length - 1);
        scene->bytes.data[at] = (char)(scene->bytes.data[at] ^ (1 + any_to(scene, 254)));
        if (get(scene, &found))
            continue;
        struct wire_room *room = wire_room_create();
        buffer_clear(&again);
        wire_put_request(&found, &again);
        assert_int_equal(wire_get_request(room, buffer_slice(&again), &second), ERROR_NONE);
        assert_same_request(&second, &found);
        wire_room_destroy(room);
    }
    buffer_fini(&again);
}

static struct request relay_of(const char *to, const char *body)
{
    struct request request = {.type = REQUEST_RELAY, .got = GOT_NOTHING};
    request.relay.to = slice_from_text(to);
    request.relay.parcel = (struct parcel){1, RELAY_DATA, slice_from_text(body)};
    return request;
}

static void a_body_is_strict_json_no_deeper_than_a_client_may_say_it(void **state)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "{} {}",
                                        "{\"a\":1,\"a\":2}",
                                        "\"\\u0000\"",
                                        "\"\xff\"",
                                        "\"\\ud800\"",
                                        "[[[[[[[[1]]]]]]]]",
                                        "1}, \"type\":\"bye\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct request request = relay_of(BOB, wrong[i]);
        assert_is_refused(*state, &request);
    }
    struct request deepest = relay_of(BOB, "[[[[[[[1]]]]]]]"), bare = relay_of("", "null");
    assert_is_taken(*state, &deepest);
    assert_is_taken(*state, &bare);
}

static void the_longest_body_is_as_long_as_a_message_may_be(void **state)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add_char(&body, '"');
    while (body.length < WIRE_BODY_MAX - 1)
        buffer_add_char(&body, 'x');
    buffer_add_char(&body, '"');
    struct request request = relay_of(BOB, "1");

    request.relay.parcel.body = buffer_slice(&body);
    assert_is_taken(*state, &request);
    body.data[body.length - 1] = 'x';
    buffer_add_char(&body, '"');
    request.relay.parcel.body = buffer_slice(&body);
    assert_is_refused(*state, &request);
    buffer_fini(&body);
}

static void numbers_are_those_that_a_client_may_say(void **state)
{
    const int64_t too_large = (int64_t)1 << 53;
    struct request seq = relay_of(BOB, "1"), negative = seq, got = seq, id = seq, kind = seq, type = seq;
    struct request receipt = {.type = REQUEST_RECEIPT, .got = GOT_NOTHING};
    seq.relay.parcel.seq = too_large;
    negative.relay.parcel.seq = -1;
    got.got = -2;
    id.id = (struct reference){true, too_large};
    kind.relay.parcel.kind = (enum relay_kind)(RELAY_DATA + 1);
    assert_is_refused(*state, &seq);
    assert_is_refused(*state, &negative);
    assert_is_refused(*state, &got);
    assert_is_refused(*state, &id);
    assert_is_refused(*state, &kind);
    assert_is_refused(*state, &receipt);
    wire_scene_clear(*state);
    wire_put_request(&type, &((struct wire_scene *)*state)->bytes);
    ((struct wire_scene *)*state)->bytes.data[1] = REQUEST_LEAVE + 1;
    assert_int_equal(get(*state, &type), ERR_BAD_MESSAGE);
}

static struct request join_of(const char *room, const char *peer_id, const struct profile *profile)
{
    struct request request = {.type = REQUEST_JOIN, .got = GOT_NOTHING};
    request.join.room = slice_from_text(room);
    request.join.peer_id = peer_id;
    request.join.profile = profile;
    request.join.ends_unix_s = 2000000000;
    return request;
}

static void only_ids_of_rooms_and_peers_get_in(void **state) /* T-50, T-51 */
{
    static const char *const rooms[] = {"", ".", "..", "a b", "a\r\nFLUSHALL\r\n", "%s", "a/b", "\xc3\xa9", "{a}", "*"};
    static const char *const peers[] = {"AAAAAAAAAAAAAAAAAAAAA ", "AAAAAAAAAAAAAAAAAAAA\r\n", "AAAAAAAAAAAAAAAAAAAA%s",
                                        "AAAAAAAAAAAAAAAAAAAA\xc3\xa9", "AAAAAAAAAAAAAAAAAAAAA\""};
    struct profile profile = {.identity = SLICE_LITERAL("ann")};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct request request = join_of(rooms[i], ANN, &profile);
        assert_is_refused(*state, &request);
    }
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        struct request request = join_of("blue", peers[i], &profile);
        assert_is_refused(*state, &request);
    }
    struct request fine = join_of("a-b._~@:=", ANN, &profile);
    assert_is_taken(*state, &fine);
}

static void a_profile_is_held_to_the_limits_of_a_token(void **state)
{
    char long_text[PEER_METADATA_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    struct profile identity = {.identity = slice_of(long_text, IDENTITY_MAX + 1)};
    struct profile name = {.name = slice_of(long_text, PEER_NAME_MAX + 1)};
    struct profile metadata = {.metadata = slice_of(long_text, PEER_METADATA_MAX + 1)};
    struct profile media = {.media = 8};
    struct profile bytes = {.name = SLICE_LITERAL("\xed\xa0\x80")}, nul = {.name = SLICE_LITERAL("a\0b")};
    const struct profile *const wrong[] = {&identity, &name, &metadata, &media, &bytes, &nul};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct request request = join_of("blue", ANN, wrong[i]);
        assert_is_refused(*state, &request);
    }
}

static void attributes_are_held_to_the_limits_of_a_token(void **state)
{
    char text[ATTRIBUTE_VALUE_MAX + 1];
    memset(text, 'x', sizeof text);
    struct profile key = {.attributes = {1, {{slice_of(text, ATTRIBUTE_KEY_MAX + 1), SLICE_LITERAL("")}}}};
    struct profile value = {.attributes = {1, {{SLICE_LITERAL("a"), slice_of(text, sizeof text)}}}};
    struct profile twice = {.attributes = {2, {{SLICE_LITERAL("a"), SLICE_LITERAL("1")}, {SLICE_LITERAL("a"), {0}}}}};
    struct profile all = {.attributes = {5,
                                         {{SLICE_LITERAL("a"), slice_of(text, ATTRIBUTE_VALUE_MAX)},
                                          {SLICE_LITERAL("b"), slice_of(text, ATTRIBUTE_VALUE_MAX)},
                                          {SLICE_LITERAL("c"), slice_of(text, ATTRIBUTE_VALUE_MAX)},
                                          {SLICE_LITERAL("d"), slice_of(text, ATTRIBUTE_VALUE_MAX)},
                                          {SLICE_LITERAL("e"), SLICE_LITERAL("")}}}};
    const struct profile *const wrong[] = {&key, &value, &twice, &all};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct request request = join_of("blue", ANN, wrong[i]);
        assert_is_refused(*state, &request);
    }
}

static void an_update_is_held_to_what_a_client_may_say(void **state)
{
    struct profile_update media = {.media_mask = 1, .media = 2};
    struct profile_update key = {.has_attributes = true, .attributes = {1, {{SLICE_LITERAL("__proto__"), {0}}}}};
    struct request request = {.type = REQUEST_UPDATE, .got = GOT_NOTHING, .update = &media};
    assert_is_refused(*state, &request);
    request.update = &key;
    assert_is_refused(*state, &request);
}

static void no_more_are_addressed_than_a_message_may_name(void **state)
{
    struct slice to[WIRE_LIST_MAX + 1];
    for (size_t i = 0; i <= WIRE_LIST_MAX; i++)
        to[i] = SLICE_LITERAL(BOB);
    struct request request = {.type = REQUEST_BROADCAST, .got = GOT_NOTHING};
    request.broadcast.parcel = (struct parcel){1, RELAY_DATA, SLICE_LITERAL("1")};
    request.broadcast.to = to;
    request.broadcast.to_count = WIRE_LIST_MAX;
    assert_is_taken(*state, &request);
    request.broadcast.to_count++;
    assert_is_refused(*state, &request);
}

/* Who has to change these bytes has broken the nodes that are a version older. */
static void the_bytes_of_version_1_stay_what_they_are(void **state)
{
    struct wire_scene *scene = *state;
    struct request relay = relay_of(BOB, "{\"a\":1}");
    struct profile profile = {.identity = SLICE_LITERAL("ann-1"),
                              .name = SLICE_LITERAL("ann"),
                              .attributes = {1, {{SLICE_LITERAL("k"), SLICE_LITERAL("v")}}},
                              .media = MEDIA_CAMERA,
                              .grants = {.may_publish = true, .is_hidden = true}};
    struct request resume = {.type = REQUEST_RESUME, .got = 12, .from = {0, 5}, .id = {true, 3}};
    resume.resume.room = SLICE_LITERAL("blue");
    resume.resume.peer_id = SLICE_LITERAL(ANN);
    resume.resume.profile = &profile;
    resume.resume.gives_receipts = true;
    resume.resume.order = 6;
    resume.resume.epoch = 7;
    resume.resume.generation = 8;
    resume.resume.ends_unix_s = 9;
    resume.resume.is_live = true;
    relay.from.client = 0x0102030405060708;
    relay.session = 0x1112131415161718;

    wire_put_request(&relay, &scene->bytes);
    assert_is_hex(buffer_slice(&scene->bytes),
                  "01 02 0102030405060708 1112131415161718 00 0000000000000000 ffffffffffffffff "
                  "00000016 42424242424242424242424242424242424242424242 "
                  "0000000000000001 03 00000007 7b2261223a317d");
    buffer_clear(&scene->bytes);
    wire_put_request(&resume, &scene->bytes);
    assert_is_hex(buffer_slice(&scene->bytes),
                  "01 01 0000000000000005 0000000000000000 01 0000000000000003 000000000000000c "
                  "00000004 626c7565 41414141414141414141414141414141414141414141 "
                  "00000021 00000005 616e6e2d31 00000003 616e6e 00000000 01 00000001 6b 00000001 76 02 22 "
                  "01 0000000000000006 0000000000000007 0000000000000008 0000000000000009 01");
}

#define ON_WIRE(test) cmocka_unit_test_setup_teardown(test, open_wire, close_wire)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_WIRE(every_request_comes_out_as_it_went_in),
        ON_WIRE(what_is_cut_off_is_refused_and_nothing_is_read_beyond_it),
        ON_WIRE(what_a_later_version_adds_at_the_end_is_passed_over),
        ON_WIRE(what_a_later_version_adds_to_a_profile_is_passed_over),
        ON_WIRE(whatever_is_flipped_what_comes_out_keeps_the_limits),
        ON_WIRE(a_body_is_strict_json_no_deeper_than_a_client_may_say_it),
        ON_WIRE(the_longest_body_is_as_long_as_a_message_may_be),
        ON_WIRE(numbers_are_those_that_a_client_may_say),
        ON_WIRE(only_ids_of_rooms_and_peers_get_in),
        ON_WIRE(a_profile_is_held_to_the_limits_of_a_token),
        ON_WIRE(attributes_are_held_to_the_limits_of_a_token),
        ON_WIRE(an_update_is_held_to_what_a_client_may_say),
        ON_WIRE(no_more_are_addressed_than_a_message_may_name),
        ON_WIRE(the_bytes_of_version_1_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
