/* claims_read.h - a token's payload as claims; private to auth/. */
#ifndef PARLEY_AUTH_CLAIMS_READ_H
#define PARLEY_AUTH_CLAIMS_READ_H

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/token.h"

enum claim {
    CLAIM_ISS,
    CLAIM_JTI,
    CLAIM_SUB,
    CLAIM_EXP,
    CLAIM_NBF,
    CLAIM_IAT,
    CLAIM_AUD,
    CLAIM_NAME,
    CLAIM_METADATA,
    CLAIM_ATTRIBUTES,
    CLAIM_VIDEO,
    CLAIM_COUNT,
};

/* Finds the members of a payload that are claims; asserts that jws_parse() has accepted it. */
void claims_find(const struct jws *jws, struct json_member out_members[CLAIM_COUNT]);

/* Checks the types, the times and the audience. Errors: ERR_AUTH_CLAIMS, _EXPIRED, _NOT_YET, _LIFETIME, _AUDIENCE. */
enum error claims_read(const struct jws *jws, const struct token_rules *rules, struct instant now, struct claims *out);

#endif
