/* utf8.h - Unicode scalar values as UTF-8 (RFC 3629). */
#ifndef PARLEY_BASE_UTF8_H
#define PARLEY_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length, 1 to 4, of the scalar value at the start of `left` bytes; 0 when there is none: cut
 * off, overlong, a surrogate, or above U+10FFFF. */
size_t utf8_length(const char *at, size_t left);

/* Writes a scalar value, at most 4 bytes; returns how many. */
size_t utf8_put(uint32_t scalar, char *out);

#endif
