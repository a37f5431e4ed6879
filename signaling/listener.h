/* listener.h - sockets that listen, opened before any worker runs and shared by all of them. */
#ifndef PARLEY_SIGNALING_LISTENER_H
#define PARLEY_SIGNALING_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#define LISTENER_ERROR_MAX 192

/* Opens a listening socket, non-blocking and closed on exec, for HOST:PORT, [IPv6]:PORT or unix:/path. [::] does not
 * include IPv4, so that both can be listed. On failure `out_error` holds a sentence for the operator. */
bool listener_open(const char *address, int *out_fd, char out_error[LISTENER_ERROR_MAX]);

/* The port that a listener has, for those opened with port 0; 0 for a Unix socket. */
unsigned listener_port(int fd);

#endif
