/* origin.c - reads origins and compares them. */
#include "auth/origin.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

#define HOST_MAX  253 /* RFC 1035, 2.3.4, without the trailing dot */
#define LABEL_MAX 63

struct origin {
    bool is_tls;
    uint16_t port;
    size_t host_length;
    char host[HOST_MAX]; /* lower case; an IPv6 address as its 16 bytes behind a bracket */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Browsers let underscores through, though host names have none. */
static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

static bool is_label(struct slice label)
{
    if (label.length == 0 || label.length > LABEL_MAX || label.data[0] == '-' || label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++)
        if (!is_label_char(label.data[i]))
            return false;
    return true;
}

/* A host that ends in a number is an IPv4 address to browsers, and must then be four decimals. */
static bool is_numeric(struct slice label)
{
    bool is_hex = slice_starts_with(label, "0x");
    for (size_t i = is_hex ? 2 : 0; i < label.length; i++)
        if (!is_digit(label.data[i]) && !(is_hex && label.data[i] >= 'a' && label.data[i] <= 'f'))
            return false;
    return true;
}

static bool is_ipv4(struct slice text)
{
    char copy[INET_ADDRSTRLEN];
    struct in_addr address;
    if (text.length >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return inet_pton(AF_INET, copy, &address) == 1;
}

static bool is_name(struct slice host)
{
    if (host.length > HOST_MAX)
        return false;
    struct slice rest = host;
    for (;;) {
        const char *dot = rest.length ? memchr(rest.data, '.', rest.length) : NULL;
        struct slice label = slice_of(rest.data, dot ? (size_t)(dot - rest.data) : rest.length);
        if (!is_label(label))
            return false;
        if (!dot)
            return !is_numeric(label) || is_ipv4(host);
        rest = slice_from(rest, label.length + 1);
    }
}

static bool read_name(struct slice host, struct origin *out)
{
    if (!is_name(host))
        return false;
    memcpy(out->host, host.data, host.length);
    out->host_length = host.length;
    return true;
}

/* `text` is without its brackets. A zone (%eth0) is refused by inet_pton(), as by browsers. */
static bool read_ipv6(struct slice text, struct origin *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.length >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    out->host[0] = '[';
    out->host_length = 1 + sizeof(struct in6_addr);
    return inet_pton(AF_INET6, copy, out->host + 1) == 1;
}

/* ":8443" or nothing. */
static bool read_port(struct slice text, struct origin *out)
{
    out->port = out->is_tls ? 443 : 80;
    if (text.length == 0)
        return true;
    if (text.data[0] != ':' || text.length < 2 || text.length > 6 || text.data[1] == '0')
        return false;
    unsigned port = 0;
    for (size_t i = 1; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return false;
        port = port * 10 + (unsigned)(text.data[i] - '0');
    }
    out->port = (uint16_t)port;
    return port <= UINT16_MAX;
}

/* "host[:port]", lower case. */
static bool read_authority(struct slice text, struct origin *out)
{
    if (text.length && text.data[0] == '[') {
        const char *end = memchr(text.data, ']', text.length);
        size_t length = end ? (size_t)(end - text.data) : 0;
        return end && read_ipv6(slice_of(text.data + 1, length - 1), out) &&
               read_port(slice_from(text, length + 1), out);
    }
    const char *colon = text.length ? memchr(text.data, ':', text.length) : NULL;
    size_t length = colon ? (size_t)(colon - text.data) : text.length;
    return read_name(slice_of(text.data, length), out) && read_port(slice_from(text, length), out);
}

static bool has_upper(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (is_upper(text.data[i]))
            return true;
    return false;
}

static bool read_origin(struct slice text, struct origin *out)
{
    if (has_upper(text))
        return false;
    *out = (struct origin){.is_tls = slice_starts_with(text, "https://")};
    if (!out->is_tls && !slice_starts_with(text, "http://"))
        return false;
    return read_authority(slice_from(text, out->is_tls ? 8 : 7), out);
}

static bool is_same(const struct origin *a, const struct origin *b)
{
    return a->is_tls == b->is_tls && a->port == b->port &&
           slice_is_equal(slice_of(a->host, a->host_length), slice_of(b->host, b->host_length));
}

#define AUTHORITY_MAX (HOST_MAX + 6)      /* :65535 */
#define ORIGIN_MAX    (AUTHORITY_MAX + 8) /* https:// */

/* Nothing longer than `size` can be an origin; then the result is empty, which is none either. */
static struct slice lowered(struct slice text, char *out, size_t size)
{
    if (text.length > size)
        return SLICE_EMPTY;
    for (size_t i = 0; i < text.length; i++)
        out[i] = is_upper(text.data[i]) ? (char)(text.data[i] + ('a' - 'A')) : text.data[i];
    return slice_of(out, text.length);
}

void origin_list_fini(struct origin_list *list)
{
    free(list->items);
    *list = (struct origin_list){0};
}

enum error origin_list_add(struct origin_list *list, struct slice origin)
{
    char text[ORIGIN_MAX];
    struct origin item;
    if (list->count == ORIGINS_MAX || !read_origin(lowered(origin, text, sizeof text), &item))
        return ERR_CONFIG;
    list->items = memory_resize(list->items, (list->count + 1) * sizeof item);
    list->items[list->count++] = item;
    return ERROR_NONE;
}

bool origin_is_allowed(const struct origin_list *list, struct slice origin_header)
{
    struct origin origin;
    if (!read_origin(origin_header, &origin))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (is_same(&list->items[i], &origin))
            return true;
    return false;
}

bool origin_is_own(struct slice origin_header, struct slice host_header, bool is_tls)
{
    char text[AUTHORITY_MAX];
    struct origin origin, own = {.is_tls = is_tls};
    return read_origin(origin_header, &origin) && read_authority(lowered(host_header, text, sizeof text), &own) &&
           is_same(&origin, &own);
}
