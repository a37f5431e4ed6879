/* net_address.c - IP addresses as limits and logs need them. */
#include "signaling/net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#define TEXT_MAX      64 /* the longest address there is, with brackets and a port */
#define MAPPED_PREFIX 96

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

static struct net_address address_of_ipv4(const void *four_bytes)
{
    struct net_address address;
    memcpy(address.bytes, mapped, sizeof mapped);
    memcpy(address.bytes + sizeof mapped, four_bytes, 4);
    return address;
}

static bool is_ipv4(const struct net_address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

/* Whoever calls through a Unix socket is on this machine. */
static struct net_address address_of_loopback(void)
{
    const unsigned char bytes[4] = {127, 0, 0, 1};
    return address_of_ipv4(bytes);
}

struct net_address net_address_of(const struct sockaddr *socket_address)
{
    struct net_address address;
    if (socket_address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, socket_address, sizeof in);
        return address_of_ipv4(&in.sin_addr);
    }
    if (socket_address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, socket_address, sizeof in);
        memcpy(address.bytes, &in.sin6_addr, sizeof address.bytes);
        return address;
    }
    return address_of_loopback();
}

static bool parse_ipv4(const char *text, struct net_address *out_address)
{
    struct in_addr in;
    if (inet_pton(AF_INET, text, &in) != 1)
        return false;
    *out_address = address_of_ipv4(&in);
    return true;
}

static bool parse_ipv6(const char *text, struct net_address *out_address)
{
    struct in6_addr in;
    if (inet_pton(AF_INET6, text, &in) != 1)
        return false;
    memcpy(out_address->bytes, &in, sizeof out_address->bytes);
    return true;
}

/* 1 to 5 digits, at most 65535. */
static bool is_port(const char *text)
{
    unsigned long port = 0;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return length >= 1 && length <= 5 && port <= 65535;
}

static bool parse_bracketed(char *text, struct net_address *out_address)
{
    char *end = strchr(text, ']');
    if (!end || (end[1] != '\0' && (end[1] != ':' || !is_port(end + 2))))
        return false;
    *end = '\0';
    return parse_ipv6(text + 1, out_address);
}

static bool copy_text(struct slice text, char out[TEXT_MAX])
{
    if (text.length == 0 || text.length >= TEXT_MAX || memchr(text.data, '\0', text.length))
        return false;
    memcpy(out, text.data, text.length);
    out[text.length] = '\0';
    return true;
}

bool net_address_parse(struct slice text, struct net_address *out_address)
{
    char copy[TEXT_MAX];
    if (!copy_text(text, copy))
        return false;
    if (copy[0] == '[')
        return parse_bracketed(copy, out_address);
    char *colon = strchr(copy, ':');
    if (!colon)
        return parse_ipv4(copy, out_address);
    if (strchr(colon + 1, ':'))
        return parse_ipv6(copy, out_address);
    if (!is_port(colon + 1))
        return false;
    *colon = '\0';
    return parse_ipv4(copy, out_address);
}

/* 1 to 3 digits, at most `max`. */
static bool parse_prefix(const char *text, unsigned max, unsigned *out_prefix)
{
    unsigned prefix = 0;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        prefix = prefix * 10 + (unsigned)(text[i] - '0');
    }
    if (length < 1 || length > 3 || prefix > max)
        return false;
    *out_prefix = prefix;
    return true;
}

bool net_range_parse(struct slice text, struct net_range *out_range)
{
    char copy[TEXT_MAX];
    if (!copy_text(text, copy))
        return false;
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    struct net_range range = {.prefix = 128};
    bool has_ipv6_form = strchr(copy, ':') != NULL;
    if (has_ipv6_form ? !parse_ipv6(copy, &range.address) : !parse_ipv4(copy, &range.address))
        return false;
    if (slash && !parse_prefix(slash + 1, has_ipv6_form ? 128 : 32, &range.prefix))
        return false;
    if (slash && !has_ipv6_form)
        range.prefix += MAPPED_PREFIX;
    *out_range = range;
    return true;
}

bool net_range_has(const struct net_range *range, const struct net_address *address)
{
    unsigned whole = range->prefix / 8;
    if (memcmp(range->address.bytes, address->bytes, whole) != 0)
        return false;
    unsigned rest = range->prefix % 8;
    if (rest == 0)
        return true;
    unsigned mask = 0xffU << (8 - rest) & 0xffU;
    return ((range->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

void net_address_format(const struct net_address *address, char out[NET_ADDRESS_TEXT_MAX])
{
    if (is_ipv4(address))
        inet_ntop(AF_INET, address->bytes + sizeof mapped, out, NET_ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, address->bytes, out, NET_ADDRESS_TEXT_MAX);
}

struct net_address net_address_subscriber(const struct net_address *address)
{
    struct net_address subscriber = *address;
    if (!is_ipv4(address))
        memset(subscriber.bytes + 8, 0, 8);
    return subscriber;
}

bool net_ranges_have(const struct net_range *ranges, size_t count, const struct net_address *address)
{
    for (size_t i = 0; i < count; i++)
        if (net_range_has(&ranges[i], address))
            return true;
    return false;
}
