/* command_keys.h - the keys that a command is given: by options that name files, or by the environment as the server
 * reads it. */
#ifndef PARLEY_OPS_COMMAND_KEYS_H
#define PARLEY_OPS_COMMAND_KEYS_H

#include "auth/keyring.h"

/* Adds the keys of the two files; for one that is NULL, what the environment says instead (PARLEY_AUTH_KEYS,
 * PARLEY_AUTH_KEYS_FILE, PARLEY_AUTH_JWKS_FILE). Returns as keys_load() does, and tells of errors on stderr. */
int command_keys_load(const char *keys_path, const char *jwks_path, struct keyring *keyring);

#endif
