/* test_http_routes.c - the table of addresses: what is in it, for whom, and that nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "signaling/routes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum error find(enum door door, enum http_method method, const char *path)
{
    enum endpoint endpoint;
    const char *allow = NULL;
    enum error error = routes_find(door, method, slice_from_text(path), &endpoint, &allow);
    assert_true(error != ERR_METHOD_NOT_ALLOWED || allow != NULL);
    return error;
}

static void public_addresses_are_found_by_their_exact_path(void **state)
{
    (void)state;
    static const char *const good[] = {"/",       "/r/standup", "/r/a=b",         "/livez",
                                       "/readyz", "/healthz",   "/sdk/parley.js", "/v1/turn/credentials"};
    static const char *const wrong[] = {
        "",       "//",         "/r",          "/r/",           "/r/a/b",          "/r/..",
        "/r/a;b", "/r/a b",     "/livez/",     "/Livez",        "/livezz",         "/metrics",
        "/v1",    "/v1/turn",   "/v1/rooms/x", "/v1/rooms//ws", "/v1/rooms/../ws", "/v1/rooms/a/b/ws",
        "/sdk",   "/etc/passwd"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(find(DOOR_TLS, HTTP_GET, good[i]), ERROR_NONE);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(find(DOOR_PLAIN, HTTP_GET, wrong[i]), ERR_NOT_FOUND);
}

static void the_admin_door_has_metrics_and_health_only(void **state)
{
    (void)state;
    static const char *const good[] = {"/metrics", "/livez", "/readyz"};
    static const char *const wrong[] = {
        "/", "/r/x", "/healthz", "/v1/turn/credentials", "/v1/dev/token", "/v1/rooms/x/ws", "/sdk/parley.js"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(find(DOOR_ADMIN, HTTP_GET, good[i]), ERROR_NONE);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(find(DOOR_ADMIN, HTTP_GET, wrong[i]), ERR_NOT_FOUND);
}

static void methods_that_an_address_does_not_take_are_refused_with_those_it_does(void **state)
{
    (void)state;
    assert_int_equal(find(DOOR_PLAIN, HTTP_HEAD, "/livez"), ERROR_NONE);
    assert_int_equal(find(DOOR_PLAIN, HTTP_POST, "/livez"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(find(DOOR_PLAIN, HTTP_OTHER, "/"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(find(DOOR_PLAIN, HTTP_GET, "/v1/dev/token"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(find(DOOR_PLAIN, HTTP_POST, "/v1/dev/token"), ERROR_NONE);
    assert_int_equal(find(DOOR_PLAIN, HTTP_OPTIONS, "/v1/dev/token"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(find(DOOR_PLAIN, HTTP_OPTIONS, "/v1/turn/credentials"), ERROR_NONE);
}

static void the_room_is_what_stands_between(void **state)
{
    (void)state;
    struct slice room;
    assert_int_equal(routes_room(SLICE_LITERAL("/v1/rooms/a~b@c:=.-_/ws"), &room), ERROR_NONE);
    assert_true(slice_is_text(room, "a~b@c:=.-_"));
    assert_int_equal(routes_room(SLICE_LITERAL("/v1/rooms/ws"), &room), ERR_NOT_FOUND);
    assert_int_equal(routes_room(SLICE_LITERAL("/v1/rooms/a b/ws"), &room), ERR_NOT_FOUND);
    assert_int_equal(routes_room(SLICE_LITERAL("/v1/rooms/a/ws/"), &room), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses_are_found_by_their_exact_path),
        cmocka_unit_test(the_admin_door_has_metrics_and_health_only),
        cmocka_unit_test(methods_that_an_address_does_not_take_are_refused_with_those_it_does),
        cmocka_unit_test(the_room_is_what_stands_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
