/* revocation.h - the peers whose tickets are void although they can be opened: kicked, or replaced.
 *
 * Entries are kept until the ticket would have ended by itself. Those that go with a file outlive the process. */
#ifndef PARLEY_AUTH_REVOCATION_H
#define PARLEY_AUTH_REVOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define REVOCATIONS_MAX 100000 /* beyond that, those that end first are forgotten first */

struct revocations; /* opaque; one per worker */

/* Called with each new entry, to be written down: peer id, ERR_KICKED or ERR_REPLACED, and its end. */
struct revocation_log {
    void *context;
    void (*write)(void *context, struct slice peer_id, enum error why, int64_t ends_unix_s);
};

struct revocations *revocations_create(struct revocation_log log);        /* log.write may be NULL; never NULL itself */
struct revocations *revocations_destroy(struct revocations *revocations); /* NULL is fine; returns NULL */

void revocations_add(struct revocations *revocations, struct slice peer_id, enum error why, int64_t ends_unix_s);

/* As revocations_add() without writing it down: for what was read from there, or need not outlive the process. */
void revocations_restore(struct revocations *revocations, struct slice peer_id, enum error why, int64_t ends_unix_s);

/* Why the tickets of this peer are void; ERROR_NONE: they are not. */
enum error revocations_find(const struct revocations *revocations, struct slice peer_id);

/* Forgets what has ended. */
void revocations_tick(struct revocations *revocations, struct instant now);
size_t revocations_count(const struct revocations *revocations);

#endif
