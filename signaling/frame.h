/* frame.h - one WebSocket text frame, encoded once and shared by every outbox that holds it.
 *
 * Frames belong to one worker; their count of holders is not atomic. */
#ifndef PARLEY_SIGNALING_FRAME_H
#define PARLEY_SIGNALING_FRAME_H

#include <stddef.h>

#include "base/slice.h"

struct frame {
    size_t holders;
    size_t length; /* header and payload */
    char bytes[];  /* as it goes over the wire: RFC 6455, 5.2, unmasked, final, text */
};

struct frame *frame_create(struct slice text); /* one holder, the caller; never NULL */
struct frame *frame_ref(struct frame *frame);  /* returns it */
void frame_unref(struct frame *frame);         /* frees it after the last holder */

#endif
