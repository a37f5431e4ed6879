/* test_config.c - where a setting comes from, which source wins, and what each type takes. */
#include "config_support.h"

#include "ops/log.h"

static void without_any_source_the_defaults_hold(void **state)
{
    (void)state;
    struct config *config = load_good("");

    assert_int_equal(config->server_listen.count, 1);
    assert_string_equal(config->server_listen.items[0], "127.0.0.1:8080");
    assert_int_equal(config->server_tls_listen.count, 0);
    assert_string_equal(config->server_tls_cert_file, "");
    assert_int_equal(config->limits_message_bytes, 65536);
    assert_int_equal(config->limits_hello_timeout, 5000);
    assert_int_equal(config->auth_token_lifetime_max, INT64_C(7) * 86400000);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->log_format, LOG_FORMAT_AUTO);
    assert_true(config->page_enabled);
    assert_int_equal(config->turn_servers_count, 0);
    config_destroy(config);
}

static void every_type_is_read_from_a_file(void **state)
{
    (void)state;
    struct config *config = load_good("server:\n"
                                      "  listen: [127.0.0.1:1, '[::1]:2']\n"
                                      "  allowed_origins:\n"
                                      "    - https://a.example\n"
                                      "    - http://localhost:3000\n"
                                      "  public_url: https://call.example\n"
                                      "rooms: {capacity: 25}\n"
                                      "limits:\n"
                                      "  ping_interval: 500ms\n"
                                      "  message_bytes: 2048\n"
                                      "  outbox_bytes: 1MiB\n"
                                      "page:\n"
                                      "  enabled: false\n"
                                      "log: {level: warn, format: json}\n");

    assert_int_equal(config->server_listen.count, 2);
    assert_string_equal(config->server_listen.items[1], "[::1]:2");
    assert_string_equal(config->server_allowed_origins.items[1], "http://localhost:3000");
    assert_string_equal(config->server_public_url, "https://call.example");
    assert_int_equal(config->rooms_capacity, 25);
    assert_int_equal(config->limits_ping_interval, 500);
    assert_int_equal(config->limits_message_bytes, 2048);
    assert_int_equal(config->limits_outbox_bytes, 1048576);
    assert_false(config->page_enabled);
    assert_int_equal(config->log_level, LOG_LEVEL_WARN);
    assert_int_equal(config->log_format, LOG_FORMAT_JSON);
    config_destroy(config);
}

static void json_is_a_configuration_too(void **state)
{
    (void)state;
    struct config *config = load_good("{\"rooms\": {\"capacity\": 3}, \"server\": {\"listen\": [\"127.0.0.1:0\"]}}");

    assert_int_equal(config->rooms_capacity, 3);
    assert_string_equal(config->server_listen.items[0], "127.0.0.1:0");
    config_destroy(config);
}

static void an_empty_list_replaces_the_default(void **state)
{
    (void)state;
    struct config *config = load_good("admin: {listen: []}");

    assert_int_equal(config->admin_listen.count, 0);
    config_destroy(config);
}

static void a_section_with_everything_commented_out_is_fine(void **state)
{
    (void)state;
    struct config *config = load_good("server:\n#  listen: [x]\nturn: ~\nlog: null\n");

    assert_int_equal(config->server_listen.count, 1);
    config_destroy(config);
}

static void the_servers_of_turn_are_a_list_of_maps(void **state)
{
    (void)state;
    struct config *config = load_good("turn:\n"
                                      "  servers:\n"
                                      "    - urls: ['turn:a.example:3478', 'turns:a.example:5349?transport=tcp']\n"
                                      "      region: north\n"
                                      "      secret: 0123456789abcdef0123456789abcdef\n"
                                      "    - urls: stun:b.example\n");

    assert_int_equal(config->turn_servers_count, 2);
    assert_int_equal(config->turn_servers[0].urls.count, 2);
    assert_string_equal(config->turn_servers[0].region, "north");
    assert_string_equal(config->turn_servers[0].secret, "0123456789abcdef0123456789abcdef");
    assert_string_equal(config->turn_servers[1].urls.items[0], "stun:b.example");
    assert_string_equal(config->turn_servers[1].secret, "");
    config_destroy(config);
}

