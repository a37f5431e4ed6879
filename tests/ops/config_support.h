/* config_support.h - loads a configuration from text and keeps what was said about it. */
#ifndef PARLEY_TESTS_OPS_CONFIG_SUPPORT_H
#define PARLEY_TESTS_OPS_CONFIG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/config.h"

struct loaded {
    struct config *config; /* NULL when it was refused */
    int status;
    char *said; /* every error and warning */
};

/* `options` are command line arguments and `environment` variables, both ending in NULL; either may be NULL. */
static inline struct loaded load(const char *yaml, const char *const *environment, const char *const *options)
{
    struct loaded loaded = {0};
    size_t size = 0;
    FILE *errors = open_memstream(&loaded.said, &size);
    struct config_sources sources = {
        .file = "test.yaml", .environment = (char **)(uintptr_t)environment, .errors = errors};
    for (int used = 0; options && *options; options += used)
        assert_true(config_take_option(&sources, options[0], options[1], &used));
    loaded.status = config_load_text(&loaded.config, slice_from_text(yaml), &sources);
    (void)fclose(errors);
    assert_true((loaded.status == CONFIG_OK) == (loaded.config != NULL));
    return loaded;
}

static inline void unload(struct loaded *loaded)
{
    config_destroy(loaded->config);
    free(loaded->said);
    *loaded = (struct loaded){0};
}

/* Loads without any complaint. */
static inline struct config *load_good(const char *yaml)
{
    struct loaded loaded = load(yaml, NULL, NULL);
    if (loaded.status != CONFIG_OK || *loaded.said)
        fail_msg("refused or warned: %s", loaded.said);
    free(loaded.said);
    return loaded.config;
}

/* The text is refused as CONFIG_WRONG, with `line` among what is said. */
static inline void assert_refused(const char *yaml, const char *line)
{
    struct loaded loaded = load(yaml, NULL, NULL);
    assert_int_equal(loaded.status, CONFIG_WRONG);
    if (!strstr(loaded.said, line))
        fail_msg("wanted: %s\nsaid: %s", line, loaded.said);
    unload(&loaded);
}

#endif
