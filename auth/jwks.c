/* jwks.c - public keys from a JSON Web Key Set (RFC 7517), and nothing but keys fit for one algorithm. */
#include <assert.h>

#include <openssl/err.h>

#include "auth/file.h"
#include "auth/key.h"
#include "base/base64.h"
#include "base/json_scan.h"

#define JWKS_FILE_MAX  (128 * 1024) /* bytes */
#define JWKS_DEPTH_MAX 8
#define RSA_BYTES_MIN  256 /* 2048 bits: RFC 7518, 3.3 */
/* 8192 bits. A larger signature would leave no room for claims in a token, and cost the server more than its sender. */
#define RSA_BYTES_MAX 1024
#define P256_BYTES    32

static const struct json_rules jwks_rules = {
    .depth_max = JWKS_DEPTH_MAX, .refuse_duplicates = true, .refuse_nul = true};

enum jwk_member {
    JWK_KTY,
    JWK_KID,
    JWK_ALG,
    JWK_USE,
    JWK_KEY_OPS,
    JWK_CRV,
    JWK_N,
    JWK_E,
    JWK_X,
    JWK_Y,
    JWK_D,
    JWK_COUNT
};

static const char *const member_names[JWK_COUNT] = {
    [JWK_KTY] = "kty", [JWK_KID] = "kid", [JWK_ALG] = "alg", [JWK_USE] = "use", [JWK_KEY_OPS] = "key_ops",
    [JWK_CRV] = "crv", [JWK_N] = "n",     [JWK_E] = "e",     [JWK_X] = "x",     [JWK_Y] = "y",
    [JWK_D] = "d",
};

static bool is_text(const struct json_member *member, const char *text)
{
    return member->kind == JSON_STRING && slice_is_text(json_string_inner(member->value), text);
}

static bool is_absent_or(const struct json_member *member, const char *text)
{
    return member->kind == JSON_ABSENT || is_text(member, text);
}

static bool allows_verify(const struct json_member *key_ops)
{
    if (key_ops->kind != JSON_ARRAY)
        return key_ops->kind == JSON_ABSENT;
    struct json_walk walk = json_walk_start(key_ops->value);
    for (struct json_member operation; json_walk_next(&walk, &operation);)
        if (is_text(&operation, "verify"))
            return true;
    return false;
}

static bool number_decode(const struct json_member *member, unsigned char *out, size_t size, size_t *out_count)
{
    return member->kind == JSON_STRING && base64url_decode(json_string_inner(member->value), out, size, out_count) &&
           *out_count > 0;
}

/* Made of the public numbers only, strictly decoded, rather than by cjose's own reading of the JSON. */
static cjose_jwk_t *rsa_create(const struct json_member *members, size_t *out_bytes)
{
    unsigned char n[RSA_BYTES_MAX], e[8];
    cjose_jwk_rsa_keyspec spec = {.n = n, .e = e};
    if (!number_decode(&members[JWK_N], n, sizeof n, &spec.nlen) ||
        !number_decode(&members[JWK_E], e, sizeof e, &spec.elen))
        return NULL;
    /* n: no leading zero (RFC 7518, 6.3.1.1), so that its length is the signature's; its top bit set; odd.
     * e: odd and not 1, with which every message would be its own signature. */
    bool is_sound = spec.nlen >= RSA_BYTES_MIN && (n[0] & 0x80) && (n[spec.nlen - 1] & 1) && e[0] &&
                    (e[spec.elen - 1] & 1) && !(spec.elen == 1 && e[0] == 1);
    if (!is_sound)
        return NULL;
    *out_bytes = spec.nlen;
    return cjose_jwk_create_RSA_spec(&spec, NULL);
}

/* OpenSSL refuses a point that is not on the curve. */
static cjose_jwk_t *p256_create(const struct json_member *members)
{
    unsigned char x[P256_BYTES], y[P256_BYTES];
    cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256, .x = x, .y = y};
    if (!is_text(&members[JWK_CRV], "P-256") || !number_decode(&members[JWK_X], x, sizeof x, &spec.xlen) ||
        !number_decode(&members[JWK_Y], y, sizeof y, &spec.ylen) || spec.xlen != P256_BYTES || spec.ylen != P256_BYTES)
        return NULL;
    return cjose_jwk_create_EC_spec(&spec, NULL);
}

