/* tls.h - the certificate that a worker serves, and the rules of its TLS: 1.2 and up, AEAD only, no renegotiation. */
#ifndef PARLEY_SIGNALING_TLS_H
#define PARLEY_SIGNALING_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "ops/tls_files.h"

#define TLS_ERROR_MAX TLS_FILES_ERROR_MAX

struct tls; /* opaque; one per worker */

/* Reads the chain and its key, both PEM. NULL when they cannot be used; `out_error` then says why. */
struct tls *tls_create(const char *cert_path, const char *key_path, char out_error[TLS_ERROR_MAX]);
struct tls *tls_destroy(struct tls *tls); /* NULL is fine; returns NULL */

/* Puts the rules and the certificate on a context that libwebsockets has made. `tls` must outlive it. */
void tls_harden(struct tls *tls, SSL_CTX *context);

/* Reads both files anew. Connections keep what they have, new ones get the new pair. When it cannot be used, or has
 * expired and the old one has not, the old one stays; false, and `out_error` says why. */
bool tls_reload(struct tls *tls, char out_error[TLS_ERROR_MAX]);

/* When the certificate expires. */
int64_t tls_expiry_unix_s(const struct tls *tls);

#endif
