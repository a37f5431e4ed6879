/* fuzz_message.c - decoding any bytes: what comes out lies where it may, keeps its limits, and comes out twice. */
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "cluster/route.h"
#include "signaling/message.h"

#define TEXT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool promise)
{
    if (!promise)
        abort();
}

static void hold_text(struct slice text, size_t bytes_max)
{
    hold(text.length <= bytes_max);
    /* Reads every byte, so that the sanitizer judges where they lie. */
    unsigned char sum = 0;
    for (size_t i = 0; i < text.length; i++) {
        hold(text.data[i] != '\0');
        sum ^= (unsigned char)text.data[i];
    }
    volatile unsigned char sink = sum;
    (void)sink;
}

static void hold_profile(const struct profile_update *profile)
{
    size_t bytes = 0;
    hold_text(profile->name, PEER_NAME_MAX);
    hold(profile->attributes.count <= ATTRIBUTES_MAX);
    for (size_t i = 0; i < profile->attributes.count; i++) {
        const struct attribute *attribute = &profile->attributes.items[i];
        hold_text(attribute->key, ATTRIBUTE_KEY_MAX);
        hold_text(attribute->value, ATTRIBUTE_VALUE_MAX);
        hold(!slice_is_text(attribute->key, "__proto__"));
        bytes += attribute->key.length + attribute->value.length;
    }
    hold(bytes <= ATTRIBUTES_BYTES_MAX);
    hold((profile->media & ~profile->media_mask) == 0);
}

/* A body lies within the text itself, and is JSON of its own. */
static void hold_body(struct slice body, struct slice text)
{
    static struct json_checker *checker;
    const struct json_rules rules = {8, true, true};
    if (!checker)
        checker = json_checker_create(TEXT_MAX);
    hold(body.data > text.data && body.data + body.length < text.data + text.length);
    hold(json_check(checker, body, &rules) == ERROR_NONE);
}

static void hold_parcel(const struct parcel *parcel, struct slice text)
{
    hold(parcel->seq >= 0 && parcel->seq < (int64_t)1 << 53);
    hold(parcel->kind < RELAY_KIND_COUNT);
    hold_body(parcel->body, text);
}

static void hold_hello(const struct message *message)
{
    hold(message->hello.token.length > 0 || message->hello.ticket.length > 0);
    hold_text(message->hello.token, TOKEN_BYTES_MAX);
    hold_text(message->hello.ticket, TICKET_BYTES_MAX);
    hold_text(message->hello.region, REGION_MAX);
    hold_profile(&message->hello.profile);
}

static void hold_broadcast(const struct message *message, struct slice text)
{
    hold_parcel(&message->broadcast.parcel, text);
    hold((message->broadcast.to == NULL) == (message->broadcast.to_count == 0));
    hold(message->broadcast.to_count <= ADDRESSEES_MAX);
    for (size_t i = 0; i < message->broadcast.to_count; i++)
        hold_text(message->broadcast.to[i], text.length);
}

static void hold_message(const struct message *message, struct slice text)
{
    hold(!message->id.is_set || (message->id.id >= 0 && message->id.id < (int64_t)1 << 53));
    hold(message->got >= GOT_NOTHING && message->got < (int64_t)1 << 53);
    switch (message->type) {
    case MESSAGE_HELLO: hold_hello(message); break;
    case MESSAGE_RELAY:
        hold_text(message->relay.to, text.length);
        hold_parcel(&message->relay.parcel, text);
        break;
    case MESSAGE_BROADCAST: hold_broadcast(message, text); break;
    case MESSAGE_REFRESH:
        hold(message->refresh.token.length > 0);
        hold_text(message->refresh.token, TOKEN_BYTES_MAX);
        break;
    case MESSAGE_RECEIPT: hold(message->got != GOT_NOTHING); break;
    case MESSAGE_UPDATE: hold_profile(&message->update); break;
    case MESSAGE_KICK: hold_text(message->kick.peer_id, text.length); break;
    case MESSAGE_PING:
    case MESSAGE_LEAVE: break;
    case MESSAGE_COUNT: hold(false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decoder *decoder;
    if (!decoder)
        decoder = decoder_create(TEXT_MAX);
    struct message first, second;
    const char *first_field, *second_field;
    struct slice text = slice_of(data, size);

    enum error error = message_decode(decoder, text, &first, &first_field);
    hold(error == ERROR_NONE || error == ERR_BAD_JSON || error == ERR_BAD_MESSAGE || error == ERR_UNKNOWN_TYPE);
    hold(error == ERR_BAD_MESSAGE || first_field == NULL);
    if (error == ERROR_NONE)
        hold_message(&first, text);

    /* The scratch memory is used anew, so that even the addresses are the same. */
    hold(message_decode(decoder, text, &second, &second_field) == error);
    hold(memcmp(&first, &second, sizeof first) == 0 && first_field == second_field);
    return 0;
}
