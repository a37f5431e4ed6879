/* fuzz_ticket.c - tickets that nobody sealed, and sealed bytes that are no ticket: none opens but what says something.
 *
 * Each input is tried three times: as a ticket, as what a good one is changed with, and, so that the fuzzer gets past
 * the seal, as the bytes within one. */
#include <stdlib.h>
#include <string.h>

#include "auth/sealer.h"
#include "auth/ticket.h"
#include "base/random.h"

#define NOW_S     INT64_C(1800000000)
#define SECRET    "the fuzzer knows this secret, nobody needs it"
#define ROOM      "blue"
#define INPUT_MAX 16384

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const struct sealer *key(void)
{
    static struct sealer *sealer;
    struct slice secret = SLICE_LITERAL(SECRET);
    if (!sealer)
        sealer = sealer_create(&secret, 1);
    return sealer;
}

static bool open_for(struct slice text, struct slice room, struct ticket *out_ticket)
{
    const struct instant now = {.unix_ms = NOW_S * 1000};
    return ticket_open(key(), text, room, now, out_ticket) == ERROR_NONE;
}

static bool is_open(struct slice text, struct slice room)
{
    struct ticket ticket = {0};
    if (!open_for(text, room, &ticket))
        return false;
    ticket_fini(&ticket);
    return true;
}

static void check_text(struct slice text, size_t bytes_max)
{
    check(text.length <= bytes_max);
    /* Reads every byte, so that the sanitizer judges where they lie. */
    unsigned char sum = 0;
    for (size_t i = 0; i < text.length; i++)
        sum ^= (unsigned char)text.data[i];
    volatile unsigned char sink = sum;
    (void)sink;
}

static void check_limits(const struct ticket *ticket)
{
    size_t bytes = 0;
    check(slice_is_text(ticket->room, ROOM) && ticket->peer_id.length == RANDOM_ID_LENGTH);
    check_text(ticket->peer_id, RANDOM_ID_LENGTH);
    check_text(ticket->identity, IDENTITY_MAX);
    check_text(ticket->name, PEER_NAME_MAX);
    check_text(ticket->metadata, PEER_METADATA_MAX);
    check(ticket->attributes.count <= ATTRIBUTES_MAX);
    for (size_t i = 0; i < ticket->attributes.count; i++) {
        const struct attribute *attribute = &ticket->attributes.items[i];
        check_text(attribute->key, ATTRIBUTE_KEY_MAX);
        check_text(attribute->value, ATTRIBUTE_VALUE_MAX);
        bytes += attribute->key.length + attribute->value.length;
    }
    check(bytes <= ATTRIBUTES_BYTES_MAX);
    check(ticket->ends_unix_s >= NOW_S - TICKET_LEEWAY_S);
}

static bool is_same(const struct ticket *a, const struct ticket *b)
{
    bool is_same = a->order == b->order && a->epoch == b->epoch && a->generation == b->generation &&
                   a->ends_unix_s == b->ends_unix_s && a->attributes.count == b->attributes.count &&
                   slice_is_equal(a->peer_id, b->peer_id) && slice_is_equal(a->identity, b->identity) &&
                   slice_is_equal(a->name, b->name) && slice_is_equal(a->metadata, b->metadata);
    for (size_t i = 0; is_same && i < a->attributes.count; i++)
        is_same = slice_is_equal(a->attributes.items[i].key, b->attributes.items[i].key) &&
                  slice_is_equal(a->attributes.items[i].value, b->attributes.items[i].value);
    return is_same;
}

/* Whatever could be read can be sealed anew, and is then the same. */
static void check_again(const struct ticket *ticket)
{
    struct buffer text = BUFFER_EMPTY;
    struct ticket again = {0};
    ticket_seal(key(), ticket, &text);
    check(text.length <= TICKET_BYTES_MAX && open_for(buffer_slice(&text), SLICE_LITERAL(ROOM), &again));
    check(is_same(ticket, &again));
    ticket_fini(&again);
    buffer_fini(&text);
}

static void try_plain(struct slice plain)
{
    struct buffer text = BUFFER_EMPTY;
    struct ticket ticket = {0};
    sealer_seal(key(), plain, SLICE_LITERAL(ROOM), &text);
    check(!is_open(buffer_slice(&text), SLICE_LITERAL("green")));
    if (open_for(buffer_slice(&text), SLICE_LITERAL(ROOM), &ticket)) {
        check_limits(&ticket);
        check_again(&ticket);
        ticket_fini(&ticket);
    }
    buffer_fini(&text);
}

static void seal_good(struct buffer *out)
{
    static const char id[] = "0123456789abcdefghijkl";
    const struct ticket ticket = {
        .room = SLICE_LITERAL(ROOM),
        .peer_id = slice_of(id, RANDOM_ID_LENGTH),
        .identity = SLICE_LITERAL("ann"),
        .attributes = {.count = 1, .items = {{SLICE_LITERAL("seat"), SLICE_LITERAL("3")}}},
        .ends_unix_s = NOW_S,
    };
    ticket_seal(key(), &ticket, out);
}

/* Text is changed, and not bytes, so that odd spellings of base64url are tried as well. */
static void try_changed(struct slice change)
{
    struct buffer text = BUFFER_EMPTY;
    bool is_changed = false;
    seal_good(&text);
    for (size_t i = 0; i < change.length && i < text.length; i++) {
        text.data[i] = (char)(text.data[i] ^ change.data[i]);
        is_changed = is_changed || change.data[i] != 0;
    }
    check(is_open(buffer_slice(&text), SLICE_LITERAL(ROOM)) == !is_changed);
    buffer_fini(&text);
}

/* A sealer that opened nothing would pass, too. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    struct buffer text = BUFFER_EMPTY;
    seal_good(&text);
    check(is_open(buffer_slice(&text), SLICE_LITERAL(ROOM)));
    buffer_fini(&text);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice input = slice_of(data, size);
    check(!is_open(input, SLICE_LITERAL(ROOM)));
    if (size > INPUT_MAX)
        return 0;
    try_changed(input);
    if (size <= TICKET_BYTES_MAX / 2) /* what is longer is never sealed */
        try_plain(input);
    return 0;
}
