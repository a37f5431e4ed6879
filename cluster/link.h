/* link.h - the stream of frames between this node and one other: in order, once, or broken.
 *
 * Pure: (event, now) in, frames out through the port. A frame is kept until the other node has acknowledged it, and
 * sent again when it seems lost. A link is broken when the other node no longer knows of our stream, or has begun
 * another one: then what was under way in either direction may be lost, and both ends say so to their owners, once, and
 * begin anew. */
#ifndef PARLEY_CLUSTER_LINK_H
#define PARLEY_CLUSTER_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

struct link; /* opaque */

struct link_limits {
    size_t frames_max; /* that are not acknowledged yet */
    size_t bytes_max;  /* of their payloads */
};

/* Stands in the head of each frame between two nodes. Numbers count from 1 in a stream; number 0: the frame says
 * nothing but what it acknowledges. */
struct link_mark {
    uint64_t stream; /* the sender's: random, never 0 */
    uint64_t number;
    uint64_t heard_stream; /* the receiver's stream that is acknowledged; 0: none is known, who is there? */
    uint64_t heard;        /* everything up to this number has arrived */
};

/* What a link asks of its owner. `payload` is borrowed for the call. None of these may destroy the link; receive() and
 * broken() may say something. */
struct link_port {
    void *context;
    void (*send)(void *context, const struct link_mark *mark, struct slice payload);
    void (*receive)(void *context,
                    struct slice payload); /* each once, in the order in which the other node said them */
    /* Not called when we have neither said nor heard anything since the last time: nothing is lost. */
    void (*broken)(void *context);
};

#define LINK_RESEND_MS     300         /* without an acknowledgement: all is sent again; doubles at each time, */
#define LINK_RESEND_MS_MAX 5000        /* up to this, until something is heard */
#define LINK_RESEND_BYTES  (64 * 1024) /* at once of what is sent again; what is acknowledged makes place for more */
#define LINK_HEARD_FRAMES  32          /* so many are acknowledged at once, */
#define LINK_HEARD_BYTES   (32 * 1024) /* or so much; less waits for a frame to ride on, or for the next tick */

/* `stream` is random, and not 0; those that follow it are counted up from it. Never NULL. */
struct link *link_create(struct link_limits limits, struct link_port port, uint64_t stream);
struct link *link_destroy(struct link *link); /* NULL is fine; returns NULL */

/* Copies `payload`, and sends it as soon as the other end is known. Errors: ERR_OUTBOX_FULL, and nothing changes. */
enum error link_say(struct link *link, struct slice payload, struct instant now);

/* A frame of the other node has come. */
void link_hear(struct link *link, const struct link_mark *mark, struct slice payload, struct instant now);

/* Sends again what is overdue, acknowledges what was not yet, and asks for the other end. To be called every
 * LINK_TICK_MS while the bus is up, and not while it is down: then nothing is overdue. */
#define LINK_TICK_MS 100
void link_tick(struct link *link, struct instant now);

/* Gives up what is under way and begins another stream, named so (neither 0 nor the present one); tells the owner
 * through broken(), in any case. */
void link_break(struct link *link, uint64_t stream);

size_t link_waiting_frames(const struct link *link);
size_t link_waiting_bytes(const struct link *link);

/* How old the oldest frame is that is not acknowledged; 0 when there is none. */
int64_t link_lag_ms(const struct link *link, struct instant now);

#endif
