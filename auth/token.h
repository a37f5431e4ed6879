/* token.h - access tokens: JWTs in LiveKit's shape, verified and made. */
#ifndef PARLEY_AUTH_TOKEN_H
#define PARLEY_AUTH_TOKEN_H

#include <stdint.h>

#include "auth/claims.h"
#include "auth/keyring.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define TOKEN_BYTES_MAX 4096
#define TOKEN_LEEWAY_S  30

struct token_rules {
    struct slice audience;  /* empty: a token with an aud is refused */
    int64_t lifetime_max_s; /* the furthest away that exp may be */
};

/* Verifies `token` and fills *out_claims, which the caller ends with claims_fini(). Untouched on failure.
 * Errors: ERR_AUTH_MALFORMED, _ALG, _KEY, _SIGNATURE, _CLAIMS, _EXPIRED, _NOT_YET, _LIFETIME, _AUDIENCE. */
enum error token_verify(const struct keyring *keys, const struct token_rules *rules, struct slice token,
                        struct instant now, struct claims *out_claims);

/* As token_verify() without a key, for people who look at a token: nothing that it says is proved. */
enum error token_check_unsigned(const struct token_rules *rules, struct slice token, struct instant now,
                                struct claims *out_claims);

/* Appends the JSON texts of header and payload, unproved too. Errors: ERR_AUTH_MALFORMED, _ALG. */
enum error token_peek(struct slice token, struct buffer *out_header, struct buffer *out_payload);

/* Appends a token for `claims`, signed HS256 with the API key `key_id` of the ring; nbf is `now` unless the claims say.
 * Errors: ERR_AUTH_KEY when the ring has no such HS256 key, ERR_AUTH_CLAIMS when the result would be refused. */
enum error token_create(const struct keyring *keys, struct slice key_id, const struct claims *claims,
                        struct instant now, struct buffer *out);

#endif
