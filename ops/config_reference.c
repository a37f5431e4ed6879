/* config_reference.c - the table of settings as a page of documentation and as a JSON Schema. */
#include "ops/config_print.h"
#include "ops/config_value.h"

static const char intro[] =
    "# Configuration\n"
    "\n"
    "This page is printed by `parley config reference`; a test holds it equal to the program.\n"
    "\n"
    "A setting is taken from the first of these that has it: an option, the environment, the file, the default.\n"
    "\n"
    "- **option**: `--limits.ping_interval=20s`, or `--set limits.ping_interval=20s`. Secrets are not taken from "
    "options,\n"
    "  where everyone on the machine could read them.\n"
    "- **environment**: the variable below. Lists are comma separated.\n"
    "- **file**: YAML, named with `-c FILE`: a key `limits.ping_interval` is `ping_interval` in the map `limits`. JSON "
    "is YAML too.\n"
    "  `parley config default` prints a file to start from.\n"
    "- **secrets**: have a key ending in `_file` beside them that names a file instead; it must be readable by its "
    "owner only.\n"
    "  Under systemd, `LoadCredential=auth_keys:...` sets `auth.keys`, `LoadCredential=cluster_key:...` `cluster.key`, "
    "`LoadCredential=cluster_redis_url:...`\n"
    "  `cluster.redis.url`, and `LoadCredential=turn_servers_0_secret:...` the first TURN secret.\n"
    "\n"
    "`parley config check -c FILE` tells what is wrong, with line and column; `parley config show` prints what is in "
    "effect;\n"
    "`parley config explain KEY` explains one key; `parley config schema` prints a JSON Schema for editors.\n"
    "\n"
    "Relative paths are taken from the working directory of the process, not from the place of the file that names "
    "them.\n"
    "\n"
    "Durations are a number and a unit (`500ms`, `30s`, `5m`, `1h`, `7d`), sizes are bytes (`4096`, `64KiB`, `1MiB`), "
    "booleans `true` or `false`.\n"
    "Of the list `turn.servers`, `[]` stands for the number of an entry, from 0 on: `PARLEY_TURN_SERVERS_0_URLS`, "
    "`--turn.servers[0].urls=...`.\n"
    "\n"
    "| key | type | default | environment | what it does |\n"
    "| --- | --- | --- | --- | --- |\n";

static void print_reference_row(const struct config_row *row, struct buffer *out)
{
    buffer_add_format(out, "| `%s` | %s", row->path, config_type_name(row->type));
    size_t before = out->length;
    buffer_add_text(out, ": ");
    config_row_write_range(row, out);
    if (out->length == before + 2)
        out->length = before;
    buffer_add_format(out, *row->fallback ? " | `%s` | `" : " | %s | `", row->fallback);
    config_key_environment((struct config_key){row, 0}, out);
    buffer_add_format(out, "` | %s |\n", row->doc);
}

void config_print_reference(struct buffer *out)
{
    buffer_add_text(out, intro);
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++)
        print_reference_row(&config_rows[i], out);
}

static void print_choices(const struct config_row *row, struct buffer *out)
{
    buffer_add_text(out, "\"enum\":[");
    for (const char *at = row->choices; *at;) {
        size_t length = strcspn(at, "|");
        buffer_add_json_string(out, slice_of(at, length));
        at += length;
        if (*at)
            at++;
        buffer_add_text(out, *at ? "," : "");
    }
    buffer_add_char(out, ']');
}

static void print_integer(const struct config_row *row, struct buffer *out)
{
    buffer_add_format(out, "\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld", (long long)row->min,
                      (long long)row->max);
}

static void print_type(const struct config_row *row, struct buffer *out)
{
    switch (row->type) {
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_SECRET: buffer_add_text(out, "\"type\":\"string\""); break;
    case CONFIG_TYPE_LIST:
        buffer_add_format(
            out, "\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\",\"minLength\":1},\"maxItems\":%d",
            CONFIG_LIST_MAX);
        break;
    case CONFIG_TYPE_INTEGER: print_integer(row, out); break;
    case CONFIG_TYPE_DURATION: buffer_add_text(out, "\"type\":\"string\",\"pattern\":\"^[0-9]+(ms|s|m|h|d)$\""); break;
    case CONFIG_TYPE_SIZE:
        buffer_add_text(out, "\"type\":[\"string\",\"integer\"],\"pattern\":\"^[0-9]+([KMG]iB)?$\",\"minimum\":0");
        break;
    case CONFIG_TYPE_BOOLEAN: buffer_add_text(out, "\"type\":\"boolean\""); break;
    case CONFIG_TYPE_CHOICE: print_choices(row, out); break;
    }
}

static void print_default(const struct config_row *row, struct buffer *out)
{
    bool is_bare = row->type == CONFIG_TYPE_INTEGER || row->type == CONFIG_TYPE_BOOLEAN;
    buffer_add_text(out, ",\"default\":");
    if (is_bare)
        buffer_add_text(out, row->fallback);
    else
        buffer_add_json_string(out, slice_from_text(row->fallback));
}

static void print_property(const struct config_row *row, bool is_first, struct buffer *out)
{
    buffer_add_format(out, "%s\n\"%s\":{", is_first ? "" : ",", config_row_name(row));
    print_type(row, out);
    print_default(row, out);
    buffer_add_text(out, ",\"description\":");
    buffer_add_json_string(out, slice_from_text(row->doc));
    buffer_add_char(out, '}');
}

static const char object_start[] = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{";

/* The rows from `first` on that share its section; returns the row after them. */
static size_t print_properties(size_t first, struct buffer *out)
{
    size_t i = first;
    while (i < CONFIG_ROW_COUNT &&
           slice_is_equal(config_row_section(&config_rows[i]), config_row_section(&config_rows[first]))) {
        print_property(&config_rows[i], i == first, out);
        i++;
    }
    return i;
}

static size_t print_turn_servers(size_t first, struct buffer *out)
{
    buffer_add_format(out, ",\n\"servers\":{\"type\":\"array\",\"maxItems\":%d,\"items\":%s", CONFIG_TURN_SERVERS_MAX,
                      object_start);
    size_t next = print_properties(first, out);
    buffer_add_text(out, "}}}");
    return next;
}

/* The map "cluster.redis" within "cluster", and such; returns the row after it. */
static size_t print_nested(size_t first, struct buffer *out)
{
    struct slice section = config_row_section(&config_rows[first]);
    struct slice name = slice_from(section, strcspn(section.data, ".") + 1);
    buffer_add_format(out, ",\n\"" SLICE_FORMAT "\":%s", SLICE_ARGS(name), object_start);
    size_t next = print_properties(first, out);
    buffer_add_text(out, "}}");
    return next;
}

static bool is_nested(size_t row)
{
    return row < CONFIG_ROW_COUNT && memchr(config_rows[row].path, '.', config_row_section(&config_rows[row]).length);
}

void config_print_schema(struct buffer *out)
{
    buffer_add_text(
        out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"Parley's configuration\","
             "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (size_t i = 0; i < CONFIG_ROW_COUNT;) {
        struct slice section = config_row_section(&config_rows[i]);
        buffer_add_format(out, "%s\n\"" SLICE_FORMAT "\":%s", i ? "," : "", SLICE_ARGS(section), object_start);
        i = print_properties(i, out);
        while (is_nested(i))
            i = config_rows[i].is_turn_server ? print_turn_servers(i, out) : print_nested(i, out);
        buffer_add_text(out, "}}");
    }
    buffer_add_text(out, "}}\n");
}
