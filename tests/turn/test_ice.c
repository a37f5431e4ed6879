/* test_ice.c - the lists of ICE servers that peers are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turn/ice.h"

static const struct instant NOW = {.mono_ms = 7, .unix_ms = INT64_C(1893452400000)}; /* + 3600 s: 1893456000 */

#define ALICE_NORTH "\"MME/7rvfb/gOjpkB59+7AxlCLvk=\""

static struct ice_server *add_server(struct ice_list *list, const char *url)
{
    struct ice_server *server = &list->servers[list->count++];
    server->urls[server->url_count++] = slice_from_text(url);
    return server;
}

static struct ice_server *add_turn(struct ice_list *list, const char *url, const char *secret, const char *region)
{
    struct ice_server *server = add_server(list, url);
    server->secret = slice_from_text(secret);
    server->region = slice_from_text(region);
    return server;
}

static void check_json(const struct ice_list *list, const char *region, const char *expected)
{
    struct buffer out = BUFFER_EMPTY;
    ice_write_json(list, slice_from_text(region), SLICE_LITERAL("alice"), NOW, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_fini(&out);
}

static void check_rest(const struct ice_list *list, const char *region, const char *expected)
{
    struct buffer out = BUFFER_EMPTY;
    assert_int_equal(ice_write_rest_json(list, slice_from_text(region), SLICE_LITERAL("alice"), NOW, &out), ERROR_NONE);
    assert_string_equal(buffer_text(&out), expected);
    buffer_fini(&out);
}

/* Five servers: two of region eu, two of none, one of us; told without credentials to keep the lines short. */
static struct ice_list five_servers(void)
{
    struct ice_list list = {.ttl_s = 3600};
    (void)add_turn(&list, "stun:us1", "", "us");
    (void)add_turn(&list, "stun:any1", "", "");
    (void)add_turn(&list, "stun:eu1", "", "eu");
    (void)add_turn(&list, "stun:any2", "", "");
    (void)add_turn(&list, "stun:eu2", "", "eu");
    return list;
}

static void an_empty_list_is_an_empty_array(void **state)
{
    (void)state;
    const struct ice_list list = {.ttl_s = 3600};
    check_json(&list, "", "[]");
    assert_false(ice_list_expires(&list));
}

static void a_server_with_a_secret_gets_a_credential_of_the_peer(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    struct ice_server *server = add_turn(&list, "turn:t.example.org:3478?transport=udp", "north", "");
    server->urls[server->url_count++] = SLICE_LITERAL("turns:t.example.org:443?transport=tcp");

    check_json(&list, "",
               "[{\"urls\":[\"turn:t.example.org:3478?transport=udp\",\"turns:t.example.org:443?transport=tcp\"],"
               "\"username\":\"1893456000:alice\",\"credential\":" ALICE_NORTH "}]");
    assert_true(ice_list_expires(&list));
}

static void each_server_is_signed_with_its_own_secret(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_turn(&list, "turn:a", "north", "");
    (void)add_turn(&list, "turn:b", "south", "");
    struct buffer out = BUFFER_EMPTY;

    ice_write_json(&list, SLICE_EMPTY, SLICE_LITERAL("alice"), NOW, &out);

    struct turn_credential south;
    turn_credential_make(SLICE_LITERAL("south"), SLICE_LITERAL("alice"), 3600, NOW, &south);
    assert_non_null(strstr(buffer_text(&out), ALICE_NORTH));
    assert_non_null(strstr(buffer_text(&out), south.password));
    buffer_fini(&out);
}

static void stun_gets_no_credential_even_beside_a_secret(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_turn(&list, "stun:s.example.org", "north", "");

    check_json(&list, "", "[{\"urls\":[\"stun:s.example.org\"]}]");
    assert_false(ice_list_expires(&list));
}

static void turn_without_a_secret_gets_no_credential(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_server(&list, "turn:open.example.org");

    check_json(&list, "", "[{\"urls\":[\"turn:open.example.org\"]}]");
    assert_false(ice_list_expires(&list));
}

static void a_turn_url_behind_a_stun_url_counts(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    struct ice_server *server = add_turn(&list, "stun:h", "north", "");
    server->urls[server->url_count++] = SLICE_LITERAL("turn:h");

    check_json(&list, "",
               "[{\"urls\":[\"stun:h\",\"turn:h\"],\"username\":\"1893456000:alice\",\"credential\":" ALICE_NORTH "}]");
}

static void servers_of_the_region_come_first_then_those_of_none(void **state)
{
    (void)state;
    const struct ice_list list = five_servers();

    check_json(&list, "eu",
               "[{\"urls\":[\"stun:eu1\"]},{\"urls\":[\"stun:eu2\"]},{\"urls\":[\"stun:any1\"]},"
               "{\"urls\":[\"stun:any2\"]},{\"urls\":[\"stun:us1\"]}]");
}

static void without_a_region_or_with_an_unknown_one_those_of_none_come_first(void **state)
{
    (void)state;
    const struct ice_list list = five_servers();
    const char *const expected = "[{\"urls\":[\"stun:any1\"]},{\"urls\":[\"stun:any2\"]},{\"urls\":[\"stun:us1\"]},"
                                 "{\"urls\":[\"stun:eu1\"]},{\"urls\":[\"stun:eu2\"]}]";

    check_json(&list, "", expected);
    check_json(&list, "mars", expected);
    check_json(&list, "e", expected);
}

static void the_rest_answer_has_the_shape_of_the_draft(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_server(&list, "stun:s");
    struct ice_server *server = add_turn(&list, "stun:t", "north", "");
    server->urls[server->url_count++] = SLICE_LITERAL("turn:t?transport=udp");

    check_rest(&list, "",
               "{\"username\":\"1893456000:alice\",\"password\":" ALICE_NORTH
               ",\"ttl\":3600,\"uris\":[\"turn:t?transport=udp\"]}");
}

static void the_rest_answer_keeps_to_one_secret(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_turn(&list, "turn:us", "south", "us");
    (void)add_turn(&list, "turn:eu1", "north", "eu");
    (void)add_turn(&list, "turn:any", "north", "");
    (void)add_turn(&list, "turn:eu2", "west", "eu");

    check_rest(&list, "eu",
               "{\"username\":\"1893456000:alice\",\"password\":" ALICE_NORTH
               ",\"ttl\":3600,\"uris\":[\"turn:eu1\",\"turn:any\"]}");
}

static void without_turn_there_is_no_rest_answer(void **state)
{
    (void)state;
    struct ice_list list = {.ttl_s = 3600};
    (void)add_turn(&list, "stun:s", "north", "");
    (void)add_server(&list, "turn:open");
    struct buffer out = BUFFER_EMPTY;

    assert_int_equal(ice_write_rest_json(&list, SLICE_EMPTY, SLICE_LITERAL("alice"), NOW, &out), ERR_NOT_FOUND);

    assert_int_equal(out.length, 0);
    buffer_fini(&out);
}

static void the_largest_list_is_written_whole(void **state)
{
    (void)state;
    struct ice_list list = {.count = ICE_SERVERS_MAX, .ttl_s = 3600};
    for (size_t i = 0; i < ICE_SERVERS_MAX; i++) {
        list.servers[i].secret = SLICE_LITERAL("north");
        list.servers[i].url_count = ICE_URLS_MAX;
        for (size_t j = 0; j < ICE_URLS_MAX; j++)
            list.servers[i].urls[j] = SLICE_LITERAL("turn:t");
    }
    struct buffer out = BUFFER_EMPTY;

    assert_int_equal(ice_write_rest_json(&list, SLICE_EMPTY, SLICE_LITERAL("alice"), NOW, &out), ERROR_NONE);

    size_t urls = 0;
    for (const char *at = buffer_text(&out); (at = strstr(at, "\"turn:t\"")); at++)
        urls++;
    assert_int_equal(urls, ICE_SERVERS_MAX * ICE_URLS_MAX);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_is_an_empty_array),
        cmocka_unit_test(a_server_with_a_secret_gets_a_credential_of_the_peer),
        cmocka_unit_test(each_server_is_signed_with_its_own_secret),
        cmocka_unit_test(stun_gets_no_credential_even_beside_a_secret),
        cmocka_unit_test(turn_without_a_secret_gets_no_credential),
        cmocka_unit_test(a_turn_url_behind_a_stun_url_counts),
        cmocka_unit_test(servers_of_the_region_come_first_then_those_of_none),
        cmocka_unit_test(without_a_region_or_with_an_unknown_one_those_of_none_come_first),
        cmocka_unit_test(the_rest_answer_has_the_shape_of_the_draft),
        cmocka_unit_test(the_rest_answer_keeps_to_one_secret),
        cmocka_unit_test(without_turn_there_is_no_rest_answer),
        cmocka_unit_test(the_largest_list_is_written_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
