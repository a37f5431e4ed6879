/* lookup.h - finds the addresses of a host without making its caller wait.
 *
 * getaddrinfo() may take many seconds, and there is no stopping it; so it runs in a thread of its own, which is left
 * behind when nobody wants its answer any more. Inside cluster/ only. */
#ifndef PARLEY_CLUSTER_LOOKUP_H
#define PARLEY_CLUSTER_LOOKUP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define LOOKUP_ADDRESSES_MAX 8

struct lookup; /* opaque */

struct lookup_answer {
    size_t count; /* 0: none was found, and `problem` says why */
    char addresses[LOOKUP_ADDRESSES_MAX][INET6_ADDRSTRLEN];
    const char *problem; /* a constant */
};

bool lookup_is_address(const char *host); /* then there is nothing to look up */

struct lookup *lookup_create(const char *host); /* NULL: no thread could be started */
bool lookup_is_done(struct lookup *lookup, struct lookup_answer *out_answer);
struct lookup *lookup_destroy(struct lookup *lookup); /* done or not; NULL is fine; returns NULL */

#endif
