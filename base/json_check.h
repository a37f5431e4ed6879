/* json_check.h - whether a text is strict JSON (RFC 8259, I-JSON), and what its outermost object holds.
 *
 * One pass, no recursion, and no memory but what json_checker_create() took. */
#ifndef PARLEY_BASE_JSON_CHECK_H
#define PARLEY_BASE_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

#define JSON_DEPTH_MAX 512

/* UTF-8 that is not scalar values, lone surrogates in escapes and a byte order mark are refused always. */
struct json_rules {
    unsigned depth_max;     /* of arrays and objects in each other; 1 to JSON_DEPTH_MAX */
    bool refuse_duplicates; /* member names of one object, compared unescaped */
    bool refuse_nul;        /* the escape \u0000, wherever it stands */
};

enum json_kind {
    JSON_ABSENT,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A member of an object. Its value is the original bytes without the space around them; a string's
 * keeps its quotes and escapes, see json_scan.h. */
struct json_member {
    struct slice name; /* unescaped, without quotes */
    enum json_kind kind;
    struct slice value;
};

struct json_checker;

/* For texts of up to `bytes_max` bytes; takes 10 to 21 times as much memory. Never NULL; caller destroys. */
struct json_checker *json_checker_create(size_t bytes_max);
struct json_checker *json_checker_destroy(struct json_checker *checker); /* NULL is fine; returns NULL */

/* Errors: ERR_BAD_JSON, also for a text longer than bytes_max. */
enum error json_check(struct json_checker *checker, struct slice text, const struct json_rules *rules);

/* As json_check(), and fills in `kind` and `value` of the `count` members whose `name` the caller has
 * set, from the outermost object: JSON_ABSENT where it has none of that name, all absent where the
 * text is no object. The last of several equal names counts, where the rules allow them.
 * *out_kind is what the whole text is. On failure nothing of `members` is to be used. */
enum error json_check_members(struct json_checker *checker, struct slice text, const struct json_rules *rules,
                              struct json_member *members, size_t count, enum json_kind *out_kind);

#endif
