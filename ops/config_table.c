/* config_table.c - config.def turned into rows, and the search for one of them. */
#include "ops/config_table.h"

#include <ctype.h>

#define SERVERS_PATH        "turn.servers["
#define SERVERS_ENVIRONMENT "PARLEY_TURN_SERVERS_"
#define INDEX_DIGITS_MAX    4
#define NAME_MAX_COMPARED   64 /* longer names are near to nothing */

const struct config_row config_rows[CONFIG_ROW_COUNT] = {
#define CONFIG(field, path, type, fallback, min, max, choices, doc)                                                    \
    {path, CONFIG_TYPE_##type, fallback, min, max, choices, doc, offsetof(struct config, field), false},
#define CONFIG_TURN_SERVER(field, path, type, fallback, min, max, choices, doc)                                        \
    {path, CONFIG_TYPE_##type, fallback, min, max, choices, doc, offsetof(struct config_turn_server, field), true},
#include "ops/config.def"
};

void config_key_path(struct config_key key, struct buffer *out)
{
    for (const char *c = key.row->path; *c; c++) {
        buffer_add_char(out, *c);
        if (*c == '[')
            buffer_add_int(out, (int64_t)key.index);
    }
}

void config_key_environment(struct config_key key, struct buffer *out)
{
    buffer_add_text(out, "PARLEY_");
    for (const char *c = key.row->path; *c; c++) {
        if (*c == '[') {
            buffer_add_char(out, '_');
            buffer_add_int(out, (int64_t)key.index);
        } else if (*c != ']') {
            buffer_add_char(out, *c == '.' ? '_' : (char)toupper(*c));
        }
    }
}

/* The number that follows `prefix`; 0 when there is none, which then fits no name either. */
static size_t index_after(struct slice text, const char *prefix)
{
    if (!slice_starts_with(text, prefix))
        return 0;
    struct slice rest = slice_from(text, strlen(prefix));
    size_t index = 0;
    for (size_t i = 0; i < rest.length && i < INDEX_DIGITS_MAX && isdigit((unsigned char)rest.data[i]); i++)
        index = index * 10 + (size_t)(rest.data[i] - '0');
    return index;
}

/* Spells every key with the index that `text` has and compares: what is spelt otherwise ("[03]") is unknown. */
static bool find(struct slice text, const char *prefix, void (*spell)(struct config_key, struct buffer *),
                 struct config_key *out)
{
    size_t index = index_after(text, prefix);
    struct buffer name = BUFFER_EMPTY;
    bool found = false;
    for (size_t i = 0; i < CONFIG_ROW_COUNT && !found; i++) {
        struct config_key key = {&config_rows[i], config_rows[i].is_turn_server ? index : 0};
        buffer_clear(&name);
        spell(key, &name);
        found = slice_is_equal(buffer_slice(&name), text);
        if (found)
            *out = key;
    }
    buffer_fini(&name);
    return found;
}

bool config_key_find(struct slice path, struct config_key *out)
{
    return find(path, SERVERS_PATH, config_key_path, out);
}

bool config_key_find_environment(struct slice name, struct config_key *out)
{
    return find(name, SERVERS_ENVIRONMENT, config_key_environment, out);
}

void *config_key_value(struct config *config, struct config_key key)
{
    char *base = key.row->is_turn_server ? (char *)&config->turn_servers[key.index] : (char *)config;
    return base + key.row->offset;
}

const void *config_key_peek(const struct config *config, struct config_key key)
{
    const char *base = key.row->is_turn_server ? (const char *)&config->turn_servers[key.index] : (const char *)config;
    return base + key.row->offset;
}

bool config_is_section(struct slice path)
{
    if (!path.length)
        return false;
    size_t index = index_after(path, SERVERS_PATH);
    struct buffer name = BUFFER_EMPTY;
    bool found = false;
    for (size_t i = 0; i < CONFIG_ROW_COUNT && !found; i++) {
        buffer_clear(&name);
        config_key_path((struct config_key){&config_rows[i], index}, &name);
        if (name.length > path.length && memcmp(name.data, path.data, path.length) == 0)
            found = name.data[path.length] == '.' || name.data[path.length] == '[';
    }
    buffer_fini(&name);
    return found;
}

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(struct slice a, struct slice b)
{
    size_t row[NAME_MAX_COMPARED + 1];
    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 0; i < a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.length; j++) {
            size_t change = diagonal + (a.data[i] != b.data[j]);
            diagonal = row[j + 1];
            size_t shift = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            row[j + 1] = change < shift ? change : shift;
        }
    }
    return row[b.length];
}

/* At most a third of a name may be wrong before a guess is only confusing; all variables share "PARLEY_". */
static size_t distance_allowed(struct slice text)
{
    size_t shared = slice_starts_with(text, "PARLEY_") ? strlen("PARLEY_") : 0;
    return (text.length - shared) / 3 + 1;
}

/* Keeps `name` in `scratch` if it is nearer to `text` than all before it. */
static void take_if_nearer(struct slice text, struct slice name, size_t *nearest, struct buffer *scratch)
{
    if (name.length > NAME_MAX_COMPARED)
        return;
    size_t distance = edit_distance(text, name);
    if (distance >= *nearest)
        return;
    *nearest = distance;
    buffer_clear(scratch);
    buffer_add(scratch, name);
}

static const char *nearest_of(struct slice text, const char *prefix, bool with_sections,
                              void (*spell)(struct config_key, struct buffer *), struct buffer *scratch)
{
    if (text.length > NAME_MAX_COMPARED)
        return NULL;
    size_t nearest = distance_allowed(text) + 1;
    struct buffer name = BUFFER_EMPTY;
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        buffer_clear(&name);
        spell((struct config_key){&config_rows[i], index_after(text, prefix)}, &name);
        take_if_nearer(text, buffer_slice(&name), &nearest, scratch);
        const char *dot = with_sections ? strchr(buffer_text(&name), '.') : NULL;
        if (dot)
            take_if_nearer(text, slice_of(name.data, (size_t)(dot - name.data)), &nearest, scratch);
    }
    buffer_fini(&name);
    return nearest <= distance_allowed(text) ? buffer_text(scratch) : NULL;
}

const char *config_nearest_key(struct slice text, struct buffer *scratch)
{
    return nearest_of(text, SERVERS_PATH, true, config_key_path, scratch);
}

const char *config_nearest_environment(struct slice text, struct buffer *scratch)
{
    return nearest_of(text, SERVERS_ENVIRONMENT, false, config_key_environment, scratch);
}

const char *config_type_name(enum config_type type)
{
    switch (type) {
    case CONFIG_TYPE_TEXT: return "text";
    case CONFIG_TYPE_PATH: return "path";
    case CONFIG_TYPE_SECRET: return "secret";
    case CONFIG_TYPE_LIST: return "list";
    case CONFIG_TYPE_INTEGER: return "integer";
    case CONFIG_TYPE_DURATION: return "duration";
    case CONFIG_TYPE_SIZE: return "size";
    case CONFIG_TYPE_BOOLEAN: return "boolean";
    case CONFIG_TYPE_CHOICE: return "choice";
    }
    return "";
}
