/* dev_ca.c - makes, keeps and renews the local authority and its one certificate. */
#include "ops/dev_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "ops/directory.h"
#include "ops/lan_address.h"

#define CA_CERT_NAME "ca.pem"
#define CA_KEY_NAME  "ca.key"
#define CERT_NAME    "server.pem"
#define KEY_NAME     "server.key"
#define NEW_NAME     "new" /* a file under way; renamed when it is whole */

#define DAY_S           INT64_C(86400)
#define BACKDATED_S     INT64_C(3600) /* for phones whose clock is a little slow */
#define SERIAL_BITS     127           /* RFC 5280, 4.1.2.2: positive, at most 20 octets */
#define COMMON_NAME_MAX 64            /* RFC 5280, appendix A: ub-common-name */

/* One run of dev_ca_make(). */
struct maker {
    const char *directory;
    int directory_fd;
    int64_t now_s;
    FILE *errors;
    size_t address_count;
    char **addresses;
};

struct pair {
    X509 *certificate; /* both are NULL when there is no usable pair */
    EVP_PKEY *key;
};

struct extension {
    int nid;
    const char *value; /* as openssl x509v3_config(5) has it */
};

static void pair_fini(struct pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){0};
}

static enum error explain(const struct maker *maker, enum error error, const char *name, const char *what)
{
    if (maker->errors)
        fprintf(maker->errors, "parley: %s%s%s: %s\n", maker->directory, name[0] ? "/" : "", name, what);
    return error;
}

static enum error explain_openssl(const struct maker *maker, const char *name)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return explain(maker, ERR_KEY_INVALID, name, reason ? reason : "OpenSSL could not make this");
}

/* Files */

/* Opens the directory and holds off other servers that start at the same moment, until directory_fd is closed. */
static enum error directory_open(struct maker *maker)
{
    if (!maker->directory[0])
        return explain(maker, ERR_FILE_UNREADABLE, "", "no name");
    int reason = directory_open_locked(maker->directory, &maker->directory_fd);
    return reason == 0 ? ERROR_NONE : explain(maker, ERR_FILE_UNREADABLE, "", strerror(reason));
}

static FILE *file_open(const struct maker *maker, const char *name)
{
    int fd = openat(maker->directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? NULL : fdopen(fd, "r");
}

static FILE *file_create(const struct maker *maker, mode_t mode)
{
    unlinkat(maker->directory_fd, NEW_NAME, 0);
    int fd = openat(maker->directory_fd, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* Ends file_create(); the old file of that name stands until the new one is whole. */
static enum error file_keep(const struct maker *maker, FILE *file, const char *name, bool is_written)
{
    bool is_whole = fclose(file) == 0 && is_written;
    if (!is_whole || renameat(maker->directory_fd, NEW_NAME, maker->directory_fd, name) != 0)
        return explain(maker, ERR_FILE_UNREADABLE, name, strerror(errno));
    return ERROR_NONE;
}

static enum error key_write(const struct maker *maker, const char *name, EVP_PKEY *key)
{
    FILE *file = file_create(maker, 0600);
    if (!file)
        return explain(maker, ERR_FILE_UNREADABLE, name, strerror(errno));
    return file_keep(maker, file, name, PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
}

/* `issuer` is NULL for a chain of one. */
static enum error chain_write(const struct maker *maker, const char *name, X509 *first, X509 *issuer)
{
    FILE *file = file_create(maker, 0644);
    if (!file)
        return explain(maker, ERR_FILE_UNREADABLE, name, strerror(errno));
    bool is_written = PEM_write_X509(file, first) == 1 && (!issuer || PEM_write_X509(file, issuer) == 1);
    return file_keep(maker, file, name, is_written);
}

static bool is_private(FILE *file)
{
    struct stat status;
    return fstat(fileno(file), &status) == 0 && (status.st_mode & 077) == 0;
}

/* Reads a pair; one that is not there, or only half, leaves *out empty and is no error. */
static enum error pair_read(const struct maker *maker, const char *cert_name, const char *key_name, struct pair *out)
{
    FILE *cert_file = file_open(maker, cert_name);
    FILE *key_file = file_open(maker, key_name);
    struct pair pair = {0};
    enum error error = ERROR_NONE;
    if (key_file && !is_private(key_file))
        error = explain(maker, ERR_FILE_TOO_OPEN, key_name, "others can read this key: chmod 600 it");
    else if (cert_file && key_file) {
        pair.certificate = PEM_read_X509(cert_file, NULL, NULL, NULL);
        pair.key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
        if (!pair.certificate || !pair.key || X509_check_private_key(pair.certificate, pair.key) != 1)
            error = ERR_KEY_INVALID;
    }
    ERR_clear_error();
    if (cert_file)
        fclose(cert_file);
    if (key_file)
        fclose(key_file);
    if (error)
        pair_fini(&pair);
    else
        *out = pair;
    return error;
}

/* Certificates */

static bool is_valid_from_now_on(const struct maker *maker, const X509 *certificate, int days)
{
    time_t now = (time_t)maker->now_s;
    time_t until = (time_t)(maker->now_s + days * DAY_S);
    return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &until) > 0;
}

static bool name_set(X509 *certificate, const char *what)
{
    char host[COMMON_NAME_MAX] = "";
    char name[COMMON_NAME_MAX + 1];
    gethostname(host, sizeof host - 1);
    /* Cut where it must be: the name is for people to recognise in a list. */
    if (snprintf(name, sizeof name, "%s on %s", what, host) < 0)
        return false;
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1;
}

static bool serial_set(X509 *certificate)
{
    BIGNUM *serial = BN_new();
    bool is_set = serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
    BN_free(serial);
    return is_set;
}

static bool extensions_add(X509 *certificate, X509 *issuer, const struct extension *extensions, size_t count)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
        bool is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!is_added)
            return false;
    }
    return true;
}

