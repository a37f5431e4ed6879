/* test_config_file.c - what is wrong with a file is said with its place, all of it at once. */
#include "config_support.h"

#include <unistd.h>

static void an_unknown_key_is_named_with_its_place_and_the_nearest_key(void **state)
{
    (void)state;
    assert_refused("turn:\n  regoin: north\n",
                   "parley: test.yaml:2:3: unknown key \"turn.regoin\" (did you mean \"turn.region\"?)\n");
    assert_refused("turn:\n  servers:\n    - urls: stun:a.example\n      secert: x\n",
                   "parley: test.yaml:4:7: unknown key \"turn.servers[0].secert\" (did you mean "
                   "\"turn.servers[0].secret\"?)\n");
    assert_refused("sever: {}\n", "parley: test.yaml:1:1: unknown key \"sever\" (did you mean \"server\"?)\n");
    assert_refused("zzzzzzzzzzzzzzzz: 1\n", "parley: test.yaml:1:1: unknown key \"zzzzzzzzzzzzzzzz\"\n");
    assert_refused("\"\": {turn: 1}\n", "parley: test.yaml:1:1: unknown key \"\"");
    assert_refused("<<: {turn: 1}\n", "unknown key \"<<\"");
}

static void every_error_of_a_file_is_reported(void **state)
{
    (void)state;
    struct loaded loaded = load("rooms:\n"
                                "  capacity: many\n"
                                "  maximum: {a: [b, {c: d}]}\n"
                                "page:\n"
                                "  enabled: on\n"
                                "turn:\n"
                                "  ttl: 10s\n",
                                NULL, NULL);

    assert_int_equal(loaded.status, CONFIG_WRONG);
    assert_non_null(strstr(loaded.said, "test.yaml:2:13: rooms.capacity must be a whole number\n"));
    assert_non_null(strstr(loaded.said, "test.yaml:3:3: unknown key \"rooms.maximum\""));
    assert_non_null(strstr(loaded.said, "test.yaml:5:12: page.enabled must be true or false\n"));
    assert_non_null(strstr(loaded.said, "test.yaml:7:8: turn.ttl must be 1m to 1d\n"));
    unload(&loaded);
}

static void a_wrong_item_of_a_list_is_named_with_its_place(void **state)
{
    (void)state;
    assert_refused("server:\n  listen:\n    - 127.0.0.1:80\n    - bad\n",
                   "parley: test.yaml:4:7: server.listen: \"bad\" must be HOST:PORT");
    assert_refused("server:\n  allowed_origins: [\"http://a\", example.org]\n",
                   "test.yaml:2:33: server.allowed_origins: \"example.org\" must be an origin");
    assert_refused("server:\n  trusted_proxies: [lan]\n", "test.yaml:2:21: server.trusted_proxies: \"lan\" must be");
    assert_refused("turn:\n  servers:\n    - urls: stun:a.example\n    - urls: [stun:b.example, 'x:y']\n",
                   "test.yaml:4:30: turn.servers[1].urls: \"x:y\" must be a stun:, turn: or turns: URL");
    assert_refused("server:\n  listen: 'a:1, bad'\n", "test.yaml:2:11: server.listen: \"bad\"");
    assert_refused("server:\n  public_url: call.example\n", "test.yaml:2:15: server.public_url: \"call.example\"");
}

static void a_wrong_item_is_named_with_the_variable_or_the_option_that_set_it(void **state)
{
    (void)state;
    const char *const variables[] = {"PARLEY_SERVER_LISTEN=a:1, bad", NULL};
    const char *const options[] = {"--admin.listen=worse", NULL};

    struct loaded loaded = load("", variables, options);

    assert_int_equal(loaded.status, CONFIG_WRONG);
    assert_non_null(strstr(loaded.said, "parley: PARLEY_SERVER_LISTEN: server.listen: \"bad\""));
    assert_non_null(strstr(loaded.said, "parley: --admin.listen: admin.listen: \"worse\""));
    unload(&loaded);
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("rooms:\n  max: 1\n  max: 2\n", "test.yaml:3:3: rooms.max is given twice");
    assert_refused("rooms:\n  max: 1\nrooms:\n  capacity: 2\n", "test.yaml:3:1: rooms is given twice");
    assert_refused("rooms: {max: 1}\nrooms.max: 2\n", "test.yaml:2:1: rooms.max is given twice");
}

