/* test_naughty_strings.c - names that break careless programs pass through decoding, a room and encoding unharmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "rooms/room.h"
#include "signaling/message.h"

#define LIST      PARLEY_SOURCE_DIR "/../shared/data/strings/blns.json"
#define BYTES_MAX 65536

static const struct json_rules rules = {8, true, true};

struct journey {
    struct json_checker *checker;
    struct decoder *decoder;
    struct room *room;
    struct buffer text;
    struct buffer event;
    size_t arrived, too_long;
};

static void hear_nothing(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    (void)context;
    (void)to;
    (void)count;
    (void)event;
}

/* The name of the peer in an event's text. */
static struct slice name_in_event(struct json_checker *checker, struct slice text, char *out)
{
    struct json_member peer = {.name = SLICE_LITERAL("peer")}, name = {.name = SLICE_LITERAL("name")};
    enum json_kind kind;
    assert_int_equal(json_check_members(checker, text, &rules, &peer, 1, &kind), ERROR_NONE);
    assert_int_equal(json_check_members(checker, peer.value, &rules, &name, 1, &kind), ERROR_NONE);
    assert_int_equal(name.kind, JSON_STRING);
    return slice_of(out, json_string_decode(name.value, out));
}

/* Says `string` as one's name, joins with it, and reads it out of what the others hear. */
static void travel(struct journey *journey, struct slice string)
{
    char name[BYTES_MAX], heard[BYTES_MAX];
    struct slice expected = slice_of(name, json_string_decode(string, name));
    struct message message;
    const char *field;
    buffer_clear(&journey->text);
    buffer_add_text(&journey->text, "{\"type\":\"update\",\"name\":");
    buffer_add(&journey->text, string);
    buffer_add_char(&journey->text, '}');

    enum error error = message_decode(journey->decoder, buffer_slice(&journey->text), &message, &field);

    assert_int_equal(error, expected.length > PEER_NAME_MAX ? ERR_BAD_MESSAGE : ERROR_NONE);
    if (error) {
        assert_string_equal(field, "name");
        journey->too_long++;
        return;
    }
    struct profile profile = {.identity = SLICE_LITERAL("ann"), .name = message.update.name};
    struct peer *ann;
    struct newcomer newcomer = {.peer_id = SLICE_LITERAL("AAAAAAAAAAAAAAAAAAAAAA"), .profile = &profile};
    assert_int_equal(room_join(journey->room, &newcomer, &ann), ERROR_NONE);
    struct event event = {.type = EVENT_PEER_JOINED, .peer = {ann, false}};
    buffer_clear(&journey->event);
    event_encode(&event, &journey->event);
    assert_true(slice_is_equal(name_in_event(journey->checker, buffer_slice(&journey->event), heard), expected));
    room_leave(journey->room, ann, LEAVE_LEFT);
    journey->arrived++;
}

static void every_naughty_string_is_a_name_like_any_other(void **state)
{
    (void)state;
    FILE *file = fopen(LIST, "rb");
    if (!file) {
        print_message("skipped: there is no file %s\n", LIST);
        skip();
        return;
    }
    char *bytes = memory_new(BYTES_MAX);
    struct slice list = slice_of(bytes, fread(bytes, 1, BYTES_MAX, file));
    assert_int_equal(fclose(file), 0);
    struct room_listener listener = {NULL, hear_nothing};
    struct journey journey = {.checker = json_checker_create(BYTES_MAX),
                              .decoder = decoder_create(BYTES_MAX),
                              .room = room_create(SLICE_LITERAL("blue"), 2, listener)};
    assert_int_equal(json_check(journey.checker, list, &rules), ERROR_NONE);
    struct json_walk walk = json_walk_start(list);

    for (struct json_member string; json_walk_next(&walk, &string);)
        travel(&journey, string.value);

    assert_true(journey.arrived > 400);
    assert_true(journey.too_long < 20);
    buffer_fini(&journey.text);
    buffer_fini(&journey.event);
    (void)room_destroy(journey.room);
    (void)decoder_destroy(journey.decoder);
    (void)json_checker_destroy(journey.checker);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_naughty_string_is_a_name_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
