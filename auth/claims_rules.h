/* claims_rules.h - whether a token is for this time and this audience; private to auth/. */
#ifndef PARLEY_AUTH_CLAIMS_RULES_H
#define PARLEY_AUTH_CLAIMS_RULES_H

#include "auth/token.h"
#include "base/json_check.h"

struct token_times {
    int64_t expires_unix_s;
    int64_t not_before_unix_s; /* 0: not given */
    int64_t issued_unix_s;     /* 0: not given */
};

/* Errors: ERR_AUTH_CLAIMS when exp is missing or one is no integer from 0 to 2^53. */
enum error token_times_read(const struct json_member *exp, const struct json_member *nbf, const struct json_member *iat,
                            struct token_times *out);

/* Errors: ERR_AUTH_EXPIRED, _NOT_YET, _LIFETIME. */
enum error token_times_check(const struct token_times *times, const struct token_rules *rules, struct instant now);

/* Errors: ERR_AUTH_CLAIMS when it is neither a string nor an array of strings; ERR_AUTH_AUDIENCE. */
enum error audience_check(const struct json_member *aud, const struct token_rules *rules);

#endif
