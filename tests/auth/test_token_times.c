/* test_token_times.c - from when and until when a token is good (T-06). */
#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

#define LIFETIME_MAX_S 86400 /* as forge_rules() has it */

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

/* 57 values, tried in each of the three claims. */
static const char *const wrong_times[] = {
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

static void a_time_that_is_no_plain_integer_is_refused(void **state) /* T-06 */
{
    (void)state;
    static const char *const claims[] = {"exp", "nbf", "iat"};
    for (size_t claim = 0; claim < 3; claim++)
        for (size_t i = 0; i < sizeof wrong_times / sizeof *wrong_times; i++)
            assert_time(claims[claim], wrong_times[i], ERR_AUTH_CLAIMS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_needed),
        cmocka_unit_test(a_time_that_is_no_plain_integer_is_refused),
        cmocka_unit_test(a_time_that_is_not_even_json_is_refused),
        cmocka_unit_test(an_expired_token_is_refused),
        cmocka_unit_test(a_token_that_lasts_too_long_is_refused),
        cmocka_unit_test(a_token_from_the_future_is_refused),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
