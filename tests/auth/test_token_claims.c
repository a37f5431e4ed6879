/* test_token_claims.c - times, audiences and the types of claims (T-06, T-07). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/auth/forge.h"

#define LIFETIME_MAX_S 86400 /* as forge_rules() has it */

static struct forge forge;

static int start(void **state)
{
    (void)state;
    forge_init(&forge);
    return 0;
}

static int end(void **state)
{
    (void)state;
    forge_fini(&forge);
    return 0;
}

static void assert_payload(const char *payload, enum error expected)
{
    enum error error = forge_verify_payload(&forge, slice_from_text(payload));
    if (error != expected)
        fail_msg("%.300s: %s instead of %s", payload, error_code(error), error_code(expected));
}

/* `members` go into an otherwise good payload that has no times. */
static void assert_members(const char *members, enum error expected)
{
    struct buffer payload = BUFFER_EMPTY;
    buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"video\":{\"room\":\"lobby\"}%s}", members);
    assert_payload(buffer_text(&payload), expected);
    buffer_fini(&payload);
}

/* `members` go into an otherwise good payload with times. */
static void assert_timed(const char *members, enum error expected)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, ",\"exp\":%lld%s", (long long)(NOW_S + 600), members);
    assert_members(buffer_text(&text), expected);
    buffer_fini(&text);
}

static void assert_time(const char *claim, const char *value, enum error expected)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, ",\"%s\":%s", claim, value);
    if (strcmp(claim, "exp") == 0)
        assert_members(buffer_text(&text), expected);
    else
        assert_timed(buffer_text(&text), expected);
    buffer_fini(&text);
}

static void assert_time_at(const char *claim, int64_t value, enum error expected)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    assert_time(claim, text, expected);
}

static void exp_is_needed(void **state) /* T-06 */
{
    (void)state;
    assert_members("", ERR_AUTH_CLAIMS);
    assert_members(",\"Exp\":1800000600", ERR_AUTH_CLAIMS);
    assert_members(",\"video2\":{\"exp\":1800000600}", ERR_AUTH_CLAIMS);
}

/* 57 values for each of the three claims. */
static void a_time_that_is_no_plain_integer_is_refused(void **state) /* T-06 */
{
    (void)state;
    static const char *const values[] = {
        "null",
        "true",
        "false",
        "\"\"",
        "\"1800000600\"",
        "\"1800000000\"",
        "\"soon\"",
        "\"2027-01-15T08:00:00Z\"",
        "[]",
        "[1800000600]",
        "{}",
        "{\"exp\":1800000600}",
        "-0",
        "-1",
        "-1800000600",
        "-30",
        "-9007199254740992",
        "-9223372036854775808",
        "-9223372036854775809",
        "-1e400",
        "0.0",
        "0.5",
        "-0.5",
        "1800000600.0",
        "1800000600.5",
        "1799999999.999",
        "1800000000.000000001",
        "18000006.00e2",
        "1.8000006e9",
        "1.8000006E9",
        "1.8000006e+9",
        "18000006e2",
        "18000006000e-1",
        "1e3",
        "1E3",
        "1e+3",
        "1e-3",
        "0e0",
        "0e1",
        "1e9",
        "1e18",
        "1e19",
        "1e308",
        "1e309",
        "1e400",
        "1e-400",
        "9007199254740993",
        "9007199254740994",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "18446744075509552216",
        "4611686018427387904",
        "340282366920938463463374607431768211456",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    };
    static const char *const claims[] = {"exp", "nbf", "iat"};
    for (size_t claim = 0; claim < 3; claim++)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            assert_time(claims[claim], values[i], ERR_AUTH_CLAIMS);
}

static void a_time_that_is_not_even_json_is_refused(void **state) /* T-06 */
{
    (void)state;
    static const char *const values[] = {
        "01800000600", "+1800000600",   "0x6B49D200",  "1800000600.", ".5",  "1e",  "NaN",         "Infinity",
        "-Infinity",   "1_800_000_600", "1800000600n", "1800000600L", "--1", "- 1", "1 800000600", "\xd9\xa1"};
    static const char *const claims[] = {"exp", "nbf", "iat"};
    for (size_t claim = 0; claim < 3; claim++)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            assert_time(claims[claim], values[i], ERR_AUTH_MALFORMED);
}

