/* test_config_secrets.c - how secrets come in, and that they never come out. */
#include "config_support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/cluster_key.h"
#include "ops/config_print.h"

#define SECRET "correct-horse-battery-staple-0123456789"

/* A directory of its own for each test; files in it are made by write_secret(). */
struct place {
    char directory[64];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    (void)strcpy(place->directory, "/tmp/parley-test-XXXXXX");
    *state = place;
    return mkdtemp(place->directory) ? 0 : -1;
}

static int remove_place(void **state)
{
    static const char *const names[] = {"secret",      "auth_keys",         "turn_servers_0_secret",
                                        "cluster_key", "cluster_redis_url", "config.yaml"};
    struct place *place = *state;
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", place->directory, names[i]);
        (void)unlink(path);
    }
    int status = rmdir(place->directory);
    free(place);
    return status;
}

static void write_secret(const struct place *place, const char *name, const char *text, mode_t mode)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", place->directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static struct loaded load_with_secret_file(const struct place *place)
{
    char yaml[256];
    (void)snprintf(yaml, sizeof yaml, "turn: {servers: [{urls: turn:a.example, secret_file: %s/secret}]}",
                   place->directory);
    return load(yaml, NULL, NULL);
}

static void a_secret_file_is_read_into_the_secret_without_its_line_end(void **state)
{
    write_secret(*state, "secret", SECRET "\n", 0600);

    struct loaded loaded = load_with_secret_file(*state);

    assert_string_equal(loaded.config->turn_servers[0].secret, SECRET);
    unload(&loaded);
}

static void a_secret_file_that_others_can_read_is_refused_with_77(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_secret(*state, "secret", SECRET, modes[i]);
        struct loaded loaded = load_with_secret_file(*state);
        assert_int_equal(loaded.status, CONFIG_TOO_OPEN);
        assert_non_null(strstr(loaded.said, "chmod 600"));
        unload(&loaded);
    }
}

static void a_secret_file_that_is_not_there_ends_with_66(void **state)
{
    struct loaded loaded = load_with_secret_file(*state);
    assert_int_equal(loaded.status, CONFIG_NO_FILE);
    assert_non_null(strstr(loaded.said, "parley: turn.servers[0].secret_file: /tmp/parley-test-"));
    assert_non_null(strstr(loaded.said, "/secret: No such file or directory\n"));
    unload(&loaded);
}

static void a_directory_in_the_place_of_a_secret_file_is_called_one(void **state)
{
    (void)state;
    struct loaded loaded = load("turn: {servers: [{urls: turn:a.example, secret_file: /}]}", NULL, NULL);
    assert_int_equal(loaded.status, CONFIG_NO_FILE);
    assert_string_equal(loaded.said, "parley: turn.servers[0].secret_file: /: Is a directory\n");
    unload(&loaded);
}

static void a_secret_and_its_file_from_one_source_contradict_each_other(void **state)
{
    write_secret(*state, "secret", SECRET, 0600);
    assert_refused("turn: {servers: [{urls: turn:a.example, secret: x, secret_file: y}]}",
                   "both turn.servers[0].secret and turn.servers[0].secret_file are set");
}

static void the_stronger_source_decides_between_a_secret_and_its_file(void **state)
{
    const struct place *place = *state;
    write_secret(place, "secret", SECRET, 0600);
    char variable[160];
    (void)snprintf(variable, sizeof variable, "PARLEY_TURN_SERVERS_0_SECRET_FILE=%s/secret", place->directory);
    const char *const from_file[] = {variable, NULL};
    const char *const inline_secret[] = {"PARLEY_TURN_SERVERS_0_SECRET=" SECRET, NULL};

    struct loaded first = load("turn: {servers: [{urls: turn:a.example, secret: weaker}]}", from_file, NULL);
    struct loaded second = load("turn: {servers: [{urls: turn:a.example, secret_file: /none}]}", inline_secret, NULL);

    assert_string_equal(first.config->turn_servers[0].secret, SECRET);
    assert_string_equal(second.config->turn_servers[0].secret, SECRET);
    unload(&first);
    unload(&second);
}

static void credentials_of_the_service_manager_fill_in_what_nothing_else_sets(void **state)
{
    const struct place *place = *state;
    write_secret(place, "auth_keys", "ann: " SECRET "\nbob: " SECRET "\n", 0440);
    write_secret(place, "turn_servers_0_secret", SECRET, 0440);
    char variable[160];
    (void)snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", place->directory);
    const char *const alone[] = {variable, NULL};
    const char *const beaten[] = {variable, "PARLEY_AUTH_KEYS=cyd: x", NULL};

    struct loaded first = load("turn: {servers: [{urls: turn:a.example}]}", alone, NULL);
    struct loaded second = load("", beaten, NULL);

    assert_string_equal(first.config->auth_keys, "ann: " SECRET "\nbob: " SECRET);
    assert_string_equal(first.config->turn_servers[0].secret, SECRET);
    assert_string_equal(second.config->auth_keys, "cyd: x");
    unload(&first);
    unload(&second);
}

