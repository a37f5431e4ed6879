/* mailbox.h - what was said to a session and not receipted yet, bounded in number and in bytes.
 *
 * Letters are numbered upwards, with gaps where some were taken back. */
#ifndef PARLEY_CLUSTER_MAILBOX_H
#define PARLEY_CLUSTER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/frame.h"
#include "rooms/event.h"

struct mailbox_limits {
    size_t letters_max;
    size_t bytes_max;
};

#define MAILBOX_BEYOND 2 /* how many times its limits a mailbox holds of what cannot be refused */

struct letter {
    struct frame *frame;
    enum event_type type;
    uint64_t n;      /* the hearer's number of it */
    uint64_t about;  /* whom it is about, or from: see news.c; 0: nobody */
    uint64_t sender; /* handle of the session that it comes from; 0: from the home itself */
    int64_t seq;     /* the sender's number of it; 0: nobody waits for a receipt */
};

struct mailbox {
    struct mailbox_limits limits;
    struct letter *ring; /* `capacity` places, a power of two; NULL until the first letter */
    size_t capacity;
    size_t first;
    size_t count;
    size_t bytes;
};

void mailbox_init(struct mailbox *mailbox, struct mailbox_limits limits);
void mailbox_fini(struct mailbox *mailbox); /* lets go of every frame */

/* Keeps `letter`, whose number is above all others here; takes a reference of its own to the frame.
 * Errors: ERR_OUTBOX_FULL, and nothing changes. */
enum error mailbox_push(struct mailbox *mailbox, const struct letter *letter);

/* As mailbox_push(), for what the hearer cannot do without: fits up to MAILBOX_BEYOND times the limits. */
enum error mailbox_push_beyond(struct mailbox *mailbox, const struct letter *letter);

/* The letter at `index`, 0 being the oldest; borrowed; NULL beyond the end. */
const struct letter *mailbox_at(const struct mailbox *mailbox, size_t index);
void mailbox_pop(struct mailbox *mailbox); /* the oldest; asserted to be there */

/* Takes back every letter that `picks` wants, who is asked about the oldest first; returns how many. */
size_t mailbox_withdraw_if(struct mailbox *mailbox, bool (*picks)(void *context, const struct letter *letter),
                           void *context);

/* Takes back every letter of that sender; returns how many. */
size_t mailbox_withdraw(struct mailbox *mailbox, uint64_t sender);

#endif