static void an_expired_token_is_refused(void **state) /* T-06 */
{
    (void)state;
    static const struct {
        int64_t value;
        enum error error;
    } cases[] = {
        {0, ERR_AUTH_EXPIRED},
        {1, ERR_AUTH_EXPIRED},
        {NOW_S - 86400, ERR_AUTH_EXPIRED},
        {NOW_S - 31, ERR_AUTH_EXPIRED},
        {NOW_S - 30, ERR_AUTH_EXPIRED},
        {NOW_S - 29, ERROR_NONE},
        {NOW_S - 1, ERROR_NONE},
        {NOW_S, ERROR_NONE},
        {NOW_S + 1, ERROR_NONE},
        {2147483647, ERR_AUTH_LIFETIME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_time_at("exp", cases[i].value, cases[i].error);
}

static void a_token_that_lasts_too_long_is_refused(void **state) /* T-06 */
{
    (void)state;
    assert_time_at("exp", NOW_S + LIFETIME_MAX_S, ERROR_NONE);
    assert_time_at("exp", NOW_S + LIFETIME_MAX_S + 30, ERROR_NONE); /* the leeway */
    assert_time_at("exp", NOW_S + LIFETIME_MAX_S + 31, ERR_AUTH_LIFETIME);
    assert_time_at("exp", NOW_S * 1000, ERR_AUTH_LIFETIME); /* milliseconds */
    assert_time_at("exp", 4294967296, ERR_AUTH_LIFETIME);
    assert_time_at("exp", 9007199254740991, ERR_AUTH_LIFETIME);
    assert_time_at("exp", 9007199254740992, ERR_AUTH_LIFETIME);
}

static void a_token_from_the_future_is_refused(void **state) /* T-06 */
{
    (void)state;
    static const char *const claims[] = {"nbf", "iat"};
    for (size_t i = 0; i < 2; i++) {
        assert_time_at(claims[i], 0, ERROR_NONE);
        assert_time_at(claims[i], 1, ERROR_NONE);
        assert_time_at(claims[i], NOW_S - 86400, ERROR_NONE);
        assert_time_at(claims[i], NOW_S, ERROR_NONE);
        assert_time_at(claims[i], NOW_S + 29, ERROR_NONE);
        assert_time_at(claims[i], NOW_S + 30, ERROR_NONE);
        assert_time_at(claims[i], NOW_S + 31, ERR_AUTH_NOT_YET);
        assert_time_at(claims[i], NOW_S + 599, ERR_AUTH_NOT_YET);
        assert_time_at(claims[i], 4294967296, ERR_AUTH_NOT_YET);
        assert_time_at(claims[i], 9007199254740992, ERR_AUTH_NOT_YET);
    }
}

static enum error verify_for(const char *audience, const char *aud)
{
    struct buffer token = BUFFER_EMPTY, payload = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();
    rules.audience = slice_from_text(audience);
    buffer_add_text(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}");
    if (aud)
        buffer_add_format(&payload, ",\"aud\":%s", aud);
    buffer_add_char(&payload, '}');
    forge_hs256(&token, buffer_slice(&payload));
    struct claims claims = {0};
    enum error error = token_verify(forge.keys, &rules, buffer_slice(&token), forge_now(), &claims);
    if (!error)
        claims_fini(&claims);
    buffer_fini(&token);
    buffer_fini(&payload);
    return error;
}

static void a_token_is_for_the_configured_audience_only(void **state) /* T-07 */
{
    (void)state;
    static const struct {
        const char *audience, *aud;
        enum error error;
    } cases[] = {
        {"", NULL, ERROR_NONE},
        {"", "\"calls\"", ERR_AUTH_AUDIENCE},
        {"", "\"\"", ERR_AUTH_AUDIENCE},
        {"", "[]", ERR_AUTH_AUDIENCE},
        {"", "[\"calls\"]", ERR_AUTH_AUDIENCE},
        {"", "null", ERR_AUTH_CLAIMS},
        {"calls", NULL, ERR_AUTH_AUDIENCE},
        {"calls", "\"calls\"", ERROR_NONE},
        {"calls", "\"c\\u0061lls\"", ERROR_NONE},
        {"calls", "[\"calls\"]", ERROR_NONE},
        {"calls", "[\"mail\",\"calls\"]", ERROR_NONE},
        {"calls", "[\"calls\",\"mail\"]", ERROR_NONE},
        {"calls", "\"mail\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"Calls\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"calls \"", ERR_AUTH_AUDIENCE},
        {"calls", "\"call\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"calls,mail\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"*\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"\"", ERR_AUTH_AUDIENCE},
        {"calls", "[]", ERR_AUTH_AUDIENCE},
        {"calls", "[\"mail\"]", ERR_AUTH_AUDIENCE},
        {"calls", "[[\"calls\"]]", ERR_AUTH_CLAIMS},
        {"calls", "[\"calls\",1]", ERR_AUTH_CLAIMS},
        {"calls", "[1,\"calls\"]", ERR_AUTH_CLAIMS},
        {"calls", "[null]", ERR_AUTH_CLAIMS},
        {"calls", "{\"calls\":true}", ERR_AUTH_CLAIMS},
        {"calls", "true", ERR_AUTH_CLAIMS},
        {"calls", "0", ERR_AUTH_CLAIMS},
        {"calls", "null", ERR_AUTH_CLAIMS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = verify_for(cases[i].audience, cases[i].aud);
        if (error != cases[i].error)
            fail_msg("aud %s at \"%s\": %s", cases[i].aud, cases[i].audience, error_code(error));
    }
}

static void sub_is_needed_and_is_a_text(void **state) /* T-07 */
{
    (void)state;
    static const char *const subs[] = {"",
                                       "\"sub\":\"\",",
                                       "\"sub\":null,",
                                       "\"sub\":1,",
                                       "\"sub\":true,",
                                       "\"sub\":[\"ann\"],",
                                       "\"sub\":{\"ann\":1},",
                                       "\"Sub\":\"ann\","};
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{%s\"iss\":\"APIann\",\"exp\":1800000600,\"video\":{}}", subs[i]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void video_is_needed_and_is_an_object(void **state)
{
    (void)state;
    static const char *const videos[] = {"",
                                         ",\"video\":null",
                                         ",\"video\":true",
                                         ",\"video\":\"lobby\"",
                                         ",\"video\":[]",
                                         ",\"video\":[{\"room\":\"lobby\"}]",
                                         ",\"video\":1",
                                         ",\"Video\":{}",
                                         ",\"room\":\"lobby\",\"roomJoin\":true"};
    for (size_t i = 0; i < sizeof videos / sizeof *videos; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600%s}", videos[i]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void a_grant_is_true_or_false_and_nothing_like_it(void **state) /* T-07 */
{
    (void)state;
    static const char *const names[] = {
        "roomJoin",       "roomCreate",           "roomAdmin", "canPublish", "canSubscribe",
        "canPublishData", "canUpdateOwnMetadata", "hidden"};
    static const char *const values[] = {"\"true\"", "\"\"", "1", "0", "[]", "[true]", "{}", "1.0"};
    for (size_t i = 0; i < 64; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"%s\":%s}}",
                          names[i / 8], values[i % 8]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void a_claim_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = {
        ",\"name\":1",
        ",\"name\":[\"Ann\"]",
        ",\"name\":{}",
        ",\"name\":true",
        ",\"metadata\":{}",
        ",\"metadata\":{\"a\":1}",
        ",\"metadata\":1",
        ",\"metadata\":false",
        ",\"attributes\":\"\"",
        ",\"attributes\":[]",
        ",\"attributes\":1",
        ",\"attributes\":true",
        ",\"attributes\":{\"a\":1}",
        ",\"attributes\":{\"a\":null}",
        ",\"attributes\":{\"a\":{}}",
        ",\"attributes\":{\"a\":\"b\",\"c\":[\"d\"]}",
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_timed(members[i], ERR_AUTH_CLAIMS);
    assert_payload("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"room\":1}}", ERR_AUTH_CLAIMS);
    assert_payload("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"room\":[\"lobby\"]}}",
                   ERR_AUTH_CLAIMS);
}

static void iss_of_a_jwks_token_is_a_text_too(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"es\"}"),
                SLICE_LITERAL("{\"iss\":1,\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}}"));
    forge_sign_ec(&token, forge.ec, false);

    assert_int_equal(forge_verify(&forge, buffer_slice(&token)), ERR_AUTH_CLAIMS);
    buffer_fini(&token);
}

static void add_many(struct buffer *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_add_text(out, text);
}

static void assert_long(const char *before, const char *text, size_t count, const char *after, enum error expected)
{
    struct buffer members = BUFFER_EMPTY;
    buffer_add_text(&members, before);
    add_many(&members, text, count);
    buffer_add_text(&members, after);
    assert_timed(buffer_text(&members), expected);
    buffer_fini(&members);
}

static void lengths_are_counted_in_bytes_and_have_an_end(void **state)
{
    (void)state;
    assert_long(",\"name\":\"", "x", PEER_NAME_MAX, "\"", ERROR_NONE);
    assert_long(",\"name\":\"", "x", PEER_NAME_MAX + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"name\":\"", "\\u00e4", PEER_NAME_MAX / 2, "\"", ERROR_NONE);
    assert_long(",\"name\":\"", "\\u00e4", PEER_NAME_MAX / 2 + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"metadata\":\"", "x", PEER_METADATA_MAX, "\"", ERROR_NONE);
    assert_long(",\"metadata\":\"", "x", PEER_METADATA_MAX + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"attributes\":{\"", "k", ATTRIBUTE_KEY_MAX, "\":\"\"}", ERROR_NONE);
    assert_long(",\"attributes\":{\"", "k", ATTRIBUTE_KEY_MAX + 1, "\":\"\"}", ERR_AUTH_CLAIMS);
    assert_long(",\"attributes\":{\"k\":\"", "v", ATTRIBUTE_VALUE_MAX, "\"}", ERROR_NONE);
    assert_long(",\"attributes\":{\"k\":\"", "v", ATTRIBUTE_VALUE_MAX + 1, "\"}", ERR_AUTH_CLAIMS);
}

static void an_identity_has_1_to_256_bytes(void **state) /* T-07 */
{
    (void)state;
    for (size_t length = 1; length <= 260; length++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_text(&payload, "{\"iss\":\"APIann\",\"exp\":1800000600,\"video\":{},\"sub\":\"");
        add_many(&payload, "x", length);
        buffer_add_text(&payload, "\"}");
        assert_payload(buffer_text(&payload), length <= IDENTITY_MAX ? ERROR_NONE : ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void there_are_at_most_32_attributes(void **state)
{
    (void)state;
    for (int count = 31; count <= 34; count++) {
        struct buffer members = BUFFER_EMPTY;
        buffer_add_text(&members, ",\"attributes\":{");
        for (int i = 0; i < count; i++)
            buffer_add_format(&members, "%s\"k%d\":\"v\"", i ? "," : "", i);
        buffer_add_char(&members, '}');
        assert_timed(buffer_text(&members), count <= ATTRIBUTES_MAX ? ERROR_NONE : ERR_AUTH_CLAIMS);
        buffer_fini(&members);
    }
}

static void claims_that_nobody_knows_are_ignored(void **state)
{
    (void)state;
    assert_timed(",\"jti\":1,\"sip\":{\"call\":true},\"kind\":7,\"roomConfig\":{\"agents\":[{\"agentName\":\"x\"}]},"
                 "\"__proto__\":{\"roomAdmin\":true},\"constructor\":null,\"\":\"\"",
                 ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_needed),
        cmocka_unit_test(a_time_that_is_no_plain_integer_is_refused),
        cmocka_unit_test(a_time_that_is_not_even_json_is_refused),
        cmocka_unit_test(an_expired_token_is_refused),
        cmocka_unit_test(a_token_that_lasts_too_long_is_refused),
        cmocka_unit_test(a_token_from_the_future_is_refused),
        cmocka_unit_test(a_token_is_for_the_configured_audience_only),
        cmocka_unit_test(sub_is_needed_and_is_a_text),
        cmocka_unit_test(video_is_needed_and_is_an_object),
        cmocka_unit_test(a_grant_is_true_or_false_and_nothing_like_it),
        cmocka_unit_test(a_claim_of_another_type_is_refused),
        cmocka_unit_test(iss_of_a_jwks_token_is_a_text_too),
        cmocka_unit_test(lengths_are_counted_in_bytes_and_have_an_end),
        cmocka_unit_test(an_identity_has_1_to_256_bytes),
        cmocka_unit_test(there_are_at_most_32_attributes),
        cmocka_unit_test(claims_that_nobody_knows_are_ignored),
    };
    return cmocka_run_group_tests(tests, start, end);
}
