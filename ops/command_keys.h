/* command_keys.h - the keys that a command is given: by options that name files, or by the environment as the server
 * reads it. */
#ifndef PARLEY_OPS_COMMAND_KEYS_H
#define PARLEY_OPS_COMMAND_KEYS_H

#include "auth/keyring.h"

/* NULL: from the environment, PARLEY_AUTH_KEYS, PARLEY_AUTH_KEYS_FILE and PARLEY_AUTH_JWKS_FILE. */
struct key_sources {
    const char *keys_path;
    const char *jwks_path;
};

/* Adds all the keys that there are, none perhaps. Says on stderr what is wrong. Returns 0, 66 (no file), 77 (file
 * too open) or 78 (bad key). */
int command_keys_load(const struct key_sources *sources, struct keyring *keyring);

#endif
