/* test_wire_delivery.c - what a home says to clients of another node, and that rooms have moved (T-51). */
#include <stdlib.h>

#include "tests/cluster/support/wire_scene.h"
#include "tests/support/cmocka_all.h"

#define ROUNDS 300
#define ROSTER "[{\"peer\":{\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"attributes\":{}},\"polite\":true}]"

static struct wire_delivery put_and_get(struct wire_scene *scene, const struct event *event, const char *text)
{
    struct wire_delivery found;
    struct frame *frame = text ? frame_create(slice_from_text(text)) : NULL;
    struct slice roster = event->type == EVENT_WELCOME ? SLICE_LITERAL(ROSTER) : SLICE_LITERAL("");
    size_t count = 1 + any_to(scene, 20);
    for (size_t i = 0; i < count; i++)
        scene->hearers[i] = (struct delivery){{any(scene), any(scene)}, (uint64_t)any_integer(scene, 0)};
    buffer_clear(&scene->bytes);
    wire_put_delivery(scene->hearers, count, event, frame, roster, &scene->bytes);
    if (frame)
        frame_unref(frame);
    assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERROR_NONE);
    assert_int_equal(found.event.type, event->type);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found.to[i].to.edge, 0);
        assert_int_equal(found.to[i].to.client, scene->hearers[i].to.client);
        assert_int_equal(found.to[i].n, scene->hearers[i].n);
    }
    return found;
}

static struct event any_welcome(struct wire_scene *scene)
{
    struct event event = {.type = EVENT_WELCOME, .re = any_reference(scene)};
    scene->self = (struct peer){.order = any(scene), .gives_receipts = any_to(scene, 1)};
    memcpy(scene->self.id, any_peer_id(scene).data, RANDOM_ID_LENGTH);
    scene->self.profile = any_profile(scene);
    event.welcome.room_id = any_room_id(scene);
    event.welcome.peer_count = 1 + any_to(scene, 9);
    event.welcome.self = &scene->self;
    event.welcome.kind = (enum welcome_kind)any_to(scene, WELCOME_REBUILT);
    event.welcome.accepted = any_integer(scene, 0);
    event.welcome.grace_ms = any_integer(scene, 0);
    event.welcome.session = any(scene);
    event.welcome.epoch = any(scene);
    event.welcome.generation = any(scene);
    event.welcome.ends_unix_s = 2000000000;
    return event;
}

static void a_welcome_comes_out_with_oneself_and_its_roster(void **state)
{
    struct wire_scene *scene = *state;
    for (int i = 0; i < ROUNDS; i++) {
        wire_scene_clear(scene);
        struct event event = any_welcome(scene);
        struct wire_delivery found = put_and_get(scene, &event, NULL);
        const struct peer *self = found.event.welcome.self;
        assert_null(found.event.welcome.room);
        assert_int_equal(found.text.length, 0);
        assert_same_text(found.event.welcome.room_id, event.welcome.room_id);
        assert_same_text(found.event.welcome.roster, SLICE_LITERAL(ROSTER));
        assert_int_equal(found.event.welcome.peer_count, event.welcome.peer_count);
        assert_string_equal(self->id, scene->self.id);
        assert_int_equal(self->order, scene->self.order);
        assert_int_equal(self->gives_receipts, scene->self.gives_receipts);
        assert_same_profile(&self->profile, &scene->self.profile);
        assert_int_equal(found.event.re.is_set, event.re.is_set);
        assert_int_equal(found.event.re.id, event.re.id);
        assert_int_equal(found.event.welcome.kind, event.welcome.kind);
        assert_int_equal(found.event.welcome.accepted, event.welcome.accepted);
        assert_int_equal(found.event.welcome.grace_ms, event.welcome.grace_ms);
        assert_int_equal(found.event.welcome.session, event.welcome.session);
        assert_int_equal(found.event.welcome.epoch, event.welcome.epoch);
        assert_int_equal(found.event.welcome.generation, event.welcome.generation);
        assert_int_equal(found.event.welcome.ends_unix_s, event.welcome.ends_unix_s);
        assert_int_equal(found.event.welcome.ice_ttl_s, -1);
    }
}

