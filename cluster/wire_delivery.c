/* wire_delivery.c - what a home says to the clients of another node, and that rooms have moved, as bytes and back.
 *
 * Most events travel as the text that the clients are to get. The three that an edge has a hand in travel field by
 * field. */
#include <assert.h>

#include "cluster/wire_parts.h"

#define TEXT_DEPTH_MAX  8 /* as any message */
#define ERROR_CODE_MAX  31
#define TEXT_LENGTH_MIN 3

/* Errors are in the order of their list nowhere but within one program. */

static void put_error(struct buffer *out, enum error error)
{
    wire_put_text(out, slice_from_text(error_code(error)));
}

static enum error error_find(struct slice code)
{
    for (int error = ERROR_NONE + 1; error < ERROR_COUNT; error++) {
        if (slice_is_text(code, error_code((enum error)error)))
            return (enum error)error;
    }
    return ERR_INTERNAL;
}

static enum error get_error(struct wire_reader *reader)
{
    struct slice code = wire_get_text(reader, ERROR_CODE_MAX);
    for (size_t i = 0; i < code.length; i++)
        (void)wire_want(reader, code.data[i] == '_' || (code.data[i] >= 'a' && code.data[i] <= 'z'));
    (void)wire_want(reader, code.length > 0 && !slice_is_text(code, error_code(ERROR_NONE)));
    return error_find(code);
}

/* The name of a field, as in a message. */
static bool is_field(struct slice field)
{
    for (size_t i = 0; i < field.length; i++) {
        char lower = (char)(field.data[i] | 0x20);
        if (lower < 'a' || lower > 'z')
            return false;
    }
    return true;
}

/* Each event without a text has two functions. */

static void put_refusal(struct buffer *out, const struct event *event)
{
    put_error(out, event->error.code);
    wire_put_text(out, slice_from_text(event->error.field));
    wire_put_number(out, (uint64_t)event->error.retry_after_ms);
}

static void get_refusal(struct wire_room *room, struct wire_reader *reader, struct event *out)
{
    out->error.code = get_error(reader);
    struct slice field = wire_get_text(reader, WIRE_FIELD_MAX);
    (void)wire_want(reader, is_field(field));
    memcpy(room->field, field.data, field.length);
    room->field[field.length] = '\0';
    out->error.field = field.length ? room->field : NULL;
    out->error.retry_after_ms = wire_get_integer(reader, -1, WIRE_INTEGER_MAX);
}

static void put_bye(struct buffer *out, const struct event *event)
{
    put_error(out, event->bye.code);
    wire_put_byte(out, event->bye.action);
    wire_put_number(out, (uint64_t)event->bye.delay_ms);
}

static void get_bye(struct wire_reader *reader, struct event *out)
{
    out->bye.code = get_error(reader);
    out->bye.action = (enum bye_action)wire_get_byte(reader, BYE_STOP);
    out->bye.delay_ms = wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
}

static void put_peer(struct buffer *out, const struct peer *peer)
{
    size_t begun = wire_begin_record(out);
    buffer_add(out, peer_id(peer));
    wire_put_number(out, peer->order);
    wire_put_byte(out, peer->gives_receipts);
    wire_put_profile(out, &peer->profile);
    wire_end_record(out, begun);
}

static void get_peer(struct wire_reader *reader, struct peer *out)
{
    struct wire_reader record = wire_get_record(reader);
    struct slice id = wire_get_peer_id(&record);
    *out = (struct peer){0};
    memcpy(out->id, id.data, id.length);
    out->order = wire_get_number(&record);
    out->gives_receipts = wire_get_flag(&record);
    wire_get_profile(&record, &out->profile);
    (void)wire_want(reader, !record.is_bad);
}

static void put_welcome(struct buffer *out, const struct event *event, struct slice roster)
{
    const struct room *room = event->welcome.room;
    wire_put_text(out, room ? room_id(room) : event->welcome.room_id);
    wire_put_text(out, roster);
    wire_put_count(out, room ? room_count(room) : event->welcome.peer_count);
    put_peer(out, event->welcome.self);
    wire_put_byte(out, event->welcome.kind);
    wire_put_number(out, (uint64_t)event->welcome.accepted);
    wire_put_number(out, (uint64_t)event->welcome.grace_ms);
    wire_put_number(out, event->welcome.session);
    wire_put_number(out, event->welcome.epoch);
    wire_put_number(out, event->welcome.generation);
    wire_put_number(out, (uint64_t)event->welcome.ends_unix_s);
}

static void get_roster(struct wire_room *room, struct wire_reader *reader, struct slice *out)
{
    size_t length = wire_get_count(reader, WIRE_PAYLOAD_MAX);
    *out = wire_get_bytes(reader, length);
    if (!reader->is_bad)
        (void)wire_want(reader, wire_is_json(room, *out, TEXT_DEPTH_MAX - 1, JSON_ARRAY, NULL));
}

static void get_welcome(struct wire_room *room, struct wire_reader *reader, struct event *out)
{
    out->welcome.room_id = wire_get_room_id(reader);
    get_roster(room, reader, &out->welcome.roster);
    out->welcome.peer_count = wire_get_count(reader, WIRE_PEERS_MAX);
    get_peer(reader, &room->self);
    out->welcome.self = &room->self;
    out->welcome.kind = (enum welcome_kind)wire_get_byte(reader, WELCOME_REBUILT);
    out->welcome.accepted = wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
    out->welcome.grace_ms = wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
    out->welcome.session = wire_get_number(reader);
    out->welcome.epoch = wire_get_number(reader);
    out->welcome.generation = wire_get_number(reader);
    out->welcome.ends_unix_s = wire_get_integer(reader, 0, WIRE_TIME_S_MAX);
    out->welcome.ice_ttl_s = -1;
    (void)wire_want(reader, out->welcome.peer_count >= 1);
}

