/* sealer.h - sealed bytes as text: what tickets are wrapped in; private to auth/.
 *
 * base64url of: version (1 byte), key id (4), nonce (12), AES-256-GCM ciphertext, tag (16). All that stands before the
 * ciphertext is authenticated too, and so is what the caller binds it to. */
#ifndef PARLEY_AUTH_SEALER_H
#define PARLEY_AUTH_SEALER_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/ticket.h"

/* Appends the sealed text. */
void sealer_seal(const struct sealer *sealer, struct slice plain, struct slice bound, struct buffer *out);

/* False, and nothing is written, unless the text was sealed with one of the keys and for `bound`, and fits. */
bool sealer_open(const struct sealer *sealer, struct slice text, struct slice bound, struct buffer *out_plain);

#endif