static void a_welcome_of_a_room_has_its_id_and_its_count(void **state)
{
    struct wire_scene *scene = *state;
    struct room *room = room_create(SLICE_LITERAL("blue"), 10, (struct room_listener){0});
    struct profile profile = {.identity = SLICE_LITERAL("ann")};
    struct newcomer newcomer = {.peer_id = SLICE_LITERAL("AAAAAAAAAAAAAAAAAAAAAA"), .profile = &profile};
    struct event event = {.type = EVENT_WELCOME, .welcome = {.room = room}};
    struct peer *ann;
    assert_int_equal(room_join(room, &newcomer, &ann), ERROR_NONE);
    event.welcome.self = ann;

    struct wire_delivery found = put_and_get(scene, &event, NULL);

    assert_same_text(found.event.welcome.room_id, SLICE_LITERAL("blue"));
    assert_int_equal(found.event.welcome.peer_count, 1);
    room_destroy(room);
}

static void every_refusal_comes_out_as_it_went_in(void **state)
{
    for (int code = ERROR_NONE + 1; code < ERROR_COUNT; code++) {
        struct event event = {.type = EVENT_ERROR, .re = {true, 4}, .seq = 5, .error = {(enum error)code, "got", 250}};
        struct wire_delivery found = put_and_get(*state, &event, NULL);
        assert_int_equal(found.event.error.code, code);
        assert_string_equal(found.event.error.field, "got");
        assert_int_equal(found.event.error.retry_after_ms, 250);
        assert_int_equal(found.event.re.id, 4);
        assert_int_equal(found.event.seq, 5);
    }
    struct event bare = {.type = EVENT_ERROR, .error = {ERR_ROOM_FULL, NULL, -1}};
    struct wire_delivery found = put_and_get(*state, &bare, NULL);
    assert_null(found.event.error.field);
    assert_int_equal(found.event.error.retry_after_ms, -1);
    assert_false(found.event.re.is_set);
}

static void a_bye_comes_out_as_it_went_in(void **state)
{
    for (int action = BYE_RESUME; action <= BYE_STOP; action++) {
        struct event event = {.type = EVENT_BYE, .bye = {ERR_REPLACED, (enum bye_action)action, 70}};
        struct wire_delivery found = put_and_get(*state, &event, NULL);
        assert_int_equal(found.event.bye.code, ERR_REPLACED);
        assert_int_equal(found.event.bye.action, action);
        assert_int_equal(found.event.bye.delay_ms, 70);
    }
}

static void every_other_event_comes_out_as_its_text(void **state)
{
    for (int type = 0; type < EVENT_COUNT; type++) {
        struct event event = {.type = (enum event_type)type};
        struct buffer text = BUFFER_EMPTY;
        if (type == EVENT_WELCOME || type == EVENT_BYE)
            continue;
        buffer_add_format(&text, "{\"type\":\"%s\",\"body\":[[[[[[[1]]]]]]]}", event_type_name(event.type));
        struct wire_delivery found = put_and_get(*state, &event, buffer_text(&text));
        assert_same_text(found.text, buffer_slice(&text));
        buffer_fini(&text);
    }
}

static void what_is_cut_off_is_refused_and_nothing_is_read_beyond_it(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct event events[] = {any_welcome(scene),
                             {.type = EVENT_ERROR, .error = {ERR_BAD_MESSAGE, "got", -1}},
                             {.type = EVENT_BYE, .bye = {ERR_KICKED, BYE_STOP, 0}},
                             {.type = EVENT_OK}};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct wire_delivery found = put_and_get(scene, &events[i], i == 3 ? "{\"type\":\"ok\"}" : NULL);
        for (size_t length = 0; length < scene->bytes.length; length++) {
            char *cut = cut_off(buffer_slice(&scene->bytes), length);
            assert_int_equal(wire_get_delivery(scene->room, slice_of(cut, length), &found), ERR_BAD_MESSAGE);
            free(cut);
        }
        append_hex(&scene->bytes, "00 ff"); /* of a later version */
        assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERROR_NONE);
    }
}

static void assert_text_is_refused(struct wire_scene *scene, enum event_type type, const char *text)
{
    struct wire_delivery found = {.count = 77};
    struct delivery to = {{0, 1}, 1};
    struct event event = {.type = type};
    struct frame *frame = frame_create(SLICE_LITERAL("{\"a\":0}"));
    buffer_clear(&scene->bytes);
    wire_put_delivery(&to, 1, &event, frame, SLICE_LITERAL(""), &scene->bytes);
    frame_unref(frame);
    scene->bytes.length -= 4 + 7;
    wire_put_text(&scene->bytes, slice_from_text(text));
    assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERR_BAD_MESSAGE);
    assert_int_equal(found.count, 77);
}

