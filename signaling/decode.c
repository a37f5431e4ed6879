/* decode.c - JSON text to typed messages: one row and one function per message. */
#include <assert.h>
#include <stdlib.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "cluster/route.h"
#include "signaling/message.h"

#define MESSAGE_DEPTH_MAX 8
#define INTEGER_MAX       (((int64_t)1 << 53) - 1) /* what a JavaScript number holds exactly */

static const struct json_rules message_rules = {
    .depth_max = MESSAGE_DEPTH_MAX,
    .refuse_duplicates = true,
    .refuse_nul = true,
};

/* FIELD(name, wire name): every member that some message has. */
#define FIELD_TABLE(FIELD)                                                                                             \
    FIELD(TYPE, "type")                                                                                                \
    FIELD(ID, "id")                                                                                                    \
    FIELD(GOT, "got")                                                                                                  \
    FIELD(SEQ, "seq")                                                                                                  \
    FIELD(TOKEN, "token")                                                                                              \
    FIELD(TICKET, "ticket")                                                                                            \
    FIELD(RECEIPTS, "receipts")                                                                                        \
    FIELD(NAME, "name")                                                                                                \
    FIELD(ATTRIBUTES, "attributes")                                                                                    \
    FIELD(MEDIA, "media")                                                                                              \
    FIELD(REGION, "region")                                                                                            \
    FIELD(TO, "to")                                                                                                    \
    FIELD(KIND, "kind")                                                                                                \
    FIELD(BODY, "body")                                                                                                \
    FIELD(PEER, "peer")                                                                                                \
    FIELD(WELCOME, "welcome")

enum field {
#define FIELD(name, wire) FIELD_##name,
    FIELD_TABLE(FIELD)
#undef FIELD
        FIELD_COUNT
};

static const char *const field_names[FIELD_COUNT] = {
#define FIELD(name, wire) [FIELD_##name] = wire,
    FIELD_TABLE(FIELD)
#undef FIELD
};

struct decoder {
    struct json_checker *checker;
    /* The strings of one message that had escapes, unescaped. Each part of the text is unescaped at
     * most once and never grows, so that they fit together. */
    char *scratch;
    size_t scratch_length;
    struct json_member fields[FIELD_COUNT]; /* of the message being decoded */
    struct slice addressees[ADDRESSEES_MAX];
    const char *bad_field;
};

struct decoder *decoder_create(size_t message_bytes_max)
{
    struct decoder *decoder = memory_new(sizeof *decoder);
    decoder->checker = json_checker_create(message_bytes_max);
    decoder->scratch = memory_new(message_bytes_max);
    for (int field = 0; field < FIELD_COUNT; field++)
        decoder->fields[field].name = slice_from_text(field_names[field]);
    return decoder;
}

struct decoder *decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return NULL;
    (void)json_checker_destroy(decoder->checker);
    free(decoder->scratch);
    free(decoder);
    return NULL;
}

const char *message_type_name(enum message_type type)
{
    static const char *const names[MESSAGE_COUNT] = {
#define MESSAGE(name, wire) [MESSAGE_##name] = wire,
        MESSAGE_TABLE(MESSAGE)
#undef MESSAGE
    };
    return names[type];
}

/* Fields. Each returns false after noting which field is at fault. */

static bool is_given(const struct decoder *decoder, enum field field)
{
    return decoder->fields[field].kind != JSON_ABSENT;
}

static bool refuse(struct decoder *decoder, enum field field)
{
    decoder->bad_field = field_names[field];
    return false;
}

/* What stands between quotes, unescaped. */
static struct slice plain_text(struct decoder *decoder, struct slice raw)
{
    if (!memchr(raw.data, '\\', raw.length))
        return raw;
    char *start = decoder->scratch + decoder->scratch_length;
    size_t length = json_unescape(raw, start);
    decoder->scratch_length += length;
    return slice_of(start, length);
}

static bool take_text(struct decoder *decoder, enum field field, size_t bytes_max, struct slice *out_text)
{
    const struct json_member *member = &decoder->fields[field];
    if (member->kind != JSON_STRING)
        return refuse(decoder, field);
    struct slice text = plain_text(decoder, json_string_inner(member->value));
    if (text.length > bytes_max)
        return refuse(decoder, field);
    *out_text = text;
    return true;
}

static bool take_body(struct decoder *decoder, struct slice *out_body)
{
    if (!is_given(decoder, FIELD_BODY))
        return refuse(decoder, FIELD_BODY);
    *out_body = decoder->fields[FIELD_BODY].value;
    return true;
}

/* *out_value stays as it is when the field is absent. */
static bool take_integer(struct decoder *decoder, enum field field, int64_t min, int64_t *out_value)
{
    const struct json_member *member = &decoder->fields[field];
    if (member->kind == JSON_ABSENT)
        return true;
    int64_t value;
    if (member->kind != JSON_NUMBER || !json_integer_decode(member->value, INTEGER_MAX, &value) || value < min)
        return refuse(decoder, field);
    *out_value = value;
    return true;
}

