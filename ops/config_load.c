/* config_load.c - lays the sources over each other: defaults, file, environment, flags, then the secret files. */
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "ops/config_check.h"
#include "ops/config_file.h"
#include "ops/config_value.h"
#include "ops/config_yaml.h"

/* Which source set a value; a later one beats an earlier one. */
enum rank { RANK_DEFAULT, RANK_FILE, RANK_ENVIRONMENT, RANK_FLAG };

struct loader {
    struct config *config;
    const struct config_sources *sources;
    struct config_report report;
    bool has_inline_secret; /* in the file */
    enum rank ranks[CONFIG_TURN_SERVERS_MAX][CONFIG_ROW_COUNT];
};

static enum rank *rank_of(struct loader *loader, struct config_key key)
{
    return &loader->ranks[key.index][key.row - config_rows];
}

static bool take_index(struct loader *loader, struct config_key key, struct config_place place)
{
    if (key.index >= CONFIG_TURN_SERVERS_MAX) {
        config_fail(&loader->report, CONFIG_WRONG, place, "there may be at most %d turn.servers",
                    CONFIG_TURN_SERVERS_MAX);
        return false;
    }
    if (key.row->is_turn_server && key.index >= loader->config->turn_servers_count)
        loader->config->turn_servers_count = key.index + 1;
    return true;
}

static void report_value(struct loader *loader, struct config_key key, struct config_place place,
                         struct buffer *problem)
{
    struct buffer path = BUFFER_EMPTY;
    config_key_path(key, &path);
    config_fail(&loader->report, CONFIG_WRONG, place, "%s %s", buffer_text(&path), buffer_text(problem));
    buffer_fini(&path);
}

static void set(struct loader *loader, struct config_key key, struct slice text, enum rank rank,
                struct config_place place)
{
    if (!take_index(loader, key, place))
        return;
    struct buffer problem = BUFFER_EMPTY;
    if (config_value_set(key.row, config_key_value(loader->config, key), text, &problem)) {
        *rank_of(loader, key) = rank;
        config_check_form(loader->config, key, &place, 1, &loader->report);
    } else {
        report_value(loader, key, place, &problem);
    }
    buffer_fini(&problem);
}

static void on_file_value(void *context, const struct config_yaml_value *value)
{
    struct loader *loader = context;
    loader->has_inline_secret |= value->key.row->type == CONFIG_TYPE_SECRET && value->items[0].length;
    if (!value->is_list) {
        set(loader, value->key, value->items[0], RANK_FILE, value->place);
        return;
    }
    if (!take_index(loader, value->key, value->place))
        return;
    struct buffer problem = BUFFER_EMPTY;
    void *field = config_key_value(loader->config, value->key);
    if (config_value_set_items(field, value->items, value->count, &problem))
        config_check_form(loader->config, value->key, value->places, value->count, &loader->report);
    else
        report_value(loader, value->key, value->place, &problem);
    *rank_of(loader, value->key) = RANK_FILE;
    buffer_fini(&problem);
}

static void read_variable(struct loader *loader, const char *variable)
{
    const char *equals = strchr(variable, '=');
    if (strncmp(variable, "PARLEY_", 7) != 0 || !equals)
        return;
    struct buffer name = BUFFER_EMPTY, nearest = BUFFER_EMPTY;
    buffer_add(&name, slice_of(variable, (size_t)(equals - variable)));
    struct config_place place = {.source = buffer_text(&name)};
    struct config_key key;
    if (config_key_find_environment(buffer_slice(&name), &key)) {
        set(loader, key, slice_from_text(equals + 1), RANK_ENVIRONMENT, place);
    } else {
        const char *meant = config_nearest_environment(buffer_slice(&name), &nearest);
        config_warn(&loader->report, place, "no setting has this name%s%s%s", meant ? " (did you mean " : "",
                    meant ? meant : "", meant ? "?)" : "");
    }
    buffer_fini(&name);
    buffer_fini(&nearest);
}

static void read_environment(struct loader *loader)
{
    for (char **variable = loader->sources->environment; variable && *variable; variable++)
        read_variable(loader, *variable);
}

