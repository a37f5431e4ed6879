/* config_yaml.c - libyaml's events, turned into paths and values by descending the document. */
#include "ops/config_yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/memory.h"

#define SHOWN       64 /* bytes of a name that an error repeats */
#define SHOW(slice) (int)((slice).length < SHOWN ? (slice).length : SHOWN), (slice).data

struct reader {
    yaml_parser_t parser;
    struct slice text;
    const char *name;
    struct config_report *report;
    config_yaml_visit *visit;
    void *context;
    struct buffer path;
    struct buffer seen; /* every path so far, each after and before a newline */
    struct config_place key_place;
    bool is_broken; /* nothing more can be read */
};

static struct config_place place_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct config_place){reader->name, mark.line + 1, mark.column + 1};
}

#define FAIL(reader, place, ...) config_fail((reader)->report, CONFIG_WRONG, (place), __VA_ARGS__)

static void stop(struct reader *reader, yaml_mark_t mark, const char *why)
{
    FAIL(reader, place_of(reader, mark), "%s", why);
    reader->is_broken = true;
}

/* libyaml says "found character that cannot start any token", which helps nobody who pressed Tab. */
static bool is_at_tab(const struct reader *reader)
{
    struct slice rest = reader->text;
    for (size_t line = 0; line < reader->parser.problem_mark.line; line++) {
        const char *end = rest.length ? memchr(rest.data, '\n', rest.length) : NULL;
        rest = end ? slice_from(rest, (size_t)(end - rest.data) + 1) : SLICE_EMPTY;
    }
    while (slice_starts_with(rest, " "))
        rest = slice_from(rest, 1);
    return reader->parser.error == YAML_SCANNER_ERROR && slice_starts_with(rest, "\t");
}

static void report_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    bool is_bytes = parser->error == YAML_READER_ERROR;
    yaml_mark_t mark = is_bytes ? parser->mark : parser->problem_mark;
    if (is_at_tab(reader))
        stop(reader, mark, "tabs cannot indent YAML; use spaces");
    else if (is_bytes)
        stop(reader, mark, "the file is not UTF-8 text");
    else
        stop(reader, mark, parser->problem ? parser->problem : "this is not YAML");
}

static const char *anchor_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return (const char *)event->data.scalar.anchor;
    if (event->type == YAML_MAPPING_START_EVENT)
        return (const char *)event->data.mapping_start.anchor;
    return event->type == YAML_SEQUENCE_START_EVENT ? (const char *)event->data.sequence_start.anchor : NULL;
}

static const char *tag_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return (const char *)event->data.scalar.tag;
    if (event->type == YAML_MAPPING_START_EVENT)
        return (const char *)event->data.mapping_start.tag;
    return event->type == YAML_SEQUENCE_START_EVENT ? (const char *)event->data.sequence_start.tag : NULL;
}

static void refuse_extras(struct reader *reader, const yaml_event_t *event)
{
    if (event->type == YAML_ALIAS_EVENT || anchor_of(event))
        stop(reader, event->start_mark, "anchors and aliases (& and *) are not supported; write the value out");
    else if (tag_of(event))
        stop(reader, event->start_mark, "tags (!) are not supported; types come from the keys");
}

/* False once nothing more can be read; else the caller deletes *event. */
static bool next_event(struct reader *reader, yaml_event_t *event)
{
    if (reader->is_broken || config_report_is_full(reader->report))
        return false;
    if (!yaml_parser_parse(&reader->parser, event)) {
        report_syntax(reader);
        return false;
    }
    refuse_extras(reader, event);
    if (!reader->is_broken)
        return true;
    yaml_event_delete(event);
    return false;
}

static bool is_start(yaml_event_type_t type)
{
    return type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
}

static bool is_end(yaml_event_type_t type)
{
    return type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
}

/* Reads on until `depth` collections have ended. */
static void skip(struct reader *reader, size_t depth)
{
    yaml_event_t event;
    while (depth && next_event(reader, &event)) {
        if (is_start(event.type))
            depth++;
        else if (is_end(event.type))
            depth--;
        if (depth > CONFIG_DEPTH_MAX)
            stop(reader, event.start_mark, "this is nested too deeply for a configuration");
        yaml_event_delete(&event);
    }
}

