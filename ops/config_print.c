/* config_print.c - settings as YAML, as environment variables, and explained one by one. */
#include "ops/config_print.h"

#include "base/memory.h"
#include "ops/config_value.h"

const char *config_row_name(const struct config_row *row)
{
    return strrchr(row->path, '.') + 1;
}

struct slice config_row_section(const struct config_row *row)
{
    const char *end = row->is_turn_server ? strchr(row->path, '[') : strrchr(row->path, '.');
    return slice_of(row->path, (size_t)(end - row->path));
}

static void print_list(const struct text_list *list, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        buffer_add_text(out, i ? ", " : "");
        buffer_add_json_string(out, slice_from_text(list->items[i]));
    }
    buffer_add_char(out, ']');
}

static void print_value(const struct config_row *row, const void *value, struct buffer *out)
{
    switch (row->type) {
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH: buffer_add_json_string(out, slice_from_text(*(char *const *)value)); break;
    case CONFIG_TYPE_SECRET: buffer_add_text(out, **(char *const *)value ? "# (set)" : "\"\""); break;
    case CONFIG_TYPE_LIST: print_list(value, out); break;
    case CONFIG_TYPE_INTEGER:
    case CONFIG_TYPE_DURATION:
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_BOOLEAN:
    case CONFIG_TYPE_CHOICE: config_value_write(row, value, out); break;
    }
}

static void print_doc(const struct config_row *row, const char *indent, struct buffer *out)
{
    struct buffer range = BUFFER_EMPTY;
    config_row_write_range(row, &range);
    buffer_add_format(out, "%s# %s", indent, row->doc);
    if (range.length)
        buffer_add_format(out, " (%s)", buffer_text(&range));
    buffer_add_char(out, '\n');
    buffer_fini(&range);
}

static void print_turn_server(const struct config *config, size_t index, struct buffer *out)
{
    const char *lead = "    - ";
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        struct config_key key = {&config_rows[i], index};
        if (!key.row->is_turn_server)
            continue;
        buffer_add_format(out, "%s%s: ", lead, config_row_name(key.row));
        print_value(key.row, config_key_peek(config, key), out);
        buffer_add_char(out, '\n');
        lead = "      ";
    }
}

static void print_turn_servers(const struct config *config, bool with_docs, struct buffer *out)
{
    if (with_docs)
        buffer_add_text(out, "  # The STUN and TURN servers that peers are given, each with these keys:\n");
    for (size_t i = 0; with_docs && i < CONFIG_ROW_COUNT; i++)
        if (config_rows[i].is_turn_server)
            buffer_add_format(out, "  #   %s: %s\n", config_row_name(&config_rows[i]), config_rows[i].doc);
    buffer_add_text(out, config->turn_servers_count ? "  servers:\n" : "  servers: []\n");
    for (size_t i = 0; i < config->turn_servers_count; i++)
        print_turn_server(config, i, out);
}

/* "cluster.redis" is a map within the map before it. */
static bool is_nested(struct slice section)
{
    return section.length && memchr(section.data, '.', section.length);
}

static void print_section(struct slice section, bool is_first, struct buffer *out)
{
    if (is_nested(section)) {
        struct slice name = slice_from(section, strcspn(section.data, ".") + 1);
        buffer_add_format(out, "  " SLICE_FORMAT ":\n", SLICE_ARGS(name));
        return;
    }
    buffer_add_format(out, "%s" SLICE_FORMAT ":\n", is_first ? "" : "\n", SLICE_ARGS(section));
}

static void print_row(const struct config *config, const struct config_row *row, bool with_docs, struct buffer *out)
{
    const char *indent = is_nested(config_row_section(row)) ? "    " : "  ";
    if (with_docs)
        print_doc(row, indent, out);
    buffer_add_format(out, "%s%s: ", indent, config_row_name(row));
    print_value(row, config_key_peek(config, (struct config_key){row, 0}), out);
    buffer_add_char(out, '\n');
}

void config_print_yaml(const struct config *config, bool with_docs, struct buffer *out)
{
    struct slice section = SLICE_EMPTY;
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        const struct config_row *row = &config_rows[i];
        if (row->is_turn_server) {
            if (!config_rows[i - 1].is_turn_server)
                print_turn_servers(config, with_docs, out);
            continue;
        }
        if (!slice_is_equal(section, config_row_section(row))) {
            section = config_row_section(row);
            print_section(section, i == 0, out);
        }
        print_row(config, row, with_docs, out);
    }
}

void config_print_environment(struct buffer *out)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++) {
        print_doc(&config_rows[i], "", out);
        config_key_environment((struct config_key){&config_rows[i], 0}, out);
        buffer_add_format(out, "=%s\n\n", config_rows[i].fallback);
    }
}

void config_print_row(const struct config_row *row, struct buffer *out)
{
    struct buffer environment = BUFFER_EMPTY, path = BUFFER_EMPTY;
    config_key_environment((struct config_key){row, 0}, &environment);
    config_key_path((struct config_key){row, 0}, &path);
    buffer_add_format(out, "%s\n  %s\n\n  type         %s\n", row->path, row->doc, config_type_name(row->type));
    size_t before = out->length;
    buffer_add_text(out, "  allowed      ");
    size_t lead = out->length - before;
    config_row_write_range(row, out);
    if (out->length - before == lead)
        out->length = before;
    else
        buffer_add_char(out, '\n');
    buffer_add_format(out, "  default      %s\n", *row->fallback ? row->fallback : "(empty)");
    buffer_add_format(out, "  environment  %s\n", buffer_text(&environment));
    if (row->type != CONFIG_TYPE_SECRET)
        buffer_add_format(out, "  option       --%s=VALUE\n", buffer_text(&path));
    buffer_fini(&environment);
    buffer_fini(&path);
}
