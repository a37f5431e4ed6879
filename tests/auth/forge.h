/* forge.h - makes JWTs for the tests, right ones and wrong ones, with OpenSSL alone: an opinion apart from cjose's. */
#ifndef PARLEY_TESTS_AUTH_FORGE_H
#define PARLEY_TESTS_AUTH_FORGE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "auth/keyring.h"
#include "auth/token.h"
#include "base/base64.h"
#include "base/buffer.h"

#define NOW_S  INT64_C(1800000000)
#define SECRET "a secret of more than thirty-two bytes"

/* A payload that is good in every way at NOW_S, for room lobby. */
#define GOOD_PAYLOAD                                                                                                   \
    "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"room\":\"lobby\",\"roomJoin\":true}}"

struct forge {
    EVP_PKEY *rsa, *other_rsa, *ec, *other_ec;
    struct keyring *keys; /* APIann; kids rs, ps (both of `rsa`) and es (of `ec`) */
};

static inline struct instant forge_now(void)
{
    return (struct instant){.mono_ms = 0, .unix_ms = NOW_S * 1000};
}

static inline struct token_rules forge_rules(void)
{
    return (struct token_rules){.lifetime_max_s = 86400};
}

static inline void forge_add_base64url(struct buffer *out, const void *bytes, size_t count)
{
    size_t size = count * 2 + 8;
    char *text = malloc(size);
    assert(text);
    size_t length = base64url_encode(bytes, count, text, size);
    buffer_add(out, slice_of(text, length));
    free(text);
}

static inline void forge_add_number(struct buffer *out, const char *name, const BIGNUM *number, int width)
{
    unsigned char bytes[1024];
    int count = width ? BN_bn2binpad(number, bytes, width) : BN_bn2bin(number, bytes);
    assert(count > 0);
    buffer_add_format(out, ",\"%s\":\"", name);
    forge_add_base64url(out, bytes, (size_t)count);
    buffer_add_char(out, '"');
}

static inline void forge_add_param(struct buffer *out, const char *name, const EVP_PKEY *key, const char *param,
                                   int width)
{
    BIGNUM *number = NULL;
    int done = EVP_PKEY_get_bn_param(key, param, &number);
    assert(done == 1);
    (void)done;
    forge_add_number(out, name, number, width);
    BN_free(number);
}

