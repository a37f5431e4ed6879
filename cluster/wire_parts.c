/* wire_parts.c - what requests and deliveries are made of, written and read. */
#include "cluster/wire_parts.h"

#include <stdlib.h>

#include "auth/grants.h"
#include "base/memory.h"
#include "base/utf8.h"

#define CHECKER_FIRST (16 * 1024)

struct wire_room *wire_room_create(void)
{
    return memory_new(sizeof(struct wire_room));
}

struct wire_room *wire_room_destroy(struct wire_room *room)
{
    if (!room)
        return NULL;
    (void)json_checker_destroy(room->checker);
    free(room);
    return NULL;
}

/* Long texts are rare, and a checker takes many times their length. */
static void reserve_checker(struct wire_room *room, size_t length)
{
    if (length <= room->checker_max)
        return;
    size_t bytes_max = room->checker_max ? room->checker_max : CHECKER_FIRST;
    while (bytes_max < length)
        bytes_max *= 2;
    (void)json_checker_destroy(room->checker);
    room->checker = json_checker_create(bytes_max);
    room->checker_max = bytes_max;
}

static bool is_json_string(const struct json_member *member, const char *value)
{
    size_t length = strlen(value);
    return member->kind == JSON_STRING && member->value.length == length + 2 &&
           memcmp(member->value.data + 1, value, length) == 0;
}

bool wire_is_json(struct wire_room *room, struct slice text, unsigned depth_max, enum json_kind kind, const char *type)
{
    const struct json_rules rules = {depth_max, true, true};
    struct json_member member = {.name = SLICE_LITERAL("type")};
    enum json_kind found;
    if (text.length > WIRE_FRAME_MAX)
        return false;
    reserve_checker(room, text.length);
    if (json_check_members(room->checker, text, &rules, &member, type ? 1 : 0, &found))
        return false;
    return (kind == JSON_ABSENT || kind == found) && (!type || is_json_string(&member, type));
}

/* Records */

size_t wire_begin_record(struct buffer *out)
{
    wire_put_count(out, 0);
    return out->length;
}

void wire_end_record(struct buffer *out, size_t begun)
{
    size_t length = out->length - begun;
    for (size_t i = 0; i < 4; i++)
        out->data[begun - 1 - i] = (char)(length >> 8 * i);
}

struct wire_reader wire_get_record(struct wire_reader *reader)
{
    size_t length = wire_get_count(reader, WIRE_FRAME_MAX);
    struct slice bytes = wire_get_bytes(reader, length);
    return (struct wire_reader){bytes, reader->is_bad};
}

/* Texts */

static bool is_text(struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t length = utf8_length(text.data + at, text.length - at);
        if (!length || !text.data[at])
            return false;
        at += length;
    }
    return true;
}

size_t wire_printable(struct slice text)
{
    size_t at = 0;
    while (at < text.length) {
        unsigned char c = (unsigned char)text.data[at];
        size_t length = utf8_length(text.data + at, text.length - at);
        if (!length || c < 0x20 || c == 0x7f)
            break;
        at += length;
    }
    return at;
}

struct slice wire_get_text(struct wire_reader *reader, size_t max)
{
    size_t length = wire_get_count(reader, max);
    struct slice text = wire_get_bytes(reader, length);
    return wire_want(reader, is_text(text)) ? text : slice_of("", 0);
}

struct slice wire_get_room_id(struct wire_reader *reader)
{
    struct slice id = wire_get_text(reader, ROOM_ID_MAX);
    return wire_want(reader, room_id_is_valid(id)) ? id : slice_of("", 0);
}

static bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

struct slice wire_get_peer_id(struct wire_reader *reader)
{
    struct slice id = wire_get_bytes(reader, RANDOM_ID_LENGTH);
    for (size_t i = 0; i < id.length; i++)
        (void)wire_want(reader, is_base64url(id.data[i]));
    return id;
}

void wire_put_reference(struct buffer *out, struct reference reference)
{
    wire_put_byte(out, reference.is_set);
    wire_put_number(out, reference.is_set ? (uint64_t)reference.id : 0);
}

struct reference wire_get_reference(struct wire_reader *reader)
{
    struct reference reference = {.is_set = wire_get_flag(reader)};
    reference.id = wire_get_integer(reader, 0, reference.is_set ? WIRE_INTEGER_MAX : 0);
    return reference;
}

/* Profiles */

void wire_put_attributes(struct buffer *out, const struct attributes *attributes)
{
    wire_put_byte(out, (unsigned)attributes->count);
    for (size_t i = 0; i < attributes->count; i++) {
        wire_put_text(out, attributes->items[i].key);
        wire_put_text(out, attributes->items[i].value);
    }
}

static bool has_key(const struct attributes *attributes, struct slice key)
{
    for (size_t i = 0; i < attributes->count; i++) {
        if (slice_is_equal(attributes->items[i].key, key))
            return true;
    }
    return false;
}

void wire_get_attributes(struct wire_reader *reader, struct attributes *out)
{
    size_t count = wire_get_byte(reader, ATTRIBUTES_MAX), bytes = 0;
    out->count = 0;
    while (out->count < count && !reader->is_bad) {
        struct attribute attribute;
        attribute.key = wire_get_text(reader, ATTRIBUTE_KEY_MAX);
        attribute.value = wire_get_text(reader, ATTRIBUTE_VALUE_MAX);
        bytes += attribute.key.length + attribute.value.length;
        if (wire_want(reader, bytes <= ATTRIBUTES_BYTES_MAX && !has_key(out, attribute.key)))
            out->items[out->count++] = attribute;
    }
}

void wire_put_profile(struct buffer *out, const struct profile *profile)
{
    size_t begun = wire_begin_record(out);
    wire_put_text(out, profile->identity);
    wire_put_text(out, profile->name);
    wire_put_text(out, profile->metadata);
    wire_put_attributes(out, &profile->attributes);
    wire_put_byte(out, profile->media);
    wire_put_byte(out, grants_pack(&profile->grants));
    wire_end_record(out, begun);
}

void wire_get_profile(struct wire_reader *reader, struct profile *out)
{
    struct wire_reader record = wire_get_record(reader);
    out->identity = wire_get_text(&record, IDENTITY_MAX);
    out->name = wire_get_text(&record, PEER_NAME_MAX);
    out->metadata = wire_get_text(&record, PEER_METADATA_MAX);
    wire_get_attributes(&record, &out->attributes);
    out->media = wire_get_byte(&record, MEDIA_MIC | MEDIA_CAMERA | MEDIA_SCREEN);
    out->grants = grants_unpack(wire_get_byte(&record, (1u << GRANTS_BITS) - 1));
    (void)wire_want(reader, !record.is_bad);
}