static cjose_jwk_t *public_create(const struct json_member *members, enum algorithm *out_algorithm, size_t *out_bytes)
{
    if (is_text(&members[JWK_KTY], "EC") && is_absent_or(&members[JWK_ALG], "ES256")) {
        *out_algorithm = ALGORITHM_ES256;
        *out_bytes = (size_t)P256_BYTES * 2;
        return p256_create(members);
    }
    /* Some issuers leave alg out; RS256 is what all of those sign with, and still the key's only algorithm here. */
    bool is_rs256 = is_absent_or(&members[JWK_ALG], "RS256");
    if (!is_text(&members[JWK_KTY], "RSA") || (!is_rs256 && !is_text(&members[JWK_ALG], "PS256")))
        return NULL;
    *out_algorithm = is_rs256 ? ALGORITHM_RS256 : ALGORITHM_PS256;
    return rsa_create(members, out_bytes);
}

static bool is_any_text(const struct json_member *member, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_text(member, texts[i]))
            return true;
    return false;
}

/* Published sets hold keys for other purposes too, which RFC 7517, 5 asks to ignore: for encryption, or for algorithms
 * that are not spoken here. What is merely malformed, or secret, is not among them. */
static bool is_for_others(const struct json_member *members)
{
    static const char *const algorithms[] = {
        "RS384",    "RS512",        "PS384",   "PS512",          "ES384",          "ES512",          "ES256K", "RSA1_5",
        "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "EdDSA"};
    static const char *const curves[] = {"P-384", "P-521", "secp256k1"};
    bool is_public = members[JWK_D].kind == JSON_ABSENT && !is_text(&members[JWK_KTY], "oct");
    return is_public && (is_text(&members[JWK_KTY], "OKP") || is_text(&members[JWK_USE], "enc") ||
                         is_any_text(&members[JWK_ALG], algorithms, sizeof algorithms / sizeof *algorithms) ||
                         is_any_text(&members[JWK_CRV], curves, sizeof curves / sizeof *curves));
}

static enum error add_key(struct keyring *keyring, const struct json_member *members)
{
    if (is_for_others(members))
        return ERROR_NONE;
    /* A private key has no business on a server that only verifies. */
    if (!is_absent_or(&members[JWK_USE], "sig") || !allows_verify(&members[JWK_KEY_OPS]) ||
        members[JWK_D].kind != JSON_ABSENT)
        return ERR_KEY_INVALID;
    const struct json_member *kid = &members[JWK_KID];
    char id[KEY_ID_MAX * 6]; /* each byte may have been written as an escape */
    if (kid->kind != JSON_STRING || kid->value.length > sizeof id)
        return ERR_KEY_INVALID;
    size_t id_length = json_unescape(json_string_inner(kid->value), id);
    enum algorithm algorithm = ALGORITHM_ES256;
    size_t signature_bytes = 0;
    cjose_jwk_t *jwk = public_create(members, &algorithm, &signature_bytes);
    ERR_clear_error();
    if (!jwk)
        return ERR_KEY_INVALID;
    return keyring_take_public(keyring, key_create(slice_of(id, id_length), algorithm, signature_bytes, jwk));
}

static enum error add_member(struct keyring *keyring, struct json_checker *checker, const struct json_member *key)
{
    if (key->kind != JSON_OBJECT)
        return ERR_KEY_INVALID;
    struct json_member members[JWK_COUNT] = {0};
    for (size_t i = 0; i < JWK_COUNT; i++)
        members[i].name = slice_from_text(member_names[i]);
    enum json_kind kind = JSON_ABSENT;
    enum error error = json_check_members(checker, key->value, &jwks_rules, members, JWK_COUNT, &kind);
    assert(!error && kind == JSON_OBJECT);
    return add_key(keyring, members);
}

static enum error add_set(struct keyring *keyring, struct json_checker *checker, struct slice text, int *out_index)
{
    struct json_member keys = {.name = SLICE_LITERAL("keys")};
    enum json_kind kind = JSON_ABSENT;
    size_t count = keyring_count(keyring);
    *out_index = -1;
    if (json_check_members(checker, text, &jwks_rules, &keys, 1, &kind) || keys.kind != JSON_ARRAY)
        return ERR_KEY_INVALID;
    int index = 0;
    struct json_walk walk = json_walk_start(keys.value);
    for (struct json_member key; json_walk_next(&walk, &key); index++) {
        enum error error = add_member(keyring, checker, &key);
        if (error) {
            *out_index = index;
            return error;
        }
    }
    return keyring_count(keyring) > count ? ERROR_NONE : ERR_KEY_INVALID;
}

enum error keyring_load_jwks(struct keyring *keyring, const char *path, int *out_index)
{
    struct buffer text = BUFFER_EMPTY;
    enum error error = file_read(path, FILE_PUBLIC, JWKS_FILE_MAX, &text);
    if (error) {
        *out_index = -1;
    } else {
        struct json_checker *checker = json_checker_create(JWKS_FILE_MAX);
        error = add_set(keyring, checker, buffer_slice(&text), out_index);
        json_checker_destroy(checker);
    }
    buffer_fini(&text);
    return error;
}
