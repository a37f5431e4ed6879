/* buffer.h - text that grows; embedded, so init/fini. */
#ifndef PARLEY_BASE_BUFFER_H
#define PARLEY_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buffer {
    char *data; /* NULL until something is added */
    size_t length;
    size_t capacity;
};

#define BUFFER_EMPTY ((struct buffer){0})

void buffer_fini(struct buffer *buffer);  /* wipes what it held: it may have been a secret */
void buffer_clear(struct buffer *buffer); /* keeps the memory for the next use */

void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, struct slice bytes);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_int(struct buffer *buffer, int64_t value);
void buffer_add_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds `text` as a JSON string with its quotes. `text` must be UTF-8; control characters, the
 * quote, the backslash, DEL and U+2028/2029 are escaped. */
void buffer_add_json_string(struct buffer *buffer, struct slice text);

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_of(buffer->data, buffer->length);
}

/* NUL-terminates (the NUL is not counted) and returns the text; valid until the next change. */
const char *buffer_text(struct buffer *buffer);

#endif