static void refuse_flag(struct loader *loader, struct slice path)
{
    struct buffer nearest = BUFFER_EMPTY;
    const char *meant = config_nearest_key(path, &nearest);
    config_fail(&loader->report, CONFIG_USAGE, CONFIG_NOWHERE,
                "unknown key \"" SLICE_FORMAT "\" on the command line%s%s%s", SLICE_ARGS(path),
                meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
    buffer_fini(&nearest);
}

static void read_flag(struct loader *loader, const struct config_assignment *flag)
{
    struct config_key key;
    if (!config_key_find(flag->path, &key)) {
        refuse_flag(loader, flag->path);
        return;
    }
    struct buffer option = BUFFER_EMPTY;
    buffer_add_text(&option, "--");
    buffer_add(&option, flag->path);
    struct config_place place = {.source = buffer_text(&option)};
    /* Everyone on the machine can read a command line. */
    if (key.row->type == CONFIG_TYPE_SECRET)
        config_fail(&loader->report, CONFIG_USAGE, place,
                    "a secret may not stand on the command line; use the key that ends in _file, or the environment");
    else
        set(loader, key, slice_from_text(flag->value), RANK_FLAG, place);
    buffer_fini(&option);
}

static void read_flags(struct loader *loader)
{
    const struct config_sources *sources = loader->sources;
    if (sources->bad_option)
        config_fail(&loader->report, CONFIG_USAGE, CONFIG_NOWHERE, "%s lacks its value, or is one option too many",
                    sources->bad_option);
    for (size_t i = 0; i < sources->assignment_count; i++)
        read_flag(loader, &sources->assignments[i]);
}

static void set_secret_from(struct loader *loader, struct config_key key, const char *path, const char *name,
                            bool is_guarded)
{
    struct buffer secret = BUFFER_EMPTY;
    struct config_place place = {.source = name};
    bool is_read = config_file_read_secret(path, name, is_guarded, &loader->report, &secret);
    /* A key would be made, or a node be alone, and nobody know why. */
    bool is_needed =
        key.row == &config_rows[CONFIG_ROW_cluster_key] || key.row == &config_rows[CONFIG_ROW_cluster_redis_url];
    if (is_read && !secret.length && is_needed)
        config_fail(&loader->report, CONFIG_WRONG, place, "is empty");
    else if (is_read)
        set(loader, key, buffer_slice(&secret), *rank_of(loader, key), place);
    buffer_fini(&secret);
}

/* As set_secret_from(), for a file that the setting `file` names. */
static void set_secret_by(struct loader *loader, struct config_key key, struct config_key file, const char *path)
{
    struct buffer name = BUFFER_EMPTY;
    config_key_path(file, &name);
    buffer_add_format(&name, ": %s", path);
    set_secret_from(loader, key, path, buffer_text(&name), false);
    buffer_fini(&name);
}

/* The secret or the file that `path` names, whichever came from the stronger source; both from one source contradict
 * each other. */
static void read_secret(struct loader *loader, struct config_key secret, struct config_key file, const char *path)
{
    if (!*path || *rank_of(loader, secret) > *rank_of(loader, file))
        return;
    bool is_given = **(char *const *)config_key_value(loader->config, secret) != '\0';
    if (!is_given || *rank_of(loader, secret) != *rank_of(loader, file)) {
        set_secret_by(loader, secret, file, path);
        return;
    }
    struct buffer name = BUFFER_EMPTY;
    config_key_path(secret, &name);
    config_fail(&loader->report, CONFIG_WRONG, CONFIG_NOWHERE, "both %s and %s_file are set", buffer_text(&name),
                buffer_text(&name));
    buffer_fini(&name);
}

static void read_secrets(struct loader *loader)
{
    const struct config *config = loader->config;
    read_secret(loader, (struct config_key){&config_rows[CONFIG_ROW_cluster_key], 0},
                (struct config_key){&config_rows[CONFIG_ROW_cluster_key_file], 0}, config->cluster_key_file);
    read_secret(loader, (struct config_key){&config_rows[CONFIG_ROW_cluster_redis_url], 0},
                (struct config_key){&config_rows[CONFIG_ROW_cluster_redis_url_file], 0},
                config->cluster_redis_url_file);
    for (size_t i = 0; i < config->turn_servers_count; i++)
        read_secret(loader, (struct config_key){&config_rows[CONFIG_ROW_turn_servers_secret], i},
                    (struct config_key){&config_rows[CONFIG_ROW_turn_servers_secret_file], i},
                    config->turn_servers[i].secret_file);
}

static const char *variable_value(const struct config_sources *sources, const char *name)
{
    size_t length = strlen(name);
    for (char **variable = sources->environment; variable && *variable; variable++)
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
            return *variable + length + 1;
    return NULL;
}

/* systemd's LoadCredential=: a file named as the field, "turn_servers_0_secret". systemd closes the directory and lets
 * the service's user in by an ACL, which shows as group bits on the file, so those say nothing here. */
static void read_credential(struct loader *loader, const char *directory, struct config_key key)
{
    struct buffer path = BUFFER_EMPTY, name = BUFFER_EMPTY;
    config_key_environment(key, &name);
    buffer_add_format(&path, "%s/", directory);
    for (const char *c = buffer_text(&name) + strlen("PARLEY_"); *c; c++)
        buffer_add_char(&path, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    if (access(buffer_text(&path), F_OK) == 0)
        set_secret_from(loader, key, buffer_text(&path), buffer_text(&path), true);
    buffer_fini(&path);
    buffer_fini(&name);
}

static void read_credentials(struct loader *loader)
{
    const char *directory = variable_value(loader->sources, "CREDENTIALS_DIRECTORY");
    const struct config *config = loader->config;
    if (!directory || !*directory)
        return;
    if (!*config->auth_keys && !*config->auth_keys_file)
        read_credential(loader, directory, (struct config_key){&config_rows[CONFIG_ROW_auth_keys], 0});
    if (!*config->cluster_key && !*config->cluster_key_file)
        read_credential(loader, directory, (struct config_key){&config_rows[CONFIG_ROW_cluster_key], 0});
    if (!*config->cluster_redis_url && !*config->cluster_redis_url_file)
        read_credential(loader, directory, (struct config_key){&config_rows[CONFIG_ROW_cluster_redis_url], 0});
    for (size_t i = 0; i < config->turn_servers_count; i++)
        if (!*config->turn_servers[i].secret && !*config->turn_servers[i].secret_file)
            read_credential(loader, directory, (struct config_key){&config_rows[CONFIG_ROW_turn_servers_secret], i});
}

/* Checks between settings wait until each is right in itself: else one slip would be told twice. */
static int finish(struct loader *loader, struct config **out)
{
    read_environment(loader);
    read_flags(loader);
    read_secrets(loader);
    read_credentials(loader);
    if (loader->report.status == CONFIG_OK)
        config_check(loader->config, &loader->report);

    int status = loader->report.status;
    if (status == CONFIG_OK)
        *out = loader->config;
    else
        config_destroy(loader->config);
    free(loader);
    return status;
}

static struct loader *loader_create(const struct config_sources *sources)
{
    struct loader *loader = memory_new(sizeof *loader);
    loader->config = config_create_default();
    loader->sources = sources;
    loader->report.out = sources->errors;
    return loader;
}

int config_load_text(struct config **out, struct slice text, const struct config_sources *sources)
{
    struct loader *loader = loader_create(sources);
    const char *name = sources->file ? sources->file : "configuration";
    config_yaml_read(text, name, &loader->report, on_file_value, loader);
    return finish(loader, out);
}

static void read_config_file(struct loader *loader)
{
    const char *file = loader->sources->file;
    struct buffer text = BUFFER_EMPTY;
    if (config_file_read(file, file, CONFIG_FILE_BYTES_MAX, &loader->report, &text))
        config_yaml_read(buffer_slice(&text), file, &loader->report, on_file_value, loader);
    buffer_fini(&text);
    if (loader->has_inline_secret && config_file_is_open(file))
        config_warn(&loader->report, (struct config_place){.source = file},
                    "holds a secret and others can read it: chmod 600 it");
}

int config_load(struct config **out, const struct config_sources *sources)
{
    struct loader *loader = loader_create(sources);
    if (sources->file)
        read_config_file(loader);
    return finish(loader, out);
}
