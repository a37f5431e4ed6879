/* wire_frame.c - the outside of what is on the bus: who says it to whom, in which version, and the proof of it.
 *
 * "PB", version, type, sender (8), addressee (8), the fields of the type, then the tag (32) of all that stands before.
 */
#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>

#include "cluster/wire_parts.h"

#define MAGIC      "PB"
#define HEAD_BYTES 20

void wire_key_derive(struct slice secret, struct wire_key *out_key)
{
    static const unsigned char info[] = "parley bus 1";
    assert(secret.length >= 16 && secret.length <= INT_MAX);
    struct wire_key key;
    size_t length = sizeof key.bytes;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    bool is_done = context && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1 &&
                   EVP_PKEY_CTX_set1_hkdf_key(context, (const unsigned char *)secret.data, (int)secret.length) == 1 &&
                   EVP_PKEY_CTX_add1_hkdf_info(context, info, sizeof info - 1) == 1 &&
                   EVP_PKEY_derive(context, key.bytes, &length) == 1 && length == sizeof key.bytes;
    EVP_PKEY_CTX_free(context);
    assert(is_done);
    *out_key = key;
    OPENSSL_cleanse(&key, sizeof key);
}

/* Tags. To find the algorithm by its name takes longer than most frames do, so each thread keeps what it has found. */

static pthread_key_t tag_key;
static pthread_once_t tag_once = PTHREAD_ONCE_INIT;
static _Thread_local EVP_MAC_CTX *tag_context;

static void free_context(void *context)
{
    EVP_MAC_CTX_free(context);
}

static void create_tag_key(void)
{
    int failed = pthread_key_create(&tag_key, free_context);
    assert(!failed);
}

static EVP_MAC_CTX *create_context(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    bool is_done = context && EVP_MAC_CTX_set_params(context, parameters) == 1;
    EVP_MAC_free(mac);
    assert(is_done); /* only a crypto policy without HMAC-SHA-256 could be the reason */
    (void)pthread_once(&tag_once, create_tag_key);
    (void)pthread_setspecific(tag_key, context);
    return context;
}

void wire_tag(const struct wire_key *key, struct slice bytes, unsigned char out_tag[WIRE_TAG_BYTES])
{
    size_t length = 0;
    if (!tag_context)
        tag_context = create_context();
    bool is_done = EVP_MAC_init(tag_context, key->bytes, sizeof key->bytes, NULL) == 1 &&
                   EVP_MAC_update(tag_context, (const unsigned char *)bytes.data, bytes.length) == 1 &&
                   EVP_MAC_final(tag_context, out_tag, &length, WIRE_TAG_BYTES) == 1;
    assert(is_done && length == WIRE_TAG_BYTES);
}

static bool is_tagged(const struct wire_key *keys, size_t key_count, struct slice bytes, const char *tag)
{
    bool is_authentic = false;
    for (size_t i = 0; i < key_count && !is_authentic; i++) {
        unsigned char expected[WIRE_TAG_BYTES];
        wire_tag(&keys[i], bytes, expected);
        is_authentic = CRYPTO_memcmp(expected, tag, sizeof expected) == 0;
    }
    return is_authentic;
}

/* Heartbeats */

/* What a receiver would refuse is left out: a name that somebody has configured must not make a node unheard of. */
static void put_name(struct buffer *out, const char *name)
{
    struct slice text = slice_of(name, strnlen(name, WIRE_NAME_MAX));
    wire_put_text(out, slice_of(name, wire_printable(text)));
}

static void get_name(struct wire_reader *reader, char out_name[WIRE_NAME_MAX + 1])
{
    struct slice name = wire_get_text(reader, WIRE_NAME_MAX);
    (void)wire_want(reader, wire_printable(name) == name.length);
    memcpy(out_name, name.data, name.length);
    out_name[name.length] = '\0';
}

static void put_heartbeat(struct buffer *out, const struct wire_heartbeat *heartbeat)
{
    put_name(out, heartbeat->name);
    put_name(out, heartbeat->software);
    wire_put_byte(out, heartbeat->version_least);
    wire_put_byte(out, heartbeat->version);
    wire_put_number(out, heartbeat->count);
    wire_put_number(out, heartbeat->term);
    wire_put_byte(out, heartbeat->is_draining);
    wire_put_number(out, heartbeat->rooms);
    wire_put_number(out, heartbeat->sessions);
    wire_put_number(out, heartbeat->connections);
    wire_put_byte(out, heartbeat->is_goodbye);
    wire_put_number(out, heartbeat->leases);
    wire_put_number(out, heartbeat->unleased);
    wire_put_number(out, heartbeat->lag_ms);
}

/* They came together, later than the others: a node that is older ends before them. */
static void get_later_fields(struct wire_reader *reader, struct wire_heartbeat *out)
{
    if (!reader->left.length)
        return;
    out->is_goodbye = wire_get_flag(reader);
    out->leases = wire_get_number(reader);
    out->unleased = wire_get_number(reader);
    out->lag_ms = wire_get_number(reader);
}

