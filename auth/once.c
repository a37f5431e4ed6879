/* once.c - keeps the digests of used tokens until nobody would take them any more. */
#include "auth/once.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "auth/expiry.h"
#include "auth/token.h"
#include "base/memory.h"

#define DIGEST_BYTES 32

struct once {
    struct expiries used;
};

struct once *once_create(void)
{
    return memory_new(sizeof(struct once));
}

struct once *once_destroy(struct once *once)
{
    if (!once)
        return NULL;
    expiries_fini(&once->used);
    free(once);
    return NULL;
}

/* Of fixed size, whatever issuers write; the issuer's length keeps "ab" + "c" apart from "a" + "bc". */
static void digest(struct slice issuer, struct slice jti, unsigned char out[DIGEST_BYTES])
{
    uint64_t length = issuer.length;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, &length, sizeof length) == 1 &&
                   EVP_DigestUpdate(context, issuer.data, issuer.length) == 1 &&
                   EVP_DigestUpdate(context, jti.data, jti.length) == 1 && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    assert(is_done);
}

enum error once_use(struct once *once, struct slice issuer, struct slice jti, int64_t expires_unix_s)
{
    if (jti.length == 0)
        return ERR_AUTH_CLAIMS;
    unsigned char key[DIGEST_BYTES];
    digest(issuer, jti, key);
    if (expiries_find(&once->used, slice_of(key, sizeof key)))
        return ERR_AUTH_USED;
    if (once->used.count == ONCE_MAX)
        return ERR_RATE_LIMITED;
    expiries_put(&once->used, slice_of(key, sizeof key), 0, expires_unix_s);
    return ERROR_NONE;
}

void once_tick(struct once *once, struct instant now)
{
    expiries_tick(&once->used, instant_unix_s(now) - TOKEN_LEEWAY_S);
}
