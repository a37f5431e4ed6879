/* claims_rules.c - exp, nbf, iat and aud. */
#include "auth/claims_rules.h"

#include "base/json_scan.h"

#define INTEGER_MAX (INT64_C(1) << 53) /* I-JSON, RFC 7493 2.2 */

static bool time_read(const struct json_member *member, int64_t *out)
{
    return member->kind == JSON_NUMBER && json_integer_decode(member->value, INTEGER_MAX, out);
}

enum error token_times_read(const struct json_member *exp, const struct json_member *nbf, const struct json_member *iat,
                            struct token_times *out)
{
    struct token_times times = {0};
    if (!time_read(exp, &times.expires_unix_s))
        return ERR_AUTH_CLAIMS;
    if (nbf->kind != JSON_ABSENT && !time_read(nbf, &times.not_before_unix_s))
        return ERR_AUTH_CLAIMS;
    if (iat->kind != JSON_ABSENT && !time_read(iat, &times.issued_unix_s))
        return ERR_AUTH_CLAIMS;
    *out = times;
    return ERROR_NONE;
}

enum error token_times_check(const struct token_times *times, const struct token_rules *rules, struct instant now)
{
    int64_t now_s = instant_unix_s(now);
    if (now_s >= times->expires_unix_s + TOKEN_LEEWAY_S)
        return ERR_AUTH_EXPIRED;
    if (times->not_before_unix_s > now_s + TOKEN_LEEWAY_S || times->issued_unix_s > now_s + TOKEN_LEEWAY_S)
        return ERR_AUTH_NOT_YET;
    /* With leeway too, or a token made for the longest time by a clock ahead of ours would be refused. */
    if (times->expires_unix_s - now_s - TOKEN_LEEWAY_S > rules->lifetime_max_s)
        return ERR_AUTH_LIFETIME;
    return ERROR_NONE;
}

static bool is_audience(const struct json_member *member, struct slice audience)
{
    char text[TOKEN_BYTES_MAX];
    return slice_is_equal(slice_of(text, json_unescape(json_string_inner(member->value), text)), audience);
}

static enum error audience_find(const struct json_member *array, struct slice audience)
{
    bool is_found = false;
    struct json_walk walk = json_walk_start(array->value);
    for (struct json_member member; json_walk_next(&walk, &member);) {
        if (member.kind != JSON_STRING)
            return ERR_AUTH_CLAIMS;
        is_found = is_found || is_audience(&member, audience);
    }
    return is_found ? ERROR_NONE : ERR_AUTH_AUDIENCE;
}

enum error audience_check(const struct json_member *aud, const struct token_rules *rules)
{
    bool is_wanted = rules->audience.length > 0;
    if (aud->kind == JSON_ABSENT)
        return is_wanted ? ERR_AUTH_AUDIENCE : ERROR_NONE;
    if (aud->kind != JSON_STRING && aud->kind != JSON_ARRAY)
        return ERR_AUTH_CLAIMS;
    /* A token for someone else must not pass for want of a name of our own. */
    if (!is_wanted)
        return ERR_AUTH_AUDIENCE;
    if (aud->kind == JSON_ARRAY)
        return audience_find(aud, rules->audience);
    return is_audience(aud, rules->audience) ? ERROR_NONE : ERR_AUTH_AUDIENCE;
}
