/* test_origin.c - whose pages may connect (T-01). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/origin.h"

#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static struct origin_list list_of_good(void)
{
    struct origin_list list = {0};
    static const char *const good[] = {
        "https://good.com",      "https://port.com:8443",     "https://default.com:443",
        "http://plain.com",      "HTTPS://Upper.COM",         "https://xn--bcher-kva.example",
        "http://localhost:8080", "https://[2001:DB8::1]:444", "http://192.0.2.1",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(origin_list_add(&list, slice_from_text(good[i])), ERROR_NONE);
    return list;
}

static void an_origin_on_the_list_may_connect(void **state)
{
    (void)state;
    struct origin_list list = list_of_good();
    static const char *const headers[] = {
        "https://good.com",      "https://good.com:443",      "https://port.com:8443", "https://default.com",
        "http://plain.com",      "http://plain.com:80",       "https://upper.com",     "https://xn--bcher-kva.example",
        "http://localhost:8080", "https://[2001:db8::1]:444", "http://192.0.2.1",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!origin_is_allowed(&list, slice_from_text(headers[i])))
            fail_msg("%s was refused", headers[i]);
    origin_list_fini(&list);
}

static const char *const other_spellings[] = {
    /* another scheme, host or port */
    "http://good.com",
    "https://plain.com",
    "wss://good.com",
    "ftp://good.com",
    "https://good.com:8443",
    "https://port.com",
    "https://port.com:443",
    "https://port.com:84430",
    "https://port.com:8444",
    "http://default.com:443",
    "http://localhost",
    "http://localhost:8081",
    "http://127.0.0.1:8080",
    "https://[2001:db8::1]",
    "https://[2001:db8::2]:444",
    "https://2001:db8::1:444",
    "http://192.0.2.10",
    /* names that look alike */
    "https://good.com.evil",
    "https://good.com.evil.com",
    "https://evil-good.com",
    "https://evilgood.com",
    "https://sub.good.com",
    "https://good.co",
    "https://good.comm",
    "https://good",
    "https://ood.com",
    "https://evil.com#good.com",
    "https://evil.com?https://good.com",
    "https://evil.com/good.com",
    "https://good.com@evil.com",
    "https://evil.com\\good.com",
    "https://evil.com:good.com",
    "https://b\xc3\xbc"
    "cher.example",
    "https://xn--bcher-kva.example.",
    "https://g\xd0\xbe\xd0\xbe"
    "d.com",
    /* what no browser sends */
    "https://Good.com",
    "HTTPS://good.com",
    "https://GOOD.COM",
    "https://upper.COM",
    "https://good.com.",
    "https://good.com..",
    "https://good.com/",
    "https://good.com/path",
    "https://good.com:",
    "https://good.com:0443",
    "https://good.com:0",
    "https://good.com:443:443",
    "https://good.com:4 43",
    "https://good.com:+443",
    "https://good.com:-1",
    "https://good.com:66979",
    "https://good.com:4294967739",
    "https://user@good.com",
    "https://user:pass@good.com",
    "https://@good.com",
    "https://good.com?",
    "https://good.com#",
    " https://good.com",
    "https://good.com ",
    "https:// good.com",
    "\thttps://good.com",
    "https://good.com\r\n",
    "https://good.com https://evil.com",
    "https://good.com,https://evil.com",
    "https://good%2ecom",
    "https:good.com",
    "https:/good.com",
    "https:///good.com",
    "//good.com",
    "good.com",
    "https://",
    "http://",
    "://",
    "https",
    "",
    "null",
    "NULL",
    "file://",
    "file:///good.com",
    "data:text/html,x",
    "about:blank",
    "blob:https://good.com",
    "chrome-extension://good.com",
    "*",
    "https://*",
    "https://*.good.com",
    "https://*.com",
    ".",
    "https://.good.com",
    "https://good..com",
    "http://192.0.2.1.",
    "http://192.0.2.01",
    "http://192.0.513",
    "http://0xc0000201",
    "http://3221225985",
    "https://[2001:db8::1]:444]",
    "https://[2001:db8::1",
    "https://[2001:db8::1%25eth0]:444",
    "https://[]:444",
    "https://[2001:DB8::1]:444",
    "https://[2001:db8::1]444",
};

static void every_other_spelling_is_refused(void **state) /* T-01 */
{
    (void)state;
    struct origin_list list = list_of_good();
    for (size_t i = 0; i < sizeof other_spellings / sizeof *other_spellings; i++)
        if (origin_is_allowed(&list, slice_from_text(other_spellings[i])))
            fail_msg("\"%s\" was let in", other_spellings[i]);
    assert_false(origin_is_allowed(&list, slice_of("https://good.com\0", 17)));
    assert_false(origin_is_allowed(&list, slice_of("https://good.com\0.evil.com", 26)));
    assert_false(origin_is_allowed(&list, SLICE_EMPTY));
    origin_list_fini(&list);
}

