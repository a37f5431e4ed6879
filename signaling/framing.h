/* framing.h - what goes over the wire before the text of a frame. */
#ifndef PARLEY_SIGNALING_FRAMING_H
#define PARLEY_SIGNALING_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"

/* Header of RFC 6455, 5.2 (10 bytes at most), then `{"n":` with 20 digits and a comma. */
#define FRAMING_MAX 40

/* Writes a final, unmasked text frame's header and the start of its text, up to where frame->bytes + 1 goes on.
 * `n` is the number that the message has for this hearer, first member of the object; 0: it has none.
 * Returns how many bytes. */
size_t framing_write(const struct frame *frame, uint64_t n, unsigned char out[FRAMING_MAX]);

/* How long header, number and text are together. */
size_t framing_length(const struct frame *frame, uint64_t n);

#endif
