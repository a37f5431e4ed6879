/* command_keys.c - loads the keys of a command. */
#include "ops/command_keys.h"

#include <stdlib.h>

#include "ops/keys_load.h"

static const char *given(const char *option, const char *variable)
{
    return option ? option : getenv(variable);
}

int command_keys_load(const char *keys_path, const char *jwks_path, struct keyring *keyring)
{
    struct key_sources sources = {.list = keys_path ? NULL : getenv("PARLEY_AUTH_KEYS"),
                                  .list_name = "PARLEY_AUTH_KEYS",
                                  .keys_path = given(keys_path, "PARLEY_AUTH_KEYS_FILE"),
                                  .keys_name = keys_path ? "--keys-file" : "PARLEY_AUTH_KEYS_FILE",
                                  .jwks_path = given(jwks_path, "PARLEY_AUTH_JWKS_FILE"),
                                  .jwks_name = jwks_path ? "--jwks-file" : "PARLEY_AUTH_JWKS_FILE"};
    return keys_load(&sources, stderr, keyring);
}
