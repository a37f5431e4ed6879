/* claims.c - a payload's JSON becomes claims, and claims admit to a room. */
#include "auth/claims.h"

#include <assert.h>
#include <stdlib.h>

#include "auth/claims_read.h"
#include "auth/claims_rules.h"
#include "base/json_scan.h"
#include "base/memory.h"

void claims_fini(struct claims *claims)
{
    free(claims->memory);
    *claims = (struct claims){0};
}

enum error claims_admit(const struct claims *claims, struct slice room)
{
    if (!claims->may_join)
        return ERR_AUTH_GRANT;
    if (claims->room.length == 0 || !slice_is_equal(claims->room, room))
        return ERR_AUTH_ROOM;
    return ERROR_NONE;
}

static const char *const claim_names[CLAIM_COUNT] = {
    [CLAIM_ISS] = "iss",           [CLAIM_JTI] = "jti",
    [CLAIM_SUB] = "sub",           [CLAIM_EXP] = "exp",
    [CLAIM_NBF] = "nbf",           [CLAIM_IAT] = "iat",
    [CLAIM_AUD] = "aud",           [CLAIM_NAME] = "name",
    [CLAIM_METADATA] = "metadata", [CLAIM_ATTRIBUTES] = "attributes",
    [CLAIM_VIDEO] = "video",
};

static void members_find(const struct jws *jws, struct slice object, const char *const *names,
                         struct json_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        members[i] = (struct json_member){.name = slice_from_text(names[i])};
    enum json_kind kind = JSON_ABSENT;
    enum error error = json_check_members(jws->checker, object, &jws_json_rules, members, count, &kind);
    assert(!error && kind == JSON_OBJECT);
}

void claims_find(const struct jws *jws, struct json_member out_members[CLAIM_COUNT])
{
    members_find(jws, jws->payload, claim_names, out_members, CLAIM_COUNT);
}

/* Texts are unescaped into one block, which cannot overflow: none is longer than its JSON. */
struct reader {
    char *at;
    enum error error; /* the first one */
};

static struct slice text_decode(struct reader *reader, struct slice inner)
{
    struct slice text = slice_of(reader->at, json_unescape(inner, reader->at));
    reader->at += text.length;
    return text;
}

static bool is_given(const struct json_member *member, enum json_kind kind, struct reader *reader)
{
    if (member->kind == kind)
        return true;
    if (member->kind != JSON_ABSENT && member->kind != JSON_NULL)
        reader->error = ERR_AUTH_CLAIMS;
    return false;
}

static struct slice text_read(struct reader *reader, const struct json_member *member, size_t bytes_max)
{
    if (!is_given(member, JSON_STRING, reader))
        return SLICE_EMPTY;
    struct slice text = text_decode(reader, json_string_inner(member->value));
    if (text.length > bytes_max)
        reader->error = ERR_AUTH_CLAIMS;
    return text;
}

static bool flag_read(struct reader *reader, const struct json_member *member, bool otherwise)
{
    return member->kind == JSON_TRUE || (is_given(member, JSON_FALSE, reader) ? false : otherwise);
}

static void attribute_read(struct reader *reader, const struct json_member *member, struct attribute *out)
{
    out->key = text_decode(reader, member->name);
    out->value = text_decode(reader, json_string_inner(member->value));
}

static void attributes_read(struct reader *reader, const struct json_member *object, struct attributes *out)
{
    if (!is_given(object, JSON_OBJECT, reader))
        return;
    size_t bytes = 0;
    struct json_walk walk = json_walk_start(object->value);
    for (struct json_member member; json_walk_next(&walk, &member);) {
        if (member.kind != JSON_STRING || out->count == ATTRIBUTES_MAX) {
            reader->error = ERR_AUTH_CLAIMS;
            return;
        }
        struct attribute *attribute = &out->items[out->count++];
        attribute_read(reader, &member, attribute);
        bytes += attribute->key.length + attribute->value.length;
        if (attribute->key.length > ATTRIBUTE_KEY_MAX || attribute->value.length > ATTRIBUTE_VALUE_MAX ||
            bytes > ATTRIBUTES_BYTES_MAX)
            reader->error = ERR_AUTH_CLAIMS;
    }
}

