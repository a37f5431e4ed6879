/* json_scan.c - reads values out of JSON that has been checked. */
#include "base/json_scan.h"

#include <assert.h>

#include "base/utf8.h"

struct slice json_string_inner(struct slice string)
{
    assert(string.length >= 2 && string.data[0] == '"');
    return slice_of(string.data + 1, string.length - 2);
}

static uint32_t hex_value(const char *digits)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* Decodes the `\uXXXX` at *at, or a surrogate pair of two, and steps over it. */
static size_t decode_unicode(const char **at, char *out)
{
    uint32_t unit = hex_value(*at + 2);
    *at += 6;
    if (unit < 0xd800 || unit > 0xdbff)
        return utf8_put(unit, out);
    uint32_t low = hex_value(*at + 2);
    *at += 6;
    return utf8_put(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
}

static size_t decode_escape(const char **at, char *out)
{
    char c = (*at)[1];
    if (c == 'u')
        return decode_unicode(at, out);
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, c);
    *out = letter ? meanings[letter - letters] : c;
    *at += 2;
    return 1;
}

size_t json_unescape(struct slice inner, char *out)
{
    const char *at = inner.data;
    const char *end = inner.data + inner.length;
    size_t length = 0;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t run = (size_t)((escape ? escape : end) - at);
        memcpy(out + length, at, run);
        length += run;
        at += run;
        if (escape)
            length += decode_escape(&at, out + length);
    }
    return length;
}

size_t json_string_decode(struct slice string, char *out)
{
    return json_unescape(json_string_inner(string), out);
}

bool json_integer_decode(struct slice number, int64_t max, int64_t *out_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < number.length; i++) {
        char c = number.data[i];
        if (c < '0' || c > '9')
            return false;
        int64_t digit = c - '0';
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out_value = value;
    return true;
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at + 1;
}

static const char *skip_container(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '[' || *at == '{')
            depth++;
        if (*at == ']' || *at == '}')
            depth--;
        at++;
    } while (depth);
    return at;
}

static const char *skip_value(const char *at)
{
    if (*at == '"')
        return skip_string(at);
    if (*at == '[' || *at == '{')
        return skip_container(at);
    return at + strcspn(at, ",]} \t\n\r");
}

enum json_kind json_kind_of(char first)
{
    switch (first) {
    case '"': return JSON_STRING;
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

struct json_walk json_walk_start(struct slice container)
{
    assert(container.length >= 2 && (container.data[0] == '{' || container.data[0] == '['));
    return (struct json_walk){container.data + 1, container.data[0] == '{'};
}

bool json_walk_next(struct json_walk *walk, struct json_member *out_member)
{
    const char *at = skip_space(walk->at);
    if (*at == ',')
        at = skip_space(at + 1);
    if (*at == '}' || *at == ']')
        return false;
    struct slice name = SLICE_EMPTY;
    if (walk->is_object) {
        const char *name_end = skip_string(at);
        name = slice_of(at + 1, (size_t)(name_end - at) - 2);
        at = skip_space(skip_space(name_end) + 1); /* over the colon */
    }
    walk->at = skip_value(at);
    *out_member = (struct json_member){name, json_kind_of(*at), slice_of(at, (size_t)(walk->at - at))};
    return true;
}