static void the_file_beats_the_default_the_environment_the_file_and_an_option_all(void **state)
{
    (void)state;
    const char *yaml = "rooms: {capacity: 2, max: 2}\nlimits: {outbox_messages: 200}\n";
    const char *const environment[] = {"PARLEY_ROOMS_MAX=3", "PARLEY_LIMITS_OUTBOX_MESSAGES=300", NULL};
    const char *const options[] = {"--limits.outbox_messages=400", NULL};

    struct loaded loaded = load(yaml, environment, options);

    assert_int_equal(loaded.config->rooms_capacity, 2);
    assert_int_equal(loaded.config->rooms_max, 3);
    assert_int_equal(loaded.config->limits_outbox_messages, 400);
    assert_string_equal(loaded.said, "");
    unload(&loaded);
}

static void the_environment_splits_lists_at_commas(void **state)
{
    (void)state;
    const char *const environment[] = {"PARLEY_SERVER_LISTEN=127.0.0.1:1, [::1]:2 ", "PARLEY_ADMIN_LISTEN=", "HOME=/",
                                       NULL};

    struct loaded loaded = load("", environment, NULL);

    assert_int_equal(loaded.config->server_listen.count, 2);
    assert_string_equal(loaded.config->server_listen.items[1], "[::1]:2");
    assert_int_equal(loaded.config->admin_listen.count, 0);
    unload(&loaded);
}

static void turn_servers_are_set_by_index_from_environment_and_options(void **state)
{
    (void)state;
    const char *const environment[] = {"PARLEY_TURN_SERVERS_0_URLS=stun:a.example,stun:b.example",
                                       "PARLEY_TURN_SERVERS_1_URLS=stun:c.example", NULL};
    const char *const options[] = {"--set", "turn.servers[1].region=south", NULL};

    struct loaded loaded = load("turn: {servers: [{urls: stun:z.example, region: north}]}", environment, options);

    assert_int_equal(loaded.config->turn_servers_count, 2);
    assert_string_equal(loaded.config->turn_servers[0].urls.items[1], "stun:b.example");
    assert_string_equal(loaded.config->turn_servers[0].region, "north");
    assert_string_equal(loaded.config->turn_servers[1].region, "south");
    unload(&loaded);
}

static void an_unknown_variable_is_a_warning_with_a_guess(void **state)
{
    (void)state;
    const char *const environment[] = {"PARLEY_TURN_TLL=5m", "PARLEY_XYZ=1", NULL};

    struct loaded loaded = load("", environment, NULL);

    assert_int_equal(loaded.status, CONFIG_OK);
    assert_non_null(
        strstr(loaded.said, "PARLEY_TURN_TLL: warning: no setting has this name (did you mean PARLEY_TURN_TTL?)\n"));
    assert_non_null(strstr(loaded.said, "PARLEY_XYZ: warning: no setting has this name\n"));
    unload(&loaded);
}

static void options_are_taken_in_every_spelling(void **state)
{
    (void)state;
    const char *const options[] = {
        "--set", "rooms.capacity=4", "--set=rooms.max=5", "--limits.outbox_messages", "60", "--turn.ttl=2h", NULL};

    struct loaded loaded = load("", NULL, options);

    assert_int_equal(loaded.config->rooms_capacity, 4);
    assert_int_equal(loaded.config->rooms_max, 5);
    assert_int_equal(loaded.config->limits_outbox_messages, 60);
    assert_int_equal(loaded.config->turn_ttl, 7200000);
    unload(&loaded);
}

static void options_that_are_not_settings_are_left_alone(void **state)
{
    (void)state;
    struct config_sources sources = {0};
    int used = 7;

    assert_false(config_take_option(&sources, "--dev", "--lan", &used));
    assert_false(config_take_option(&sources, "-v", NULL, &used));
    assert_false(config_take_option(&sources, "--configure", NULL, &used));
    assert_false(config_take_option(&sources, "a.b=c", NULL, &used));
    assert_int_equal(used, 7);
}

