/* slice.h - a borrowed run of bytes; valid for the call unless a header says that it is copied. */
#ifndef PARLEY_BASE_SLICE_H
#define PARLEY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data; /* not NUL-terminated; may hold any byte */
    size_t length;
};

#define SLICE_EMPTY         ((struct slice){0})
#define SLICE_LITERAL(text) ((struct slice){(text), sizeof(text) - 1})

/* "%.*s" takes an int first. */
#define SLICE_FORMAT      "%.*s"
#define SLICE_ARGS(slice) (int)(slice).length, (slice).data

static inline struct slice slice_of(const void *data, size_t length)
{
    return (struct slice){data, length};
}

static inline struct slice slice_from_text(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_is_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is_text(struct slice a, const char *text)
{
    return slice_is_equal(a, slice_from_text(text));
}

static inline bool slice_starts_with(struct slice a, const char *prefix)
{
    size_t length = strlen(prefix);
    return a.length >= length && memcmp(a.data, prefix, length) == 0;
}

/* Everything from `offset` on; empty when `offset` is past the end. */
static inline struct slice slice_from(struct slice a, size_t offset)
{
    return offset < a.length ? (struct slice){a.data + offset, a.length - offset} : SLICE_EMPTY;
}

#endif
