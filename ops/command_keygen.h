/* command_keygen.h - `parley keygen`: secrets and keys that are long enough. */
#ifndef PARLEY_OPS_COMMAND_KEYGEN_H
#define PARLEY_OPS_COMMAND_KEYGEN_H

/* argv[0] is "keygen". Returns the exit status: 0, 64 usage, 73 cannot write. */
int command_keygen(int argc, char **argv);

#endif
