/* ticket_scene.h - a sealer and a ticket of ann's, and what comes of a text that claims to be one. */
#ifndef PARLEY_TESTS_AUTH_SUPPORT_TICKET_SCENE_H
#define PARLEY_TESTS_AUTH_SUPPORT_TICKET_SCENE_H

#include "auth/ticket.h"

#define TICKET_NOW_S INT64_C(1800000000)

#define TICKET_SECRET       SLICE_LITERAL("the first secret, 32 bytes long..")
#define TICKET_OTHER_SECRET SLICE_LITERAL("another secret, 32 bytes or more.")

static inline struct instant at_s(int64_t unix_s)
{
    return (struct instant){.unix_ms = unix_s * 1000};
}

struct ticket ticket_of_ann(void); /* for the room lobby; ends an hour after TICKET_NOW_S */

struct sealer *sealer_with(struct slice secret);

/* The text of ticket_of_ann(), sealed with TICKET_SECRET; the caller ends it. */
struct buffer ann_sealed(void);

/* What becomes of `text` at TICKET_NOW_S, in `room`; a ticket that opens is ended. */
enum error ticket_verdict(const struct sealer *sealer, struct slice text, const char *room);

#endif
