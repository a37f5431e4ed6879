/* test_redis_url.c - the URLs of Redis that are taken, and what those are told that are not. */
#include "tests/support/cmocka_all.h"

#include "base/redis_url.h"

static struct redis_url parsed(const char *text)
{
    struct redis_url url = {0};
    const char *problem = redis_url_parse(slice_from_text(text), &url);
    if (problem)
        fail_msg("%s: %s", text, problem);
    return url;
}

static void assert_refused(const char *text, const char *because)
{
    struct redis_url url;
    const char *problem = redis_url_parse(slice_from_text(text), &url);
    if (!problem)
        fail_msg("%s was taken", text);
    if (!strstr(problem, because))
        fail_msg("%s: %s", text, problem);
}

static void assert_written(const char *text, const char *wanted)
{
    struct redis_url url = parsed(text);
    struct buffer out = BUFFER_EMPTY;
    redis_url_write(&url, &out);
    assert_string_equal(buffer_text(&out), wanted);
    buffer_fini(&out);
}

static void a_host_alone_is_enough(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://cache.example.org");

    assert_string_equal(url.host, "cache.example.org");
    assert_string_equal(url.path, "");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "");
    assert_int_equal(url.port, 6379);
    assert_int_equal(url.database, 0);
    assert_false(url.is_tls);
}

static void user_password_port_and_database_are_found(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://ann:a%40b%2Fc:d@10.0.0.5:7000/3");

    assert_string_equal(url.user, "ann");
    assert_string_equal(url.password, "a@b/c:d");
    assert_string_equal(url.host, "10.0.0.5");
    assert_int_equal(url.port, 7000);
    assert_int_equal(url.database, 3);
}

static void a_password_needs_no_user_and_may_hold_an_at_sign(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://:p@ss@localhost");

    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "p@ss");
    assert_string_equal(url.host, "localhost");
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
    (void)state;
    assert_string_equal(parsed("redis://[::1]").host, "::1");
    assert_int_equal(parsed("redis://[fd00::5]:7000/1").port, 7000);
    assert_refused("redis://::1", "must be redis://");
    assert_refused("redis://[::1", "must be redis://");
    assert_refused("redis://[::1]6379", "must be redis://");
}

static void a_unix_socket_is_a_path(void **state)
{
    (void)state;
    struct redis_url url = parsed("unix://ann:secret@/run/redis/redis.sock?db=2");

    assert_string_equal(url.path, "/run/redis/redis.sock");
    assert_string_equal(url.host, "");
    assert_string_equal(url.user, "ann");
    assert_string_equal(url.password, "secret");
    assert_int_equal(url.database, 2);
    assert_string_equal(parsed("unix:///tmp/r").path, "/tmp/r");
    assert_refused("unix://run/redis.sock", "absolute path");
    assert_refused("unix:///", "absolute path");
    assert_refused("unix:///run/r?password=x", "not known");
}

static void several_servers_and_sentinel_are_refused_with_a_way_out(void **state)
{
    (void)state;
    assert_refused("redis://a:6379,b:6379", "several servers");
    assert_refused("redis://:x@a,b/1", "several servers");
    assert_refused("sentinel://a:26379/mymaster", "Sentinel");
    assert_refused("redis+sentinel://a:26379/mymaster", "Sentinel");
}

#ifndef PARLEY_REDIS_TLS
static void tls_is_refused_where_hiredis_has_none(void **state)
{
    (void)state;
    assert_refused("rediss://cache.example.org", "TLS");
}
#endif

static void what_is_no_url_of_a_redis_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         "localhost",     "localhost:6379", "http://localhost", "redis:/localhost",
        "redis://", "redis://:6379", "redis://a b",    "redis://a\r\nb",   "REDIS://a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i], "must be redis://");
    assert_refused("redis://a:0", "has a port");
    assert_refused("redis://a:65536", "has a port");
    assert_refused("redis://a:", "has a port");
    assert_refused("redis://a:6379x", "has a port");
    assert_refused("redis://a/one", "has a database");
    assert_refused("redis://a/1/2", "has a database");
    assert_refused("redis://a?db=1", "parameters");
    assert_refused("redis://ann@a", "without a password");
    assert_refused("redis://:%zz@a", "password");
    assert_refused("redis://:%4@a", "password");
    assert_refused("redis://:x%00y@a", "password");
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[REDIS_URL_PASSWORD_MAX + 32] = "redis://:";
    memset(text + 9, 'x', REDIS_URL_PASSWORD_MAX);
    (void)strcpy(text + 9 + REDIS_URL_PASSWORD_MAX, "@a");
    assert_int_equal(strlen(parsed(text).password), REDIS_URL_PASSWORD_MAX);
    (void)strcpy(text + 9 + REDIS_URL_PASSWORD_MAX, "x@a");
    assert_refused(text, "password");

    char path[REDIS_URL_PATH_MAX + 16] = "unix:///";
    memset(path + 8, 'x', REDIS_URL_PATH_MAX);
    assert_refused(path, "too long for a socket");
}

static void a_password_is_never_written(void **state)
{
    (void)state;
    assert_written("redis://ann:secret@a.example:7000/3", "redis://ann:***@a.example:7000/3");
    assert_written("redis://:secret@[::1]", "redis://:***@[::1]:6379");
    assert_written("redis://a", "redis://a:6379");
    assert_written("unix://:secret@/run/r?db=2", "unix://:***@/run/r?db=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_alone_is_enough),
        cmocka_unit_test(user_password_port_and_database_are_found),
        cmocka_unit_test(a_password_needs_no_user_and_may_hold_an_at_sign),
        cmocka_unit_test(an_ipv6_address_stands_in_brackets),
        cmocka_unit_test(a_unix_socket_is_a_path),
        cmocka_unit_test(several_servers_and_sentinel_are_refused_with_a_way_out),
#ifndef PARLEY_REDIS_TLS
        cmocka_unit_test(tls_is_refused_where_hiredis_has_none),
#endif
        cmocka_unit_test(what_is_no_url_of_a_redis_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(a_password_is_never_written),
    };
    return cmocka_run_group_tests_name("redis_url", tests, NULL, NULL);
}
