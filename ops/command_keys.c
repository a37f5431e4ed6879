/* command_keys.c - loads the keys of a command. */
#include "ops/command_keys.h"

#include <stdio.h>
#include <stdlib.h>
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
static int report(enum error error, const char *where, const char *unit, int number, int first)
{
    if (error && number >= first)
        (void)fprintf(stderr, "parley: %s: %s %d: %s\n", where, unit, number, error_text(error));
    else if (error)
        (void)fprintf(stderr, "parley: %s: %s\n", where, error_text(error));
    return status_of(error);
}

static int load_secrets(const char *path, struct keyring *keyring)
{
    int line = 0;
    enum error error = keyring_load_secrets(keyring, path, &line);
    return report(error, path, "line", line, 1);
}

static int load_list(const char *text, struct keyring *keyring)
{
    int entry = 0;
    enum error error = keyring_add_list(keyring, slice_from_text(text), &entry);
    return report(error, "PARLEY_AUTH_KEYS", "entry", entry, 1);
}

static int load_jwks(const char *path, struct keyring *keyring)
{
    int index = -1;
    enum error error = keyring_load_jwks(keyring, path, &index);
    return report(error, path, "key", index, 0);
}

static const char *given(const char *option, const char *variable)
{
    const char *text = option ? option : getenv(variable);
    return text && *text ? text : NULL;
}

int command_keys_load(const struct key_sources *sources, struct keyring *keyring)
{
    const char *keys_path = given(sources->keys_path, "PARLEY_AUTH_KEYS_FILE");
    const char *jwks_path = given(sources->jwks_path, "PARLEY_AUTH_JWKS_FILE");
    const char *list = sources->keys_path ? NULL : given(NULL, "PARLEY_AUTH_KEYS");
    int status = keys_path ? load_secrets(keys_path, keyring) : EX_OK;
    if (status == EX_OK && list)
        status = load_list(list, keyring);
    if (status == EX_OK && jwks_path)
        status = load_jwks(jwks_path, keyring);
    return status;
}
