/* config.h - the settings of one server: defaults, then a YAML file, then the environment, then flags.
 *
 * ops/config.def has one row for each setting. A field is named as its path with underscores: server.listen is
 * server_listen. Text that is not set is "", never NULL. */
#ifndef PARLEY_OPS_CONFIG_H
#define PARLEY_OPS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

#define CONFIG_FILE_BYTES_MAX   (1 << 20)
#define CONFIG_TURN_SERVERS_MAX 16
#define CONFIG_ASSIGNMENTS_MAX  128
#define CONFIG_LIST_MAX         256 /* items of one list */

/* sysexits(3), as far as loading can end with them. */
enum config_exit { CONFIG_OK = 0, CONFIG_USAGE = 64, CONFIG_NO_FILE = 66, CONFIG_TOO_OPEN = 77, CONFIG_WRONG = 78 };

struct text_list {
    size_t count;
    char **items;
};

/* The C type of each type of row. */
#define CONFIG_FIELD_TEXT     char *
#define CONFIG_FIELD_PATH     char *
#define CONFIG_FIELD_SECRET   char *
#define CONFIG_FIELD_LIST     struct text_list
#define CONFIG_FIELD_INTEGER  int64_t
#define CONFIG_FIELD_DURATION int64_t /* ms */
#define CONFIG_FIELD_SIZE     int64_t /* bytes */
#define CONFIG_FIELD_BOOLEAN  bool
#define CONFIG_FIELD_CHOICE   int /* log_level: enum log_level; log_format: enum log_format */

struct config_turn_server {
#define CONFIG_TURN_SERVER(field, path, type, ...) CONFIG_FIELD_##type field;
#include "ops/config.def"
};

struct config {
#define CONFIG(field, path, type, ...) CONFIG_FIELD_##type field;
#include "ops/config.def"
    size_t turn_servers_count;
    struct config_turn_server turn_servers[CONFIG_TURN_SERVERS_MAX];
};

/* One setting from the command line; both borrowed from argv. */
struct config_assignment {
    struct slice path;
    const char *value;
};

/* Where a configuration comes from. Zero it, set `errors`, then collect options with config_take_option(). */
struct config_sources {
    const char *file;   /* NULL: none */
    char **environment; /* as environ; NULL: none is read */
    FILE *errors;       /* one line for each error or warning; NULL: they are swallowed */
    size_t assignment_count;
    struct config_assignment assignments[CONFIG_ASSIGNMENTS_MAX];
    const char *bad_option; /* an option that lacked its value, or that was one too many */
};

/* Recognises -c FILE, --config FILE, --config=FILE, --set KEY=VALUE, --KEY=VALUE and --KEY VALUE (any option with a
 * dot in its name counts as a KEY, so that a misspelt one is reported with the nearest known key). `next` is the
 * argument that follows, or NULL. False when `arg` is something else; *used is then untouched, else 1 or 2. What is
 * wrong with an option comes out when the configuration is loaded. */
bool config_take_option(struct config_sources *sources, const char *arg, const char *next, int *used);

struct config *config_create_default(void);           /* never NULL; caller destroys */
struct config *config_destroy(struct config *config); /* wipes the secrets; NULL is fine; returns NULL */

/* Loads and cross-checks. Returns CONFIG_OK and a configuration that the caller destroys, or the exit status
 * that the command should end with; every error has then been written to sources->errors. Secret files are read here:
 * auth_keys, cluster_key and turn_servers[].secret hold their contents whichever way they were given (auth_keys_file is
 * the keyring's to read). */
int config_load(struct config **out, const struct config_sources *sources);

/* As config_load(), with `text` in the place of the file, which errors call sources->file. */
int config_load_text(struct config **out, struct slice text, const struct config_sources *sources);

#endif
