/* keyring.h - the keys that tokens are verified with; each is good for one algorithm only (RFC 8725, 3.1). */
#ifndef PARLEY_AUTH_KEYRING_H
#define PARLEY_AUTH_KEYRING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

#define SECRET_BYTES_MIN 32

struct keyring; /* opaque; read-only once built, so that workers may share it */

struct keyring *keyring_create(void);                     /* never NULL; caller destroys */
struct keyring *keyring_destroy(struct keyring *keyring); /* wipes the keys; NULL is fine; returns NULL */

size_t keyring_count(const struct keyring *keyring);

/* The API key that was added first, borrowed from the ring; empty when there is none. */
struct slice keyring_first_key_id(const struct keyring *keyring);

/* Adds an API key for HS256; both are copied. Errors: ERR_KEY_WEAK (under 32 bytes), ERR_KEY_INVALID
 * (empty or repeated id). */
enum error keyring_add_secret(struct keyring *keyring, struct slice key_id, struct slice secret);

/* Adds the "id: secret" entries of a text, parted by newlines or commas, as an environment variable holds them.
 * Errors: ERR_KEY_WEAK, ERR_KEY_INVALID; *out_entry tells which, from 1 (0: there is none). */
enum error keyring_add_list(struct keyring *keyring, struct slice text, int *out_entry);

/* Adds every "id: secret" line of a keys file, mode 0600 or stricter; # starts a comment.
 * Errors: ERR_FILE_UNREADABLE, ERR_FILE_TOO_OPEN, ERR_KEY_WEAK, ERR_KEY_INVALID; *out_line tells where
 * (0: the file; a file without a key is ERR_KEY_INVALID). */
enum error keyring_load_secrets(struct keyring *keyring, const char *path, int *out_line);

/* Adds the RS256, PS256 and ES256 keys of a JWKS file (RFC 7517), each with a kid; an RSA key without alg is for RS256.
 * Keys for encryption and for other algorithms are passed over. Errors: ERR_FILE_UNREADABLE, ERR_KEY_INVALID
 * (malformed, weak, private or symmetric; or a file without a key of use); *out_index tells which key (-1: the file).
 */
enum error keyring_load_jwks(struct keyring *keyring, const char *path, int *out_index);

#endif