/* Makes pair->key and pair->certificate, signed by `issuer` or, where that is NULL, by itself. */
static bool pair_make(const struct maker *maker, const char *what, int days, const struct pair *issuer,
                      const struct extension *extensions, size_t count, struct pair *pair)
{
    pair->key = EVP_EC_gen("P-256");
    pair->certificate = X509_new();
    if (!pair->key || !pair->certificate)
        return false;

    X509 *certificate = pair->certificate;
    const struct pair *signer = issuer ? issuer : pair;
    int64_t until_s = maker->now_s + days * DAY_S;
    return X509_set_version(certificate, X509_VERSION_3) && serial_set(certificate) && name_set(certificate, what) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(signer->certificate)) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(maker->now_s - BACKDATED_S)) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)until_s) && X509_set_pubkey(certificate, pair->key) &&
           extensions_add(certificate, signer->certificate, extensions, count) &&
           X509_sign(certificate, signer->key, EVP_sha256()) > 0;
}

/* The authority */

static enum error ca_make(const struct maker *maker, struct pair *out)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    struct pair ca = {0};
    enum error error = ERROR_NONE;
    if (!pair_make(maker, "Parley development authority", DEV_CA_YEARS * 365, NULL, extensions,
                   sizeof extensions / sizeof *extensions, &ca))
        error = explain_openssl(maker, CA_CERT_NAME);
    if (!error)
        error = key_write(maker, CA_KEY_NAME, ca.key);
    if (!error)
        error = chain_write(maker, CA_CERT_NAME, ca.certificate, NULL);
    if (error)
        pair_fini(&ca);
    else
        *out = ca;
    return error;
}

static enum error ca_take(const struct maker *maker, struct pair *out)
{
    struct pair ca = {0};
    enum error error = pair_read(maker, CA_CERT_NAME, CA_KEY_NAME, &ca);
    /* Phones may trust the old one, so it is not replaced behind its owner's back. */
    if (error == ERR_KEY_INVALID)
        return explain(maker, error, CA_CERT_NAME,
                       "is damaged or does not belong to " CA_KEY_NAME "; remove both to have a new authority made");
    if (error)
        return error;
    if (ca.key && is_valid_from_now_on(maker, ca.certificate, DEV_CERTIFICATE_DAYS)) {
        *out = ca;
        return ERROR_NONE;
    }
    pair_fini(&ca);
    return ca_make(maker, out);
}

