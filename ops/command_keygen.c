/* command_keygen.c - prints an API key, a bare secret, or a key pair as JSON Web Keys. */
#include "ops/command_keygen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/random.h"

static const char usage[] =
    "Usage: parley keygen [--turn | --cluster | --jwk [--jwks-file FILE]]\n"
    "\n"
    "Prints a new API key, \"id: secret\", a line for auth.keys_file.\n"
    "\n"
    "      --turn             a secret for turn.secret and coturn's static-auth-secret\n"
    "      --cluster          a secret for cluster.key, the same on every instance\n"
    "      --jwk              a private ES256 key as a JWK, to sign tokens with\n"
    "      --jwks-file FILE   with --jwk: its public half goes to FILE, a new one, for auth.jwks_file\n"
    "  -h, --help             this text\n";

#define SECRET_BYTES 32 /* 43 characters of base64url */

static void add_secret(struct buffer *out)
{
    unsigned char bytes[SECRET_BYTES];
    char text[SECRET_BYTES * 2];
    random_fill(bytes, sizeof bytes);
    buffer_add(out, slice_of(text, base64url_encode(bytes, sizeof bytes, text, sizeof text)));
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
}

/* Letters and digits only, as ids of API keys usually are. */
static void add_key_id(struct buffer *out)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* 32, none of which look alike */
    unsigned char bytes[12];
    random_fill(bytes, sizeof bytes);
    buffer_add_text(out, "API");
    for (size_t i = 0; i < sizeof bytes; i++)
        buffer_add_char(out, letters[bytes[i] % 32]);
}

static void add_number(struct buffer *out, const EVP_PKEY *key, const char *name, const char *parameter)
{
    unsigned char bytes[32];
    char text[64];
    BIGNUM *number = NULL;
    int done = EVP_PKEY_get_bn_param(key, parameter, &number) == 1 && BN_bn2binpad(number, bytes, sizeof bytes) > 0;
    assert(done);
    (void)base64url_encode(bytes, sizeof bytes, text, sizeof text);
    buffer_add_format(out, ",\"%s\":\"%s\"", name, text);
    BN_clear_free(number);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
}

static void add_public(struct buffer *out, const EVP_PKEY *key, const char *kid)
{
    buffer_add_format(out, "\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"alg\":\"ES256\",\"use\":\"sig\"", kid);
    add_number(out, key, "x", OSSL_PKEY_PARAM_EC_PUB_X);
    add_number(out, key, "y", OSSL_PKEY_PARAM_EC_PUB_Y);
}

/* A file of that name is never overwritten: it may hold the keys that are in use. */
static int write_file(const char *path, struct slice text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool is_written = fd >= 0 && write(fd, text.data, text.length) == (ssize_t)text.length;
    if (fd >= 0)
        is_written = close(fd) == 0 && is_written;
    if (is_written)
        return EX_OK;
    (void)fprintf(stderr, "parley: %s cannot be written anew: %s\n", path, strerror(errno));
    return EX_CANTCREAT;
}

static int print(struct buffer *text)
{
    bool is_done = fwrite(text->data, 1, text->length, stdout) == text->length && fflush(stdout) == 0;
    buffer_fini(text);
    return is_done ? EX_OK : EX_CANTCREAT;
}

static int make_jwk(const char *jwks_path)
{
    char kid[RANDOM_ID_LENGTH + 1];
    random_id(kid);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert(key);
    struct buffer private = BUFFER_EMPTY, set = BUFFER_EMPTY;
    buffer_add_char(&private, '{');
    add_public(&private, key, kid);
    add_number(&private, key, "d", OSSL_PKEY_PARAM_PRIV_KEY);
    buffer_add_text(&private, "}\n");
    buffer_add_text(&set, "{\"keys\":[{");
    add_public(&set, key, kid);
    buffer_add_text(&set, "}]}\n");
    EVP_PKEY_free(key);
    int status = jwks_path ? write_file(jwks_path, buffer_slice(&set)) : EX_OK;
    if (status == EX_OK)
        status = print(&private);
    buffer_fini(&private);
    buffer_fini(&set);
    return status;
}

static int make_secret(bool has_id)
{
    struct buffer text = BUFFER_EMPTY;
    if (has_id) {
        add_key_id(&text);
        buffer_add_text(&text, ": ");
    }
    add_secret(&text);
    buffer_add_char(&text, '\n');
    return print(&text);
}

int command_keygen(int argc, char **argv)
{
    static const struct option options[] = {
        {"turn", no_argument, NULL, 's'}, {"cluster", no_argument, NULL, 's'},
        {"jwk", no_argument, NULL, 'j'},  {"jwks-file", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'}, {0}};
    bool is_bare = false, is_jwk = false;
    const char *jwks_path = NULL;
    optind = 0; /* glibc: scan anew, whoever used getopt before */
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 's': is_bare = true; break;
        case 'j': is_jwk = true; break;
        case 'f': jwks_path = optarg; break;
        case 'h': return fputs(usage, stdout) < 0 ? EX_CANTCREAT : EX_OK;
        default: (void)fputs(usage, stderr); return EX_USAGE;
        }
    }
    if (optind != argc || (is_bare && is_jwk) || (jwks_path && !is_jwk)) {
        (void)fputs(usage, stderr);
        return EX_USAGE;
    }
    return is_jwk ? make_jwk(jwks_path) : make_secret(!is_bare);
}