static void skip_value(struct reader *reader)
{
    yaml_event_t event;
    if (!next_event(reader, &event))
        return;
    bool is_nested = is_start(event.type);
    yaml_event_delete(&event);
    skip(reader, is_nested ? 1 : 0);
}

/* `null`, `~` and nothing at all mean "not set" in YAML; quoted they are text. */
static struct slice scalar_text(const yaml_event_t *event)
{
    struct slice text = slice_of(event->data.scalar.value, event->data.scalar.length);
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool is_null = slice_is_text(text, "~") || slice_is_text(text, "null");
    return is_plain && is_null ? SLICE_EMPTY : text;
}

/* The items of a list of text, copied, as each lives only as long as its event. */
struct items {
    size_t count;
    struct slice texts[CONFIG_LIST_MAX];
    struct config_place places[CONFIG_LIST_MAX];
};

static void add_item(struct reader *reader, const yaml_event_t *event, struct items *items)
{
    struct slice text = scalar_text(event);
    items->texts[items->count] = slice_of(memory_text(text), text.length);
    items->places[items->count++] = place_of(reader, event->start_mark);
}

/* Reads the items of a list whose start was read. */
static void read_items(struct reader *reader, struct config_key key, struct config_place place)
{
    struct items items;
    items.count = 0;
    yaml_event_t event;
    bool is_last = false;
    while (!is_last && next_event(reader, &event)) {
        bool is_text = event.type == YAML_SCALAR_EVENT;
        is_last = event.type == YAML_SEQUENCE_END_EVENT;
        if (is_text && items.count < CONFIG_LIST_MAX)
            add_item(reader, &event, &items);
        else if (!is_last)
            stop(reader, event.start_mark,
                 is_text ? "the list has too many items" : "an item of this list must be text");
        yaml_event_delete(&event);
    }
    if (!reader->is_broken) {
        struct config_yaml_value value = {key, true, items.count, items.texts, items.places, place};
        reader->visit(reader->context, &value);
    }
    while (items.count)
        free((char *)(uintptr_t)items.texts[--items.count].data);
}

/* A path that was there before is a mistake: YAML would silently take the last one. */
static bool is_repeated(struct reader *reader)
{
    struct buffer line = BUFFER_EMPTY;
    buffer_add_format(&line, "\n%s\n", buffer_text(&reader->path));
    bool found = strstr(buffer_text(&reader->seen), buffer_text(&line)) != NULL;
    if (!found)
        buffer_add(&reader->seen, buffer_slice(&line));
    buffer_fini(&line);
    return found;
}

static void read_mapping(struct reader *reader);

/* turn.servers: the list of maps whose start was read. */
static void read_maps(struct reader *reader)
{
    size_t before = reader->path.length;
    yaml_event_t event;
    for (int64_t index = 0; next_event(reader, &event); index++) {
        struct config_place place = place_of(reader, event.start_mark);
        yaml_event_type_t type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_SEQUENCE_END_EVENT)
            return;
        buffer_add_format(&reader->path, "[%d]", (int)index);
        if (type == YAML_MAPPING_START_EVENT && index < CONFIG_TURN_SERVERS_MAX) {
            read_mapping(reader);
        } else {
            FAIL(reader, place, index < CONFIG_TURN_SERVERS_MAX ? "%s must be a map" : "%s is one server too many",
                 buffer_text(&reader->path));
            skip(reader, is_start(type) ? 1 : 0);
        }
        reader->path.length = before;
    }
}

static bool is_list_of_maps(struct reader *reader)
{
    struct buffer item = BUFFER_EMPTY;
    buffer_add(&item, buffer_slice(&reader->path));
    buffer_add_text(&item, "[0]");
    bool is_section = config_is_section(buffer_slice(&item));
    buffer_fini(&item);
    return is_section;
}

static void read_section(struct reader *reader, const yaml_event_t *event)
{
    bool is_maps = is_list_of_maps(reader);
    if (event->type == (is_maps ? YAML_SEQUENCE_START_EVENT : YAML_MAPPING_START_EVENT)) {
        is_maps ? read_maps(reader) : read_mapping(reader);
        return;
    }
    /* "turn:" with everything below it commented out */
    if (event->type == YAML_SCALAR_EVENT && !scalar_text(event).length)
        return;
    FAIL(reader, place_of(reader, event->start_mark), "%s must be %s", buffer_text(&reader->path),
         is_maps ? "a list of maps" : "a map of keys");
    skip(reader, is_start(event->type) ? 1 : 0);
}

