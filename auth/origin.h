/* origin.h - which web pages may connect: exact scheme, host and port (RFC 6454, 4; WHATWG HTML, origin). */
#ifndef PARLEY_AUTH_ORIGIN_H
#define PARLEY_AUTH_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

#define ORIGINS_MAX 256

struct origin;

/* Embedded; all zero is an empty list. */
struct origin_list {
    struct origin *items;
    size_t count;
};

void origin_list_fini(struct origin_list *list);

/* Adds "https://host[:port]" (or http), copied; an international name must be in punycode.
 * Errors: ERR_CONFIG for anything else (path, wildcard, user, trailing slash or dot, "null") or one too many. */
enum error origin_list_add(struct origin_list *list, struct slice origin);

/* Whether the value of an Origin header is on the list. It must be spelt as browsers do: in lower case. */
bool origin_is_allowed(const struct origin_list *list, struct slice origin_header);

/* Whether it names the server itself, as reached by this Host header over https or http. */
bool origin_is_own(struct slice origin_header, struct slice host_header, bool is_tls);

#endif
