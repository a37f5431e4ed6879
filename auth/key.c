/* key.c - makes, wipes and names keys. */
#include "auth/key.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "base/memory.h"

static const char *const names[] = {
    [ALGORITHM_HS256] = "HS256",
    [ALGORITHM_RS256] = "RS256",
    [ALGORITHM_PS256] = "PS256",
    [ALGORITHM_ES256] = "ES256",
};

bool algorithm_from_name(struct slice name, enum algorithm *out_algorithm)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_is_text(name, names[i])) {
            *out_algorithm = (enum algorithm)i;
            return true;
        }
    }
    return false;
}

struct key *key_create(struct slice id, enum algorithm algorithm, size_t signature_bytes, cjose_jwk_t *take_jwk)
{
    assert(take_jwk);
    struct key *key = memory_new(sizeof *key);
    key->id = memory_text(id);
    key->id_length = id.length;
    key->algorithm = algorithm;
    key->signature_bytes = signature_bytes;
    key->jwk = take_jwk;
    return key;
}

struct key *key_destroy(struct key *key)
{
    if (!key)
        return NULL;
    /* cjose frees a secret without wiping it. */
    if (key->algorithm == ALGORITHM_HS256)
        OPENSSL_cleanse(cjose_jwk_get_keydata(key->jwk, NULL), cjose_jwk_get_keysize(key->jwk, NULL) / 8);
    cjose_jwk_release(key->jwk);
    free(key->id);
    free(key);
    return NULL;
}
