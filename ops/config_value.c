/* config_value.c - texts, lists, numbers, spans, sizes, booleans and choices, read and written. */
#include "ops/config_value.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/duration.h"

#define DIGITS_MAX 18 /* always fit into an int64_t */

struct unit {
    const char *name;
    int64_t factor;
};

/* The largest first, as they are tried in this order when a value is written. */
static const struct unit duration_units[] = {
    {"d", INT64_C(86400000)}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};

static void write_unit(int64_t value, const struct unit *units, struct buffer *out)
{
    const struct unit *unit = units;
    while (unit->factor > 1 && (value == 0 || value % unit->factor))
        unit++;
    buffer_add_int(out, value / unit->factor);
    buffer_add_text(out, unit->name);
}

void config_write_duration(int64_t ms, struct buffer *out)
{
    write_unit(ms, duration_units, out);
}

void config_write_size(int64_t bytes, struct buffer *out)
{
    write_unit(bytes, size_units, out);
}

/* Plain digits; sets *out_length to how many there are, 0 when it is no number or too long. */
static int64_t read_digits(struct slice text, size_t *out_length)
{
    int64_t number = 0;
    size_t length = 0;
    while (length < text.length && isdigit((unsigned char)text.data[length]) && length <= DIGITS_MAX)
        number = length < DIGITS_MAX ? number * 10 + (text.data[length] - '0') : number, length++;
    *out_length = length > DIGITS_MAX ? 0 : length;
    return number;
}

static bool read_integer(struct slice text, int64_t *out)
{
    size_t length;
    int64_t number = read_digits(text, &length);
    /* 010 would be 8 in YAML 1.1 and 10 elsewhere: neither is taken. */
    if (!length || length != text.length || (length > 1 && text.data[0] == '0'))
        return false;
    *out = number;
    return true;
}

static bool read_size(struct slice text, int64_t *out)
{
    size_t length;
    int64_t number = read_digits(text, &length);
    struct slice unit = slice_from(text, length);
    for (size_t i = 0; length && size_units[i].name; i++) {
        if (slice_is_text(unit, size_units[i].name))
            return !__builtin_mul_overflow(number, size_units[i].factor, out);
    }
    return false;
}

static bool read_number(const struct config_row *row, struct slice text, int64_t *out)
{
    if (row->type == CONFIG_TYPE_DURATION)
        return duration_parse(text, out);
    return row->type == CONFIG_TYPE_SIZE ? read_size(text, out) : read_integer(text, out);
}

static void write_number(const struct config_row *row, int64_t number, struct buffer *out)
{
    if (row->type == CONFIG_TYPE_DURATION)
        config_write_duration(number, out);
    else if (row->type == CONFIG_TYPE_SIZE)
        config_write_size(number, out);
    else
        buffer_add_int(out, number);
}

static const char *shape_of(enum config_type type)
{
    if (type == CONFIG_TYPE_DURATION)
        return "a number with ms, s, m, h or d, such as 30s";
    return type == CONFIG_TYPE_SIZE ? "a number of bytes, such as 4096, 64KiB or 1MiB" : "a whole number";
}

static bool set_number(const struct config_row *row, int64_t *value, struct slice text, struct buffer *problem)
{
    int64_t number;
    if (!read_number(row, text, &number)) {
        buffer_add_format(problem, "must be %s", shape_of(row->type));
        return false;
    }
    if (number < row->min || number > row->max) {
        buffer_add_text(problem, "must be ");
        config_row_write_range(row, problem);
        return false;
    }
    *value = number;
    return true;
}

static bool set_boolean(bool *value, struct slice text, struct buffer *problem)
{
    bool is_true = slice_is_text(text, "true");
    if (!is_true && !slice_is_text(text, "false")) {
        buffer_add_text(problem, "must be true or false");
        return false;
    }
    *value = is_true;
    return true;
}

/* Takes the next name off a list such as "debug|info". */
static struct slice next_choice(struct slice *rest)
{
    const char *bar = rest->length ? memchr(rest->data, '|', rest->length) : NULL;
    struct slice name = slice_of(rest->data, bar ? (size_t)(bar - rest->data) : rest->length);
    *rest = slice_from(*rest, name.length + 1);
    return name;
}

static bool set_choice(const struct config_row *row, int *value, struct slice text, struct buffer *problem)
{
    struct slice rest = slice_from_text(row->choices);
    for (int i = 0; rest.length; i++) {
        if (slice_is_equal(next_choice(&rest), text)) {
            *value = i;
            return true;
        }
    }
    buffer_add_text(problem, "must be ");
    config_row_write_range(row, problem);
    return false;
}

/* Only a secret may have several lines; nothing may hold what a terminal or a C string would trip over. */
static bool is_clean(struct slice text, bool with_lines)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 || c == 0x7f) && !(with_lines && (c == '\n' || c == '\r' || c == '\t')))
            return false;
    }
    return true;
}

static void free_text(char **value)
{
    if (*value)
        memory_wipe_free(*value, strlen(*value));
    *value = NULL;
}

