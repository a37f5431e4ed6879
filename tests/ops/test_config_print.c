/* test_config_print.c - what `parley config` prints agrees with the table, the page in docs/ included. */
#include "config_support.h"

#include <json-c/json.h>

#include "ops/config_print.h"

static void the_default_file_loads_to_the_defaults(void **state)
{
    (void)state;
    struct config *defaults = config_create_default();
    struct buffer file = BUFFER_EMPTY, again = BUFFER_EMPTY, plain = BUFFER_EMPTY;
    config_print_yaml(defaults, true, &file);

    struct config *loaded = load_good(buffer_text(&file));

    config_print_yaml(loaded, false, &again);
    config_print_yaml(defaults, false, &plain);
    assert_string_equal(buffer_text(&again), buffer_text(&plain));
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++)
        assert_non_null(strstr(buffer_text(&file), config_rows[i].doc));
    config_destroy(defaults);
    config_destroy(loaded);
    buffer_fini(&file);
    buffer_fini(&again);
    buffer_fini(&plain);
}

static void what_is_shown_loads_to_the_same_again(void **state)
{
    (void)state;
    struct config *config =
        load_good("server: {listen: ['[::1]:1', 'localhost:2'], public_url: 'https://a.example/x?\"y'}\n"
                  "limits: {hello_timeout: 1500ms, message_bytes: 65537, outbox_bytes: 1GiB, mailbox_bytes: 1GiB}\n"
                  "log: {level: error, format: logfmt}\n"
                  "page: {enabled: false}\n"
                  "turn: {servers: [{urls: [stun:a.example, stun:b.example], region: north}]}\n");
    struct buffer shown = BUFFER_EMPTY, again = BUFFER_EMPTY;
    config_print_yaml(config, false, &shown);

    struct config *loaded = load_good(buffer_text(&shown));

    config_print_yaml(loaded, false, &again);
    assert_string_equal(buffer_text(&again), buffer_text(&shown));
    assert_non_null(strstr(buffer_text(&shown), "hello_timeout: 1500ms\n"));
    assert_non_null(strstr(buffer_text(&shown), "message_bytes: 65537\n"));
    assert_non_null(strstr(buffer_text(&shown), "outbox_bytes: 1GiB\n"));
    config_destroy(config);
    config_destroy(loaded);
    buffer_fini(&shown);
    buffer_fini(&again);
}

static char *read_document(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    if (!file)
        fail_msg("%s is not there", path);
    else
        text[fread(text, 1, 65535, file)] = '\0';
    if (file)
        (void)fclose(file);
    return text;
}

static void the_page_in_docs_is_what_the_program_prints(void **state)
{
    (void)state;
    char *page = read_document(PARLEY_SOURCE_DIR "/docs/configuration.md");
    struct buffer printed = BUFFER_EMPTY;

    config_print_reference(&printed);

    if (strcmp(page, buffer_text(&printed)) != 0)
        fail_msg("write it anew: parley config reference >docs/configuration.md");
    free(page);
    buffer_fini(&printed);
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value))
        fail_msg("%s is missing", name);
    return value;
}

static void the_schema_is_json_and_has_every_row(void **state)
{
    (void)state;
    struct buffer printed = BUFFER_EMPTY;
    config_print_schema(&printed);

    struct json_object *schema = json_tokener_parse(buffer_text(&printed));

    assert_non_null(schema);
    struct json_object *sections = member(schema, "properties");
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_row *row = &config_rows[i];
        char section[32] = {0};
        (void)strncpy(section, row->path, strcspn(row->path, "."));
        struct json_object *properties = member(member(sections, section), "properties");
        if (row->is_turn_server)
            properties = member(member(member(properties, "servers"), "items"), "properties");
        else if (strchr(row->path, '.') + 1 != config_row_name(row))
            properties = member(member(properties, "redis"), "properties");
        struct json_object *property = member(properties, config_row_name(row));
        assert_string_equal(json_object_get_string(member(property, "description")), row->doc);
        assert_true(json_object_object_get_ex(property, "type", NULL) ||
                    json_object_object_get_ex(property, "enum", NULL));
    }
    assert_int_equal(json_object_object_length(sections), 9);
    json_object_put(schema);
    buffer_fini(&printed);
}

static void every_variable_that_is_listed_is_one_that_is_read(void **state)
{
    (void)state;
    struct buffer printed = BUFFER_EMPTY;
    config_print_environment(&printed);
    size_t count = 0;
    for (char *line = strtok((char *)(uintptr_t)buffer_text(&printed), "\n"); line; line = strtok(NULL, "\n")) {
        struct config_key key;
        if (*line == '#')
            continue;
        assert_true(config_key_find_environment(slice_of(line, strcspn(line, "=")), &key));
        count++;
    }
    assert_int_equal(count, CONFIG_ROW_COUNT);
    buffer_fini(&printed);
}

static void a_row_is_explained_with_what_it_allows_and_how_to_set_it(void **state)
{
    (void)state;
    struct config_key key;
    struct buffer printed = BUFFER_EMPTY;
    assert_true(config_key_find(slice_from_text("turn.ttl"), &key));

    config_print_row(key.row, &printed);

    assert_non_null(strstr(buffer_text(&printed), "1m to 1d"));
    assert_non_null(strstr(buffer_text(&printed), "PARLEY_TURN_TTL"));
    assert_non_null(strstr(buffer_text(&printed), "--turn.ttl=VALUE"));
    buffer_fini(&printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_file_loads_to_the_defaults),
        cmocka_unit_test(what_is_shown_loads_to_the_same_again),
        cmocka_unit_test(the_page_in_docs_is_what_the_program_prints),
        cmocka_unit_test(the_schema_is_json_and_has_every_row),
        cmocka_unit_test(every_variable_that_is_listed_is_one_that_is_read),
        cmocka_unit_test(a_row_is_explained_with_what_it_allows_and_how_to_set_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
