/* json_scan.h - reads values out of JSON that json_check() has accepted; undefined for any other text. */
#ifndef PARLEY_BASE_JSON_SCAN_H
#define PARLEY_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_check.h"
#include "base/slice.h"

/* What a value is, by its first byte. */
enum json_kind json_kind_of(char first);

/* The bytes between the quotes of a string value. */
struct slice json_string_inner(struct slice string);

/* Writes the text that `inner`, the bytes between the quotes of a string or name, stands for to `out`,
 * which must hold `inner.length` bytes: the text is never longer. Returns its length. */
size_t json_unescape(struct slice inner, char *out);

/* The same for a string value with its quotes. */
size_t json_string_decode(struct slice string, char *out);

/* Whether a number value is an integer from 0 to `max`, written without sign, fraction or exponent. */
bool json_integer_decode(struct slice number, int64_t max, int64_t *out_value);

/* A walk over the members of an object, or the values of an array (names are then empty). */
struct json_walk {
    const char *at;
    bool is_object;
};

struct json_walk json_walk_start(struct slice container);

/* The next member; its name is raw: without quotes, with escapes. False at the end. */
bool json_walk_next(struct json_walk *walk, struct json_member *out_member);

#endif
