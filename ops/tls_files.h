/* tls_files.h - the certificate chain and the private key that server.tls_cert_file and server.tls_key_file name. */
#ifndef PARLEY_OPS_TLS_FILES_H
#define PARLEY_OPS_TLS_FILES_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "ops/config.h"

#define TLS_FILES_ERROR_MAX 256
#define TLS_EXPIRY_WARN_S   (14 * 86400) /* two weeks are time to find out why the renewal does not work */

/* A certificate with what leads to its root, and its key. */
struct tls_files {
    X509 *leaf;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
};

/* Reads both, PEM. Returns 0, 66 (no file) or 78 (they cannot be used); `out_error` then says why, the setting and the
 * path first. On success the caller ends *out with tls_files_fini(). */
int tls_files_read(const char *cert_path, const char *key_path, struct tls_files *out,
                   char out_error[TLS_FILES_ERROR_MAX]);
void tls_files_fini(struct tls_files *files); /* a zeroed one is fine; zeroes it */

/* When the certificate expires; 0 when it does not say. */
int64_t tls_files_expiry_unix_s(const struct tls_files *files);

/* Reads the files of a configuration with a TLS listener, and lets them go. Returns as tls_files_read() does, with the
 * reason on `errors`. *out_expiry_unix_s is 0 where there is no TLS. */
int tls_files_check(const struct config *config, FILE *errors, int64_t *out_expiry_unix_s);

/* Warns on `errors` of a certificate that ends soon, and of a key that others can read. */
void tls_files_warn(const struct config *config, int64_t expiry_unix_s, int64_t now_unix_s, FILE *errors);

#endif