static void the_file_is_named_in_three_ways(void **state)
{
    (void)state;
    struct config_sources sources = {0};
    int used = 0;

    assert_true(config_take_option(&sources, "-c", "a.yaml", &used));
    assert_string_equal(sources.file, "a.yaml");
    assert_int_equal(used, 2);
    assert_true(config_take_option(&sources, "--config", "b.yaml", &used));
    assert_string_equal(sources.file, "b.yaml");
    assert_true(config_take_option(&sources, "--config=c.yaml", "d.yaml", &used));
    assert_string_equal(sources.file, "c.yaml");
    assert_int_equal(used, 1);
}

static void a_bad_option_is_a_usage_error(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"--turn.tll=5m", NULL},    {"--set", NULL}, {"--set", "rooms.capacity", NULL},
        {"--rooms.capacity", NULL}, {"-c", NULL},    {"--auth.keys=a: b", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load("", NULL, cases[i]);
        if (loaded.status != CONFIG_USAGE)
            fail_msg("%s gave %d", cases[i][0], loaded.status);
        unload(&loaded);
    }
}

static void a_number_keeps_to_its_range_and_form(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        int status;
    } cases[] = {
        {"--rooms.capacity=1", CONFIG_OK},
        {"--rooms.capacity=1000", CONFIG_OK},
        {"--rooms.capacity=0", CONFIG_WRONG},
        {"--rooms.capacity=1001", CONFIG_WRONG},
        {"--rooms.capacity=-1", CONFIG_WRONG},
        {"--rooms.capacity=010", CONFIG_WRONG},
        {"--rooms.capacity=0x10", CONFIG_WRONG},
        {"--rooms.capacity=1e2", CONFIG_WRONG},
        {"--rooms.capacity=", CONFIG_WRONG},
        {"--rooms.capacity=99999999999999999999999", CONFIG_WRONG},
        {"--turn.ttl=60s", CONFIG_OK},
        {"--turn.ttl=59s", CONFIG_WRONG},
        {"--turn.ttl=1d", CONFIG_OK},
        {"--turn.ttl=25h", CONFIG_WRONG},
        {"--turn.ttl=3600", CONFIG_WRONG},
        {"--limits.message_bytes=64KiB", CONFIG_OK},
        {"--limits.message_bytes=1023", CONFIG_WRONG},
        {"--limits.message_bytes=64KB", CONFIG_WRONG},
        {"--limits.message_bytes=99999999999999999GiB", CONFIG_WRONG},
        {"--page.enabled=false", CONFIG_OK},
        {"--page.enabled=no", CONFIG_WRONG},
        {"--page.enabled=True", CONFIG_WRONG},
        {"--log.level=warn", CONFIG_OK},
        {"--log.level=WARN", CONFIG_WRONG},
        {"--log.level=", CONFIG_WRONG},
        {"--server.public_url=https://a\x1b[2J", CONFIG_WRONG},
        {"--server.listen=127.0.0.1:1,,127.0.0.1:2", CONFIG_WRONG},
        {"--turn.servers[15].urls=stun:a.example", CONFIG_WRONG}, /* the 15 before it have none */
        {"--turn.servers[16].urls=stun:a.example", CONFIG_WRONG},
        {"--turn.servers[00].urls=stun:a.example", CONFIG_USAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const options[] = {cases[i].option, NULL};
        struct loaded loaded = load("", NULL, options);
        if (loaded.status != cases[i].status)
            fail_msg("%s gave %d: %s", cases[i].option, loaded.status, loaded.said);
        unload(&loaded);
    }
}