static void a_text_is_one_strict_object_of_its_type(void **state) /* T-51 */
{
    static const char *const wrong[] = {"",
                                        "{}",
                                        "[1]",
                                        "1",
                                        " {\"type\":\"ok\"}",
                                        "{\"type\":\"pong\"}",
                                        "{\"type\":\"o\\u006b\"}",
                                        "{\"type\":\"ok\",\"type\":\"ok\"}",
                                        "{\"type\":1}",
                                        "{\"type\":\"ok\"}{\"type\":\"ok\"}",
                                        "{\"type\":\"ok\",\"a\":\"\xff\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_text_is_refused(*state, EVENT_OK, wrong[i]);
    assert_text_is_refused(*state, EVENT_WELCOME, "{\"type\":\"welcome\"}");
    assert_text_is_refused(*state, EVENT_BYE, "{\"type\":\"bye\"}");
    assert_text_is_refused(*state, EVENT_COUNT, "{\"type\":\"ok\"}");
}

static void assert_hex_is_refused(struct wire_scene *scene, const char *hex)
{
    struct wire_delivery found;
    buffer_clear(&scene->bytes);
    append_hex(&scene->bytes, hex);
    assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERR_BAD_MESSAGE);
}

#define BYE_HEAD "02 10 00000001 0000000000000005 0000000000000000 00000000 00 0000000000000000 0000000000000000 "
#define KICKED   "00000006 6b69636b6564 "

static void only_what_a_home_says_is_taken(void **state) /* T-51 */
{
    struct wire_delivery found;
    struct wire_scene *scene = *state;
    append_hex(&scene->bytes, BYE_HEAD KICKED "02 0000000000000000");
    assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERROR_NONE);
    assert_hex_is_refused(*state, BYE_HEAD KICKED "03 0000000000000000");                         /* no such action */
    assert_hex_is_refused(*state, BYE_HEAD KICKED "02 ffffffffffffffff");                         /* a negative delay */
    assert_hex_is_refused(*state, BYE_HEAD "00000002 6f6b 02 0000000000000000");                  /* "ok" is no error */
    assert_hex_is_refused(*state, BYE_HEAD "00000003 6b0a6b 02 0000000000000000");                /* nor is that */
    assert_hex_is_refused(*state, "02 10 00000000 00000000 00 0000000000000000 0000000000000000 " /* to nobody */
                          KICKED "02 0000000000000000");
    assert_hex_is_refused(*state, "02 10 ffffffff 0000000000000005");
    assert_hex_is_refused(*state, "01 10");
}

static void a_code_of_a_later_version_is_an_error_all_the_same(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_delivery found;
    append_hex(&scene->bytes, BYE_HEAD "00000008 6e65775f636f6465 02 0000000000000000"); /* new_code */
    assert_int_equal(wire_get_delivery(scene->room, buffer_slice(&scene->bytes), &found), ERROR_NONE);
    assert_int_equal(found.event.bye.code, ERR_INTERNAL);
}

static void rooms_that_have_moved_come_out_as_they_went_in(void **state)
{
    struct wire_scene *scene = *state;
    const struct slice *rooms;
    size_t count;
    for (size_t i = 0; i < WIRE_LIST_MAX; i++)
        scene->list[i] = any_room_id(scene);
    wire_put_moved(scene->list, WIRE_LIST_MAX, &scene->bytes);
    append_hex(&scene->bytes, "ff"); /* of a later version */

    assert_int_equal(wire_get_moved(scene->room, buffer_slice(&scene->bytes), &rooms, &count), ERROR_NONE);

    assert_int_equal(count, WIRE_LIST_MAX);
    for (size_t i = 0; i < count; i++)
        assert_same_text(rooms[i], scene->list[i]);
}

static void only_rooms_move(void **state) /* T-50, T-51 */
{
    static const char *const wrong[] = {"03",
                                        "03 00000000",
                                        "03 00000001",
                                        "03 00000001 00000000",
                                        "03 000003e9",
                                        "03 00000001 00000003 610d0a",
                                        "03 00000001 00000003 612062",
                                        "03 00000001 00000002 2573",
                                        "02 00000001 00000001 61",
                                        "03 00000002 00000001 61"};
    struct wire_scene *scene = *state;
    const struct slice *rooms = NULL;
    size_t count = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        buffer_clear(&scene->bytes);
        append_hex(&scene->bytes, wrong[i]);
        char *cut = cut_off(buffer_slice(&scene->bytes), scene->bytes.length);
        assert_int_equal(wire_get_moved(scene->room, slice_of(cut, scene->bytes.length), &rooms, &count),
                         ERR_BAD_MESSAGE);
        free(cut);
    }
    assert_null(rooms);
    assert_int_equal(count, 77);
}

