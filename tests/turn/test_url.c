/* test_url.c - which ICE URLs are taken (RFC 7064, RFC 7065). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turn/ice.h"
#include "turn/url.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME_253                                                                                                       \
    LABEL_63 "." LABEL_63 "." LABEL_63 "."                                                                             \
             "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

static void check_all(const char *const *urls, size_t count, bool is_valid)
{
    for (size_t i = 0; i < count; i++) {
        if (ice_url_is_valid(slice_from_text(urls[i])) != is_valid)
            fail_msg("%s is %s", urls[i], is_valid ? "refused" : "taken");
    }
}
#define CHECK_ALL(urls, is_valid) check_all((urls), sizeof(urls) / sizeof *(urls), (is_valid))

static void urls_as_operators_write_them_are_taken(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "stun:example.org",
        "stun:example.org:3478",
        "stuns:example.org:5349",
        "turn:example.org",
        "turn:example.org:3478?transport=udp",
        "turn:example.org?transport=tcp",
        "turns:example.org:443?transport=tcp",
        "turn:localhost:1",
        "turn:127.0.0.1:65535",
        "turn:my_host-1.a.b.:3478",
        "turn:1.2.3.4.example",
        "turn:[::1]",
        "turn:[::1]:3478?transport=udp",
        "turn:[2001:db8:0:0:0:0:0:1]:3478",
        "stun:[::ffff:192.0.2.1]",
        "turn:" NAME_253,
    };
    CHECK_ALL(URLS, true);
}

static void other_schemes_are_refused(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "",
        "turn",
        "turn:",
        "stun:",
        "http://example.org",
        "example.org:3478",
        "TURN:example.org",
        " turn:example.org",
        "turn :host",
        "turn//example.org",
        "turnx:example.org",
        "wss:example.org",
    };
    CHECK_ALL(URLS, false);
}

static void hosts_that_no_client_finds_are_refused(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "turn://example.org", "turn:user@example.org",
        "turn:exa mple.org",  "turn:example..org",
        "turn:.example.org",  "turn:.",
        "turn:-a.org",        "turn:a-.org",
        "turn:ex%61mple.org", "turn:exämple.org",
        "turn:a,b",           "turn:a/b",
        "turn:a#b",           "turn:a\nb",
        "turn:256.1.1.1",     "turn:1.2.3",
        "turn:1.2.3.4.5",     "turn:01.2.3.4",
        "turn:a.1",           "turn::3478",
        "turn:" LABEL_63 "l", "turn:" NAME_253 "x",
    };
    CHECK_ALL(URLS, false);
}

static void addresses_of_ipv6_need_their_brackets(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "turn:::1",
        "turn:2001:db8::1",
        "turn:[::1",
        "turn:::1]",
        "turn:[]",
        "turn:[::1]3478",
        "turn:[::1]]",
        "turn:[[::1]]",
        "turn:[fe80::1%25eth0]",
        "turn:[fe80::1%eth0]",
        "turn:[v1.a]",
        "turn:[1.2.3.4]",
        "turn:[::12345]",
        "turn:[1:2:3:4:5:6:7:8:9]",
        "turn:[example.org]",
    };
    CHECK_ALL(URLS, false);
}

static void ports_are_1_to_65535(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "turn:h:",     "turn:h:0",   "turn:h:65536", "turn:h:99999", "turn:h:100000",
        "turn:h:-1",   "turn:h:+1",  "turn:h:03478", "turn:h:3478x", "turn:h: 3478",
        "turn:h:0x10", "turn:h:1:2", "turn:[::1]:",  "turn:[::1]:0", "turn:h:4294967297",
    };
    CHECK_ALL(URLS, false);
}

static void transports_are_udp_and_tcp_of_turn_only(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "stun:h?transport=udp",
        "stuns:h?transport=tcp",
        "turn:h?",
        "turn:h?transport=",
        "turn:h?transport=tls",
        "turn:h?transport=UDP",
        "turn:h?transport=udp&a=b",
        "turn:h?transport=udp?transport=udp",
        "turn:h?TRANSPORT=udp",
        "turn:h?foo",
        "turn:h?transport=udp ",
        "turn:h?transport=udp#x",
        "turn:?transport=udp",
        "turn:h/?transport=udp",
    };
    CHECK_ALL(URLS, false);
}

static void a_nul_ends_no_url_early(void **state)
{
    (void)state;
    assert_false(ice_url_is_valid(slice_of("turn:h\0x", 8)));
    assert_false(ice_url_is_valid(slice_of("turn:[::1\0]", 11)));
    assert_false(ice_url_is_valid(slice_of("turn:1.2.3.4\0.5", 15)));
    assert_false(ice_url_is_valid(SLICE_EMPTY));
}

static void only_turn_wants_credentials(void **state)
{
    (void)state;
    assert_true(ice_url_is_turn(SLICE_LITERAL("turn:h")));
    assert_true(ice_url_is_turn(SLICE_LITERAL("turns:h")));
    assert_false(ice_url_is_turn(SLICE_LITERAL("stun:h")));
    assert_false(ice_url_is_turn(SLICE_LITERAL("stuns:h")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_as_operators_write_them_are_taken),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(hosts_that_no_client_finds_are_refused),
        cmocka_unit_test(addresses_of_ipv6_need_their_brackets),
        cmocka_unit_test(ports_are_1_to_65535),
        cmocka_unit_test(transports_are_udp_and_tcp_of_turn_only),
        cmocka_unit_test(a_nul_ends_no_url_early),
        cmocka_unit_test(only_turn_wants_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
