/* json_check.c - a machine of three steps (a name, a value, what follows a value) over an explicit stack. */
#include "base/json_check.h"

#include <assert.h>
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json_names.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "base/utf8.h"

struct json_checker {
    size_t bytes_max;
    struct json_names *names;
    char *unescaped; /* the names that hold escapes, one after the other */

    /* Of the text being checked */
    const char *at;
    const char *end;
    struct json_rules rules;
    size_t unescaped_length;
    unsigned depth;
    uint32_t open[JSON_DEPTH_MAX]; /* the number of each open object; ARRAY for an array */
    struct json_member *members;
    size_t member_count;
    struct json_member *member; /* whose value is being read; NULL: nobody asked for it */
};

enum step { STEP_NAME, STEP_VALUE, STEP_AFTER_VALUE, STEP_END, STEP_BAD };

#define ARRAY 0

struct json_checker *json_checker_create(size_t bytes_max)
{
    struct json_checker *checker = memory_new(sizeof *checker);
    checker->bytes_max = bytes_max;
    checker->names = json_names_create(bytes_max);
    checker->unescaped = memory_new(bytes_max);
    return checker;
}

struct json_checker *json_checker_destroy(struct json_checker *checker)
{
    if (!checker)
        return NULL;
    (void)json_names_destroy(checker->names);
    free(checker->unescaped);
    free(checker);
    return NULL;
}

static size_t left(const struct json_checker *checker)
{
    return (size_t)(checker->end - checker->at);
}

