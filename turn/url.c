/* url.c - the grammar of stun: and turn: URIs, as RFC 7064 and RFC 7065 have it.
 *
 * Narrower than the RFCs where these allow what no client could use. Browsers, phones and OBS get the URL
 * byte for byte, so what one of them would stumble over is refused here, while an operator is looking:
 * upper-case schemes (RFC 3986 section 3.1 has producers write lower case), empty ports, percent-encoded
 * names, IPvFuture and transports other than udp and tcp. */
#include <arpa/inet.h>

#include "turn/ice.h"
#include "turn/url.h"

#define DNS_NAME_MAX    253 /* RFC 1035 section 2.3.4, without the length bytes */
#define DNS_LABEL_MAX   63
#define PORT_DIGITS_MAX 5

struct ice_url {
    bool is_turn;
    struct slice host; /* an IPv6 address without its brackets */
    bool is_ipv6;
    struct slice port;
    bool has_port;
    struct slice query;
    bool has_query;
};

static bool take_prefix(struct slice *rest, const char *prefix)
{
    if (!slice_starts_with(*rest, prefix))
        return false;
    *rest = slice_from(*rest, strlen(prefix));
    return true;
}

static bool take_scheme(struct slice *rest, bool *out_is_turn)
{
    bool is_turn = take_prefix(rest, "turn:") || take_prefix(rest, "turns:");
    if (!is_turn && !take_prefix(rest, "stun:") && !take_prefix(rest, "stuns:"))
        return false;
    *out_is_turn = is_turn;
    return true;
}

/* Cuts *rest in two at the first `mark`, which belongs to neither half. */
static bool cut_at(struct slice *rest, char mark, struct slice *out_after)
{
    const char *found = rest->length ? memchr(rest->data, mark, rest->length) : NULL;
    if (!found)
        return false;
    size_t before = (size_t)(found - rest->data);
    *out_after = slice_from(*rest, before + 1);
    rest->length = before;
    return true;
}

static bool split_bracketed(struct slice rest, struct ice_url *url)
{
    url->is_ipv6 = true;
    url->host = slice_from(rest, 1);
    struct slice after;
    if (!cut_at(&url->host, ']', &after))
        return false;
    url->has_port = take_prefix(&after, ":");
    url->port = after;
    return url->has_port || !after.length;
}

static bool split(struct slice text, struct ice_url *url)
{
    if (!take_scheme(&text, &url->is_turn))
        return false;
    url->has_query = cut_at(&text, '?', &url->query);
    if (slice_starts_with(text, "["))
        return split_bracketed(text, url);
    url->host = text;
    url->has_port = cut_at(&url->host, ':', &url->port);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_port(struct slice text)
{
    if (!text.length || text.length > PORT_DIGITS_MAX || text.data[0] == '0')
        return false;
    long port = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return false;
        port = port * 10 + (text.data[i] - '0');
    }
    return port <= UINT16_MAX;
}

static bool is_address(int family, struct slice text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (!text.length || text.length >= sizeof copy || memchr(text.data, '\0', text.length))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return inet_pton(family, copy, address) == 1;
}

static bool is_label(struct slice label)
{
    if (!label.length || label.length > DNS_LABEL_MAX)
        return false;
    for (size_t i = 0; i < label.length; i++) {
        char c = label.data[i];
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
            return false;
    }
    return label.data[0] != '-' && label.data[label.length - 1] != '-';
}

static bool is_number(struct slice text)
{
    size_t digits = 0;
    while (digits < text.length && is_digit(text.data[digits]))
        digits++;
    return digits == text.length;
}

static bool is_dns_name(struct slice name)
{
    if (name.length > DNS_NAME_MAX)
        return false;
    for (;;) {
        struct slice after = SLICE_EMPTY;
        bool has_more = cut_at(&name, '.', &after);
        if (!is_label(name))
            return false;
        if (!has_more)
            /* A last label of digits means a mistyped IPv4 address: 10.0.0.256, or 10.1. */
            return !is_number(name);
        if (!after.length)
            return true; /* a dot at the end: fully qualified */
        name = after;
    }
}

static bool is_host(const struct ice_url *url)
{
    if (url->is_ipv6)
        return is_address(AF_INET6, url->host);
    return is_address(AF_INET, url->host) || is_dns_name(url->host);
}

static bool is_query(const struct ice_url *url)
{
    return url->is_turn && (slice_is_text(url->query, "transport=udp") || slice_is_text(url->query, "transport=tcp"));
}

bool ice_url_is_valid(struct slice text)
{
    struct ice_url url = {0};
    return split(text, &url) && is_host(&url) && (!url.has_port || is_port(url.port)) &&
           (!url.has_query || is_query(&url));
}

bool ice_url_is_turn(struct slice url)
{
    bool is_turn;
    return take_scheme(&url, &is_turn) && is_turn;
}
