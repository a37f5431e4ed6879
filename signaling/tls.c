/* tls.c - the certificate that a worker serves, and the rules of its TLS. */
#include "signaling/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/slice.h"

/* RFC 9325, 4.2: ephemeral keys and authenticated encryption only. */
static const char suites[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct tls {
    char *cert_path;
    char *key_path;
    struct tls_files files;
};

struct tls *tls_create(const char *cert_path, const char *key_path, char out_error[TLS_ERROR_MAX])
{
    struct tls *tls = memory_new(sizeof *tls);
    tls->cert_path = memory_text(slice_from_text(cert_path));
    tls->key_path = memory_text(slice_from_text(key_path));
    int status = tls_files_read(tls->cert_path, tls->key_path, &tls->files, out_error);
    return status ? tls_destroy(tls) : tls;
}

struct tls *tls_destroy(struct tls *tls)
{
    if (!tls)
        return NULL;
    tls_files_fini(&tls->files);
    free(tls->cert_path);
    free(tls->key_path);
    free(tls);
    return NULL;
}

/* A renewal that went wrong may put the last certificate in the place of this one. */
static bool is_step_back(const struct tls *tls, const struct tls_files *files)
{
    int64_t now_unix_s = (int64_t)time(NULL);
    return tls_files_expiry_unix_s(files) <= now_unix_s && tls_expiry_unix_s(tls) > now_unix_s;
}

bool tls_reload(struct tls *tls, char out_error[TLS_ERROR_MAX])
{
    struct tls_files files;
    if (tls_files_read(tls->cert_path, tls->key_path, &files, out_error))
        return false;
    if (is_step_back(tls, &files)) {
        (void)snprintf(out_error, TLS_ERROR_MAX, "server.tls_cert_file: %.150s: the certificate has expired",
                       tls->cert_path);
        tls_files_fini(&files);
        return false;
    }
    tls_files_fini(&tls->files);
    tls->files = files;
    return true;
}

/* Asked at each handshake, so that a new pair may have another type of key than the old one. */
static int give_pair(SSL *ssl, void *context)
{
    const struct tls *tls = context;
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, tls->files.leaf, tls->files.key, tls->files.chain, 1);
}

void tls_harden(struct tls *tls, SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, suites);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_cb(context, give_pair, tls);
}

int64_t tls_expiry_unix_s(const struct tls *tls)
{
    return tls_files_expiry_unix_s(&tls->files);
}