static void what_a_configuration_does_not_need_of_yaml_is_refused(void **state)
{
    (void)state;
    assert_refused("rooms: {max: &a 1, capacity: *a}\n", "test.yaml:1:14: anchors and aliases");
    assert_refused("rooms: {max: *a}\n", "anchors and aliases");
    assert_refused("rooms: {max: !!int 1}\n", "tags (!)");
    assert_refused("rooms: {max: 1}\n---\nrooms: {capacity: 1}\n", "test.yaml:2:1: a second document");
    assert_refused("rooms:\n\tmax: 1\n", "test.yaml:2:1: tabs cannot indent YAML");
    assert_refused("rooms:\n  \tmax: 1\n", "tabs cannot indent YAML");
    assert_refused("? {a: b}\n: 1\n", "a key must be plain text");
    assert_refused("- a\n- b\n", "must be a map");
    assert_refused("hello\n", "must be a map");
    assert_refused("rooms: {max: 1\n", "test.yaml:2:1:");
    assert_refused("rooms:\n  max: \"\xff\"\n", "not UTF-8");
}

static void a_value_of_the_wrong_shape_is_refused(void **state)
{
    (void)state;
    assert_refused("rooms: {max: [1]}\n", "test.yaml:1:14: rooms.max must be a single value");
    assert_refused("rooms: {max: {a: 1}}\n", "rooms.max must be a single value");
    assert_refused("server: {listen: {a: 1}}\n", "server.listen must be a list");
    assert_refused("server: {listen: [[a]]}\n", "an item of this list must be text");
    assert_refused("server: {listen: ['']}\n", "server.listen has an empty or unprintable item, number 1");
    assert_refused("server: [a]\n", "server must be a map of keys");
    assert_refused("server: 5\n", "server must be a map of keys");
    assert_refused("turn: {servers: {urls: a}}\n", "turn.servers must be a list of maps");
    assert_refused("turn: {servers: [a]}\n", "turn.servers[0] must be a map");
    assert_refused("turn: {region: \"a\\0b\"}\n", "turn.region may not hold control characters");
}

static void deep_nesting_ends_the_reading(void **state)
{
    (void)state;
    char yaml[4096] = "x: ";
    memset(yaml + 3, '[', 1000);

    assert_refused(yaml, "nested too deeply");
}

static void more_servers_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    char yaml[2048] = "turn: {servers: [";
    for (int i = 0; i < CONFIG_TURN_SERVERS_MAX + 1; i++)
        (void)strcat(yaml, "{urls: stun:a.example},");
    (void)strcat(yaml, "]}");

    assert_refused(yaml, "turn.servers[16] is one server too many");
}

static void a_file_of_errors_does_not_flood_the_terminal(void **state)
{
    (void)state;
    size_t size = 100000;
    char *yaml = calloc(1, size);
    for (size_t i = 0; strlen(yaml) + 16 < size && i < 2000; i++)
        (void)sprintf(yaml + strlen(yaml), "k%zu: 1\n", i);

    struct loaded loaded = load(yaml, NULL, NULL);

    size_t lines = 0;
    for (const char *c = loaded.said; *c; c++)
        lines += *c == '\n';
    assert_in_range(lines, 10, 60);
    unload(&loaded);
    free(yaml);
}

static void what_a_file_holds_cannot_steer_the_terminal(void **state)
{
    (void)state;
    struct loaded loaded = load("\"a\\e[2Jb\\nparley: all is well\": 1\n", NULL, NULL);

    assert_int_equal(loaded.status, CONFIG_WRONG);
    assert_null(strchr(loaded.said, '\x1b'));
    assert_ptr_equal(strchr(loaded.said, '\n'), loaded.said + strlen(loaded.said) - 1);
    unload(&loaded);
}

static void a_file_that_is_not_there_ends_with_66_and_one_too_large_with_78(void **state)
{
    (void)state;
    char path[] = "/tmp/parley-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, CONFIG_FILE_BYTES_MAX + 1) == 0);
    struct config *config = NULL;

    assert_int_equal(config_load(&config, &(struct config_sources){.file = "no/such/file.yaml"}), CONFIG_NO_FILE);
    assert_int_equal(config_load(&config, &(struct config_sources){.file = path}), CONFIG_WRONG);

    assert_null(config);
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_key_is_named_with_its_place_and_the_nearest_key),
        cmocka_unit_test(every_error_of_a_file_is_reported),
        cmocka_unit_test(a_wrong_item_of_a_list_is_named_with_its_place),
        cmocka_unit_test(a_wrong_item_is_named_with_the_variable_or_the_option_that_set_it),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(what_a_configuration_does_not_need_of_yaml_is_refused),
        cmocka_unit_test(a_value_of_the_wrong_shape_is_refused),
        cmocka_unit_test(deep_nesting_ends_the_reading),
        cmocka_unit_test(more_servers_than_there_is_room_for_are_refused),
        cmocka_unit_test(a_file_of_errors_does_not_flood_the_terminal),
        cmocka_unit_test(what_a_file_holds_cannot_steer_the_terminal),
        cmocka_unit_test(a_file_that_is_not_there_ends_with_66_and_one_too_large_with_78),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
