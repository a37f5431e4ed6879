/* token.c - verifies access tokens and makes them. */
#include "auth/token.h"

#include <cjose/jws.h>
#include <openssl/err.h>

#include "auth/claims_read.h"
#include "auth/jws.h"
#include "auth/key.h"
#include "base/json_scan.h"

static const struct key *key_by_issuer(const struct keyring *keys, const struct jws *jws)
{
    struct json_member members[CLAIM_COUNT];
    claims_find(jws, members);
    const struct json_member *issuer = &members[CLAIM_ISS];
    if (issuer->kind != JSON_STRING)
        return NULL;
    char text[TOKEN_BYTES_MAX];
    return keyring_find_secret(keys, slice_of(text, json_unescape(json_string_inner(issuer->value), text)));
}

static enum error check_signature(const struct keyring *keys, const struct jws *jws)
{
    const struct key *key = keyring_find_public(keys, jws->kid);
    if (!key)
        key = key_by_issuer(keys, jws);
    return key ? jws_verify(jws, key) : ERR_AUTH_KEY;
}

enum error token_verify(const struct keyring *keys, const struct token_rules *rules, struct slice token,
                        struct instant now, struct claims *out_claims)
{
    struct jws jws;
    enum error error = jws_parse(token, &jws);
    if (!error)
        error = check_signature(keys, &jws);
    if (!error)
        error = claims_read(&jws, rules, now, out_claims);
    jws_fini(&jws);
    return error;
}

enum error token_check_unsigned(const struct token_rules *rules, struct slice token, struct instant now,
                                struct claims *out_claims)
{
    struct jws jws;
    enum error error = jws_parse(token, &jws);
    if (!error)
        error = claims_read(&jws, rules, now, out_claims);
    jws_fini(&jws);
    return error;
}

enum error token_peek(struct slice token, struct buffer *out_header, struct buffer *out_payload)
{
    struct jws jws;
    enum error error = jws_parse(token, &jws);
    if (!error) {
        buffer_add(out_header, jws.header);
        buffer_add(out_payload, jws.payload);
    }
    jws_fini(&jws);
    return error;
}

static void add_text(struct buffer *json, const char *name, struct slice text)
{
    if (text.length == 0)
        return;
    buffer_add_format(json, ",\"%s\":", name);
    buffer_add_json_string(json, text);
}

static void add_attributes(struct buffer *json, const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        buffer_add_text(json, i ? "," : ",\"attributes\":{");
        buffer_add_json_string(json, attributes->items[i].key);
        buffer_add_char(json, ':');
        buffer_add_json_string(json, attributes->items[i].value);
    }
    if (attributes->count)
        buffer_add_char(json, '}');
}

static void add_flag(struct buffer *json, const char *name, bool value)
{
    buffer_add_format(json, ",\"%s\":%s", name, value ? "true" : "false");
}

static void add_video(struct buffer *json, const struct claims *claims)
{
    buffer_add_format(json, ",\"video\":{\"roomJoin\":%s", claims->may_join ? "true" : "false");
    add_text(json, "room", claims->room);
    if (claims->may_create)
        add_flag(json, "roomCreate", true);
    if (claims->grants.is_admin)
        add_flag(json, "roomAdmin", true);
    add_flag(json, "canPublish", claims->grants.may_publish);
    add_flag(json, "canSubscribe", claims->grants.may_subscribe);
    add_flag(json, "canPublishData", claims->grants.may_publish_data);
    if (claims->grants.may_update_self)
        add_flag(json, "canUpdateOwnMetadata", true);
    if (claims->grants.is_hidden)
        add_flag(json, "hidden", true);
    buffer_add_char(json, '}');
}

static void add_payload(struct buffer *json, struct slice key_id, const struct claims *claims, struct instant now)
{
    buffer_add_text(json, "{\"iss\":");
    buffer_add_json_string(json, key_id);
    add_text(json, "jti", claims->token_id);
    add_text(json, "sub", claims->identity);
    buffer_add_text(json, ",\"nbf\":");
    buffer_add_int(json, claims->not_before_unix_s ? claims->not_before_unix_s : instant_unix_s(now));
    buffer_add_text(json, ",\"exp\":");
    buffer_add_int(json, claims->expires_unix_s);
    add_text(json, "name", claims->name);
    add_text(json, "metadata", claims->metadata);
    add_attributes(json, &claims->attributes);
    add_video(json, claims);
    buffer_add_char(json, '}');
}

static bool sign(const struct key *key, struct slice payload, struct buffer *out)
{
    cjose_jws_t *jws = NULL;
    const char *text = NULL;
    cjose_header_t *header = cjose_header_new(NULL);
    if (header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_HS256, NULL) &&
        cjose_header_set(header, "typ", "JWT", NULL))
        jws = cjose_jws_sign(key->jwk, header, (const uint8_t *)payload.data, payload.length, NULL);
    bool is_done = jws && cjose_jws_export(jws, &text, NULL);
    if (is_done)
        buffer_add_text(out, text);
    cjose_jws_release(jws);
    cjose_header_release(header);
    ERR_clear_error();
    return is_done;
}

/* Also the one check of what the caller put in: lengths, UTF-8, times. The claims may say that it is not valid yet. */
static bool would_be_taken(const struct keyring *keys, struct slice token, const struct claims *claims,
                           struct instant now)
{
    struct token_rules rules = {.lifetime_max_s = INT64_MAX};
    struct claims read = {0};
    if (claims->not_before_unix_s > instant_unix_s(now))
        now.unix_ms = claims->not_before_unix_s * 1000;
    enum error error = token_verify(keys, &rules, token, now, &read);
    if (error)
        return false;
    claims_fini(&read);
    return true;
}

enum error token_create(const struct keyring *keys, struct slice key_id, const struct claims *claims,
                        struct instant now, struct buffer *out)
{
    const struct key *key = keyring_find_secret(keys, key_id);
    if (!key)
        return ERR_AUTH_KEY;
    struct buffer payload = BUFFER_EMPTY, token = BUFFER_EMPTY;
    add_payload(&payload, key_id, claims, now);
    bool is_good = sign(key, buffer_slice(&payload), &token) && would_be_taken(keys, buffer_slice(&token), claims, now);
    if (is_good)
        buffer_add(out, buffer_slice(&token));
    buffer_fini(&payload);
    buffer_fini(&token);
    return is_good ? ERROR_NONE : ERR_AUTH_CLAIMS;
}