static bool take_id(struct decoder *decoder, struct reference *out_id)
{
    int64_t id = 0;
    if (!take_integer(decoder, FIELD_ID, 0, &id))
        return false;
    *out_id = (struct reference){is_given(decoder, FIELD_ID), id};
    return true;
}

static bool take_boolean(struct decoder *decoder, enum field field, bool *out_value)
{
    enum json_kind kind = decoder->fields[field].kind;
    if (kind == JSON_ABSENT)
        return true;
    if (kind != JSON_TRUE && kind != JSON_FALSE)
        return refuse(decoder, field);
    *out_value = kind == JSON_TRUE;
    return true;
}

/* A secret has at least one byte. */
static bool take_secret(struct decoder *decoder, enum field field, size_t bytes_max, struct slice *out_text)
{
    struct slice text;
    if (!take_text(decoder, field, bytes_max, &text))
        return false;
    if (text.length == 0)
        return refuse(decoder, field);
    *out_text = text;
    return true;
}

/* How a peer presents itself */

/* Names that mean something else than a member to a careless JavaScript client (T-48). */
static bool is_safe_key(struct slice key)
{
    return !slice_is_text(key, "__proto__") && !slice_is_text(key, "constructor") && !slice_is_text(key, "prototype");
}

static bool add_attribute(struct decoder *decoder, const struct json_member *member, struct attributes *attributes)
{
    if (member->kind != JSON_STRING || attributes->count == ATTRIBUTES_MAX)
        return false;
    struct slice key = plain_text(decoder, member->name);
    struct slice value = plain_text(decoder, json_string_inner(member->value));
    if (key.length > ATTRIBUTE_KEY_MAX || value.length > ATTRIBUTE_VALUE_MAX || !is_safe_key(key))
        return false;
    attributes->items[attributes->count++] = (struct attribute){key, value};
    return true;
}

static bool take_attributes(struct decoder *decoder, struct attributes *out_attributes)
{
    const struct json_member *field = &decoder->fields[FIELD_ATTRIBUTES];
    if (field->kind != JSON_OBJECT)
        return refuse(decoder, FIELD_ATTRIBUTES);
    struct json_walk walk = json_walk_start(field->value);
    struct json_member member;
    size_t bytes = 0;
    out_attributes->count = 0;
    while (json_walk_next(&walk, &member)) {
        if (!add_attribute(decoder, &member, out_attributes))
            return refuse(decoder, FIELD_ATTRIBUTES);
        const struct attribute *added = &out_attributes->items[out_attributes->count - 1];
        bytes += added->key.length + added->value.length;
    }
    return bytes <= ATTRIBUTES_BYTES_MAX || refuse(decoder, FIELD_ATTRIBUTES);
}

/* 0 for a name that this version does not know. */
static unsigned media_flag(struct slice name)
{
    if (slice_is_text(name, "mic"))
        return MEDIA_MIC;
    if (slice_is_text(name, "camera"))
        return MEDIA_CAMERA;
    return slice_is_text(name, "screen") ? MEDIA_SCREEN : 0;
}

static bool take_media(struct decoder *decoder, struct profile_update *profile)
{
    const struct json_member *field = &decoder->fields[FIELD_MEDIA];
    if (field->kind != JSON_OBJECT)
        return refuse(decoder, FIELD_MEDIA);
    struct json_walk walk = json_walk_start(field->value);
    struct json_member member;
    while (json_walk_next(&walk, &member)) {
        unsigned flag = media_flag(plain_text(decoder, member.name));
        if (!flag)
            continue;
        if (member.kind != JSON_TRUE && member.kind != JSON_FALSE)
            return refuse(decoder, FIELD_MEDIA);
        profile->media_mask |= flag;
        profile->media |= member.kind == JSON_TRUE ? flag : 0;
    }
    return true;
}

static bool take_profile(struct decoder *decoder, struct profile_update *profile)
{
    profile->has_name = is_given(decoder, FIELD_NAME);
    profile->has_attributes = is_given(decoder, FIELD_ATTRIBUTES);
    if (profile->has_name && !take_text(decoder, FIELD_NAME, PEER_NAME_MAX, &profile->name))
        return false;
    if (profile->has_attributes && !take_attributes(decoder, &profile->attributes))
        return false;
    return !is_given(decoder, FIELD_MEDIA) || take_media(decoder, profile);
}

/* The messages */

static bool decode_hello(struct decoder *decoder, struct message *message)
{
    bool is_proved = is_given(decoder, FIELD_TICKET)
                         ? take_secret(decoder, FIELD_TICKET, TICKET_BYTES_MAX, &message->hello.ticket)
                         : take_secret(decoder, FIELD_TOKEN, TOKEN_BYTES_MAX, &message->hello.token);
    if (!is_proved || !take_boolean(decoder, FIELD_RECEIPTS, &message->hello.gives_receipts))
        return false;
    if (!take_profile(decoder, &message->hello.profile))
        return false;
    return !is_given(decoder, FIELD_REGION) || take_text(decoder, FIELD_REGION, REGION_MAX, &message->hello.region);
}

