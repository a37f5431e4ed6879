/* command_token.c - finds the verb of `parley token`. */
#include "ops/command_token.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ops/command_token_parts.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"create", token_create_run},
    {"inspect", token_inspect_run},
    {"verify", token_verify_run},
};

static const char usage[] = "Usage: parley token create|inspect|verify [OPTION]...\n"
                            "\n"
                            "  create    makes a token for a room\n"
                            "  inspect   shows what a token says, and why a join with it would fail\n"
                            "  verify    exits with 0 if a join with the token would be admitted\n"
                            "\n"
                            "Each has its own --help. Keys come from --keys-file, --jwks-file, or the environment\n"
                            "(PARLEY_AUTH_KEYS, PARLEY_AUTH_KEYS_FILE, PARLEY_AUTH_JWKS_FILE), never from arguments.\n";

int command_token(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    bool is_asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    (void)fputs(usage, is_asked ? stdout : stderr);
    return is_asked ? EX_OK : EX_USAGE;
}
