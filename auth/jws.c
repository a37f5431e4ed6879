/* jws.c - a compact JWS: strict parts first, then cjose for the signature. */
#include "auth/jws.h"

#include <cjose/jws.h>
#include <openssl/err.h>

#include "base/base64.h"
#include "base/json_scan.h"
#include "base/memory.h"

const struct json_rules jws_json_rules = {.depth_max = JWS_DEPTH_MAX, .refuse_duplicates = true, .refuse_nul = true};

enum header_member {
    HEADER_ALG,
    HEADER_KID,
    HEADER_CRIT,
    HEADER_B64,
    HEADER_ZIP,
    HEADER_ENC,
    HEADER_COUNT,
};

/* Whatever else a header holds is ignored; jwk, jku, x5c and x5u above all. */
static const char *const header_names[HEADER_COUNT] = {
    [HEADER_ALG] = "alg", [HEADER_KID] = "kid", [HEADER_CRIT] = "crit",
    [HEADER_B64] = "b64", [HEADER_ZIP] = "zip", [HEADER_ENC] = "enc",
};

void jws_fini(struct jws *jws)
{
    json_checker_destroy(jws->checker);
    memory_wipe_free(jws->memory, jws->memory_size);
    *jws = (struct jws){0};
}

struct parts {
    struct slice header, payload, signature; /* base64url */
};

static bool split_once(struct slice text, struct slice *out_head, struct slice *out_tail)
{
    const char *dot = text.length ? memchr(text.data, '.', text.length) : NULL;
    if (!dot)
        return false;
    *out_head = slice_of(text.data, (size_t)(dot - text.data));
    *out_tail = slice_from(text, out_head->length + 1);
    return true;
}

static bool split(struct slice token, struct parts *out)
{
    struct slice rest;
    return token.length <= TOKEN_BYTES_MAX && split_once(token, &out->header, &rest) &&
           split_once(rest, &out->payload, &out->signature) && out->header.length && out->payload.length;
}

static bool decode_part(struct slice part, struct jws *jws, size_t offset, struct slice *out)
{
    size_t count = 0;
    char *at = jws->memory + offset;
    if (!base64url_decode(part, (unsigned char *)at, jws->memory_size - offset, &count))
        return false;
    *out = slice_of(at, count);
    return true;
}

/* The kid is unescaped in place: the text is never longer than its JSON, but the header must stay
 * whole for those who print it, so there is room for a copy. */
static enum error read_kid(const struct json_member *member, struct jws *jws)
{
    if (member->kind == JSON_ABSENT)
        return ERROR_NONE;
    if (member->kind != JSON_STRING)
        return ERR_AUTH_MALFORMED;
    char *at = jws->memory + TOKEN_BYTES_MAX;
    jws->kid = slice_of(at, json_unescape(json_string_inner(member->value), at));
    return ERROR_NONE;
}

static enum error read_alg(const struct json_member *member, struct jws *jws)
{
    if (member->kind != JSON_STRING || !algorithm_from_name(json_string_inner(member->value), &jws->algorithm))
        return ERR_AUTH_ALG;
    return ERROR_NONE;
}

static enum error read_header(struct jws *jws)
{
    struct json_member members[HEADER_COUNT] = {0};
    for (size_t i = 0; i < HEADER_COUNT; i++)
        members[i].name = slice_from_text(header_names[i]);
    enum json_kind kind = JSON_ABSENT;
    if (json_check_members(jws->checker, jws->header, &jws_json_rules, members, HEADER_COUNT, &kind) ||
        kind != JSON_OBJECT)
        return ERR_AUTH_MALFORMED;
    /* No extension is known here, so one that must be understood cannot be; b64 (RFC 7797), zip and
     * enc change what the parts mean, and a reader that overlooked them would read something else. */
    for (size_t i = HEADER_CRIT; i < HEADER_COUNT; i++)
        if (members[i].kind != JSON_ABSENT)
            return ERR_AUTH_MALFORMED;
    enum error error = read_alg(&members[HEADER_ALG], jws);
    return error ? error : read_kid(&members[HEADER_KID], jws);
}

static enum error read_payload(struct slice part, struct jws *jws)
{
    enum json_kind kind = JSON_ABSENT;
    if (!decode_part(part, jws, jws->header.length, &jws->payload) ||
        json_check_members(jws->checker, jws->payload, &jws_json_rules, NULL, 0, &kind) || kind != JSON_OBJECT)
        return ERR_AUTH_MALFORMED;
    return ERROR_NONE;
}

static enum error read_signature(struct slice part, struct jws *jws)
{
    unsigned char bytes[TOKEN_BYTES_MAX];
    if (part.length == 0 || !base64url_decode(part, bytes, sizeof bytes, &jws->signature_bytes))
        return ERR_AUTH_MALFORMED;
    return ERROR_NONE;
}

enum error jws_parse(struct slice token, struct jws *out)
{
    *out = (struct jws){.token = token};
    struct parts parts;
    if (!split(token, &parts))
        return ERR_AUTH_MALFORMED;
    out->memory_size = (size_t)TOKEN_BYTES_MAX * 2;
    out->memory = memory_new(out->memory_size);
    out->checker = json_checker_create(JWS_JSON_MAX);
    if (!decode_part(parts.header, out, 0, &out->header))
        return ERR_AUTH_MALFORMED;
    /* The header first: a token with alg none has no signature, and shall be told about its alg. */
    enum error error = read_header(out);
    if (!error)
        error = read_payload(parts.payload, out);
    return error ? error : read_signature(parts.signature, out);
}

static bool cjose_accepts(const struct jws *jws, const struct key *key)
{
    cjose_jws_t *parsed = cjose_jws_import(jws->token.data, jws->token.length, NULL);
    bool is_good = parsed && cjose_jws_verify(parsed, key->jwk, NULL);
    cjose_jws_release(parsed);
    /* What OpenSSL left in this thread's queue would be taken for an error of the next TLS read. */
    ERR_clear_error();
    return is_good;
}

enum error jws_verify(const struct jws *jws, const struct key *key)
{
    if (jws->algorithm != key->algorithm)
        return ERR_AUTH_ALG;
    if (jws->signature_bytes != key->signature_bytes || !cjose_accepts(jws, key))
        return ERR_AUTH_SIGNATURE;
    return ERROR_NONE;
}
