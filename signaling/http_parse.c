/* http_parse.c - the parts of an HTTP request, judged without a socket. */
#include "signaling/http_parse.h"

#include <string.h>
#include <strings.h>

#define JWT_LENGTH_MIN 20 /* the shortest thing that is worth calling a token */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* tchar of RFC 9110, 5.6.2 */
static bool is_token_char(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool is_all(struct slice text, bool (*is_allowed)(char))
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_allowed(text.data[i]))
            return false;
    return true;
}

static bool is_equal_ignoring_case(struct slice a, const char *text)
{
    return a.length == strlen(text) && (a.length == 0 || strncasecmp(a.data, text, a.length) == 0);
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && is_one_of(text.data[0], " \t"))
        text = slice_of(text.data + 1, text.length - 1);
    while (text.length > 0 && is_one_of(text.data[text.length - 1], " \t"))
        text.length--;
    return text;
}

/* What is before the first `mark`; `*rest` becomes what is after it, or empty. */
static struct slice cut(struct slice *rest, char mark)
{
    const char *found = rest->length ? memchr(rest->data, mark, rest->length) : NULL;
    size_t length = found ? (size_t)(found - rest->data) : rest->length;
    struct slice part = slice_of(rest->data, length);
    *rest = found ? slice_from(*rest, length + 1) : SLICE_EMPTY;
    return part;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

bool http_text_is_clean(struct slice text)
{
    return is_all(text, is_printable);
}

enum error http_length_parse(struct slice text, size_t *out_length)
{
    if (text.length == 0 || !is_all(text, is_digit))
        return ERR_BAD_REQUEST;
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        length = length * 10 + (size_t)(text.data[i] - '0');
        if (length > HTTP_BODY_MAX)
            return ERR_MESSAGE_TOO_LARGE;
    }
    *out_length = length;
    return ERROR_NONE;
}

static bool is_name_char(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "-._");
}

static bool is_ipv6_char(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f') || is_one_of(c, ":.");
}

/* Splits "name:port" or "[address]:port"; false when it is neither. */
static bool split_host(struct slice host, struct slice *out_name, struct slice *out_port)
{
    struct slice rest = host;
    if (host.length == 0 || host.length > HTTP_HOST_MAX)
        return false;
    if (host.data[0] != '[') {
        *out_name = cut(&rest, ':');
        *out_port = rest;
        return out_name->length + 1 != host.length; /* a colon needs a port */
    }
    *out_name = cut(&rest, ']');
    if (out_name->length == host.length || (rest.length > 0 && (rest.data[0] != ':' || rest.length == 1)))
        return false;
    *out_port = slice_from(rest, 1);
    return true;
}

bool http_host_is_valid(struct slice host)
{
    struct slice name;
    struct slice port;
    if (!split_host(host, &name, &port) || name.length == 0 || port.length > 5 || !is_all(port, is_digit))
        return false;
    if (name.data[0] == '[')
        return name.length > 2 && is_all(slice_from(name, 1), is_ipv6_char);
    return is_all(name, is_name_char);
}

static bool is_quad_char(char c)
{
    return is_digit(c) || c == '.';
}

bool http_host_is_loopback(struct slice host)
{
    struct slice name;
    struct slice port;
    if (!http_host_is_valid(host) || !split_host(host, &name, &port))
        return false;
    if (is_equal_ignoring_case(name, "localhost") || slice_is_text(name, "[::1"))
        return true;
    return slice_starts_with(name, "127.") && is_all(name, is_quad_char);
}

bool http_list_next(struct slice *rest, struct slice *out_part)
{
    if (rest->length == 0)
        return false;
    *out_part = trim(cut(rest, ','));
    return true;
}

bool http_list_has(struct slice list, const char *name, bool ignore_case)
{
    struct slice part;
    while (http_list_next(&list, &part))
        if (ignore_case ? is_equal_ignoring_case(part, name) : slice_is_text(part, name))
            return true;
    return false;
}

bool http_offers_subprotocol(struct slice list, const char *name)
{
    if (list.length > HTTP_SUBPROTOCOLS_MAX || (list.length > 0 && list.data[list.length - 1] == ','))
        return false;
    struct slice part;
    bool is_offered = false;
    while (http_list_next(&list, &part)) {
        if (part.length == 0 || part.length > HTTP_SUBPROTOCOL_MAX || !is_all(part, is_token_char))
            return false;
        is_offered |= slice_is_text(part, name);
    }
    return is_offered;
}

static bool is_base64url_char(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "-_");
}

/* Three parts of base64url with dots between; the first one is a JSON object, which starts with {" */
static bool is_like_jwt(struct slice text)
{
    if (text.length < JWT_LENGTH_MIN || !slice_starts_with(text, "eyJ"))
        return false;
    size_t dots = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '.')
            dots++;
        else if (!is_base64url_char(text.data[i]))
            return false;
    }
    return dots == 2;
}

bool http_argument_is_token(struct slice argument)
{
    static const char *const names[] = {"token",  "access_token", "accesstoken", "id_token",      "jwt",    "auth",
                                        "bearer", "authtoken",    "auth_token",  "authorization", "secret", "api_key"};
    struct slice value = argument;
    struct slice name = cut(&value, '=');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_equal_ignoring_case(name, names[i]))
            return true;
    if (value.length >= 7 && strncasecmp(value.data, "Bearer ", 7) == 0)
        return true;
    return is_like_jwt(value) || is_like_jwt(name);
}

/* b64token of RFC 6750 */
static bool is_bearer_char(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "-._~+/=");
}

bool http_bearer_parse(struct slice authorization, struct slice *out_token)
{
    struct slice token = trim(slice_from(authorization, 7));
    if (authorization.length < 8 || strncasecmp(authorization.data, "Bearer ", 7) != 0)
        return false;
    if (token.length == 0 || !is_all(token, is_bearer_char))
        return false;
    *out_token = token;
    return true;
}

/* Whether the weight after ";q=" is zero in any of its spellings. */
static bool is_refused(struct slice weight)
{
    weight = trim(weight);
    if (!slice_starts_with(weight, "q=") && !slice_starts_with(weight, "Q="))
        return false;
    for (size_t i = 2; i < weight.length; i++)
        if (weight.data[i] != '0' && weight.data[i] != '.')
            return false;
    return true;
}

bool http_accepts_gzip(struct slice accept_encoding)
{
    struct slice part;
    while (http_list_next(&accept_encoding, &part)) {
        struct slice name = trim(cut(&part, ';'));
        if (is_equal_ignoring_case(name, "gzip"))
            return !is_refused(part);
    }
    return false;
}

bool http_etag_matches(struct slice if_none_match, struct slice etag)
{
    struct slice part;
    while (http_list_next(&if_none_match, &part)) {
        if (slice_starts_with(part, "W/"))
            part = slice_from(part, 2);
        if (slice_is_equal(part, etag) || slice_is_text(part, "*"))
            return true;
    }
    return false;
}

bool http_host_is_address(struct slice host)
{
    struct slice name;
    struct slice port;
    if (http_host_is_loopback(host))
        return true;
    if (!http_host_is_valid(host) || !split_host(host, &name, &port))
        return false;
    return slice_starts_with(name, "[") || is_all(name, is_quad_char);
}