static void an_empty_list_lets_nobody_in(void **state)
{
    (void)state;
    struct origin_list list = {0};

    assert_false(origin_is_allowed(&list, SLICE_LITERAL("https://good.com")));
    assert_false(origin_is_allowed(&list, SLICE_LITERAL("null")));
    origin_list_fini(&list);
}

static void a_list_takes_only_exact_origins(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "*",
        "null",
        "good.com",
        "good.com:443",
        "https://",
        "https://*",
        "https://*.good.com",
        "https://good.com/",
        "https://good.com/path",
        "https://good.com.",
        "https://user@good.com",
        "https://good.com:",
        "https://good.com:0",
        "https://good.com:65536",
        "https://good.com:99999",
        "https://good.com:443/",
        "ws://good.com",
        "wss://good.com",
        "https://b\xc3\xbc"
        "cher.example",
        "https://-good.com",
        "https://good-.com",
        "https://go od.com",
        "https://good..com",
        "https://1.2.3",
        "https://1.2.3.4.5",
        "https://256.1.1.1",
        "https://0x7f.1",
        "https://[::1",
        "https://::1",
        "https://[::g]",
        "https://[fe80::1%eth0]",
        "https://" LABEL_63 "a.com",
        "file:///",
        "https://good.com?x",
        "https://" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63,
        " https://good.com",
        "https://good.com,https://b.com",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct origin_list list = {0};
        if (origin_list_add(&list, slice_from_text(wrong[i])) != ERR_CONFIG || list.count != 0)
            fail_msg("\"%s\" was taken", wrong[i]);
        origin_list_fini(&list);
    }
}

static void a_long_name_is_taken_up_to_its_limit(void **state)
{
    (void)state;
    struct origin_list list = {0};
    static const char longest[] = "https://" LABEL_63 "." LABEL_63 "." LABEL_63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                                  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb:65535";

    assert_int_equal(origin_list_add(&list, SLICE_LITERAL(longest)), ERROR_NONE);
    assert_true(origin_is_allowed(&list, SLICE_LITERAL(longest)));
    origin_list_fini(&list);
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    struct origin_list list = {0};
    for (size_t i = 0; i < ORIGINS_MAX; i++)
        assert_int_equal(origin_list_add(&list, SLICE_LITERAL("https://good.com")), ERROR_NONE);

    assert_int_equal(origin_list_add(&list, SLICE_LITERAL("https://good.com")), ERR_CONFIG);
    origin_list_fini(&list);
}

static void the_servers_own_page_may_connect(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *host;
        bool is_tls, is_own;
    } cases[] = {
        {"https://call.example.org", "call.example.org", true, true},
        {"https://call.example.org", "call.example.org:443", true, true},
        {"https://call.example.org", "Call.Example.ORG", true, true},
        {"https://call.example.org:8443", "call.example.org:8443", true, true},
        {"http://localhost:8080", "localhost:8080", false, true},
        {"http://[::1]:8080", "[::1]:8080", false, true},
        {"http://192.0.2.7", "192.0.2.7", false, true},
        {"http://call.example.org", "call.example.org", true, false},
        {"https://call.example.org", "call.example.org", false, false},
        {"https://call.example.org", "call.example.org:80", true, false},
        {"https://call.example.org:8443", "call.example.org", true, false},
        {"https://call.example.org", "call.example.org.evil.com", true, false},
        {"https://call.example.org.evil.com", "call.example.org", true, false},
        {"https://evil.com", "call.example.org", true, false},
        {"https://Call.example.org", "Call.example.org", true, false},
        {"https://call.example.org", "call.example.org.", true, false},
        {"https://call.example.org", "user@call.example.org", true, false},
        {"https://call.example.org", "", true, false},
        {"null", "null", true, false},
        {"", "", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (origin_is_own(slice_from_text(cases[i].origin), slice_from_text(cases[i].host), cases[i].is_tls) !=
            cases[i].is_own)
            fail_msg("%s at %s", cases[i].origin, cases[i].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_on_the_list_may_connect),    cmocka_unit_test(every_other_spelling_is_refused),
        cmocka_unit_test(an_empty_list_lets_nobody_in),         cmocka_unit_test(a_list_takes_only_exact_origins),
        cmocka_unit_test(a_long_name_is_taken_up_to_its_limit), cmocka_unit_test(a_list_has_an_end),
        cmocka_unit_test(the_servers_own_page_may_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
