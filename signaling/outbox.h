/* outbox.h - the frames that wait for one client, bounded in number and in bytes. */
#ifndef PARLEY_SIGNALING_OUTBOX_H
#define PARLEY_SIGNALING_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "signaling/frame.h"

struct outbox_limits {
    size_t frames_max;
    size_t bytes_max;
};

struct outbox {
    struct outbox_limits limits;
    struct frame **ring; /* `capacity` places, a power of two; NULL until the first frame */
    size_t capacity;
    size_t first;
    size_t count;
    size_t bytes;
};

void outbox_init(struct outbox *outbox, struct outbox_limits limits);
void outbox_fini(struct outbox *outbox); /* lets go of every frame */

/* Holds `frame` (the outbox takes a reference of its own). Errors: ERR_OUTBOX_FULL, and nothing changes. */
enum error outbox_push(struct outbox *outbox, struct frame *frame);

/* Holds the frame that a client cannot do without, its welcome, however long, and lets the outbox hold so much more. */
void outbox_push_first(struct outbox *outbox, struct frame *frame);

/* As outbox_push() without regard to the limits: for the last words before a close, of which there are few. */
void outbox_push_last(struct outbox *outbox, struct frame *frame);

/* The frame that waits longest, borrowed; NULL when none does. */
struct frame *outbox_first(const struct outbox *outbox);
void outbox_pop(struct outbox *outbox); /* asserted not to be empty */

/* Lets go of what waits, for a client that reads nothing any more. */
void outbox_clear(struct outbox *outbox);

#endif
