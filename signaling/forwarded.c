/* forwarded.c - who really calls, and how, by the word of a proxy that is trusted. */
#include "signaling/forwarded.h"

#include <string.h>
#include <strings.h>

bool forwarded_is_trusted(const struct forwarded_trust *trust, const struct net_address *peer)
{
    return net_ranges_have(trust->proxies, trust->proxy_count, peer);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && is_space(text.data[text.length - 1]))
        text.length--;
    while (text.length > 0 && is_space(text.data[0]))
        text = slice_from(text, 1);
    return text;
}

/* Cuts what stands right of the last `separator` outside of quotes off `list`; false when a quote has no other end.
 * Read from the right, a quote that a client left open further left does no harm. */
static bool take_last(struct slice *list, char separator, struct slice *out_part)
{
    size_t start = list->length;
    bool is_quoted = false;
    while (start > 0 && (is_quoted || list->data[start - 1] != separator)) {
        start--;
        if (list->data[start] == '"')
            is_quoted = !is_quoted;
    }
    if (is_quoted)
        return false;
    *out_part = trim(slice_from(*list, start));
    list->length = start > 0 ? start - 1 : 0;
    return true;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct slice text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && (c == '\0' || !strchr(others, c)))
            return false;
    }
    return text.length > 0;
}

static bool is_name(struct slice text, const char *name)
{
    return text.length == strlen(name) && strncasecmp(text.data, name, text.length) == 0;
}

/* The value of a pair, without its quotes. No value that means something to us needs a backslash. */
static bool read_value(struct slice text, struct slice *out_value)
{
    if (text.length == 0 || text.data[0] != '"') {
        *out_value = text;
        return is_token(text);
    }
    if (text.length < 2 || text.data[text.length - 1] != '"')
        return false;
    struct slice inner = slice_of(text.data + 1, text.length - 2);
    if (memchr(inner.data, '"', inner.length) || memchr(inner.data, '\\', inner.length))
        return false;
    *out_value = inner;
    return true;
}

/* What an element of Forwarded says; each name may stand in it once (RFC 7239, 4). */
struct element {
    struct slice by_whom, scheme;
    bool has_for, has_proto;
};

static bool take_pair(struct slice pair, struct element *element)
{
    if (pair.length == 0)
        return true; /* the grammar allows it */
    const char *equals = memchr(pair.data, '=', pair.length);
    struct slice value;
    if (!equals)
        return false;
    struct slice name = slice_of(pair.data, (size_t)(equals - pair.data));
    if (!is_token(name) || !read_value(slice_from(pair, name.length + 1), &value))
        return false;
    bool is_for = is_name(name, "for");
    bool is_proto = is_name(name, "proto");
    if ((is_for && element->has_for) || (is_proto && element->has_proto))
        return false;
    if (is_for)
        element->by_whom = value;
    if (is_proto)
        element->scheme = value;
    element->has_for |= is_for;
    element->has_proto |= is_proto;
    return true;
}

static bool read_element(struct slice text, struct forwarded_caller *out_caller)
{
    struct element element = {.by_whom = SLICE_EMPTY, .scheme = SLICE_EMPTY};
    struct net_address address;
    struct slice pair;
    do {
        if (!take_last(&text, ';', &pair) || !take_pair(pair, &element))
            return false;
    } while (text.length > 0);
    if (!net_address_parse(element.by_whom, &address))
        return false;
    *out_caller = (struct forwarded_caller){.address = address, .is_https = is_name(element.scheme, "https")};
    return true;
}

static bool take_hop(enum forwarded_header header, struct slice *list, struct forwarded_caller *out_caller)
{
    struct slice part;
    if (!take_last(list, ',', &part))
        return false;
    switch (header) {
    case FORWARDED_X_FOR: return net_address_parse(part, &out_caller->address);
    case FORWARDED_STANDARD: return read_element(part, out_caller);
    }
    return false;
}

bool forwarded_read(const struct forwarded_trust *trust, const struct net_address *peer, struct slice value,
                    struct forwarded_caller *out_caller)
{
    struct forwarded_caller caller = {.address = *peer};
    if (value.length > FORWARDED_BYTES_MAX)
        return false;
    for (size_t hops = 0; value.length > 0 && forwarded_is_trusted(trust, &caller.address); hops++)
        if (hops == FORWARDED_HOPS_MAX || !take_hop(trust->header, &value, &caller))
            return false;
    *out_caller = caller;
    return true;
}