/* Of what is delivered once more nothing but the type and the text is known. */
static void put_fields(struct buffer *out, const struct event *event, struct slice roster)
{
    wire_put_reference(out, event->re);
    wire_put_number(out, (uint64_t)event->seq);
    switch ((int)event->type) {
    case EVENT_WELCOME: put_welcome(out, event, roster); break;
    case EVENT_ERROR: put_refusal(out, event); break;
    case EVENT_BYE: put_bye(out, event); break;
    default: assert(false); /* all other events have a text */
    }
}

static void get_fields(struct wire_room *room, struct wire_reader *reader, struct event *out)
{
    out->re = wire_get_reference(reader);
    out->seq = wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
    switch ((int)out->type) {
    case EVENT_WELCOME: get_welcome(room, reader, out); break;
    case EVENT_ERROR: get_refusal(room, reader, out); break;
    case EVENT_BYE: get_bye(reader, out); break;
    default: reader->is_bad = true;
    }
}

/* An edge writes the number that the event has for its hearer behind the first brace, before the first member. */
static void check_text(struct wire_room *room, struct wire_reader *reader, const struct wire_delivery *delivery)
{
    const struct slice text = delivery->text;
    enum event_type type = delivery->event.type;
    bool is_text = text.length >= TEXT_LENGTH_MIN && text.data[0] == '{' && type != EVENT_WELCOME && type != EVENT_BYE;
    if (wire_want(reader, is_text))
        (void)wire_want(reader, wire_is_json(room, text, TEXT_DEPTH_MAX, JSON_OBJECT, event_type_name(type)));
}

void wire_put_delivery(const struct delivery *to, size_t count, const struct event *event, const struct frame *frame,
                       struct slice roster, struct buffer *out)
{
    assert(count >= 1 && count <= WIRE_PEERS_MAX);
    wire_put_byte(out, WIRE_PAYLOAD_DELIVERY);
    wire_put_byte(out, event->type);
    wire_put_count(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_number(out, to[i].to.client);
        wire_put_number(out, to[i].n);
    }
    wire_put_text(out, frame ? slice_of(frame->bytes, frame->length) : SLICE_EMPTY);
    if (!frame)
        put_fields(out, event, roster);
}

static void get_hearers(struct wire_room *room, struct wire_reader *reader, size_t count)
{
    for (size_t i = 0; i < count && !reader->is_bad; i++) {
        uint64_t client = wire_get_number(reader);
        uint64_t n = (uint64_t)wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
        room->hearers[i] = (struct delivery){.to = {0, client}, .n = n};
    }
}

static void get_delivery(struct wire_room *room, struct wire_reader *reader, struct wire_delivery *out)
{
    out->event.type = (enum event_type)wire_get_byte(reader, EVENT_COUNT - 1);
    out->count = wire_get_count(reader, WIRE_PEERS_MAX);
    out->to = room->hearers;
    (void)wire_want(reader, out->count >= 1);
    get_hearers(room, reader, out->count);
    size_t length = wire_get_count(reader, WIRE_PAYLOAD_MAX);
    out->text = wire_get_bytes(reader, length);
    if (length)
        check_text(room, reader, out);
    else if (!reader->is_bad)
        get_fields(room, reader, &out->event);
}

enum error wire_get_delivery(struct wire_room *room, struct slice payload, struct wire_delivery *out_delivery)
{
    struct wire_reader reader = {.left = payload};
    struct wire_delivery delivery = {0};
    if (!wire_want(&reader, wire_get_byte(&reader, UINT8_MAX) == WIRE_PAYLOAD_DELIVERY))
        return ERR_BAD_MESSAGE;
    get_delivery(room, &reader, &delivery);
    if (reader.is_bad)
        return ERR_BAD_MESSAGE;
    *out_delivery = delivery;
    return ERROR_NONE;
}

void wire_put_moved(const struct slice *rooms, size_t count, struct buffer *out)
{
    assert(count >= 1 && count <= WIRE_LIST_MAX);
    wire_put_byte(out, WIRE_PAYLOAD_MOVED);
    wire_put_count(out, count);
    for (size_t i = 0; i < count; i++)
        wire_put_text(out, rooms[i]);
}

enum error wire_get_moved(struct wire_room *room, struct slice payload, const struct slice **out_rooms,
                          size_t *out_count)
{
    struct wire_reader reader = {.left = payload};
    (void)wire_want(&reader, wire_get_byte(&reader, UINT8_MAX) == WIRE_PAYLOAD_MOVED);
    size_t count = wire_get_count(&reader, WIRE_LIST_MAX);
    (void)wire_want(&reader, count >= 1);
    for (size_t i = 0; i < count && !reader.is_bad; i++)
        room->slices[i] = wire_get_room_id(&reader);
    if (reader.is_bad)
        return ERR_BAD_MESSAGE;
    *out_rooms = room->slices;
    *out_count = count;
    return ERROR_NONE;
}