/* The server's certificate */

static bool is_for_this_machine(const struct maker *maker, X509 *certificate)
{
    for (size_t i = 0; i < maker->address_count; i++)
        if (X509_check_ip_asc(certificate, maker->addresses[i], 0) != 1)
            return false;
    return true;
}

/* Whether there is a certificate of this authority that serves for some time yet. */
static bool leaf_is_good(const struct maker *maker, const struct pair *ca)
{
    struct maker silent = *maker; /* whatever is wrong with it, it is simply made anew */
    silent.errors = NULL;
    struct pair leaf = {0};
    if (pair_read(&silent, CERT_NAME, KEY_NAME, &leaf) != ERROR_NONE || !leaf.key)
        return false;
    bool is_good = X509_verify(leaf.certificate, ca->key) == 1 &&
                   is_valid_from_now_on(maker, leaf.certificate, DEV_CERTIFICATE_RENEW_DAYS) &&
                   is_for_this_machine(maker, leaf.certificate);
    ERR_clear_error();
    pair_fini(&leaf);
    return is_good;
}

static enum error leaf_make(const struct maker *maker, const struct pair *ca)
{
    struct buffer names = BUFFER_EMPTY;
    buffer_add_text(&names, "DNS:localhost,IP:127.0.0.1,IP:::1");
    for (size_t i = 0; i < maker->address_count; i++)
        buffer_add_format(&names, ",IP:%s", maker->addresses[i]);
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
        {NID_subject_alt_name, buffer_text(&names)},
    };
    struct pair leaf = {0};
    enum error error = ERROR_NONE;
    if (!pair_make(maker, "Parley", DEV_CERTIFICATE_DAYS, ca, extensions, sizeof extensions / sizeof *extensions,
                   &leaf))
        error = explain_openssl(maker, CERT_NAME);
    if (!error)
        error = key_write(maker, KEY_NAME, leaf.key);
    if (!error)
        error = chain_write(maker, CERT_NAME, leaf.certificate, ca->certificate);
    pair_fini(&leaf);
    buffer_fini(&names);
    return error;
}

/* The door */

static char *path_join(const char *directory, const char *name)
{
    struct buffer path = BUFFER_EMPTY;
    buffer_add_format(&path, "%s/%s", directory, name);
    char *copy = memory_text(buffer_slice(&path));
    buffer_fini(&path);
    return copy;
}

char *dev_ca_directory(const char *state_home, const char *home)
{
    if (state_home && state_home[0] == '/') /* XDG Base Directory: a relative path is to be ignored */
        return path_join(state_home, "parley/dev");
    return home && home[0] ? path_join(home, ".local/state/parley/dev") : NULL;
}

enum error dev_ca_make(const char *directory, struct instant now, FILE *errors, struct dev_certificate *out)
{
    struct maker maker = {.directory = directory, .directory_fd = -1, .now_s = instant_unix_s(now), .errors = errors};
    struct pair ca = {0};
    maker.address_count = lan_addresses(DEV_CA_ADDRESSES_MAX, &maker.addresses);

    enum error error = directory_open(&maker);
    if (!error)
        error = ca_take(&maker, &ca);
    if (!error && !leaf_is_good(&maker, &ca))
        error = leaf_make(&maker, &ca);

    pair_fini(&ca);
    if (maker.directory_fd >= 0)
        close(maker.directory_fd);
    if (error) {
        lan_addresses_free(maker.addresses, maker.address_count);
        return error;
    }
    *out = (struct dev_certificate){
        .ca_file = path_join(directory, CA_CERT_NAME),
        .cert_file = path_join(directory, CERT_NAME),
        .key_file = path_join(directory, KEY_NAME),
        .address_count = maker.address_count,
        .addresses = maker.addresses,
    };
    return ERROR_NONE;
}

void dev_certificate_fini(struct dev_certificate *certificate)
{
    free(certificate->ca_file);
    free(certificate->cert_file);
    free(certificate->key_file);
    lan_addresses_free(certificate->addresses, certificate->address_count);
    *certificate = (struct dev_certificate){0};
}