/* The next byte after any space, not consumed; NUL at the end: no step takes a NUL. */
static char peek(struct json_checker *checker)
{
    const char *at = checker->at;
    while (at < checker->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    checker->at = at;
    return at < checker->end ? *at : '\0';
}

/* Strings */

static bool hex_unit(const struct json_checker *checker, size_t offset, uint32_t *out_unit)
{
    if (left(checker) < offset + 6 || checker->at[offset] != '\\' || checker->at[offset + 1] != 'u')
        return false;
    uint32_t unit = 0;
    for (size_t i = offset + 2; i < offset + 6; i++) {
        char c = checker->at[i];
        char lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit << 4 | (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return false;
    }
    *out_unit = unit;
    return true;
}

static bool take_unicode_escape(struct json_checker *checker)
{
    uint32_t unit, low;
    if (!hex_unit(checker, 0, &unit) || (unit == 0 && checker->rules.refuse_nul))
        return false;
    if (unit < 0xd800 || unit > 0xdfff) {
        checker->at += 6;
        return true;
    }
    if (unit > 0xdbff || !hex_unit(checker, 6, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    checker->at += 12;
    return true;
}

static bool take_escape(struct json_checker *checker)
{
    if (left(checker) < 2)
        return false;
    switch (checker->at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': checker->at += 2; return true;
    case 'u': return take_unicode_escape(checker);
    default: return false;
    }
}

/* The high bit of the lowest byte of `word` that is a control character, a quote, a backslash or no
 * ASCII; bits above it may be wrong, because subtraction borrows upwards. */
static uint64_t find_special(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t control = word - ones * 0x20;
    uint64_t quote = (word ^ ones * '"') - ones;
    uint64_t backslash = (word ^ ones * '\\') - ones;
    return (control | quote | backslash | word) & highs;
}

/* Steps over what needs no closer look: most of a string, eight bytes at a time. */
static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t special = find_special(le64toh(word));
        if (special)
            return at + __builtin_ctzll(special) / 8;
        at += 8;
    }
    while (at < end && find_special((unsigned char)*at | 0x2020202020202000u) == 0)
        at++;
    return at;
}

/* One escape, or one scalar value that is not ASCII. */
static bool take_special(struct json_checker *checker, bool *out_has_escape)
{
    if (checker->at == checker->end || (unsigned char)*checker->at < 0x20)
        return false;
    if (*checker->at == '\\') {
        *out_has_escape = true;
        return take_escape(checker);
    }
    size_t length = utf8_length(checker->at, left(checker));
    checker->at += length;
    return length > 0;
}

static bool take_string(struct json_checker *checker, bool *out_has_escape)
{
    *out_has_escape = false;
    checker->at = skip_plain(checker->at + 1, checker->end);
    while (checker->at == checker->end || *checker->at != '"') {
        if (!take_special(checker, out_has_escape))
            return false;
        checker->at = skip_plain(checker->at, checker->end);
    }
    checker->at++;
    return true;
}

/* Numbers and words */

static bool take_digits(struct json_checker *checker)
{
    const char *start = checker->at;
    while (checker->at < checker->end && *checker->at >= '0' && *checker->at <= '9')
        checker->at++;
    return checker->at > start;
}

static bool take_char(struct json_checker *checker, const char *any_of)
{
    if (checker->at == checker->end || !*checker->at || !strchr(any_of, *checker->at))
        return false;
    checker->at++;
    return true;
}

static bool take_number(struct json_checker *checker)
{
    (void)take_char(checker, "-");
    if (!take_char(checker, "0") && !take_digits(checker))
        return false;
    if (take_char(checker, ".") && !take_digits(checker))
        return false;
    if (!take_char(checker, "eE"))
        return true;
    (void)take_char(checker, "+-");
    return take_digits(checker);
}

static bool take_word(struct json_checker *checker, struct slice word)
{
    if (left(checker) < word.length || memcmp(checker->at, word.data, word.length) != 0)
        return false;
    checker->at += word.length;
    return true;
}

/* Members that the caller asked for */

static struct json_member *find_member(struct json_checker *checker, struct slice name)
{
    for (size_t i = 0; i < checker->member_count; i++)
        if (slice_is_equal(checker->members[i].name, name))
            return &checker->members[i];
    return NULL;
}

static void member_begin(struct json_checker *checker, enum json_kind kind)
{
    if (checker->depth != 1 || !checker->member)
        return;
    checker->member->kind = kind;
    checker->member->value.data = checker->at;
}

static void member_end(struct json_checker *checker)
{
    if (checker->depth != 1 || !checker->member)
        return;
    checker->member->value.length = (size_t)(checker->at - checker->member->value.data);
    checker->member = NULL;
}

/* The steps */

static enum step open_container(struct json_checker *checker, bool is_object)
{
    if (checker->depth == checker->rules.depth_max)
        return STEP_BAD;
    checker->at++;
    checker->open[checker->depth++] = is_object ? json_names_open(checker->names) : ARRAY;
    if (peek(checker) != (is_object ? '}' : ']'))
        return is_object ? STEP_NAME : STEP_VALUE;
    checker->at++;
    checker->depth--;
    return STEP_AFTER_VALUE;
}

static enum step step_value(struct json_checker *checker)
{
    bool has_escape, taken;
    char first = peek(checker);
    member_begin(checker, json_kind_of(first));
    switch (first) {
    case '{': return open_container(checker, true);
    case '[': return open_container(checker, false);
    case '"': taken = take_string(checker, &has_escape); break;
    case 't': taken = take_word(checker, SLICE_LITERAL("true")); break;
    case 'f': taken = take_word(checker, SLICE_LITERAL("false")); break;
    case 'n': taken = take_word(checker, SLICE_LITERAL("null")); break;
    default: taken = take_number(checker); break;
    }
    return taken ? STEP_AFTER_VALUE : STEP_BAD;
}

static struct slice unescape(struct json_checker *checker, struct slice inner)
{
    char *start = checker->unescaped + checker->unescaped_length;
    size_t length = json_unescape(inner, start);
    checker->unescaped_length += length;
    return slice_of(start, length);
}

static enum step step_name(struct json_checker *checker)
{
    bool has_escape;
    if (peek(checker) != '"')
        return STEP_BAD;
    const char *start = checker->at;
    if (!take_string(checker, &has_escape))
        return STEP_BAD;
    struct slice name = json_string_inner(slice_of(start, (size_t)(checker->at - start)));
    if (has_escape)
        name = unescape(checker, name);
    if (checker->rules.refuse_duplicates && !json_names_add(checker->names, checker->open[checker->depth - 1], name))
        return STEP_BAD;
    if (checker->depth == 1)
        checker->member = find_member(checker, name);
    if (peek(checker) != ':')
        return STEP_BAD;
    checker->at++;
    return STEP_VALUE;
}

static enum step step_after_value(struct json_checker *checker)
{
    member_end(checker);
    char next = peek(checker);
    if (checker->depth == 0)
        return checker->at == checker->end ? STEP_END : STEP_BAD;
    bool in_object = checker->open[checker->depth - 1] != ARRAY;
    char close = in_object ? '}' : ']';
    if (next != ',' && next != close)
        return STEP_BAD;
    checker->at++;
    if (next == ',')
        return in_object ? STEP_NAME : STEP_VALUE;
    checker->depth--;
    return STEP_AFTER_VALUE;
}

static bool run(struct json_checker *checker)
{
    enum step step = STEP_VALUE;
    for (;;) {
        switch (step) {
        case STEP_NAME: step = step_name(checker); break;
        case STEP_VALUE: step = step_value(checker); break;
        case STEP_AFTER_VALUE: step = step_after_value(checker); break;
        case STEP_END: return true;
        case STEP_BAD: return false;
        }
    }
}

enum error json_check_members(struct json_checker *checker, struct slice text, const struct json_rules *rules,
                              struct json_member *members, size_t count, enum json_kind *out_kind)
{
    assert(rules->depth_max >= 1 && rules->depth_max <= JSON_DEPTH_MAX);
    if (text.length == 0 || text.length > checker->bytes_max)
        return ERR_BAD_JSON;
    for (size_t i = 0; i < count; i++)
        members[i] = (struct json_member){.name = members[i].name};
    json_names_begin(checker->names, text.length);
    checker->at = text.data;
    checker->end = text.data + text.length;
    checker->rules = *rules;
    checker->unescaped_length = 0;
    checker->depth = 0;
    checker->members = members;
    checker->member_count = count;
    checker->member = NULL;
    enum json_kind kind = json_kind_of(peek(checker));
    if (!run(checker))
        return ERR_BAD_JSON;
    *out_kind = kind;
    return ERROR_NONE;
}

enum error json_check(struct json_checker *checker, struct slice text, const struct json_rules *rules)
{
    enum json_kind kind;
    return json_check_members(checker, text, rules, NULL, 0, &kind);
}
