/* keys_load.h - the keys that tokens are verified with, from wherever they are given. */
#ifndef PARLEY_OPS_KEYS_LOAD_H
#define PARLEY_OPS_KEYS_LOAD_H

#include <stdio.h>

#include "auth/keyring.h"
#include "ops/config.h"

/* NULL or "": not given. */
struct key_sources {
    const char *list;      /* "id: secret" pairs */
    const char *list_name; /* what errors call it */
    const char *keys_path;
    const char *keys_name;
    const char *jwks_path;
    const char *jwks_name;
};

/* Adds all the keys that there are, none perhaps. Says on `errors` what is wrong. Returns 0, 66 (no file), 77 (file
 * too open) or 78 (bad key). */
int keys_load(const struct key_sources *sources, FILE *errors, struct keyring *keyring);

/* The same for the keys that a configuration names. */
int keys_load_configured(const struct config *config, FILE *errors, struct keyring *keyring);

/* Returns 0, or 78 with the reason on `errors` when a server with these keys could let nobody in. */
int keys_require(const struct keyring *keyring, FILE *errors);

#endif
