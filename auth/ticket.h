/* ticket.h - the sealed proof with which a session resumes, on this server or on another that has the key.
 *
 * A ticket holds all that is needed to be the same peer again. It is sealed with AES-256-GCM: nothing in it can be
 * read, made up or changed without the key. */
#ifndef PARLEY_AUTH_TICKET_H
#define PARLEY_AUTH_TICKET_H

#include <stdint.h>

#include "auth/claims.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

/* The longest one: name, metadata and attributes at their limits, room and identity, in base64url. */
#define TICKET_BYTES_MAX  12288
#define TICKET_SECRET_MIN 32 /* bytes */
#define TICKET_KEYS_MAX   2  /* while one is being replaced by the other */
#define TICKET_LEEWAY_S   30 /* T-59: how far the wall clocks of two servers, or of one before and after, may differ */

struct sealer; /* opaque; read-only once made, so that workers may share it */

/* The first secret seals and opens, the further ones (say, the one in use before) only open. Keys are derived from
 * them by HKDF-SHA256 (RFC 5869). NULL when a secret is shorter than TICKET_SECRET_MIN,
 * or when there are none or more than TICKET_KEYS_MAX. */
struct sealer *sealer_create(const struct slice *secrets, size_t count);
struct sealer *sealer_destroy(struct sealer *sealer); /* wipes the keys; NULL is fine; returns NULL */

struct ticket {
    struct slice room;
    struct slice peer_id;
    struct slice identity;
    struct slice name;
    struct slice metadata;
    struct attributes attributes;
    struct grants grants;
    uint64_t order;      /* of joining: who is polite */
    uint64_t epoch;      /* of the home that it was made for */
    uint64_t generation; /* counts the session's tickets: an older one is spent */
    int64_t ends_unix_s; /* when the session ends, and the ticket with it */
    void *memory;        /* what the slices point into, when ticket_open() made them; else NULL */
};

/* Appends the sealed ticket, as base64url text. */
void ticket_seal(const struct sealer *sealer, const struct ticket *ticket, struct buffer *out);

/* Opens a ticket for `room`; the caller ends *out_ticket with ticket_fini(). Untouched on failure.
 * Errors: ERR_TICKET_INVALID (not one of ours, or for another room), ERR_SESSION_ENDED (its time is over, and
 * TICKET_LEEWAY_S too). */
enum error ticket_open(const struct sealer *sealer, struct slice text, struct slice room, struct instant now,
                       struct ticket *out_ticket);
void ticket_fini(struct ticket *ticket);

#endif
