/* serve.h - `parley serve`: the server itself. */
#ifndef PARLEY_SIGNALING_SERVE_H
#define PARLEY_SIGNALING_SERVE_H

/* [-c FILE] [--set KEY=VALUE] [--KEY=VALUE] [--dev [--lan]]; argv[0] is "serve" or the program. Returns when a signal
 * has ended the server, with its exit status (sysexits). SIGTERM and SIGINT end it, the second one at once; SIGHUP
 * reads the certificate anew. */
int command_serve(int argc, char **argv);

#endif
