/* credential.h - the one primitive under TURN credentials, apart so that its published vectors can be tried. */
#ifndef PARLEY_TURN_CREDENTIAL_H
#define PARLEY_TURN_CREDENTIAL_H

#include "base/slice.h"

#define HMAC_SHA1_LENGTH 20

/* RFC 2104 over SHA-1, which the TURN REST draft and coturn prescribe: docs/turn.md says why that is sound.
 * `key` is not empty (asserted). */
void hmac_sha1(struct slice key, struct slice message, unsigned char out[HMAC_SHA1_LENGTH]);

#endif
