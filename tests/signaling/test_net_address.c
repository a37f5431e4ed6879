/* test_net_address.c - addresses are read strictly, and compared as one family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "signaling/net_address.h"

static struct net_address address(const char *text)
{
    struct net_address out;
    assert_true(net_address_parse(slice_from_text(text), &out));
    return out;
}

static struct net_range range(const char *text)
{
    struct net_range out;
    assert_true(net_range_parse(slice_from_text(text), &out));
    return out;
}

static void assert_same(const struct net_address *a, const char *text)
{
    char formatted[NET_ADDRESS_TEXT_MAX];
    net_address_format(a, formatted);
    assert_string_equal(formatted, text);
}

static void every_spelling_of_an_address_is_one_address(void **state)
{
    (void)state;
    static const char *const spellings[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:443", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::ffff:c000:201", "192.0.2.1"},
        {"[::ffff:192.0.2.1]:80", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:65535", "2001:db8::1"},
        {"::1", "::1"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        struct net_address parsed = address(spellings[i][0]);
        assert_same(&parsed, spellings[i][1]);
    }
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "192.0.2",
        "192.0.2.1.1",
        "192.0.2.256",
        "0300.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:65536",
        "192.0.2.1:8a",
        "[192.0.2.1]",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]443",
        "fe80::1%eth0",
        "localhost",
        " 192.0.2.1",
        "192.0.2.1 ",
        "2001:db8:::1",
        "1:2:3:4:5:6:7:8:9",
        "[::1]:",
        "0x7f.0.0.1",
        "2130706433",
        "unknown",
        "_hidden",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct net_address out = address("192.0.2.7");
        assert_false(net_address_parse(slice_from_text(wrong[i]), &out));
        assert_same(&out, "192.0.2.7");
    }
    struct net_address out;
    assert_false(net_address_parse(slice_of("192.0.2.1\0", 10), &out));
}

static void a_range_holds_what_shares_its_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool is_in;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},      {"10.0.0.0/8", "11.0.0.1", false},
        {"192.0.2.128/25", "192.0.2.128", true}, {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.1", "192.0.2.1", true},        {"192.0.2.1", "192.0.2.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},      {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},           {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},          {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true}, {"::ffff:10.0.0.0/104", "10.1.1.1", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct net_range in = range(rows[i].range);
        struct net_address at = address(rows[i].address);
        assert_int_equal(net_range_has(&in, &at), rows[i].is_in);
    }
}

static void what_is_no_range_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",           "10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/-1",  "10.0.0.0/8x",  "10.0.0/8",
        "fd00::/129", "[fd00::]/8",  "10.0.0.1:80", "10.0.0.0/8/8", "10.0.0.0/0008"};
    struct net_range out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(net_range_parse(slice_from_text(wrong[i]), &out));
}

static void a_subscriber_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
    (void)state;
    struct net_address ipv4 = address("192.0.2.1");
    struct net_address ipv6 = address("2001:db8:1:2:3:4:5:6");

    struct net_address subscriber4 = net_address_subscriber(&ipv4);
    struct net_address subscriber6 = net_address_subscriber(&ipv6);

    assert_same(&subscriber4, "192.0.2.1");
    assert_same(&subscriber6, "2001:db8:1:2::");
}

static void socket_addresses_become_addresses(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr local = {.sa_family = AF_UNIX};

    struct net_address from_in = net_address_of((const struct sockaddr *)&in);
    struct net_address from_in6 = net_address_of((const struct sockaddr *)&in6);
    struct net_address from_local = net_address_of(&local);

    assert_same(&from_in, "192.0.2.1");
    assert_same(&from_in6, "::1");
    assert_same(&from_local, "127.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_an_address_is_one_address),
        cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
        cmocka_unit_test(a_range_holds_what_shares_its_prefix),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(a_subscriber_is_an_ipv4_address_or_an_ipv6_64),
        cmocka_unit_test(socket_addresses_become_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
