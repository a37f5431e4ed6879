/* fuzz_json.c - whatever json_check() accepts, json-c parses, and what json_scan reads out of it is the same. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool promise)
{
    if (!promise)
        abort();
}

/* json-c as strict as it can be. It counts depth from another start, hence the room above the rules. */
static struct json_object *parse(struct slice text)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *value = json_tokener_parse_ex(tokener, text.data, (int)text.length);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1); /* a number ends with the text */
    hold(json_tokener_get_error(tokener) == json_tokener_success);
    json_tokener_free(tokener);
    return value;
}

static bool is_kind(const struct json_object *value, enum json_kind kind)
{
    switch (json_object_get_type(value)) {
    case json_type_null: return kind == JSON_NULL;
    case json_type_boolean: return kind == (json_object_get_boolean(value) ? JSON_TRUE : JSON_FALSE);
    case json_type_double: return kind == JSON_NUMBER;
    case json_type_int: return kind == JSON_NUMBER;
    case json_type_object: return kind == JSON_OBJECT;
    case json_type_array: return kind == JSON_ARRAY;
    case json_type_string: return kind == JSON_STRING;
    }
    return false;
}

static void compare_string(struct json_object *value, struct slice string)
{
    char out[TEXT_MAX];
    size_t length = json_string_decode(string, out);
    hold((size_t)json_object_get_string_len(value) == length);
    hold(memcmp(json_object_get_string(value), out, length) == 0);
}

static void compare(struct json_object *value, enum json_kind kind, struct slice text);

static void compare_object(struct json_object *object, struct slice text)
{
    struct json_walk walk = json_walk_start(text);
    size_t count = 0;
    for (struct json_member member; json_walk_next(&walk, &member); count++) {
        char name[TEXT_MAX + 1];
        struct json_object *value;
        name[json_unescape(member.name, name)] = '\0';
        hold(json_object_object_get_ex(object, name, &value));
        compare(value, member.kind, member.value);
    }
    hold((size_t)json_object_object_length(object) == count);
}

static void compare_array(struct json_object *array, struct slice text)
{
    struct json_walk walk = json_walk_start(text);
    size_t count = 0;
    for (struct json_member member; json_walk_next(&walk, &member); count++)
        compare(json_object_array_get_idx(array, count), member.kind, member.value);
    hold(json_object_array_length(array) == count);
}

static void compare(struct json_object *value, enum json_kind kind, struct slice text)
{
    hold(is_kind(value, kind));
    if (kind == JSON_STRING)
        compare_string(value, text);
    if (kind == JSON_OBJECT)
        compare_object(value, text);
    if (kind == JSON_ARRAY)
        compare_array(value, text);
}

/* json-c 0.16 takes the scalar value of a surrogate pair, where it ends in D800 to DFFF (U+1D800, U+2D801, ...), for
 * another lone surrogate, and puts U+FFFD there. Such texts cannot be compared. */
static bool is_misread_by_json_c(struct slice text)
{
    for (size_t i = 0; i + 6 <= text.length; i++) {
        const char *at = text.data + i;
        if (memcmp(at, "\\u", 2) == 0 && strchr("dD", at[2]) && strchr("89abAB", at[3]) && strchr("37bfBF", at[4]) &&
            strchr("67", at[5]))
            return true;
    }
    return false;
}

static struct slice without_space(struct slice text)
{
    while (text.length && strchr(" \t\r\n", text.data[0]))
        text = slice_from(text, 1);
    while (text.length && strchr(" \t\r\n", text.data[text.length - 1]))
        text.length--;
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_checker *checker;
    const struct json_rules plain = {JSON_DEPTH_MAX, false, false}, message = {8, true, true};
    if (!checker)
        checker = json_checker_create(TEXT_MAX);
    struct slice text = slice_of(data, size);
    bool is_json = json_check(checker, text, &plain) == ERROR_NONE;
    struct json_member member = {.name = SLICE_LITERAL("a")};
    enum json_kind kind;
    bool is_message = json_check_members(checker, text, &message, &member, 1, &kind) == ERROR_NONE;
    hold(is_json || !is_message);
    if (!is_json)
        return 0;
    struct json_object *value = parse(text);
    if (is_message && !is_misread_by_json_c(text)) {
        struct json_object *found = NULL;
        bool is_found = kind == JSON_OBJECT && json_object_object_get_ex(value, "a", &found);
        hold(is_found == (member.kind != JSON_ABSENT));
        if (is_found)
            compare(found, member.kind, member.value);
        compare(value, kind, without_space(text));
    }
    (void)json_object_put(value);
    return 0;
}
