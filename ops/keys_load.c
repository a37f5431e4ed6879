/* keys_load.c - keys from a list, from a keys file and from a JWKS file. */
#include "ops/keys_load.h"

#include <stdbool.h>
#include <sysexits.h>

static int status_of(enum error error)
{
    if (!error)
        return EX_OK;
    if (error == ERR_FILE_UNREADABLE)
        return EX_NOINPUT;
    return error == ERR_FILE_TOO_OPEN ? EX_NOPERM : EX_CONFIG;
}

/* `number` is a line from 1 or a key from 0; `unit` tells which, and nothing is told below `first`. */
static int report(FILE *errors, enum error error, const char *where, const char *unit, int number, int first)
{
    if (error && number >= first)
        (void)fprintf(errors, "parley: %s: %s %d: %s\n", where, unit, number, error_text(error));
    else if (error)
        (void)fprintf(errors, "parley: %s: %s\n", where, error_text(error));
    return status_of(error);
}

static int load_list(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int entry = 0;
    enum error error = keyring_add_list(keyring, slice_from_text(sources->list), &entry);
    return report(errors, error, sources->list_name, "entry", entry, 1);
}

static int load_secrets(const char *path, FILE *errors, struct keyring *keyring)
{
    int line = 0;
    enum error error = keyring_load_secrets(keyring, path, &line);
    return report(errors, error, path, "line", line, 1);
}

static int load_jwks(const char *path, FILE *errors, struct keyring *keyring)
{
    int index = -1;
    enum error error = keyring_load_jwks(keyring, path, &index);
    return report(errors, error, path, "key", index, 0);
}

static bool is_given(const char *text)
{
    return text && *text;
}

int keys_load(const struct key_sources *sources, FILE *errors, struct keyring *keyring)
{
    int status = EX_OK;
    if (is_given(sources->keys_path))
        status = load_secrets(sources->keys_path, errors, keyring);
    if (!status && is_given(sources->list))
        status = load_list(sources, errors, keyring);
    if (!status && is_given(sources->jwks_path))
        status = load_jwks(sources->jwks_path, errors, keyring);
    return status;
}

int keys_load_configured(const struct config *config, FILE *errors, struct keyring *keyring)
{
    const struct key_sources sources = {.list = config->auth_keys,
                                        .list_name = "auth.keys",
                                        .keys_path = config->auth_keys_file,
                                        .jwks_path = config->auth_jwks_file};
    return keys_load(&sources, errors, keyring);
}