static void a_cluster_key_comes_from_the_file_or_the_service_manager_too(void **state)
{
    const struct place *place = *state;
    write_secret(place, "secret", SECRET "\n", 0600);
    write_secret(place, "cluster_key", "credential " SECRET, 0440);
    char yaml[160], variable[160];
    (void)snprintf(yaml, sizeof yaml, "cluster: {key_file: %s/secret}", place->directory);
    (void)snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", place->directory);
    const char *const environment[] = {variable, NULL};

    struct loaded from_file = load(yaml, environment, NULL), from_credential = load("", environment, NULL);

    assert_string_equal(from_file.config->cluster_key, SECRET);
    assert_string_equal(from_credential.config->cluster_key, "credential " SECRET);
    unload(&from_file);
    unload(&from_credential);
}

static void a_cluster_key_file_that_is_empty_is_refused_with_78(void **state)
{
    static const char *const empty[] = {"", "\n"};
    const struct place *place = *state;
    char yaml[160], sentence[160];
    (void)snprintf(yaml, sizeof yaml, "cluster: {key_file: %s/secret}", place->directory);
    (void)snprintf(sentence, sizeof sentence, "parley: cluster.key_file: %s/secret: is empty\n", place->directory);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        write_secret(place, "secret", empty[i], 0600);
        struct loaded loaded = load(yaml, NULL, NULL);
        assert_int_equal(loaded.status, CONFIG_WRONG);
        assert_string_equal(loaded.said, sentence);
        unload(&loaded);
    }
}

#define REDIS_URL "redis://:hunter2@cache.example.org:7000"

static void a_url_of_redis_comes_from_its_file_or_the_service_manager_too(void **state)
{
    const struct place *place = *state;
    write_secret(place, "secret", REDIS_URL "\n", 0600);
    write_secret(place, "cluster_redis_url", "unix:///run/redis.sock", 0440);
    char yaml[192], variable[160];
    (void)snprintf(yaml, sizeof yaml, "cluster: {key: " SECRET ", redis: {url_file: %s/secret}}", place->directory);
    (void)snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", place->directory);
    const char *const environment[] = {variable, NULL};

    struct loaded from_file = load(yaml, environment, NULL);
    struct loaded from_credential = load("cluster: {key: " SECRET "}", environment, NULL);

    assert_string_equal(from_file.config->cluster_redis_url, REDIS_URL);
    assert_string_equal(from_credential.config->cluster_redis_url, "unix:///run/redis.sock");
    unload(&from_file);
    unload(&from_credential);
}

static void a_redis_without_the_key_of_the_cluster_is_refused_with_78(void **state)
{
    (void)state;
    assert_refused("cluster: {redis: {url: 'redis://a'}}", "cluster.redis.url needs cluster.key");
}

static void a_url_of_redis_that_is_not_supported_is_refused_and_not_repeated(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://:hunter2@a", "redis://:hunter2@a,b", "sentinel://:hunter2@a/x",
                                       "redis://:hunter2@a:0"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char yaml[160];
        (void)snprintf(yaml, sizeof yaml, "cluster: {key: " SECRET ", redis: {url: '%s'}}", urls[i]);
        assert_refused(yaml, "cluster.redis.url ");
        struct loaded loaded = load(yaml, NULL, NULL);
        assert_int_equal(loaded.status, CONFIG_WRONG);
        assert_null(strstr(loaded.said, "hunter2"));
        unload(&loaded);
    }
}

static void a_prefix_or_a_name_that_nobody_can_read_is_refused(void **state)
{
    (void)state;
    assert_refused("cluster: {redis: {prefix: ''}}", "cluster.redis.prefix must be");
    assert_refused("cluster: {redis: {prefix: 'a*'}}", "cluster.redis.prefix must be");
    assert_refused("cluster: {node_name: " SECRET SECRET "}", "cluster.node_name is longer than 63 bytes");
}

static void a_cluster_key_is_one_secret_or_two(void **state)
{
    (void)state;
    struct slice secrets[TICKET_KEYS_MAX];
    assert_int_equal(cluster_key_split(SLICE_LITERAL(""), secrets), 0);
    assert_int_equal(cluster_key_split(SLICE_LITERAL(" , \n"), secrets), 0);
    assert_int_equal(cluster_key_split(SLICE_LITERAL("one,two\nthree"), secrets), 3);
    assert_int_equal(cluster_key_split(SLICE_LITERAL(" a b ,\r\n\tc,"), secrets), 2);
    assert_true(slice_is_text(secrets[0], "a b"));
    assert_true(slice_is_text(secrets[1], "c"));
}