/* `more` is JSON members to go before the numbers, such as "\"kid\":\"rs\",\"alg\":\"RS256\"". */
static inline void forge_rsa_jwk(struct buffer *out, const EVP_PKEY *key, const char *more)
{
    buffer_add_format(out, "{\"kty\":\"RSA\",%s", more);
    forge_add_param(out, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
    forge_add_param(out, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
    buffer_add_char(out, '}');
}

static inline void forge_ec_jwk(struct buffer *out, const EVP_PKEY *key, const char *crv, const char *more, int width)
{
    buffer_add_format(out, "{\"kty\":\"EC\",\"crv\":\"%s\",%s", crv, more);
    forge_add_param(out, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, width);
    forge_add_param(out, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
    buffer_add_char(out, '}');
}

/* Writes a file of its own name with this mode; the caller unlinks and frees the path. */
static inline char *forge_file(struct slice text, mode_t mode)
{
    const char *folder = getenv("TMPDIR");
    struct buffer path = BUFFER_EMPTY;
    buffer_add_format(&path, "%s/parley-test-XXXXXX", folder ? folder : "/tmp");
    char *name = strdup(buffer_text(&path));
    buffer_fini(&path);
    int fd = mkstemp(name);
    assert(fd >= 0);
    ssize_t written = write(fd, text.data, text.length);
    assert(written == (ssize_t)text.length);
    (void)written;
    (void)fchmod(fd, mode);
    (void)close(fd);
    return name;
}

static inline enum error forge_load_jwks(struct keyring *keys, struct slice text, int *out_index)
{
    char *path = forge_file(text, 0644);
    enum error error = keyring_load_jwks(keys, path, out_index);
    (void)unlink(path);
    free(path);
    return error;
}

static inline void forge_init(struct forge *forge)
{
    forge->rsa = EVP_RSA_gen(2048);
    forge->other_rsa = EVP_RSA_gen(2048);
    forge->ec = EVP_EC_gen("P-256");
    forge->other_ec = EVP_EC_gen("P-256");
    forge->keys = keyring_create();
    enum error error = keyring_add_secret(forge->keys, SLICE_LITERAL("APIann"), SLICE_LITERAL(SECRET));
    assert(!error);
    struct buffer set = BUFFER_EMPTY;
    buffer_add_text(&set, "{\"keys\":[");
    forge_rsa_jwk(&set, forge->rsa, "\"kid\":\"rs\",\"alg\":\"RS256\",\"use\":\"sig\"");
    buffer_add_char(&set, ',');
    forge_rsa_jwk(&set, forge->rsa, "\"kid\":\"ps\",\"alg\":\"PS256\"");
    buffer_add_char(&set, ',');
    forge_ec_jwk(&set, forge->ec, "P-256", "\"kid\":\"es\",\"key_ops\":[\"verify\"]", 32);
    buffer_add_text(&set, "]}");
    int index = 0;
    error = forge_load_jwks(forge->keys, buffer_slice(&set), &index);
    assert(!error);
    (void)error;
    buffer_fini(&set);
}

static inline void forge_fini(struct forge *forge)
{
    EVP_PKEY_free(forge->rsa);
    EVP_PKEY_free(forge->other_rsa);
    EVP_PKEY_free(forge->ec);
    EVP_PKEY_free(forge->other_ec);
    keyring_destroy(forge->keys);
}

/* header.payload of the two JSON texts. */
static inline void forge_input(struct buffer *out, struct slice header, struct slice payload)
{
    forge_add_base64url(out, header.data, header.length);
    buffer_add_char(out, '.');
    forge_add_base64url(out, payload.data, payload.length);
}

/* Signs what `token` holds so far; adds the dot and the signature. */
static inline void forge_sign_hmac(struct buffer *token, const EVP_MD *digest, struct slice secret)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(digest, secret.data, (int)secret.length, (const unsigned char *)token->data, token->length, mac, &length);
    buffer_add_char(token, '.');
    forge_add_base64url(token, mac, length);
}

static inline size_t forge_signature(const struct buffer *token, EVP_PKEY *key, bool is_pss, unsigned char *out,
                                     size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    int done = EVP_DigestSignInit(context, &parameters, EVP_sha256(), NULL, key);
    if (is_pss)
        done &= EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
    done &= EVP_DigestSign(context, out, &size, (const unsigned char *)token->data, token->length) == 1;
    assert(done);
    (void)done;
    EVP_MD_CTX_free(context);
    return size;
}

static inline void forge_sign_rsa(struct buffer *token, EVP_PKEY *key, bool is_pss)
{
    unsigned char bytes[1024];
    size_t count = forge_signature(token, key, is_pss, bytes, sizeof bytes);
    buffer_add_char(token, '.');
    forge_add_base64url(token, bytes, count);
}

/* As JOSE wants it, r and s of 32 bytes each, or as OpenSSL makes it, in DER. */
static inline void forge_sign_ec(struct buffer *token, EVP_PKEY *key, bool is_der)
{
    unsigned char der[160], raw[64];
    size_t count = forge_signature(token, key, false, der, sizeof der);
    buffer_add_char(token, '.');
    if (is_der) {
        forge_add_base64url(token, der, count);
        return;
    }
    const unsigned char *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)count);
    assert(signature);
    (void)BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    (void)BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    ECDSA_SIG_free(signature);
    forge_add_base64url(token, raw, sizeof raw);
}

/* A token for `payload`, signed HS256 with SECRET. */
static inline void forge_hs256(struct buffer *token, struct slice payload)
{
    forge_input(token, SLICE_LITERAL("{\"alg\":\"HS256\"}"), payload);
    forge_sign_hmac(token, EVP_sha256(), SLICE_LITERAL(SECRET));
}

/* What token_verify() says; accepted claims are dropped. */
static inline enum error forge_verify(const struct forge *forge, struct slice token)
{
    struct token_rules rules = forge_rules();
    struct claims claims = {0};
    enum error error = token_verify(forge->keys, &rules, token, forge_now(), &claims);
    if (!error)
        claims_fini(&claims);
    return error;
}

static inline enum error forge_verify_payload(const struct forge *forge, struct slice payload)
{
    struct buffer token = BUFFER_EMPTY;
    forge_hs256(&token, payload);
    enum error error = forge_verify(forge, buffer_slice(&token));
    buffer_fini(&token);
    return error;
}

#endif