/* Who has to change these bytes has broken the nodes that are a version older. */
static void the_bytes_of_version_1_stay_what_they_are(void **state)
{
    struct wire_scene *scene = *state;
    struct delivery to[] = {{{0, 5}, 1}, {{0, 6}, 0}};
    struct frame *frame = frame_create(SLICE_LITERAL("{\"type\":\"ok\"}"));
    struct event ok = {.type = EVENT_OK}, welcome = {.type = EVENT_WELCOME, .re = {true, 1}};
    struct peer self = {.id = "AAAAAAAAAAAAAAAAAAAAAA", .order = 2, .gives_receipts = true};
    welcome.welcome.room_id = SLICE_LITERAL("blue");
    welcome.welcome.peer_count = 3;
    welcome.welcome.self = &self;
    welcome.welcome.kind = WELCOME_REBUILT;
    welcome.welcome.accepted = 4;
    welcome.welcome.grace_ms = 5;
    welcome.welcome.session = 6;
    welcome.welcome.epoch = 7;
    welcome.welcome.generation = 8;
    welcome.welcome.ends_unix_s = 9;

    wire_put_delivery(to, 2, &ok, frame, SLICE_LITERAL(""), &scene->bytes);
    assert_is_hex(buffer_slice(&scene->bytes),
                  "02 01 00000002 0000000000000005 0000000000000001 0000000000000006 0000000000000000 "
                  "0000000d 7b2274797065223a226f6b227d");
    buffer_clear(&scene->bytes);
    wire_put_delivery(to, 1, &welcome, NULL, SLICE_LITERAL("[]"), &scene->bytes);
    assert_is_hex(buffer_slice(&scene->bytes),
                  "02 00 00000001 0000000000000005 0000000000000001 00000000 01 0000000000000001 0000000000000000 "
                  "00000004 626c7565 00000002 5b5d 00000003 "
                  "00000032 41414141414141414141414141414141414141414141 0000000000000002 01 "
                  "0000000f 00000000 00000000 00000000 00 00 00 "
                  "02 0000000000000004 0000000000000005 0000000000000006 0000000000000007 0000000000000008 "
                  "0000000000000009");
    frame_unref(frame);
}

static void payloads_tell_their_type(void **state)
{
    (void)state;
    enum wire_payload_type type = WIRE_PAYLOAD_MOVED;
    assert_int_equal(wire_payload_type(slice_of("", 0), &type), ERR_BAD_MESSAGE);
    assert_int_equal(wire_payload_type(SLICE_LITERAL("\x04"), &type), ERR_UNKNOWN_TYPE);
    assert_int_equal(wire_payload_type(SLICE_LITERAL("\xff"), &type), ERR_UNKNOWN_TYPE);
    assert_int_equal(type, WIRE_PAYLOAD_MOVED);
    assert_int_equal(wire_payload_type(SLICE_LITERAL("\x01"), &type), ERROR_NONE);
    assert_int_equal(type, WIRE_PAYLOAD_REQUEST);
}

#define ON_WIRE(test) cmocka_unit_test_setup_teardown(test, open_wire, close_wire)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_WIRE(a_welcome_comes_out_with_oneself_and_its_roster),
        ON_WIRE(a_welcome_of_a_room_has_its_id_and_its_count),
        ON_WIRE(every_refusal_comes_out_as_it_went_in),
        ON_WIRE(a_bye_comes_out_as_it_went_in),
        ON_WIRE(every_other_event_comes_out_as_its_text),
        ON_WIRE(what_is_cut_off_is_refused_and_nothing_is_read_beyond_it),
        ON_WIRE(a_text_is_one_strict_object_of_its_type),
        ON_WIRE(only_what_a_home_says_is_taken),
        ON_WIRE(a_code_of_a_later_version_is_an_error_all_the_same),
        ON_WIRE(rooms_that_have_moved_come_out_as_they_went_in),
        ON_WIRE(only_rooms_move),
        ON_WIRE(the_bytes_of_version_1_stay_what_they_are),
        ON_WIRE(payloads_tell_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
