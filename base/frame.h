/* frame.h - the text of one message, encoded once and shared by every queue that holds it.
 *
 * The text is a JSON object; what is written over the wire before it (the header of RFC 6455, and the number that
 * the message has for its hearer) differs from hearer to hearer: signaling/framing.h.
 * Frames belong to one worker; their count of holders is not atomic. */
#ifndef PARLEY_BASE_FRAME_H
#define PARLEY_BASE_FRAME_H

#include <stddef.h>

#include "base/slice.h"

struct frame {
    size_t holders;
    size_t length;
    char bytes[]; /* a JSON object with at least one member */
};

struct frame *frame_create(struct slice text); /* one holder, the caller; never NULL; text[0] is asserted to be '{' */
struct frame *frame_ref(struct frame *frame);  /* returns it */
void frame_unref(struct frame *frame);         /* frees it after the last holder */

#endif