static void read_setting(struct reader *reader, struct config_key key, const yaml_event_t *event)
{
    struct config_place place = place_of(reader, event->start_mark);
    if (event->type == YAML_SCALAR_EVENT) {
        struct slice text = scalar_text(event);
        struct config_yaml_value value = {key, false, 1, &text, &place, place};
        reader->visit(reader->context, &value);
    } else if (event->type == YAML_SEQUENCE_START_EVENT && key.row->type == CONFIG_TYPE_LIST) {
        read_items(reader, key, place);
    } else {
        FAIL(reader, place, "%s must be %s", buffer_text(&reader->path),
             key.row->type == CONFIG_TYPE_LIST ? "a list" : "a single value");
        skip(reader, 1);
    }
}

static void refuse_unknown(struct reader *reader)
{
    struct buffer scratch = BUFFER_EMPTY;
    struct slice path = buffer_slice(&reader->path);
    const char *nearest = config_nearest_key(path, &scratch);
    if (nearest)
        FAIL(reader, reader->key_place, "unknown key \"%.*s\" (did you mean \"%s\"?)", SHOW(path), nearest);
    else
        FAIL(reader, reader->key_place, "unknown key \"%.*s\"", SHOW(path));
    buffer_fini(&scratch);
    skip_value(reader);
}

/* The value of the key that `path` ends with. */
static void read_value(struct reader *reader)
{
    struct config_key key = {0};
    bool is_key = config_key_find(buffer_slice(&reader->path), &key);
    if (!is_key && !config_is_section(buffer_slice(&reader->path))) {
        refuse_unknown(reader);
        return;
    }
    if (is_repeated(reader)) {
        FAIL(reader, reader->key_place, "%s is given twice", buffer_text(&reader->path));
        skip_value(reader);
        return;
    }
    yaml_event_t event;
    if (!next_event(reader, &event))
        return;
    is_key ? read_setting(reader, key, &event) : read_section(reader, &event);
    yaml_event_delete(&event);
}

/* The pairs of a map whose start was read. Known paths are short, so that this cannot go deep. */
static void read_mapping(struct reader *reader)
{
    size_t before = reader->path.length;
    yaml_event_t event;
    while (next_event(reader, &event)) {
        bool is_key = event.type == YAML_SCALAR_EVENT;
        bool is_last = event.type == YAML_MAPPING_END_EVENT;
        if (is_key) {
            reader->key_place = place_of(reader, event.start_mark);
            if (before)
                buffer_add_char(&reader->path, '.');
            buffer_add(&reader->path, slice_of(event.data.scalar.value, event.data.scalar.length));
        } else if (!is_last) {
            stop(reader, event.start_mark, "a key must be plain text");
        }
        yaml_event_delete(&event);
        if (is_last)
            return;
        if (is_key)
            read_value(reader);
        reader->path.length = before;
    }
}

static void read_root(struct reader *reader, const yaml_event_t *event)
{
    if (event->type == YAML_MAPPING_START_EVENT)
        read_mapping(reader);
    else if (event->type != YAML_SCALAR_EVENT || scalar_text(event).length)
        stop(reader, event->start_mark, "the file must be a map of sections such as \"server:\"");
}

static void read_stream(struct reader *reader)
{
    size_t documents = 0;
    bool is_root = false;
    yaml_event_t event;
    while (next_event(reader, &event)) {
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
            stop(reader, event.start_mark, "a second document starts here; there may be only one");
        else if (is_root)
            read_root(reader, &event);
        is_root = type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return;
    }
}

void config_yaml_read(struct slice text, const char *name, struct config_report *report, config_yaml_visit *visit,
                      void *context)
{
    struct reader reader = {.text = text, .name = name, .report = report, .visit = visit, .context = context};
    if (!yaml_parser_initialize(&reader.parser)) {
        config_fail(report, CONFIG_WRONG, CONFIG_NOWHERE, "no memory to read %s", name);
        return;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.data, text.length);
    read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    buffer_fini(&reader.path);
    buffer_fini(&reader.seen);
}
