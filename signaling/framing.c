/* framing.c - the header of RFC 6455 and the number before the text of a frame. */
#include "signaling/framing.h"

#include <string.h>

#define FINAL_TEXT    0x81
#define DIGITS_MAX    20 /* of UINT64_MAX */
#define NUMBER_BEFORE "{\"n\":"

static size_t digits_of(uint64_t n)
{
    size_t digits = 1;
    while (n /= 10)
        digits++;
    return digits;
}

/* The text's own brace gives way to `{"n":N,`. */
static size_t text_length(const struct frame *frame, uint64_t n)
{
    return n ? frame->length + strlen(NUMBER_BEFORE) + digits_of(n) : frame->length;
}

/* RFC 6455, 5.2: 7 bits, or 16, or 63 of length. */
static size_t header_length(size_t length)
{
    if (length < 126)
        return 2;
    return length <= UINT16_MAX ? 4 : 10;
}

static size_t write_header(unsigned char *out, uint64_t length)
{
    size_t header = header_length(length);
    size_t extended = header - 2;
    out[0] = FINAL_TEXT;
    out[1] = (unsigned char)(extended == 0 ? length : extended == 2 ? 126 : 127);
    for (size_t i = 0; i < extended; i++)
        out[2 + i] = (unsigned char)(length >> 8 * (extended - 1 - i));
    return header;
}

static size_t write_number(unsigned char *out, uint64_t n)
{
    size_t before = strlen(NUMBER_BEFORE);
    size_t digits = digits_of(n);
    memcpy(out, NUMBER_BEFORE, before);
    for (size_t i = digits; i-- > 0; n /= 10)
        out[before + i] = (unsigned char)('0' + n % 10);
    out[before + digits] = ',';
    return before + digits + 1;
}

size_t framing_write(const struct frame *frame, uint64_t n, unsigned char out[FRAMING_MAX])
{
    size_t length = write_header(out, text_length(frame, n));
    if (n)
        return length + write_number(out + length, n);
    out[length] = '{';
    return length + 1;
}

size_t framing_length(const struct frame *frame, uint64_t n)
{
    size_t length = text_length(frame, n);
    return header_length(length) + length;
}
