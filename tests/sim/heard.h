/* heard.h - one message from the server, read as far as it matters to a client of the simulator. */
#ifndef PARLEY_TESTS_SIM_HEARD_H
#define PARLEY_TESTS_SIM_HEARD_H

#include <stdint.h>

#include "base/slice.h"

struct heard {
    struct slice type, code, reason, session, from, peer, self, peers, body, action, ticket;
    int64_t n, re, seq, first, last, accepted, retry_ms, delay_ms;
};

void heard_read(struct slice text, struct heard *out);

/* A member of an object, without quotes; empty when there is none. */
struct slice heard_member(struct slice object, const char *name);

/* The digits at the start of a text. */
int64_t heard_integer(struct slice value);

#endif
