/* outbox.h - the frames that wait to be written to one connection, bounded in number and in bytes. */
#ifndef PARLEY_SIGNALING_OUTBOX_H
#define PARLEY_SIGNALING_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/frame.h"

struct outbox_limits {
    size_t frames_max;
    size_t bytes_max;
};

/* A frame and the number that it has for this hearer; 0: none. */
struct posting {
    struct frame *frame;
    uint64_t n;
};

struct outbox {
    struct outbox_limits limits;
    struct posting *ring; /* `capacity` places, a power of two; NULL until the first frame */
    size_t capacity;
    size_t first;
    size_t count;
    size_t bytes;
};

void outbox_init(struct outbox *outbox, struct outbox_limits limits);
void outbox_fini(struct outbox *outbox); /* lets go of every frame */

/* Holds `frame` (the outbox takes a reference of its own). Errors: ERR_OUTBOX_FULL, and nothing changes. */
enum error outbox_push(struct outbox *outbox, struct frame *frame, uint64_t n);

/* Holds what a client cannot do without, its welcome and what it missed, however long, and lets the outbox hold so
 * much more. */
void outbox_push_first(struct outbox *outbox, struct frame *frame, uint64_t n);

/* As outbox_push() without regard to the limits: for the last words before a close, of which there are few. */
void outbox_push_last(struct outbox *outbox, struct frame *frame);

/* What waits longest, borrowed; NULL when nothing does. */
const struct posting *outbox_first(const struct outbox *outbox);
void outbox_pop(struct outbox *outbox); /* asserted not to be empty */

/* Lets go of what waits, for a client that reads nothing any more. */
void outbox_clear(struct outbox *outbox);

#endif
