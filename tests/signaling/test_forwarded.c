/* test_forwarded.c - trusted proxies say who calls; what a client wrote before them, or instead of them, does not
 * count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "signaling/forwarded.h"

#define IS_MALFORMED NULL

struct row {
    const char *value, *caller;
};

/* 10.0.0.0/8 and fd00::/8 are ours; 10.0.0.1 is who called us. */
static void assert_read(enum forwarded_header header, const char *value, const char *caller, bool is_https)
{
    struct net_range proxies[2];
    assert_true(net_range_parse(SLICE_LITERAL("10.0.0.0/8"), &proxies[0]));
    assert_true(net_range_parse(SLICE_LITERAL("fd00::/8"), &proxies[1]));
    const struct forwarded_trust trust = {proxies, 2, header};
    struct net_address peer;
    char text[NET_ADDRESS_TEXT_MAX];
    assert_true(net_address_parse(SLICE_LITERAL("10.0.0.1"), &peer));
    struct forwarded_caller out = {.address = {{42}}, .is_https = true};

    bool is_read = forwarded_read(&trust, &peer, slice_from_text(value), &out);

    if (is_read != (caller != IS_MALFORMED))
        fail_msg("\"%s\" was %s", value, is_read ? "read" : "not read");
    net_address_format(&out.address, text);
    assert_string_equal(text, is_read ? caller : "2a00::"); /* untouched on failure */
    assert_int_equal(out.is_https, is_read ? is_https : true);
}

static void assert_rows(enum forwarded_header header, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_read(header, rows[i].value, rows[i].caller, false);
}
#define ASSERT_ROWS(header, rows) assert_rows(header, rows, sizeof(rows) / sizeof(rows)[0])

static void the_caller_is_the_right_most_that_is_no_proxy_of_ours(void **state) /* T-14 */
{
    (void)state;
    static const struct row rows[] = {
        {"", "10.0.0.1"},
        {"203.0.113.1", "203.0.113.1"},
        {"198.51.100.7, 203.0.113.1", "203.0.113.1"}, /* the left one may be forged */
        {"203.0.113.1, 10.0.0.2", "203.0.113.1"},
        {"203.0.113.1 ,\t10.0.0.2 , fd00::1", "203.0.113.1"},
        {"203.0.113.1:4711", "203.0.113.1"},
        {"[2001:db8::1]:4711", "2001:db8::1"},
        {"2001:db8::1", "2001:db8::1"},
        {"::ffff:10.0.0.2", "10.0.0.2"},
        {"10.0.0.3, 10.0.0.2", "10.0.0.3"}, /* one of ours calls by itself */
    };
    ASSERT_ROWS(FORWARDED_X_FOR, rows);
}

static void what_stands_left_of_the_caller_is_not_even_read(void **state) /* T-14 */
{
    (void)state;
    static const struct row lists[] = {
        {"nonsense, 203.0.113.1", "203.0.113.1"},
        {",,,, 203.0.113.1", "203.0.113.1"},
        {"\", 203.0.113.1", "203.0.113.1"},
        {"10.0.0.9, \x7f, 203.0.113.1, 10.0.0.2", "203.0.113.1"},
    };
    static const struct row elements[] = {
        {"nonsense, for=203.0.113.1", "203.0.113.1"},
        {"for=\", for=203.0.113.1", "203.0.113.1"},
        {"for=\"198.51.100.7, for=203.0.113.1", "203.0.113.1"},
        {"for=\"\\\", for=203.0.113.1", "203.0.113.1"},
    };
    ASSERT_ROWS(FORWARDED_X_FOR, lists);
    ASSERT_ROWS(FORWARDED_STANDARD, elements);
}

static void the_standard_header_is_read_as_rfc_7239_writes_it(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "10.0.0.1"},
        {"for=192.0.2.60", "192.0.2.60"},
        {"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"}, /* 4: without regard to case, and quoted */
        {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
        {"by=203.0.113.43 ; FOR=\"192.0.2.60:80\"", "192.0.2.60"},
        {"for=192.0.2.43, for=198.51.100.17", "198.51.100.17"},
        {"for=192.0.2.43, for=\"10.0.0.2\", for=\"[fd00::1]\"", "192.0.2.43"},
        {"for=192.0.2.43;host=\"a, b; for=1.1.1.1\"", "192.0.2.43"}, /* a comma in quotes ends nothing */
        {"; for=192.0.2.43;;by=_me;", "192.0.2.43"},                 /* 4: pairs may be empty */
        {"for=192.0.2.43;secret=\"\"", "192.0.2.43"},
    };
    ASSERT_ROWS(FORWARDED_STANDARD, rows);
}

static void the_scheme_is_that_of_the_caller(void **state)
{
    (void)state;
    assert_read(FORWARDED_STANDARD, "for=192.0.2.1;proto=https", "192.0.2.1", true);
    assert_read(FORWARDED_STANDARD, "proto=\"HTTPS\";for=192.0.2.1", "192.0.2.1", true);
    assert_read(FORWARDED_STANDARD, "for=192.0.2.1;proto=httpss", "192.0.2.1", false);
    assert_read(FORWARDED_STANDARD, "for=192.0.2.1;proto=https, for=10.0.0.2;proto=http", "192.0.2.1", true);
    assert_read(FORWARDED_STANDARD, "for=1.1.1.1;proto=https, for=192.0.2.1", "192.0.2.1", false);
    assert_read(FORWARDED_X_FOR, "192.0.2.1", "192.0.2.1", false);
}