static bool decode_relay(struct decoder *decoder, struct message *message)
{
    struct slice kind = SLICE_LITERAL("data");
    if (!take_integer(decoder, FIELD_SEQ, 1, &message->relay.parcel.seq))
        return false;
    if (!take_text(decoder, FIELD_TO, SIZE_MAX, &message->relay.to))
        return false;
    if (is_given(decoder, FIELD_KIND) && !take_text(decoder, FIELD_KIND, SIZE_MAX, &kind))
        return false;
    if (!relay_kind_find(kind, &message->relay.parcel.kind))
        return refuse(decoder, FIELD_KIND);
    return take_body(decoder, &message->relay.parcel.body);
}

static bool take_addressees(struct decoder *decoder, size_t *out_count)
{
    const struct json_member *field = &decoder->fields[FIELD_TO];
    if (field->kind != JSON_ARRAY)
        return refuse(decoder, FIELD_TO);
    struct json_walk walk = json_walk_start(field->value);
    struct json_member member;
    size_t count = 0;
    while (json_walk_next(&walk, &member)) {
        if (member.kind != JSON_STRING || count == ADDRESSEES_MAX)
            return refuse(decoder, FIELD_TO);
        decoder->addressees[count++] = plain_text(decoder, json_string_inner(member.value));
    }
    *out_count = count;
    return count > 0 || refuse(decoder, FIELD_TO);
}

static bool decode_broadcast(struct decoder *decoder, struct message *message)
{
    if (!take_integer(decoder, FIELD_SEQ, 1, &message->broadcast.parcel.seq))
        return false;
    message->broadcast.parcel.kind = RELAY_DATA;
    if (is_given(decoder, FIELD_TO)) {
        if (!take_addressees(decoder, &message->broadcast.to_count))
            return false;
        message->broadcast.to = decoder->addressees;
    }
    return take_body(decoder, &message->broadcast.parcel.body);
}

static bool decode_update(struct decoder *decoder, struct message *message)
{
    return take_profile(decoder, &message->update);
}

static bool decode_kick(struct decoder *decoder, struct message *message)
{
    return take_text(decoder, FIELD_PEER, SIZE_MAX, &message->kick.peer_id);
}

static bool decode_receipt(struct decoder *decoder, struct message *message)
{
    if (!is_given(decoder, FIELD_GOT))
        return refuse(decoder, FIELD_GOT);
    return take_integer(decoder, FIELD_WELCOME, 1, &message->receipt.welcome);
}

static bool decode_refresh(struct decoder *decoder, struct message *message)
{
    return take_secret(decoder, FIELD_TOKEN, TOKEN_BYTES_MAX, &message->refresh.token);
}

/* For a message that is its type and no more. */
static bool decode_bare(struct decoder *decoder, struct message *message)
{
    (void)decoder;
    (void)message;
    return true;
}

static bool (*const decode_functions[MESSAGE_COUNT])(struct decoder *, struct message *) = {
    [MESSAGE_HELLO] = decode_hello,     [MESSAGE_RELAY] = decode_relay, [MESSAGE_BROADCAST] = decode_broadcast,
    [MESSAGE_UPDATE] = decode_update,   [MESSAGE_KICK] = decode_kick,   [MESSAGE_RECEIPT] = decode_receipt,
    [MESSAGE_REFRESH] = decode_refresh, [MESSAGE_PING] = decode_bare,   [MESSAGE_LEAVE] = decode_bare,
};

static bool find_type(struct slice name, enum message_type *out_type)
{
    for (int type = 0; type < MESSAGE_COUNT; type++) {
        if (!slice_is_text(name, message_type_name((enum message_type)type)))
            continue;
        *out_type = (enum message_type)type;
        return true;
    }
    return false;
}

static enum error decode_fields(struct decoder *decoder, struct message *out_message)
{
    struct slice name;
    if (!take_id(decoder, &out_message->id) || !take_text(decoder, FIELD_TYPE, SIZE_MAX, &name))
        return ERR_BAD_MESSAGE;
    if (!find_type(name, &out_message->type))
        return ERR_UNKNOWN_TYPE;
    bool is_read = decode_functions[out_message->type](decoder, out_message) &&
                   take_integer(decoder, FIELD_GOT, 0, &out_message->got);
    return is_read ? ERROR_NONE : ERR_BAD_MESSAGE;
}

enum error message_decode(struct decoder *decoder, struct slice text, struct message *out_message,
                          const char **out_field)
{
    enum json_kind kind;
    *out_field = NULL;
    *out_message = (struct message){.got = GOT_NOTHING};
    if (json_check_members(decoder->checker, text, &message_rules, decoder->fields, FIELD_COUNT, &kind) ||
        kind != JSON_OBJECT)
        return ERR_BAD_JSON;
    decoder->scratch_length = 0;
    decoder->bad_field = NULL;
    enum error error = decode_fields(decoder, out_message);
    *out_field = decoder->bad_field;
    return error;
}
