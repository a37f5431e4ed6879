/* key.h - one verification key and its one algorithm; private to auth/. */
#ifndef PARLEY_AUTH_KEY_H
#define PARLEY_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include <cjose/jwk.h>

#include "auth/keyring.h"
#include "base/map.h"
#include "base/slice.h"

#define KEY_ID_MAX 256 /* bytes, of an API key id or a kid */

enum algorithm {
    ALGORITHM_HS256,
    ALGORITHM_RS256,
    ALGORITHM_PS256,
    ALGORITHM_ES256,
};

struct key {
    UT_hash_handle hh;
    char *id; /* opaque bytes */
    size_t id_length;
    enum algorithm algorithm;
    size_t signature_bytes; /* of every signature this key can make */
    cjose_jwk_t *jwk;
};

/* False for a name that is not one of the four, compared exactly. */
bool algorithm_from_name(struct slice name, enum algorithm *out_algorithm);

struct key *key_create(struct slice id, enum algorithm algorithm, size_t signature_bytes, cjose_jwk_t *take_jwk);
struct key *key_destroy(struct key *key); /* wipes a secret; NULL is fine; returns NULL */

/* Takes `key` in, or destroys it. Errors: ERR_KEY_INVALID when its id is empty, too long or there already. */
enum error keyring_take_secret(struct keyring *keyring, struct key *key);
enum error keyring_take_public(struct keyring *keyring, struct key *key);

/* NULL when there is none. An API key is never found by kid, nor a JWKS key by iss. */
const struct key *keyring_find_secret(const struct keyring *keyring, struct slice key_id);
const struct key *keyring_find_public(const struct keyring *keyring, struct slice kid);

#endif