static void what_cannot_be_read_says_nothing(void **state)
{
    (void)state;
    static const struct row lists[] = {
        {"203.0.113.1, unknown", IS_MALFORMED},
        {"203.0.113.1,", IS_MALFORMED},
        {",", IS_MALFORMED},
        {" ", IS_MALFORMED},
        {"203.0.113.256", IS_MALFORMED},
        {"0x7f.0.0.1", IS_MALFORMED},
        {"fe80::1%eth0", IS_MALFORMED},
        {"localhost", IS_MALFORMED},
        {"for=192.0.2.1", IS_MALFORMED},
        {"203.0.113.1 10.0.0.2", IS_MALFORMED},
        {"\"203.0.113.1\"", IS_MALFORMED},
        {"203.0.113.1:99999", IS_MALFORMED},
    };
    static const struct row elements[] = {
        {"192.0.2.1", IS_MALFORMED},
        {"for", IS_MALFORMED},
        {"for=", IS_MALFORMED},
        {"for=\"", IS_MALFORMED},
        {"for=\"\"", IS_MALFORMED},
        {"for =192.0.2.1", IS_MALFORMED},
        {"for= 192.0.2.1", IS_MALFORMED},
        {"for=[2001:db8::1]", IS_MALFORMED}, /* 6: has to be quoted */
        {"for=192.0.2.1:80", IS_MALFORMED},
        {"for=unknown", IS_MALFORMED}, /* 6.2 */
        {"for=_hidden", IS_MALFORMED}, /* 6.3 */
        {"proto=https", IS_MALFORMED},
        {"for=192.0.2.1;for=192.0.2.2", IS_MALFORMED},
        {"for=192.0.2.1;proto=http;proto=https", IS_MALFORMED},
        {";", IS_MALFORMED},
        {"for=\"192.0.2.1", IS_MALFORMED},
        {"for=\"192.0.2.1\"x", IS_MALFORMED},
        {"for=\"192.0.2\\.1\"", IS_MALFORMED},
        {"for=192.0.2.1,", IS_MALFORMED},
        {"for=192.0.2.1 for=192.0.2.2", IS_MALFORMED},
        {"=192.0.2.1", IS_MALFORMED},
        {"for=192.0.2.1;\"a\"=b", IS_MALFORMED},
    };
    ASSERT_ROWS(FORWARDED_X_FOR, lists);
    ASSERT_ROWS(FORWARDED_STANDARD, elements);
}

static void more_hops_or_bytes_than_anybody_has_are_not_believed(void **state)
{
    (void)state;
    char hops[64 * 16] = "203.0.113.1";
    for (int i = 0; i < FORWARDED_HOPS_MAX - 1; i++)
        strcat(hops, ",10.0.0.2");
    assert_read(FORWARDED_X_FOR, hops, "203.0.113.1", false);
    strcat(hops, ",10.0.0.2");
    assert_read(FORWARDED_X_FOR, hops, IS_MALFORMED, false);

    char bytes[FORWARDED_BYTES_MAX + 2];
    memset(bytes, 'x', sizeof bytes);
    strcpy(bytes + FORWARDED_BYTES_MAX - strlen(",203.0.113.1"), ",203.0.113.1");
    assert_read(FORWARDED_X_FOR, bytes, "203.0.113.1", false);
    memset(bytes, 'x', sizeof bytes);
    strcpy(bytes + FORWARDED_BYTES_MAX + 1 - strlen(",203.0.113.1"), ",203.0.113.1");
    assert_read(FORWARDED_X_FOR, bytes, IS_MALFORMED, false);
}

static void nuls_end_nothing(void **state)
{
    (void)state;
    const struct forwarded_trust nobody = {NULL, 0, FORWARDED_STANDARD};
    struct net_range all;
    struct net_address peer = {{0}};
    struct forwarded_caller out;
    assert_true(net_range_parse(SLICE_LITERAL("::/0"), &all));
    const struct forwarded_trust trust = {&all, 1, FORWARDED_STANDARD};

    assert_false(forwarded_is_trusted(&nobody, &peer));
    assert_false(forwarded_read(&trust, &peer, slice_of("for=192.0.2.1\0", 14), &out));
    assert_false(forwarded_read(&trust, &peer, slice_of("for=\"192.0.2.1\0\"", 16), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caller_is_the_right_most_that_is_no_proxy_of_ours),
        cmocka_unit_test(what_stands_left_of_the_caller_is_not_even_read),
        cmocka_unit_test(the_standard_header_is_read_as_rfc_7239_writes_it),
        cmocka_unit_test(the_scheme_is_that_of_the_caller),
        cmocka_unit_test(what_cannot_be_read_says_nothing),
        cmocka_unit_test(more_hops_or_bytes_than_anybody_has_are_not_believed),
        cmocka_unit_test(nuls_end_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
