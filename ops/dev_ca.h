/* dev_ca.h - a certificate for phones on the local network, from a local authority that is made on first use.
 *
 * For `serve --dev --lan` only. What a caller does:
 *   1. char *directory = dev_ca_directory(environment's XDG_STATE_HOME, HOME), or one of its own choice;
 *   2. dev_ca_make(directory, clock_now(), stderr, &certificate);
 *   3. gives cert_file and key_file to the TLS listener, as server.tls_cert_file and server.tls_key_file;
 *   4. prints https://ADDRESS:PORT/... with one of `addresses`, its QR code (ops/qr.h), and says that each phone must
 *      trust ca_file once, or accept the browser's warning;
 *   5. dev_certificate_fini(&certificate).
 * Calling it at each start is right: it reuses what is there, and makes a new certificate when the machine's
 * addresses changed or the old one ends soon. The authority stays the same for ten years. */
#ifndef PARLEY_OPS_DEV_CA_H
#define PARLEY_OPS_DEV_CA_H

#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"

#define DEV_CA_ADDRESSES_MAX       64 /* one machine with more takes part with its first 64 */
#define DEV_CA_YEARS               10
#define DEV_CERTIFICATE_DAYS       90
#define DEV_CERTIFICATE_RENEW_DAYS 14 /* this long before the end a new one is made */

struct dev_certificate {
    char *ca_file;   /* the authority's certificate (PEM): what a phone has to trust */
    char *cert_file; /* the server's certificate, then the authority's (PEM) */
    char *key_file;  /* the server's private key (PEM), mode 0600 */
    size_t address_count;
    char **addresses; /* the machine's addresses without loopback and link-local ones; IPv4 before IPv6, no brackets */
};

/* Where the authority is kept unless the user says otherwise: parley/dev under `state_home` (XDG_STATE_HOME), or under
 * .local/state of `home` when that is NULL, empty or relative. The caller frees it; NULL when neither is given. */
char *dev_ca_directory(const char *state_home, const char *home);

/* Makes or reuses the authority and the certificate in `directory`, which is made too (mode 0700).
 *
 * On success the caller ends *out with dev_certificate_fini(). On failure one line that says what to do has
 * been written to `errors` (NULL: none is). Errors: ERR_FILE_UNREADABLE (also: cannot be written),
 * ERR_FILE_TOO_OPEN (a private key that others can read), ERR_KEY_INVALID (a damaged or foreign file). */
enum error dev_ca_make(const char *directory, struct instant now, FILE *errors, struct dev_certificate *out);

void dev_certificate_fini(struct dev_certificate *certificate); /* a zeroed one is fine; zeroes it */

#endif
