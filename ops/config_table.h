/* config_table.h - the rows of config.def as data: found by path or environment name, and where their values live.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_TABLE_H
#define PARLEY_OPS_CONFIG_TABLE_H

#include "base/buffer.h"
#include "ops/config.h"

enum config_type {
    CONFIG_TYPE_TEXT,
    CONFIG_TYPE_PATH,
    CONFIG_TYPE_SECRET,
    CONFIG_TYPE_LIST,
    CONFIG_TYPE_INTEGER,
    CONFIG_TYPE_DURATION,
    CONFIG_TYPE_SIZE,
    CONFIG_TYPE_BOOLEAN,
    CONFIG_TYPE_CHOICE,
};

struct config_row {
    const char *path;
    enum config_type type;
    const char *fallback; /* the default, as it would stand in a file */
    int64_t min;
    int64_t max;
    const char *choices;
    const char *doc;
    size_t offset; /* in struct config, or in struct config_turn_server */
    bool is_turn_server;
};

enum {
#define CONFIG(field, ...)             CONFIG_ROW_##field,
#define CONFIG_TURN_SERVER(field, ...) CONFIG_ROW_turn_servers_##field,
#include "ops/config.def"
    CONFIG_ROW_COUNT
};

extern const struct config_row config_rows[CONFIG_ROW_COUNT];

/* One setting: a row, and which server of a list it is about. */
struct config_key {
    const struct config_row *row;
    size_t index; /* 0 for rows outside lists; otherwise not yet checked against CONFIG_TURN_SERVERS_MAX */
};

bool config_key_find(struct slice path, struct config_key *out);             /* turn.servers[0].urls */
bool config_key_find_environment(struct slice name, struct config_key *out); /* PARLEY_TURN_SERVERS_0_URLS */

void config_key_path(struct config_key key, struct buffer *out);
void config_key_environment(struct config_key key, struct buffer *out);

/* Where the value lives; its C type is that of the row. */
void *config_key_value(struct config *config, struct config_key key);
const void *config_key_peek(const struct config *config, struct config_key key);

/* Whether `path` is the beginning of some key: "turn", "turn.servers", "turn.servers[3]". */
bool config_is_section(struct slice path);

/* The known key, section or environment name that `text` was probably meant to be; NULL when nothing is near. */
const char *config_nearest_key(struct slice text, struct buffer *scratch);
const char *config_nearest_environment(struct slice text, struct buffer *scratch);

const char *config_type_name(enum config_type type);

#endif
