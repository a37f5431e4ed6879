/* revocation.c - keeps the revoked peers until their tickets have ended. */
#include "auth/revocation.h"

#include <stdlib.h>

#include "auth/expiry.h"
#include "auth/ticket.h"
#include "base/memory.h"

struct revocations {
    struct revocation_log log;
    struct expiries peers;
    struct instant begun; /* of the first tick */
};

struct revocations *revocations_create(struct revocation_log log)
{
    struct revocations *revocations = memory_new(sizeof *revocations);
    revocations->log = log;
    return revocations;
}

struct revocations *revocations_destroy(struct revocations *revocations)
{
    if (!revocations)
        return NULL;
    expiries_fini(&revocations->peers);
    free(revocations);
    return NULL;
}

/* Sessions that merely ended are many after a restart: they must not have a kick forgotten. */
static bool is_worth_a_place(const struct expiries *peers, enum error why)
{
    return why != ERR_SESSION_ENDED || peers->count < REVOCATIONS_MAX / 2;
}

/* Tickets end later for who knows the peer longer: an end never moves back. */
void revocations_restore(struct revocations *revocations, struct slice peer_id, enum error why, int64_t ends_unix_s)
{
    struct expiries *peers = &revocations->peers;
    const struct expiry *known = expiries_find(peers, peer_id);
    if (!known && !is_worth_a_place(peers, why))
        return;
    if (!known && peers->count == REVOCATIONS_MAX)
        expiries_drop_first(peers);
    if (known && known->ends_unix_s > ends_unix_s)
        ends_unix_s = known->ends_unix_s;
    expiries_put(peers, peer_id, (int)why, ends_unix_s);
}

void revocations_add(struct revocations *revocations, struct slice peer_id, enum error why, int64_t ends_unix_s)
{
    revocations_restore(revocations, peer_id, why, ends_unix_s);
    if (revocations->log.write)
        revocations->log.write(revocations->log.context, peer_id, why, ends_unix_s);
}

enum error revocations_find(const struct revocations *revocations, struct slice peer_id)
{
    const struct expiry *entry = expiries_find(&revocations->peers, peer_id);
    return entry ? (enum error)entry->value : ERROR_NONE;
}

/* A wall clock that was set forward must not void what it does not void for tickets either (T-59): the earlier counts,
 * of that clock and of our own count. */
void revocations_tick(struct revocations *revocations, struct instant now)
{
    struct instant *begun = &revocations->begun;
    if (!begun->unix_ms)
        *begun = now;
    int64_t counted_ms = begun->unix_ms + (now.mono_ms - begun->mono_ms);
    int64_t unix_ms = counted_ms < now.unix_ms ? counted_ms : now.unix_ms;
    expiries_tick(&revocations->peers, unix_ms / 1000 - TICKET_LEEWAY_S);
}

size_t revocations_count(const struct revocations *revocations)
{
    return revocations->peers.count;
}
