/* tls_files.c - reads a certificate chain and its key. */
#include "ops/tls_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#include "ops/config_file.h"

#define CHAIN_MAX 16 /* certificates of one file */

#define CERT_SETTING "server.tls_cert_file"
#define KEY_SETTING  "server.tls_key_file"

void tls_files_fini(struct tls_files *files)
{
    X509_free(files->leaf);
    sk_X509_pop_free(files->chain, X509_free);
    EVP_PKEY_free(files->key);
    *files = (struct tls_files){0};
}

static int complain(char *out_error, int status, const char *setting, const char *path, const char *why)
{
    (void)snprintf(out_error, TLS_FILES_ERROR_MAX, "%s: %.150s: %s", setting, path, why);
    return status;
}

/* NULL, with errno set, when there is nothing to read. A directory opens, but has no content. */
static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0 || !S_ISDIR(status.st_mode))
        return file;
    (void)fclose(file);
    errno = EISDIR;
    return NULL;
}

static void read_chain(FILE *file, struct tls_files *files)
{
    files->leaf = PEM_read_X509(file, NULL, NULL, NULL);
    files->chain = sk_X509_new_null();
    while (files->leaf && files->chain && sk_X509_num(files->chain) < CHAIN_MAX) {
        X509 *next = PEM_read_X509(file, NULL, NULL, NULL);
        if (!next)
            break;
        if (!sk_X509_push(files->chain, next))
            X509_free(next);
    }
    ERR_clear_error(); /* the end of the file is one */
}

static int read_certificates(const char *path, struct tls_files *files, char *out_error)
{
    FILE *file = open_file(path);
    if (!file)
        return complain(out_error, EX_NOINPUT, CERT_SETTING, path, strerror(errno));
    read_chain(file, files);
    (void)fclose(file);
    if (files->leaf && files->chain)
        return EX_OK;
    return complain(out_error, EX_CONFIG, CERT_SETTING, path, "holds no certificate (PEM)");
}

/* A key that needs a passphrase must not stop the server for someone to type it. */
static int no_passphrase(char *text, int size, int is_writing, void *context)
{
    (void)text, (void)size, (void)is_writing, (void)context;
    return -1;
}

static int read_key(const char *path, struct tls_files *files, char *out_error)
{
    FILE *file = open_file(path);
    if (!file)
        return complain(out_error, EX_NOINPUT, KEY_SETTING, path, strerror(errno));
    files->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    (void)fclose(file);
    ERR_clear_error();
    if (files->key)
        return EX_OK;
    return complain(out_error, EX_CONFIG, KEY_SETTING, path, "holds no private key (PEM) without a passphrase");
}

int tls_files_read(const char *cert_path, const char *key_path, struct tls_files *out,
                   char out_error[TLS_FILES_ERROR_MAX])
{
    struct tls_files files = {0};
    int status = read_certificates(cert_path, &files, out_error);
    if (!status)
        status = read_key(key_path, &files, out_error);
    if (!status && X509_check_private_key(files.leaf, files.key) != 1) {
        ERR_clear_error();
        status = complain(out_error, EX_CONFIG, KEY_SETTING, key_path, "the private key does not fit the certificate");
    }
    if (status)
        tls_files_fini(&files);
    else
        *out = files;
    return status;
}

int64_t tls_files_expiry_unix_s(const struct tls_files *files)
{
    struct tm when;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(files->leaf), &when) != 1)
        return 0;
    return (int64_t)timegm(&when);
}

int tls_files_check(const struct config *config, FILE *errors, int64_t *out_expiry_unix_s)
{
    struct tls_files files;
    char error[TLS_FILES_ERROR_MAX];
    *out_expiry_unix_s = 0;
    if (!config->server_tls_listen.count)
        return EX_OK;
    int status = tls_files_read(config->server_tls_cert_file, config->server_tls_key_file, &files, error);
    if (status) {
        (void)fprintf(errors, "parley: %s\n", error);
        return status;
    }
    *out_expiry_unix_s = tls_files_expiry_unix_s(&files);
    tls_files_fini(&files);
    return EX_OK;
}

static void warn_of_expiry(const char *path, int64_t expiry_unix_s, int64_t now_unix_s, FILE *errors)
{
    struct tm parts;
    char day[32] = "";
    time_t expiry = (time_t)expiry_unix_s;
    if (gmtime_r(&expiry, &parts))
        (void)strftime(day, sizeof day, "%Y-%m-%d %H:%M UTC", &parts);
    (void)fprintf(errors, "parley: warning: " CERT_SETTING ": %s: the certificate %s on %s\n", path,
                  expiry_unix_s <= now_unix_s ? "expired" : "expires", day);
}

void tls_files_warn(const struct config *config, int64_t expiry_unix_s, int64_t now_unix_s, FILE *errors)
{
    if (!config->server_tls_listen.count)
        return;
    if (expiry_unix_s < now_unix_s + TLS_EXPIRY_WARN_S)
        warn_of_expiry(config->server_tls_cert_file, expiry_unix_s, now_unix_s, errors);
    if (config_file_is_open(config->server_tls_key_file))
        (void)fprintf(errors, "parley: warning: " KEY_SETTING ": %s: others can read this key: chmod 600 it\n",
                      config->server_tls_key_file);
}
