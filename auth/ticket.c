/* ticket.c - a session's particulars as bytes, and back.
 *
 * Numbers are big-endian. order, epoch, generation, end (8 bytes each), grants (1), peer id, then each text with its
 * length (2) before it: identity, name, metadata; then the number of attributes (1) and their keys and values, as
 * texts. The room is not among them: the seal is bound to it. */
#include "auth/ticket.h"

#include <assert.h>
#include <stdlib.h>

#include "auth/grants.h"
#include "auth/sealer.h"
#include "base/memory.h"
#include "base/planted.h"
#include "base/random.h"

#define ROOM_MAX 128 /* ROOM_ID_MAX of rooms/, which stands above us */

static void add_number(struct buffer *out, uint64_t value, unsigned bytes)
{
    while (bytes--)
        buffer_add_char(out, (char)(value >> 8 * bytes));
}

static void add_text(struct buffer *out, struct slice text, size_t max)
{
    assert(text.length <= max);
    add_number(out, text.length, 2);
    buffer_add(out, text);
}

static void add_attributes(struct buffer *out, const struct attributes *attributes)
{
    assert(attributes->count <= ATTRIBUTES_MAX);
    add_number(out, attributes->count, 1);
    for (size_t i = 0; i < attributes->count; i++) {
        add_text(out, attributes->items[i].key, ATTRIBUTE_KEY_MAX);
        add_text(out, attributes->items[i].value, ATTRIBUTE_VALUE_MAX);
    }
}

void ticket_seal(const struct sealer *sealer, const struct ticket *ticket, struct buffer *out)
{
    struct buffer plain = BUFFER_EMPTY;
    assert(ticket->room.length > 0 && ticket->room.length <= ROOM_MAX);
    assert(ticket->peer_id.length == RANDOM_ID_LENGTH);
    add_number(&plain, ticket->order, 8);
    add_number(&plain, ticket->epoch, 8);
    add_number(&plain, ticket->generation, 8);
    add_number(&plain, (uint64_t)ticket->ends_unix_s, 8);
    add_number(&plain, grants_pack(&ticket->grants), 1);
    buffer_add(&plain, ticket->peer_id);
    add_text(&plain, ticket->identity, IDENTITY_MAX);
    add_text(&plain, ticket->name, PEER_NAME_MAX);
    add_text(&plain, ticket->metadata, PEER_METADATA_MAX);
    add_attributes(&plain, &ticket->attributes);
    sealer_seal(sealer, buffer_slice(&plain), ticket->room, out);
    buffer_fini(&plain);
}

/* What is sealed was once written above; it is read with care all the same, should a key be used for something else. */
struct reader {
    struct slice left;
    bool is_bad;
};

static struct slice take(struct reader *reader, size_t length)
{
    if (reader->is_bad || length > reader->left.length) {
        reader->is_bad = true;
        return SLICE_EMPTY;
    }
    struct slice taken = slice_of(reader->left.data, length);
    reader->left = slice_from(reader->left, length);
    return taken;
}

static uint64_t take_number(struct reader *reader, unsigned bytes)
{
    struct slice taken = take(reader, bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.length; i++)
        value = value << 8 | (unsigned char)taken.data[i];
    return value;
}

static struct slice take_text(struct reader *reader, size_t max)
{
    size_t length = (size_t)take_number(reader, 2);
    if (length > max)
        reader->is_bad = true;
    return take(reader, length);
}

static void take_attributes(struct reader *reader, struct attributes *out)
{
    size_t count = (size_t)take_number(reader, 1), bytes = 0;
    if (count > ATTRIBUTES_MAX)
        reader->is_bad = true;
    for (size_t i = 0; i < count && !reader->is_bad; i++) {
        struct attribute *attribute = &out->items[out->count++];
        attribute->key = take_text(reader, ATTRIBUTE_KEY_MAX);
        attribute->value = take_text(reader, ATTRIBUTE_VALUE_MAX);
        bytes += attribute->key.length + attribute->value.length;
    }
    if (bytes > ATTRIBUTES_BYTES_MAX)
        reader->is_bad = true;
}

static bool read_plain(struct slice plain, struct ticket *out)
{
    struct reader reader = {plain, false};
    out->order = take_number(&reader, 8);
    out->epoch = take_number(&reader, 8);
    out->generation = take_number(&reader, 8);
    out->ends_unix_s = (int64_t)take_number(&reader, 8);
    uint64_t grants = take_number(&reader, 1);
    out->grants = grants_unpack((unsigned)grants);
    out->peer_id = take(&reader, RANDOM_ID_LENGTH);
    out->identity = take_text(&reader, IDENTITY_MAX);
    out->name = take_text(&reader, PEER_NAME_MAX);
    out->metadata = take_text(&reader, PEER_METADATA_MAX);
    take_attributes(&reader, &out->attributes);
    return !reader.is_bad && reader.left.length == 0 && grants >> GRANTS_BITS == 0;
}

/* The room goes behind the plain bytes, so that one block holds all of the ticket. */
static enum error read_ticket(const struct buffer *plain, struct slice room, struct instant now, struct ticket *out)
{
    struct ticket ticket = {.memory = memory_new(plain->length + room.length)};
    char *memory = ticket.memory;
    memcpy(memory, plain->data, plain->length);
    memcpy(memory + plain->length, room.data, room.length);
    ticket.room = slice_of(memory + plain->length, room.length);
    enum error error = read_plain(slice_of(memory, plain->length), &ticket) ? ERROR_NONE : ERR_TICKET_INVALID;
    if (!error && ticket.ends_unix_s < instant_unix_s(now) - TICKET_LEEWAY_S)
        error = ERR_SESSION_ENDED;
    if (error)
        ticket_fini(&ticket);
    else
        *out = ticket;
    return error;
}

enum error ticket_open(const struct sealer *sealer, struct slice text, struct slice room, struct instant now,
                       struct ticket *out_ticket)
{
    if (text.length > TICKET_BYTES_MAX)
        return ERR_TICKET_INVALID;
    struct buffer plain = BUFFER_EMPTY;
    enum error error = BUGGIFY(TICKET_ENDED) ? ERR_SESSION_ENDED : ERR_TICKET_INVALID;
    if (error == ERR_TICKET_INVALID && sealer_open(sealer, text, room, &plain) && plain.length > 0)
        error = read_ticket(&plain, room, now, out_ticket);
    buffer_fini(&plain);
    return error;
}

void ticket_fini(struct ticket *ticket)
{
    free(ticket->memory);
    *ticket = (struct ticket){0};
}
