/* lan_address.h - the addresses under which this machine is reached from its local networks. */
#ifndef PARLEY_OPS_LAN_ADDRESS_H
#define PARLEY_OPS_LAN_ADDRESS_H

#include <stddef.h>

/* The text of at most `max` addresses of interfaces that are up, IPv4 before IPv6, without loopback and link-local
 * ones (a link-local IPv6 address cannot stand in a URL). Returns how many there are; *out_addresses is then
 * freed by lan_addresses_free(). */
size_t lan_addresses(size_t max, char ***out_addresses);

void lan_addresses_free(char **addresses, size_t count); /* NULL is fine */

#endif