enum grant {
    GRANT_ROOM,
    GRANT_JOIN,
    GRANT_CREATE,
    GRANT_ADMIN,
    GRANT_PUBLISH,
    GRANT_SUBSCRIBE,
    GRANT_PUBLISH_DATA,
    GRANT_UPDATE_SELF,
    GRANT_HIDDEN,
    GRANT_COUNT,
};

static const char *const grant_names[GRANT_COUNT] = {
    [GRANT_ROOM] = "room",
    [GRANT_JOIN] = "roomJoin",
    [GRANT_CREATE] = "roomCreate",
    [GRANT_ADMIN] = "roomAdmin",
    [GRANT_PUBLISH] = "canPublish",
    [GRANT_SUBSCRIBE] = "canSubscribe",
    [GRANT_PUBLISH_DATA] = "canPublishData",
    [GRANT_UPDATE_SELF] = "canUpdateOwnMetadata",
    [GRANT_HIDDEN] = "hidden",
};

static void video_read(struct reader *reader, const struct jws *jws, const struct json_member *video,
                       struct claims *out)
{
    if (video->kind != JSON_OBJECT) {
        reader->error = ERR_AUTH_CLAIMS;
        return;
    }
    struct json_member members[GRANT_COUNT];
    members_find(jws, video->value, grant_names, members, GRANT_COUNT);
    out->room = text_read(reader, &members[GRANT_ROOM], JWS_JSON_MAX);
    out->may_join = flag_read(reader, &members[GRANT_JOIN], false);
    out->may_create = flag_read(reader, &members[GRANT_CREATE], false);
    out->grants.is_admin = flag_read(reader, &members[GRANT_ADMIN], false);
    out->grants.may_publish = flag_read(reader, &members[GRANT_PUBLISH], true);
    out->grants.may_subscribe = flag_read(reader, &members[GRANT_SUBSCRIBE], true);
    out->grants.may_publish_data = flag_read(reader, &members[GRANT_PUBLISH_DATA], out->grants.may_publish);
    out->grants.may_update_self = flag_read(reader, &members[GRANT_UPDATE_SELF], false);
    out->grants.is_hidden = flag_read(reader, &members[GRANT_HIDDEN], false);
}

static enum error texts_read(const struct jws *jws, const struct json_member *members, struct claims *out)
{
    out->memory = memory_new(jws->payload.length);
    struct reader reader = {.at = out->memory};
    out->issuer = text_read(&reader, &members[CLAIM_ISS], JWS_JSON_MAX);
    out->token_id = text_read(&reader, &members[CLAIM_JTI], TOKEN_ID_MAX);
    out->identity = text_read(&reader, &members[CLAIM_SUB], IDENTITY_MAX);
    out->name = text_read(&reader, &members[CLAIM_NAME], PEER_NAME_MAX);
    out->metadata = text_read(&reader, &members[CLAIM_METADATA], PEER_METADATA_MAX);
    attributes_read(&reader, &members[CLAIM_ATTRIBUTES], &out->attributes);
    video_read(&reader, jws, &members[CLAIM_VIDEO], out);
    return out->identity.length ? reader.error : ERR_AUTH_CLAIMS;
}

enum error claims_read(const struct jws *jws, const struct token_rules *rules, struct instant now, struct claims *out)
{
    struct json_member members[CLAIM_COUNT];
    claims_find(jws, members);
    struct token_times times = {0};
    struct claims claims = {0};
    enum error error = token_times_read(&members[CLAIM_EXP], &members[CLAIM_NBF], &members[CLAIM_IAT], &times);
    if (!error)
        error = texts_read(jws, members, &claims);
    if (!error)
        error = token_times_check(&times, rules, now);
    if (!error)
        error = audience_check(&members[CLAIM_AUD], rules);
    if (error) {
        claims_fini(&claims);
        return error;
    }
    claims.expires_unix_s = times.expires_unix_s;
    claims.not_before_unix_s = times.not_before_unix_s;
    *out = claims;
    return ERROR_NONE;
}
