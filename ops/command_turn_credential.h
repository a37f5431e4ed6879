/* command_turn_credential.h - `parley turn-credential`: one credential, for trying out a TURN server by hand. */
#ifndef PARLEY_OPS_COMMAND_TURN_CREDENTIAL_H
#define PARLEY_OPS_COMMAND_TURN_CREDENTIAL_H

/* argv[0] is "turn-credential". Returns the exit status of sysexits.h: 0, 64 usage, 66 no such file, 74 output
 * failed, 77 the secret's file is open to others, 78 the secret is missing, weak or unusable. */
int command_turn_credential(int argc, char **argv);

#endif
