/* base64.h - RFC 4648: base64 with padding (section 4) and base64url without (section 5), strict. */
#ifndef PARLEY_BASE_BASE64_H
#define PARLEY_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define BASE64_LENGTH(bytes) (((bytes) + 2) / 3 * 4)

/* Writes the text and a NUL; returns its length. `size` must hold both (asserted). */
size_t base64_encode(const void *bytes, size_t count, char *out, size_t size);
size_t base64url_encode(const void *bytes, size_t count, char *out, size_t size);

/* Decodes base64url: no padding, no whitespace, no character of the other alphabet, and the unused
 * bits of the last character are zero. False when `text` is anything else or does not fit. */
bool base64url_decode(struct slice text, unsigned char *out, size_t size, size_t *out_count);

#endif