static void a_cluster_key_that_is_weak_or_one_too_many_is_refused_and_not_repeated(void **state)
{
    (void)state;
    assert_refused("cluster: {key: hunter2}", "cluster.key: secret 1 is shorter than 32 bytes");
    assert_refused("cluster: {key: '" SECRET ",hunter2'}", "cluster.key: secret 2 is shorter than 32 bytes");
    assert_refused("cluster: {key: '" SECRET "," SECRET "," SECRET "'}", "cluster.key has 3 secrets");
    assert_refused("cluster: {key: ','}", "cluster.key holds no secret");
    struct loaded loaded = load("cluster: {key: hunter2}", NULL, NULL);
    assert_null(strstr(loaded.said, "hunter2"));
    unload(&loaded);
}

static void a_configuration_file_with_a_secret_that_others_can_read_is_warned_about(void **state)
{
    const struct place *place = *state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/config.yaml", place->directory);
    static const mode_t modes[] = {0600, 0644};
    for (size_t i = 0; i < 2; i++) {
        write_secret(place, "config.yaml", "auth: {keys: 'ann: x'}\n", modes[i]);
        struct loaded loaded = {0};
        size_t size;
        FILE *errors = open_memstream(&loaded.said, &size);
        loaded.status = config_load(&loaded.config, &(struct config_sources){.file = path, .errors = errors});
        (void)fclose(errors);
        assert_int_equal(loaded.status, CONFIG_OK);
        assert_int_equal(strstr(loaded.said, "warning: holds a secret") != NULL, modes[i] == 0644);
        unload(&loaded);
    }
}

static void a_secret_on_the_command_line_is_refused_and_not_repeated(void **state)
{
    (void)state;
    const char *const options[] = {"--set", "auth.keys=ann: " SECRET, NULL};

    struct loaded loaded = load("", NULL, options);

    assert_int_equal(loaded.status, CONFIG_USAGE);
    assert_null(strstr(loaded.said, SECRET));
    unload(&loaded);
}

static void no_secret_is_ever_shown(void **state)
{
    (void)state;
    struct buffer shown = BUFFER_EMPTY;
    struct config *config = load_good("auth: {keys: 'ann: " SECRET "'}\n"
                                      "cluster: {key: '" SECRET "," SECRET "'}\n"
                                      "turn: {servers: [{urls: turn:a.example, secret: " SECRET "}]}");

    config_print_yaml(config, true, &shown);

    assert_null(strstr(buffer_text(&shown), SECRET));
    assert_non_null(strstr(buffer_text(&shown), "keys: # (set)\n"));
    assert_non_null(strstr(buffer_text(&shown), "secret: # (set)\n"));
    buffer_fini(&shown);
    config_destroy(config);
}

static void every_secret_has_a_file_beside_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        if (config_rows[i].type != CONFIG_TYPE_SECRET)
            continue;
        assert_true(i + 1 < CONFIG_ROW_COUNT && config_rows[i + 1].type == CONFIG_TYPE_PATH);
        size_t length = strlen(config_rows[i].path);
        assert_memory_equal(config_rows[i + 1].path, config_rows[i].path, length);
        assert_string_equal(config_rows[i + 1].path + length, "_file");
    }
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(a_secret_file_is_read_into_the_secret_without_its_line_end),
        WITH_PLACE(a_secret_file_that_others_can_read_is_refused_with_77),
        WITH_PLACE(a_secret_file_that_is_not_there_ends_with_66),
        cmocka_unit_test(a_directory_in_the_place_of_a_secret_file_is_called_one),
        WITH_PLACE(a_secret_and_its_file_from_one_source_contradict_each_other),
        WITH_PLACE(the_stronger_source_decides_between_a_secret_and_its_file),
        WITH_PLACE(credentials_of_the_service_manager_fill_in_what_nothing_else_sets),
        WITH_PLACE(a_cluster_key_comes_from_the_file_or_the_service_manager_too),
        WITH_PLACE(a_cluster_key_file_that_is_empty_is_refused_with_78),
        WITH_PLACE(a_url_of_redis_comes_from_its_file_or_the_service_manager_too),
        cmocka_unit_test(a_redis_without_the_key_of_the_cluster_is_refused_with_78),
        cmocka_unit_test(a_url_of_redis_that_is_not_supported_is_refused_and_not_repeated),
        cmocka_unit_test(a_prefix_or_a_name_that_nobody_can_read_is_refused),
        cmocka_unit_test(a_cluster_key_is_one_secret_or_two),
        cmocka_unit_test(a_cluster_key_that_is_weak_or_one_too_many_is_refused_and_not_repeated),
        WITH_PLACE(a_configuration_file_with_a_secret_that_others_can_read_is_warned_about),
        cmocka_unit_test(a_secret_on_the_command_line_is_refused_and_not_repeated),
        cmocka_unit_test(no_secret_is_ever_shown),
        cmocka_unit_test(every_secret_has_a_file_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