static void settings_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_refused("server: {tls_listen: [':8443']}", "HOST:PORT");
    assert_refused("server: {tls_listen: ['0.0.0.0:8443'], tls_cert_file: a.pem}", "tls_key_file");
    assert_refused("server: {listen: []}", "nothing to serve");
    assert_refused("limits: {ping_timeout: 15s}",
                   "limits.ping_timeout (15s) must be longer than limits.ping_interval (15s)");
    assert_refused("server: {drain_spread: 6s}",
                   "server.drain_timeout (10s) must be at least twice server.drain_spread (6s)");
    assert_refused("limits: {messages_burst: 49}",
                   "limits.messages_burst (49) must be at least limits.messages_per_s (50)");
    assert_refused("limits: {bytes_burst: 128KiB}", "limits.bytes_burst (128KiB) must be at least limits.bytes_per_s");
    assert_refused("limits: {address_joins_burst: 1}", "limits.address_joins_burst (1)");
    assert_refused("limits: {address_messages_burst: 1}", "limits.address_messages_burst (1)");
    assert_refused("limits: {address_bytes_burst: 1MiB}", "limits.address_bytes_burst (1MiB)");
    assert_refused("limits: {message_bytes: 256KiB}",
                   "limits.outbox_bytes (256KiB) must be at least twice limits.message_bytes (256KiB)");
    assert_refused("limits: {message_bytes: 64KiB, bytes_per_s: 1KiB, bytes_burst: 32KiB}",
                   "limits.bytes_burst (32KiB) must be at least limits.message_bytes (64KiB)");
    assert_refused("limits: {outbox_bytes: 2MiB}",
                   "limits.mailbox_bytes (1MiB) must be at least limits.outbox_bytes (2MiB)");
    assert_refused("limits: {mailbox_messages: 1023}",
                   "limits.mailbox_messages (1023) must be at least limits.outbox_messages (1024)");
    assert_refused("limits: {joins_burst: 999}", "limits.joins_burst (999) must be at least limits.joins_per_s (1000)");
    assert_refused("turn: {servers: [{region: a}]}", "turn.servers[0].urls is missing");
    assert_refused("turn: {servers: [{urls: turn:a.example, secret: too short}]}", /* T-20 */
                   "turn.servers[0].secret is shorter than 32 bytes");
    assert_refused("turn: {servers: [{urls: http://a.example}]}", "turn.servers[0].urls: \"http://a.example\"");
}

static void addresses_origins_and_networks_have_their_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "--server.listen=8080",
        "--server.listen=a:99999",
        "--server.listen=::1:80",
        "--server.allowed_origins=https://a.example/",
        "--server.allowed_origins=a.example",
        "--server.allowed_origins=*",
        "--server.allowed_origins=https://A.example",
        "--server.allowed_origins=https://*.a.example",
        "--server.trusted_proxies=10.0.0.0/33",
        "--server.trusted_proxies=10.0.0",
        "--server.trusted_proxies=proxy.example",
        "--server.public_url=call.example",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const options[] = {bad[i], NULL};
        struct loaded loaded = load("", NULL, options);
        if (loaded.status != CONFIG_WRONG)
            fail_msg("%s gave %d", bad[i], loaded.status);
        unload(&loaded);
    }
    config_destroy(load_good("server: {trusted_proxies: [10.0.0.0/8, '::1', 'fd00::/8'], listen: ['localhost:0']}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_source_the_defaults_hold),
        cmocka_unit_test(every_type_is_read_from_a_file),
        cmocka_unit_test(json_is_a_configuration_too),
        cmocka_unit_test(an_empty_list_replaces_the_default),
        cmocka_unit_test(a_section_with_everything_commented_out_is_fine),
        cmocka_unit_test(the_servers_of_turn_are_a_list_of_maps),
        cmocka_unit_test(the_file_beats_the_default_the_environment_the_file_and_an_option_all),
        cmocka_unit_test(the_environment_splits_lists_at_commas),
        cmocka_unit_test(turn_servers_are_set_by_index_from_environment_and_options),
        cmocka_unit_test(an_unknown_variable_is_a_warning_with_a_guess),
        cmocka_unit_test(options_are_taken_in_every_spelling),
        cmocka_unit_test(options_that_are_not_settings_are_left_alone),
        cmocka_unit_test(the_file_is_named_in_three_ways),
        cmocka_unit_test(a_bad_option_is_a_usage_error),
        cmocka_unit_test(a_number_keeps_to_its_range_and_form),
        cmocka_unit_test(settings_that_contradict_each_other_are_refused),
        cmocka_unit_test(addresses_origins_and_networks_have_their_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
