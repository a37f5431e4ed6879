/* wire_parts.h - what the files of wire.h share: a writer over a buffer, a bounded reader, and what both sides of a
 * link say in the same way. */
#ifndef PARLEY_CLUSTER_WIRE_PARTS_H
#define PARLEY_CLUSTER_WIRE_PARTS_H

#include "base/json_check.h"
#include "cluster/wire.h"

#define WIRE_TAG_BYTES   32
#define WIRE_INTEGER_MAX ((INT64_C(1) << 53) - 1) /* as in a client's message */
#define WIRE_TIME_S_MAX  (WIRE_INTEGER_MAX / 1000)
#define WIRE_FIELD_MAX   31   /* of an error */
#define WIRE_PEERS_MAX   2000 /* a rebuilt room may hold twice its capacity */

/* The names of enums are not on the wire: who moves one of them changes the format. */
_Static_assert(REQUEST_LEAVE == 9, "further requests go to the end");
_Static_assert(EVENT_BYE == 16, "further events go to the end");
_Static_assert(RELAY_DATA == 3, "further kinds go to the end");
_Static_assert(LEAVE_SHUTDOWN == 8, "further reasons go to the end");

struct wire_room {
    struct json_checker *checker;
    size_t checker_max; /* the longest text that it can check */
    struct profile profile;
    struct profile_update update;
    struct peer self;
    char peer_id[RANDOM_ID_LENGTH + 1];
    char field[WIRE_FIELD_MAX + 1];
    struct slice slices[WIRE_LIST_MAX];
    struct delivery hearers[WIRE_PEERS_MAX];
};

/* Writing; numbers are big-endian. */

static inline void wire_put_byte(struct buffer *out, unsigned value)
{
    buffer_add_char(out, (char)value);
}

static inline void wire_put_count(struct buffer *out, size_t value)
{
    char bytes[4];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(value >> 8 * (sizeof bytes - 1 - i));
    buffer_add(out, slice_of(bytes, sizeof bytes));
}

static inline void wire_put_number(struct buffer *out, uint64_t value)
{
    char bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(value >> 8 * (sizeof bytes - 1 - i));
    buffer_add(out, slice_of(bytes, sizeof bytes));
}

static inline void wire_put_text(struct buffer *out, struct slice text)
{
    wire_put_count(out, text.length);
    buffer_add(out, text);
}

void wire_put_reference(struct buffer *out, struct reference reference);
void wire_put_profile(struct buffer *out, const struct profile *profile);
void wire_put_attributes(struct buffer *out, const struct attributes *attributes);

/* A record has its length before it, so that a later version can add to its end. Returns what wire_end_record() wants.
 */
size_t wire_begin_record(struct buffer *out);
void wire_end_record(struct buffer *out, size_t begun);

/* Reading. What is not there, or not allowed, makes the reader bad; from then on it yields nothing but zeros. */
struct wire_reader {
    struct slice left;
    bool is_bad;
};

static inline bool wire_want(struct wire_reader *reader, bool condition)
{
    if (!condition)
        reader->is_bad = true;
    return !reader->is_bad;
}

static inline struct slice wire_get_bytes(struct wire_reader *reader, size_t length)
{
    if (!wire_want(reader, length <= reader->left.length))
        return slice_of("", 0);
    struct slice bytes = slice_of(reader->left.data, length);
    reader->left.data += length;
    reader->left.length -= length;
    return bytes;
}

static inline uint64_t wire_get_bits(struct wire_reader *reader, size_t bytes)
{
    struct slice taken = wire_get_bytes(reader, bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.length; i++)
        value = value << 8 | (unsigned char)taken.data[i];
    return value;
}

/* A byte from 0 to `max`. */
static inline unsigned wire_get_byte(struct wire_reader *reader, unsigned max)
{
    unsigned value = (unsigned)wire_get_bits(reader, 1);
    return wire_want(reader, value <= max) ? value : 0;
}

static inline bool wire_get_flag(struct wire_reader *reader)
{
    return wire_get_byte(reader, 1) == 1;
}

static inline size_t wire_get_count(struct wire_reader *reader, size_t max)
{
    size_t value = (size_t)wire_get_bits(reader, 4);
    return wire_want(reader, value <= max) ? value : 0;
}

static inline uint64_t wire_get_number(struct wire_reader *reader)
{
    return wire_get_bits(reader, 8);
}

/* From `min` to `max`, which are at most WIRE_INTEGER_MAX; negative ones are written as their two's complement. */
static inline int64_t wire_get_integer(struct wire_reader *reader, int64_t min, int64_t max)
{
    int64_t value = (int64_t)wire_get_number(reader);
    return wire_want(reader, value >= min && value <= max) ? value : 0;
}

/* UTF-8 without NUL, of at most `max` bytes. */
struct slice wire_get_text(struct wire_reader *reader, size_t max);

struct slice wire_get_room_id(struct wire_reader *reader);
struct slice wire_get_peer_id(struct wire_reader *reader);
struct reference wire_get_reference(struct wire_reader *reader);
void wire_get_attributes(struct wire_reader *reader, struct attributes *out);
void wire_get_profile(struct wire_reader *reader, struct profile *out);

/* A reader of the record alone. */
struct wire_reader wire_get_record(struct wire_reader *reader);

/* The length of the longest start of `text` that a person may be shown: UTF-8 without control characters. */
size_t wire_printable(struct slice text);

/* Whether it is strict JSON of at most `depth_max`, and of this kind (JSON_ABSENT: any). `type`: NULL, or the value
 * that its member "type" must have. */
bool wire_is_json(struct wire_room *room, struct slice text, unsigned depth_max, enum json_kind kind, const char *type);

/* The authentication tag of these bytes under one key. */
void wire_tag(const struct wire_key *key, struct slice bytes, unsigned char out_tag[WIRE_TAG_BYTES]);

#endif
