/* command_token_parts.h - the verbs of `parley token`; private to the command. */
#ifndef PARLEY_OPS_COMMAND_TOKEN_PARTS_H
#define PARLEY_OPS_COMMAND_TOKEN_PARTS_H

#include <stdbool.h>

/* argv[0] is the verb. Each returns the exit status. */
int token_create_run(int argc, char **argv);
int token_inspect_run(int argc, char **argv);
int token_verify_run(int argc, char **argv);

#endif