static bool set_text(const struct config_row *row, char **value, struct slice text, struct buffer *problem)
{
    if (!is_clean(text, row->type == CONFIG_TYPE_SECRET)) {
        buffer_add_text(problem, "may not hold control characters");
        return false;
    }
    free_text(value);
    *value = memory_text(text);
    return true;
}

static void free_list(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct text_list){0};
}

bool config_value_set_items(void *value, const struct slice *items, size_t count, struct buffer *problem)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].length && is_clean(items[i], false))
            continue;
        buffer_add_format(problem, "has an empty or unprintable item, number %zu", i + 1);
        return false;
    }
    struct text_list list = {count, memory_new(count * sizeof(char *))};
    for (size_t i = 0; i < count; i++)
        list.items[i] = memory_text(items[i]);
    free_list(value);
    *(struct text_list *)value = list;
    return true;
}

static struct slice trim(struct slice text)
{
    while (text.length && isspace((unsigned char)text.data[0]))
        text = slice_from(text, 1);
    while (text.length && isspace((unsigned char)text.data[text.length - 1]))
        text.length--;
    return text;
}

static bool set_list(struct text_list *value, struct slice text, struct buffer *problem)
{
    struct slice items[CONFIG_LIST_MAX];
    size_t count = 0;
    text = trim(text);
    for (bool more = text.length > 0; more;) {
        if (count == CONFIG_LIST_MAX) {
            buffer_add_format(problem, "has more than %d items", CONFIG_LIST_MAX);
            return false;
        }
        const char *comma = text.length ? memchr(text.data, ',', text.length) : NULL;
        size_t length = comma ? (size_t)(comma - text.data) : text.length;
        items[count++] = trim(slice_of(text.data, length));
        text = slice_from(text, length + 1);
        more = comma != NULL;
    }
    return config_value_set_items(value, items, count, problem);
}

bool config_value_set(const struct config_row *row, void *value, struct slice text, struct buffer *problem)
{
    switch (row->type) {
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_SECRET: return set_text(row, value, text, problem);
    case CONFIG_TYPE_LIST: return set_list(value, text, problem);
    case CONFIG_TYPE_INTEGER:
    case CONFIG_TYPE_DURATION:
    case CONFIG_TYPE_SIZE: return set_number(row, value, text, problem);
    case CONFIG_TYPE_BOOLEAN: return set_boolean(value, text, problem);
    case CONFIG_TYPE_CHOICE: return set_choice(row, value, text, problem);
    }
    return false;
}

static void write_choice(const struct config_row *row, int value, struct buffer *out)
{
    struct slice rest = slice_from_text(row->choices);
    struct slice name = next_choice(&rest);
    for (int i = 0; i < value; i++)
        name = next_choice(&rest);
    buffer_add(out, name);
}

static void write_list(const struct text_list *list, struct buffer *out)
{
    for (size_t i = 0; i < list->count; i++)
        buffer_add_format(out, "%s%s", i ? ", " : "", list->items[i]);
}

void config_value_write(const struct config_row *row, const void *value, struct buffer *out)
{
    switch (row->type) {
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_PATH: buffer_add_text(out, *(char *const *)value); break;
    case CONFIG_TYPE_SECRET: buffer_add_text(out, **(char *const *)value ? "(set)" : ""); break;
    case CONFIG_TYPE_LIST: write_list(value, out); break;
    case CONFIG_TYPE_INTEGER:
    case CONFIG_TYPE_DURATION:
    case CONFIG_TYPE_SIZE: write_number(row, *(const int64_t *)value, out); break;
    case CONFIG_TYPE_BOOLEAN: buffer_add_text(out, *(const bool *)value ? "true" : "false"); break;
    case CONFIG_TYPE_CHOICE: write_choice(row, *(const int *)value, out); break;
    }
}

static void write_choices(const struct config_row *row, struct buffer *out)
{
    struct slice rest = slice_from_text(row->choices);
    buffer_add(out, next_choice(&rest));
    while (rest.length) {
        struct slice name = next_choice(&rest);
        buffer_add_text(out, rest.length ? ", " : " or ");
        buffer_add(out, name);
    }
}

void config_row_write_range(const struct config_row *row, struct buffer *out)
{
    if (row->type == CONFIG_TYPE_CHOICE)
        write_choices(row, out);
    if (row->type == CONFIG_TYPE_BOOLEAN)
        buffer_add_text(out, "true or false");
    if (row->max == 0)
        return;
    write_number(row, row->min, out);
    buffer_add_text(out, " to ");
    write_number(row, row->max, out);
}

bool config_value_is_empty(const struct config_row *row, const void *value)
{
    if (row->type == CONFIG_TYPE_LIST)
        return ((const struct text_list *)value)->count == 0;
    bool is_text = row->type == CONFIG_TYPE_TEXT || row->type == CONFIG_TYPE_PATH || row->type == CONFIG_TYPE_SECRET;
    return is_text && !**(char *const *)value;
}

void config_value_free(const struct config_row *row, void *value)
{
    if (row->type == CONFIG_TYPE_LIST)
        free_list(value);
    else if (row->type == CONFIG_TYPE_TEXT || row->type == CONFIG_TYPE_PATH || row->type == CONFIG_TYPE_SECRET)
        free_text(value);
}
