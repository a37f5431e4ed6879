/* keys_load.c - keys from a list, from a keys file and from a JWKS file. */
#include "ops/keys_load.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

static const char bad_entry[] = "not \"id: secret\", or the id is there twice";
static const char bad_jwk[] = "not a public RS256, PS256 or ES256 key with a kid of its own";
static const char no_jwks[] = "holds no JWKS (RFC 7517) with a public RS256, PS256 or ES256 key";

static int status_of(enum error error)
{
    if (!error)
        return EX_OK;
    if (error == ERR_FILE_UNREADABLE)
        return EX_NOINPUT;
    return error == ERR_FILE_TOO_OPEN ? EX_NOPERM : EX_CONFIG;
}

/* In the middle of a line; `what` is what ERR_KEY_INVALID means there. */
static const char *reason_of(enum error error, const char *what)
{
    if (error == ERR_FILE_UNREADABLE)
        return strerror(errno);
    if (error == ERR_FILE_TOO_OPEN)
        return "others can read it: chmod 600 it";
    return error == ERR_KEY_WEAK ? "a secret is shorter than 32 bytes; make one with: parley keygen" : what;
}

static int load_list(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int entry = 0;
    enum error error = keyring_add_list(keyring, slice_from_text(sources->list), &entry);
    if (error && entry)
        (void)fprintf(errors, "parley: %s: entry %d: %s\n", sources->list_name, entry, reason_of(error, bad_entry));
    else if (error)
        (void)fprintf(errors, "parley: %s: %s\n", sources->list_name, reason_of(error, "holds no key"));
    return status_of(error);
}

static int load_secrets(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int line = 0;
    const char *name = sources->keys_name, *path = sources->keys_path;
    enum error error = keyring_load_secrets(keyring, path, &line);
    if (error && line)
        (void)fprintf(errors, "parley: %s: %s: line %d: %s\n", name, path, line, reason_of(error, bad_entry));
    else if (error)
        (void)fprintf(errors, "parley: %s: %s: %s\n", name, path, reason_of(error, "holds no key"));
    return status_of(error);
}

static int load_jwks(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int index = -1;
    const char *name = sources->jwks_name, *path = sources->jwks_path;
    enum error error = keyring_load_jwks(keyring, path, &index);
    if (error && index >= 0)
        (void)fprintf(errors, "parley: %s: %s: key %d: %s\n", name, path, index, reason_of(error, bad_jwk));
    else if (error)
        (void)fprintf(errors, "parley: %s: %s: %s\n", name, path, reason_of(error, no_jwks));
    return status_of(error);
}

static bool is_given(const char *text)
{
    return text && *text;
}

int keys_load(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int status = EX_OK;
    if (is_given(sources->keys_path))
        status = load_secrets(sources, errors, keyring);
    if (!status && is_given(sources->list))
        status = load_list(sources, errors, keyring);
    if (!status && is_given(sources->jwks_path))
        status = load_jwks(sources, errors, keyring);
    return status;
}

int keys_load_configured(const struct config *config, FILE *errors, struct keyring *keyring)
{
    const struct key_sources sources = {.list = config->auth_keys,
                                        .list_name = "auth.keys",
                                        .keys_path = config->auth_keys_file,
                                        .keys_name = "auth.keys_file",
                                        .jwks_path = config->auth_jwks_file,
                                        .jwks_name = "auth.jwks_file"};
    return keys_load(&sources, errors, keyring);
}

int keys_require(const struct keyring *keyring, FILE *errors)
{
    if (keyring_count(keyring))
        return EX_OK;
    (void)fprintf(errors, "parley: there is no key, so nobody could join: set auth.keys_file or auth.jwks_file "
                          "(parley keygen makes a key), or try it out with --dev\n");
    return EX_CONFIG;
}