static void get_heartbeat(struct wire_reader *reader, struct wire_heartbeat *out)
{
    get_name(reader, out->name);
    get_name(reader, out->software);
    out->version_least = (uint8_t)wire_get_byte(reader, UINT8_MAX);
    out->version = (uint8_t)wire_get_byte(reader, UINT8_MAX);
    out->count = wire_get_number(reader);
    out->term = wire_get_number(reader);
    out->is_draining = wire_get_flag(reader);
    out->rooms = wire_get_number(reader);
    out->sessions = wire_get_number(reader);
    out->connections = wire_get_number(reader);
    get_later_fields(reader, out);
    (void)wire_want(reader, out->version_least >= 1 && out->version_least <= out->version);
}

/* Rooms that were taken */

static void put_taken(struct buffer *out, const struct wire_frame *frame)
{
    wire_put_text(out, frame->taken.room);
    wire_put_number(out, frame->taken.term);
}

static void get_taken(struct wire_reader *reader, struct wire_frame *out)
{
    out->taken.room = wire_get_room_id(reader);
    out->taken.term = wire_get_number(reader);
}

/* Links */

static void put_link(struct buffer *out, const struct wire_frame *frame)
{
    assert(frame->link.payload.length <= WIRE_PAYLOAD_MAX);
    wire_put_number(out, frame->link.mark.stream);
    wire_put_number(out, frame->link.mark.number);
    wire_put_number(out, frame->link.mark.heard_stream);
    wire_put_number(out, frame->link.mark.heard);
    wire_put_text(out, frame->link.payload);
}

static void get_link(struct wire_reader *reader, struct wire_frame *out)
{
    struct link_mark *mark = &out->link.mark;
    mark->stream = wire_get_number(reader);
    mark->number = wire_get_number(reader);
    mark->heard_stream = wire_get_number(reader);
    mark->heard = wire_get_number(reader);
    size_t length = wire_get_count(reader, WIRE_PAYLOAD_MAX);
    out->link.payload = wire_get_bytes(reader, length);
    (void)wire_want(reader, mark->stream != 0 && (mark->number != 0 || length == 0));
}

/* Frames */

void wire_seal(const struct wire_key *key, const struct wire_frame *frame, struct buffer *out)
{
    unsigned char tag[WIRE_TAG_BYTES];
    size_t begun = out->length;
    buffer_add_text(out, MAGIC);
    wire_put_byte(out, frame->version);
    wire_put_byte(out, frame->type);
    wire_put_number(out, frame->from);
    wire_put_number(out, frame->to);
    switch (frame->type) {
    case WIRE_HEARTBEAT: put_heartbeat(out, &frame->heartbeat); break;
    case WIRE_LINK: put_link(out, frame); break;
    case WIRE_TAKEN: put_taken(out, frame); break;
    }
    wire_tag(key, slice_of(out->data + begun, out->length - begun), tag);
    buffer_add(out, slice_of(tag, sizeof tag));
}

static bool is_type(unsigned number)
{
    static const bool is_known[UINT8_MAX + 1] = {
#define TYPE(name, number) [number] = true,
        WIRE_TYPE_TABLE(TYPE)
#undef TYPE
    };
    return is_known[number];
}

/* A heartbeat is for all, and nothing else is. */
static void get_frame(struct wire_reader *reader, struct wire_frame *out)
{
    (void)wire_want(reader, slice_is_text(wire_get_bytes(reader, strlen(MAGIC)), MAGIC));
    out->version = (uint8_t)wire_get_byte(reader, WIRE_VERSION);
    unsigned type = wire_get_byte(reader, UINT8_MAX);
    out->from = wire_get_number(reader);
    out->to = wire_get_number(reader);
    if (!wire_want(reader, out->version >= WIRE_VERSION_LEAST && is_type(type) && out->from != 0))
        return;
    out->type = (enum wire_type)type;
    (void)wire_want(reader, (out->type == WIRE_LINK) == (out->to != 0));
    switch (out->type) {
    case WIRE_HEARTBEAT: get_heartbeat(reader, &out->heartbeat); break;
    case WIRE_LINK: get_link(reader, out); break;
    case WIRE_TAKEN: get_taken(reader, out); break;
    }
}

enum error wire_open(const struct wire_key *keys, size_t key_count, struct slice bytes, struct wire_frame *out_frame)
{
    if (bytes.length < HEAD_BYTES + WIRE_TAG_BYTES || bytes.length > WIRE_FRAME_MAX)
        return ERR_BAD_MESSAGE;
    struct slice said = slice_of(bytes.data, bytes.length - WIRE_TAG_BYTES);
    struct wire_reader reader = {.left = said};
    struct wire_frame frame = {0};
    if (!is_tagged(keys, key_count, said, bytes.data + said.length))
        return ERR_BAD_MESSAGE;
    get_frame(&reader, &frame);
    if (reader.is_bad)
        return ERR_BAD_MESSAGE;
    *out_frame = frame;
    return ERROR_NONE;
}

enum error wire_payload_type(struct slice payload, enum wire_payload_type *out_type)
{
    static const bool is_known[UINT8_MAX + 1] = {
#define PAYLOAD(name, number) [number] = true,
        WIRE_PAYLOAD_TABLE(PAYLOAD)
#undef PAYLOAD
    };
    if (!payload.length)
        return ERR_BAD_MESSAGE;
    unsigned char number = (unsigned char)payload.data[0];
    if (!is_known[number])
        return ERR_UNKNOWN_TYPE;
    *out_type = (enum wire_payload_type)number;
    return ERROR_NONE;
}
