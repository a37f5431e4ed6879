/* forwarded.h - who really calls, and how, by the word of a proxy that is trusted.
 *
 * A proxy writes one of two headers, and passes the other on as a client may have forged it: so only the one that the
 * operator has named is looked at. It is read from its right end, where our own proxies write, and no further than to
 * the first address that is not one of theirs: what stands left of that anybody may have written. */
#ifndef PARLEY_SIGNALING_FORWARDED_H
#define PARLEY_SIGNALING_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "signaling/net_address.h"

#define FORWARDED_BYTES_MAX 2048 /* of the header; a longer one is not read */
#define FORWARDED_HOPS_MAX  32   /* proxies of ours one behind the other */

/* The choices of server.forwarded_header, in its order. */
enum forwarded_header {
    FORWARDED_X_FOR,   /* X-Forwarded-For: addresses, separated by commas */
    FORWARDED_STANDARD /* Forwarded: RFC 7239 */
};

struct forwarded_trust {
    const struct net_range *proxies;
    size_t proxy_count;
    enum forwarded_header header;
};

struct forwarded_caller {
    struct net_address address;
    bool is_https; /* by "proto" of RFC 7239; the other header says nothing of it */
};

bool forwarded_is_trusted(const struct forwarded_trust *trust, const struct net_address *peer);

/* Who called `peer`, a proxy that is trusted, by the header `value`: the right-most address that is not a trusted
 * proxy's, and if all of them are, the left-most. False when the header is too long or cannot be read that far; also
 * when it says that the caller is unknown (RFC 7239, 6.2 and 6.3). An empty one names `peer` itself. */
bool forwarded_read(const struct forwarded_trust *trust, const struct net_address *peer, struct slice value,
                    struct forwarded_caller *out_caller);

#endif
