/* lan_address.c - asks the kernel for the machine's addresses. */
#include "ops/lan_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool is_linklocal_ipv4(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 16 == 0xa9fe; /* RFC 3927: 169.254.0.0/16 */
}

/* The address itself if others on the network can use it, else NULL. */
static const void *usable_address(const struct ifaddrs *interface, int family)
{
    if (!interface->ifa_addr || interface->ifa_addr->sa_family != family)
        return NULL;
    if (!(interface->ifa_flags & IFF_UP) || (interface->ifa_flags & IFF_LOOPBACK))
        return NULL;
    if (family == AF_INET) {
        const struct in_addr *address = &((const struct sockaddr_in *)(const void *)interface->ifa_addr)->sin_addr;
        return is_linklocal_ipv4(address) ? NULL : address;
    }
    const struct in6_addr *address = &((const struct sockaddr_in6 *)(const void *)interface->ifa_addr)->sin6_addr;
    return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_LOOPBACK(address) ? NULL : address;
}

static bool is_listed(char **addresses, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(addresses[i], text) == 0)
            return true;
    return false;
}

static size_t add_family(const struct ifaddrs *interfaces, int family, char **addresses, size_t count, size_t max)
{
    for (const struct ifaddrs *at = interfaces; at && count < max; at = at->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        const void *address = usable_address(at, family);
        if (!address || !inet_ntop(family, address, text, sizeof text) || is_listed(addresses, count, text))
            continue;
        addresses[count++] = memory_text(slice_from_text(text));
    }
    return count;
}

size_t lan_addresses(size_t max, char ***out_addresses)
{
    struct ifaddrs *interfaces = NULL;
    if (getifaddrs(&interfaces) != 0)
        interfaces = NULL; /* the machine is then taken to have none */

    char **addresses = memory_new((max + 1) * sizeof *addresses);
    size_t count = add_family(interfaces, AF_INET, addresses, 0, max);
    count = add_family(interfaces, AF_INET6, addresses, count, max);
    freeifaddrs(interfaces);
    *out_addresses = addresses;
    return count;
}

void lan_addresses_free(char **addresses, size_t count)
{
    if (!addresses)
        return;
    for (size_t i = 0; i < count; i++)
        free(addresses[i]);
    free(addresses);
}
