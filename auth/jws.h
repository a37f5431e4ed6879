/* jws.h - a compact JWS taken apart and checked before any key is touched; private to auth/. */
#ifndef PARLEY_AUTH_JWS_H
#define PARLEY_AUTH_JWS_H

#include <stddef.h>

#include "auth/key.h"
#include "auth/token.h"
#include "base/error.h"
#include "base/json_check.h"
#include "base/slice.h"

#define JWS_DEPTH_MAX 4 /* of the JSON in header and payload; attributes and video need 2 */
/* A third of the token is lost when base64url is undone. */
#define JWS_JSON_MAX (TOKEN_BYTES_MAX * 3 / 4)

struct jws {
    struct slice token;   /* borrowed */
    struct slice header;  /* strict JSON, an object */
    struct slice payload; /* strict JSON, an object */
    enum algorithm algorithm;
    struct slice kid; /* unescaped; empty when there is none */
    size_t signature_bytes;
    struct json_checker *checker; /* for the objects inside, up to JWS_JSON_MAX bytes */
    char *memory;                 /* what header, payload and kid point into */
    size_t memory_size;
};

extern const struct json_rules jws_json_rules;

/* *out is to be ended with jws_fini(), after a failure too. Errors: ERR_AUTH_MALFORMED, ERR_AUTH_ALG. */
enum error jws_parse(struct slice token, struct jws *out);
void jws_fini(struct jws *jws);

/* Errors: ERR_AUTH_ALG when the key is for another algorithm, before it is used; ERR_AUTH_SIGNATURE. */
enum error jws_verify(const struct jws *jws, const struct key *key);

#endif
