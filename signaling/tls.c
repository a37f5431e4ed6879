/* tls.c - the certificate that a worker serves, and the rules of its TLS. */
#include "signaling/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/slice.h"

#define CHAIN_MAX 16 /* certificates of one file */

/* RFC 9325, 4.2: ephemeral keys and authenticated encryption only. */
static const char suites[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* A certificate with what leads to its root, and its key. */
struct pair {
    X509 *leaf;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
};

struct tls {
    char *cert_path;
    char *key_path;
    struct pair pair;
};

static void pair_fini(struct pair *pair)
{
    X509_free(pair->leaf);
    sk_X509_pop_free(pair->chain, X509_free);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){0};
}

static bool complain(char *out_error, const char *path, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    snprintf(out_error, TLS_ERROR_MAX, "%.120s: %s%s%.60s", path, what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return false;
}

static bool read_chain(FILE *file, struct pair *pair)
{
    pair->leaf = PEM_read_X509(file, NULL, NULL, NULL);
    pair->chain = sk_X509_new_null();
    if (!pair->leaf || !pair->chain)
        return false;
    while (sk_X509_num(pair->chain) < CHAIN_MAX) {
        X509 *next = PEM_read_X509(file, NULL, NULL, NULL);
        if (!next)
            break;
        if (!sk_X509_push(pair->chain, next))
            X509_free(next);
    }
    ERR_clear_error(); /* the end of the file is one */
    return true;
}

static bool read_certificates(const char *path, struct pair *pair, char *out_error)
{
    ERR_clear_error();
    FILE *file = fopen(path, "re");
    if (!file)
        return complain(out_error, path, "the certificate cannot be read");
    bool is_read = read_chain(file, pair);
    fclose(file);
    return is_read || complain(out_error, path, "this is no PEM certificate");
}

/* A key that needs a passphrase must not stop the server for someone to type it. */
static int no_passphrase(char *text, int size, int is_writing, void *context)
{
    (void)text, (void)size, (void)is_writing, (void)context;
    return -1;
}

static bool read_key(const char *path, struct pair *pair, char *out_error)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return complain(out_error, path, "the private key cannot be read");
    pair->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    fclose(file);
    return pair->key || complain(out_error, path, "this is no PEM private key without a passphrase");
}

static bool read_pair(const struct tls *tls, struct pair *out_pair, char *out_error)
{
    struct pair pair = {0};
    bool is_good = read_certificates(tls->cert_path, &pair, out_error) && read_key(tls->key_path, &pair, out_error);
    if (is_good && X509_check_private_key(pair.leaf, pair.key) != 1)
        is_good = complain(out_error, tls->key_path, "the private key does not fit the certificate");
    if (!is_good) {
        pair_fini(&pair);
        return false;
    }
    *out_pair = pair;
    return true;
}

struct tls *tls_create(const char *cert_path, const char *key_path, char out_error[TLS_ERROR_MAX])
{
    struct tls *tls = memory_new(sizeof *tls);
    tls->cert_path = memory_text(slice_from_text(cert_path));
    tls->key_path = memory_text(slice_from_text(key_path));
    return read_pair(tls, &tls->pair, out_error) ? tls : tls_destroy(tls);
}

struct tls *tls_destroy(struct tls *tls)
{
    if (!tls)
        return NULL;
    pair_fini(&tls->pair);
    free(tls->cert_path);
    free(tls->key_path);
    free(tls);
    return NULL;
}

bool tls_reload(struct tls *tls, char out_error[TLS_ERROR_MAX])
{
    struct pair pair;
    if (!read_pair(tls, &pair, out_error))
        return false;
    pair_fini(&tls->pair);
    tls->pair = pair;
    return true;
}

/* Asked at each handshake, so that a new pair may have another type of key than the old one. */
static int give_pair(SSL *ssl, void *context)
{
    const struct tls *tls = context;
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, tls->pair.leaf, tls->pair.key, tls->pair.chain, 1);
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
    struct tm when;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(tls->pair.leaf), &when) != 1)
        return 0;
    return (int64_t)timegm(&when);
}
