/* command_token.h - `parley token create | inspect | verify`. */
#ifndef PARLEY_OPS_COMMAND_TOKEN_H
#define PARLEY_OPS_COMMAND_TOKEN_H

/* argv[0] is "token". Returns the exit status: 0, 64 usage, 65 bad token, 66 no file, 77 key file too open, 78 bad key.
 */
int command_token(int argc, char **argv);

#endif
