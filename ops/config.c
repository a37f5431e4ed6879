/* config.c - a configuration's life, and the options that make one. */
#include "ops/config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/config_value.h"
#include "ops/log.h"

_Static_assert(LOG_LEVEL_DEBUG == 0 && LOG_LEVEL_ERROR == 3, "log.level lists its choices in this order");
_Static_assert(LOG_FORMAT_AUTO == 0 && LOG_FORMAT_JSON == 2, "log.format lists its choices in this order");

static void for_each_value(struct config *config, void (*visit)(const struct config_row *, void *))
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        size_t count = config_rows[i].is_turn_server ? CONFIG_TURN_SERVERS_MAX : 1;
        for (size_t index = 0; index < count; index++)
            visit(&config_rows[i], config_key_value(config, (struct config_key){&config_rows[i], index}));
    }
}

static void set_default(const struct config_row *row, void *value)
{
    struct buffer problem = BUFFER_EMPTY;
    bool is_set = config_value_set(row, value, slice_from_text(row->fallback), &problem);
    assert(is_set);
    buffer_fini(&problem);
}

struct config *config_create_default(void)
{
    struct config *config = memory_new(sizeof *config);
    for_each_value(config, set_default);
    return config;
}

struct config *config_destroy(struct config *config)
{
    if (!config)
        return NULL;
    for_each_value(config, config_value_free);
    free(config);
    return NULL;
}

static void take_assignment(struct config_sources *sources, const char *option, struct slice path, const char *value)
{
    if (!value || sources->assignment_count == CONFIG_ASSIGNMENTS_MAX)
        sources->bad_option = option;
    else
        sources->assignments[sources->assignment_count++] = (struct config_assignment){path, value};
}

/* "a.b=c"; without "=", the value is `next`. Returns how many arguments that took. */
static int take_pair(struct config_sources *sources, const char *option, const char *pair, const char *next)
{
    const char *equals = strchr(pair, '=');
    size_t length = equals ? (size_t)(equals - pair) : strlen(pair);
    take_assignment(sources, option, slice_of(pair, length), equals ? equals + 1 : next);
    return equals || !next ? 1 : 2;
}

static int take_file(struct config_sources *sources, const char *option, const char *file)
{
    if (file)
        sources->file = file;
    else
        sources->bad_option = option;
    return file ? 2 : 1;
}

/* --set KEY=VALUE; the pair must be one argument. */
static int take_set(struct config_sources *sources, const char *option, const char *pair)
{
    if (pair)
        (void)take_pair(sources, option, pair, NULL);
    else
        sources->bad_option = option;
    return pair ? 2 : 1;
}

static bool is_key_option(const char *arg)
{
    size_t length = strcspn(arg, "=");
    return strncmp(arg, "--", 2) == 0 && memchr(arg, '.', length) != NULL;
}

bool config_take_option(struct config_sources *sources, const char *arg, const char *next, int *used)
{
    if (strcmp(arg, "-c") == 0 || strcmp(arg, "--config") == 0) {
        *used = take_file(sources, arg, next);
    } else if (strncmp(arg, "--config=", 9) == 0) {
        sources->file = arg + 9;
        *used = 1;
    } else if (strcmp(arg, "--set") == 0) {
        *used = take_set(sources, arg, next);
    } else if (strncmp(arg, "--set=", 6) == 0) {
        (void)take_pair(sources, arg, arg + 6, NULL);
        *used = 1;
    } else if (is_key_option(arg)) {
        *used = take_pair(sources, arg, arg + 2, next);
    } else {
        return false;
    }
    return true;
}
