/* net_address.h - IP addresses as limits and logs need them; IPv4 is kept in its IPv6-mapped form. */
#ifndef PARLEY_SIGNALING_NET_ADDRESS_H
#define PARLEY_SIGNALING_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/slice.h"

#define NET_ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct net_address {
    unsigned char bytes[16];
};

/* A range such as 10.0.0.0/8 or fd00::/8. */
struct net_range {
    struct net_address address;
    unsigned prefix; /* bits of the mapped form: 96 more for IPv4 */
};

struct net_address net_address_of(const struct sockaddr *socket_address);

/* Takes "192.0.2.1", "2001:db8::1", "[2001:db8::1]", each also with ":port" where that is unambiguous. */
bool net_address_parse(struct slice text, struct net_address *out_address);
bool net_range_parse(struct slice text, struct net_range *out_range); /* a lone address is a range of one */
bool net_range_has(const struct net_range *range, const struct net_address *address);

bool net_ranges_have(const struct net_range *ranges, size_t count, const struct net_address *address);

/* Writes IPv4 as such, not mapped. */
void net_address_format(const struct net_address *address, char out[NET_ADDRESS_TEXT_MAX]);

/* What limits are counted by: the address itself, or its /64 for IPv6, the least that one subscriber gets. */
struct net_address net_address_subscriber(const struct net_address *address);

#endif
