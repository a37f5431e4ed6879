/* test_http_parse.c - the parts of a request are read strictly: what two programs could read differently is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "signaling/http_parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct slice text(const char *t)
{
    return slice_from_text(t);
}

static void a_content_length_is_digits_only_and_capped(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1,1", "1e3", "1.0"};
    size_t length = 7;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(http_length_parse(text(wrong[i]), &length), ERR_BAD_REQUEST);
    assert_int_equal(http_length_parse(text("65537"), &length), ERR_MESSAGE_TOO_LARGE);
    assert_int_equal(http_length_parse(text("18446744073709551617"), &length), ERR_MESSAGE_TOO_LARGE); /* 2^64 + 1 */
    assert_int_equal(length, 7);
    assert_int_equal(http_length_parse(text("65536"), &length), ERROR_NONE);
    assert_int_equal(length, 65536);
    assert_int_equal(http_length_parse(text("0000"), &length), ERROR_NONE);
    assert_int_equal(length, 0);
}

static void only_printable_ascii_is_clean(void **state)
{
    (void)state;
    assert_true(http_text_is_clean(text("GET /~ann")));
    assert_false(http_text_is_clean(slice_of("a\0b", 3)));
    assert_false(http_text_is_clean(text("a\rb")));
    assert_false(http_text_is_clean(text("a\x7f")));
    assert_false(http_text_is_clean(text("\xc3\xa4")));
}

static void a_host_is_a_name_or_an_address_with_an_optional_port(void **state)
{
    (void)state;
    static const char *const good[] = {"a",     "call.example.org", "call.example.org:443", "127.0.0.1:8080",
                                       "[::1]", "[2001:db8::1]:443"};
    static const char *const wrong[] = {"",       ":80",   "a:",  "a:b", "a:123456", "[]",    "[::1", "[::1]80",
                                        "[::1]:", "[g::]", "a b", "a/b", "a@b",      "a:1:2", "a?b",  "<a>"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(http_host_is_valid(text(good[i])));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_host_is_valid(text(wrong[i])));
}

static void only_what_dns_cannot_rebind_is_loopback(void **state)
{
    (void)state;
    static const char *const good[] = {"localhost",      "LOCALHOST:1", "127.0.0.1",
                                       "127.1.2.3:9464", "[::1]",       "[::1]:9464"};
    static const char *const wrong[] = {"localhost.evil.org", "127.0.0.1.evil.org", "evil.org", "[::2]",
                                        "10.0.0.1",           "localhost.",         ""};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(http_host_is_loopback(text(good[i])));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_host_is_loopback(text(wrong[i])));
}

static void the_subprotocol_has_to_be_offered_exactly(void **state)
{
    (void)state;
    static const char *const good[] = {"parley.v1", "parley.v2, parley.v1", "a ,\tparley.v1,b"};
    static const char *const wrong[] = {"",           "parley.v2",  "Parley.v1",    "parley.v11",     "parley.v1,",
                                        ",parley.v1", "parley.v1;", "parley.v1,,x", "parley.v1, a b", "\"parley.v1\""};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(http_offers_subprotocol(text(good[i]), "parley.v1"));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_offers_subprotocol(text(wrong[i]), "parley.v1"));
    char list[200] = "parley.v1,";
    memset(list + 10, 'a', 60);
    memcpy(list + 70, ",", 1);
    memset(list + 71, 'b', 55); /* 126 together */
    assert_true(http_offers_subprotocol(text(list), "parley.v1"));
    list[126] = 'b';
    assert_false(http_offers_subprotocol(text(list), "parley.v1"));
}

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"

static void a_token_in_the_query_is_known_by_its_name_or_its_looks(void **state)
{
    (void)state;
    /* T-02 */
    static const char *const tokens[] = {"token=x", "TOKEN=",   "token", "access_token=x", "jwt=x",
                                         "auth=1",  ("q=" JWT), JWT,     "x=Bearer abc"};
    static const char *const others[] = {"",      "verbose", "format=iceServers", "tokens=x",
                                         "q=eyJ", "q=a.b.c", "v=1.2.3",           "q=eyJhbGciOiJIUzI1NiJ9.x"};
    for (size_t i = 0; i < COUNT(tokens); i++)
        assert_true(http_argument_is_token(text(tokens[i])));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(http_argument_is_token(text(others[i])));
}

static void a_bearer_token_is_one_word_after_the_scheme(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "Bearer",     "Bearer ",   "Basic abc",
                                        "Bearer a b", "Bearer a,b", "Bearerabc", "Bearer \"a\""};
    struct slice token = text("untouched");
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_bearer_parse(text(wrong[i]), &token));
    assert_true(slice_is_text(token, "untouched"));
    assert_true(http_bearer_parse(text("bearer " JWT), &token));
    assert_true(slice_is_text(token, JWT));
}

static void gzip_is_sent_to_those_who_want_it(void **state)
{
    (void)state;
    static const char *const good[] = {"gzip", "deflate, gzip;q=0.1, br", "GZIP;q=1", "gzip; q=0.001"};
    static const char *const wrong[] = {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "identity"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(http_accepts_gzip(text(good[i])));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_accepts_gzip(text(wrong[i])));
}

static void an_etag_matches_weakly_and_as_a_whole(void **state)
{
    (void)state;
    static const char *const good[] = {"\"ab\"", "W/\"ab\"", "\"x\", \"ab\"", "*"};
    static const char *const wrong[] = {"", "ab", "\"abc\"", "\"AB\"", "\"a\", \"b\""};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(http_etag_matches(text(good[i]), text("\"ab\"")));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(http_etag_matches(text(wrong[i]), text("\"ab\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_content_length_is_digits_only_and_capped),
        cmocka_unit_test(only_printable_ascii_is_clean),
        cmocka_unit_test(a_host_is_a_name_or_an_address_with_an_optional_port),
        cmocka_unit_test(only_what_dns_cannot_rebind_is_loopback),
        cmocka_unit_test(the_subprotocol_has_to_be_offered_exactly),
        cmocka_unit_test(a_token_in_the_query_is_known_by_its_name_or_its_looks),
        cmocka_unit_test(a_bearer_token_is_one_word_after_the_scheme),
        cmocka_unit_test(gzip_is_sent_to_those_who_want_it),
        cmocka_unit_test(an_etag_matches_weakly_and_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
