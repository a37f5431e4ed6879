/* buffer.c - text that grows by doubling. */
#include "base/buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define BUFFER_FIRST 128

void buffer_fini(struct buffer *buffer)
{
    memory_wipe_free(buffer->data, buffer->capacity);
    *buffer = BUFFER_EMPTY;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more;
    if (wanted <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST;
    while (capacity < wanted)
        capacity *= 2;
    /* Not realloc(): it could leave the old bytes, perhaps a secret, behind. */
    char *grown = memory_new(capacity);
    if (buffer->length)
        memcpy(grown, buffer->data, buffer->length);
    memory_wipe_free(buffer->data, buffer->length);
    buffer->data = grown;
    buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, struct slice bytes)
{
    if (!bytes.length)
        return;
    buffer_reserve(buffer, bytes.length);
    memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
    buffer->length += bytes.length;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, slice_from_text(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, slice_of(&c, 1));
}

void buffer_add_int(struct buffer *buffer, int64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    buffer_add(buffer, slice_of(digits, (size_t)length));
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        buffer_reserve(buffer, (size_t)length + 1);
        (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && c != 0xe2;
}

/* U+2028 and U+2029 end a line in old JavaScript and in log viewers. */
static bool is_line_separator(struct slice rest)
{
    return rest.length >= 3 && memcmp(rest.data, "\xe2\x80", 2) == 0 &&
           ((unsigned char)rest.data[2] == 0xa8 || (unsigned char)rest.data[2] == 0xa9);
}

static size_t add_json_escape(struct buffer *buffer, struct slice rest)
{
    unsigned char c = (unsigned char)rest.data[0];
    if (is_line_separator(rest)) {
        buffer_add_text(buffer, (unsigned char)rest.data[2] == 0xa8 ? "\\u2028" : "\\u2029");
        return 3;
    }
    switch (c) {
    case '"': buffer_add_text(buffer, "\\\""); break;
    case '\\': buffer_add_text(buffer, "\\\\"); break;
    case '\n': buffer_add_text(buffer, "\\n"); break;
    case '\r': buffer_add_text(buffer, "\\r"); break;
    case '\t': buffer_add_text(buffer, "\\t"); break;
    case 0xe2: buffer_add_char(buffer, (char)c); break;
    default: buffer_add_format(buffer, "\\u%04x", c); break;
    }
    return 1;
}

void buffer_add_json_string(struct buffer *buffer, struct slice text)
{
    buffer_add_char(buffer, '"');
    for (size_t at = 0; at < text.length;) {
        size_t run = at;
        while (run < text.length && is_plain((unsigned char)text.data[run]))
            run++;
        buffer_add(buffer, slice_of(text.data + at, run - at));
        at = run;
        if (at < text.length)
            at += add_json_escape(buffer, slice_from(text, at));
    }
    buffer_add_char(buffer, '"');
}

const char *buffer_text(struct buffer *buffer)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->length] = '\0';
    return buffer->data;
}
