/* utf8.c - the well-formed sequences of RFC 3629, section 4. */
#include "base/utf8.h"

#include <stdbool.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Overlong forms, surrogates and what lies above U+10FFFF show in the second byte. */
static bool is_second_of_three(unsigned char first, unsigned char second)
{
    if (first == 0xe0 && second < 0xa0)
        return false;
    return is_tail(second) && !(first == 0xed && second > 0x9f);
}

static bool is_second_of_four(unsigned char first, unsigned char second)
{
    if (first == 0xf0 && second < 0x90)
        return false;
    return is_tail(second) && !(first == 0xf4 && second > 0x8f);
}

size_t utf8_length(const char *at, size_t left)
{
    const unsigned char *c = (const unsigned char *)at;
    if (left == 0)
        return 0;
    if (c[0] < 0x80)
        return 1;
    if (c[0] >= 0xc2 && c[0] <= 0xdf)
        return left >= 2 && is_tail(c[1]) ? 2 : 0;
    if (c[0] >= 0xe0 && c[0] <= 0xef)
        return left >= 3 && is_second_of_three(c[0], c[1]) && is_tail(c[2]) ? 3 : 0;
    if (c[0] >= 0xf0 && c[0] <= 0xf4)
        return left >= 4 && is_second_of_four(c[0], c[1]) && is_tail(c[2]) && is_tail(c[3]) ? 4 : 0;
    return 0;
}

size_t utf8_put(uint32_t scalar, char *out)
{
    if (scalar < 0x80) {
        out[0] = (char)scalar;
        return 1;
    }
    size_t length = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (scalar & 0x3f));
        scalar >>= 6;
    }
    out[0] = (char)(0xf00u >> length | scalar);
    return length;
}
