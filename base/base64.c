/* base64.c - both alphabets of RFC 4648. */
#include "base/base64.h"

#include <assert.h>
#include <stdint.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(const unsigned char *in, size_t count, const char *alphabet, bool pad, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i += 3) {
        size_t have = count - i < 3 ? count - i : 3;
        uint32_t group = (uint32_t)in[i] << 16;
        if (have > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            group |= in[i + 2];
        for (size_t digit = 0; digit <= have; digit++)
            out[length++] = alphabet[group >> (18 - 6 * digit) & 63];
        for (size_t digit = have + 1; pad && digit < 4; digit++)
            out[length++] = '=';
    }
    out[length] = '\0';
    return length;
}

size_t base64_encode(const void *bytes, size_t count, char *out, size_t size)
{
    assert(size > BASE64_LENGTH(count));
    return encode(bytes, count, standard, true, out);
}

size_t base64url_encode(const void *bytes, size_t count, char *out, size_t size)
{
    assert(size > (count * 8 + 5) / 6);
    return encode(bytes, count, url_safe, false, out);
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

bool base64url_decode(struct slice text, unsigned char *out, size_t size, size_t *out_count)
{
    size_t needed = text.length * 6 / 8;
    if (text.length % 4 == 1 || needed > size)
        return false;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[count++] = (unsigned char)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    if (bits != 0)
        return false;
    *out_count = count;
    return true;
}
