/* redis_url.c - takes the URL of a Redis server apart. */
#include "base/redis_url.h"

#include <stdlib.h>

#define NUMBER_DIGITS_MAX 5

static const char no_url[] = "must be redis://[[user]:password@]host[:port][/database] or unix:///path[?db=database]";
static const char no_tls[] =
    "asks for TLS, which this build cannot speak to Redis (hiredis lacks it); use redis:// in a "
    "network of your own, a unix socket, or a TLS tunnel on this machine";
static const char sentinel[] = "asks for Sentinel, which is not supported; name one address that leads to the master, "
                               "such as a DNS name or a TCP proxy that follows it";
static const char several[] = "names several servers, which is not supported; name one address that leads to the "
                              "master, such as a DNS name or a TCP proxy that follows it";

static bool read_number(struct slice text, int max, int *out)
{
    int number = 0;
    if (text.length == 0 || text.length > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    if (number > max)
        return false;
    *out = number;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes into `out`, which holds `max` characters and a NUL. */
static bool decode(struct slice text, char *out, size_t max)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.length ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.length ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '\0' || length == max)
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

/* Cuts `text` at the first `mark`: *head is what is before it, and what is behind it is returned; without a mark, *head
 * is all of it. */
static struct slice cut(struct slice text, char mark, struct slice *head)
{
    const char *at = text.length ? memchr(text.data, mark, text.length) : NULL;
    *head = slice_of(text.data, at ? (size_t)(at - text.data) : text.length);
    return slice_from(text, head->length + 1);
}

static bool has_char(struct slice text, char c)
{
    return text.length && memchr(text.data, c, text.length);
}

/* Takes "user:password@" off the beginning of *rest. The last @ counts, for that of a password may stand as it is. */
static const char *take_user(struct slice *rest, struct redis_url *url)
{
    const char *at = rest->length ? memrchr(rest->data, '@', rest->length) : NULL;
    if (!at)
        return NULL;
    struct slice user, password = cut(slice_of(rest->data, (size_t)(at - rest->data)), ':', &user);
    *rest = slice_from(*rest, (size_t)(at - rest->data) + 1);
    if (!decode(user, url->user, REDIS_URL_USER_MAX))
        return "has a user that is too long or not well encoded";
    if (!decode(password, url->password, REDIS_URL_PASSWORD_MAX))
        return "has a password that is too long or not well encoded";
    return *url->user && !*url->password ? "has a user without a password" : NULL;
}

static bool is_host(struct slice host, bool is_ipv6)
{
    for (size_t i = 0; i < host.length; i++) {
        unsigned char c = (unsigned char)host.data[i];
        bool is_letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
        if (!is_letter && !strchr(is_ipv6 ? ":.%" : "-._", c))
            return false;
    }
    return host.length > 0 && host.length <= REDIS_URL_HOST_MAX;
}

/* "host", "host:port" or "[address]:port" */
static const char *read_host(struct slice text, struct redis_url *url)
{
    struct slice host, port = {0};
    bool is_ipv6 = slice_starts_with(text, "[");
    if (has_char(text, ','))
        return several;
    if (is_ipv6 && !has_char(text, ']'))
        return no_url;
    struct slice rest = is_ipv6 ? cut(slice_from(text, 1), ']', &host) : cut(text, ':', &host);
    bool has_port = is_ipv6 ? rest.length > 0 : host.length < text.length;
    if (is_ipv6 && has_port && rest.data[0] != ':')
        return no_url;
    port = is_ipv6 ? slice_from(rest, 1) : rest;
    if (!is_host(host, is_ipv6))
        return no_url;
    if (has_port && (!read_number(port, 65535, &url->port) || url->port == 0))
        return "has a port that is no number from 1 to 65535";
    memcpy(url->host, host.data, host.length);
    return NULL;
}

static const char *read_database(struct slice text, struct redis_url *url)
{
    return read_number(text, REDIS_URL_DATABASE_MAX, &url->database) ? NULL : "has a database that is no number";
}

static const char *read_tcp(struct slice rest, struct redis_url *url)
{
    if (has_char(rest, '?') || has_char(rest, '#'))
        return "has parameters behind a ? or #, which mean nothing here; encode these characters in a password as %3F "
               "and %23";
    const char *problem = take_user(&rest, url);
    if (problem)
        return problem;
    struct slice host, database = cut(rest, '/', &host);
    url->port = REDIS_URL_PORT;
    problem = read_host(host, url);
    return problem || !database.length ? problem : read_database(database, url);
}

static const char *read_unix(struct slice rest, struct redis_url *url)
{
    struct slice socket, query = cut(rest, '?', &socket);
    const char *problem = take_user(&socket, url);
    if (problem)
        return problem;
    if (!slice_starts_with(socket, "/") || socket.length < 2)
        return "needs the absolute path of a socket, such as unix:///run/redis/redis.sock";
    if (!decode(socket, url->path, REDIS_URL_PATH_MAX))
        return "has a path that is too long for a socket, or not well encoded";
    if (!query.length)
        return NULL;
    return slice_starts_with(query, "db=") ? read_database(slice_from(query, 3), url)
                                           : "has parameters that are not known; there is ?db=number";
}

/* Takes "scheme://" off. */
static bool take_scheme(struct slice *rest, const char *scheme)
{
    size_t length = strlen(scheme);
    if (!slice_starts_with(*rest, scheme) || !slice_starts_with(slice_from(*rest, length), "://"))
        return false;
    *rest = slice_from(*rest, length + 3);
    return true;
}

static const char *read_any(struct slice text, struct redis_url *url)
{
    static const char *const sentinels[] = {"sentinel", "redis-sentinel", "redis+sentinel", "rediss+sentinel"};
    for (size_t i = 0; i < sizeof sentinels / sizeof *sentinels; i++)
        if (take_scheme(&text, sentinels[i]))
            return sentinel;
    if (take_scheme(&text, "unix"))
        return read_unix(text, url);
    if (take_scheme(&text, "redis"))
        return read_tcp(text, url);
    if (!take_scheme(&text, "rediss"))
        return no_url;
#ifdef PARLEY_REDIS_TLS
    url->is_tls = true;
    return read_tcp(text, url);
#else
    return no_tls;
#endif
}

const char *redis_url_parse(struct slice text, struct redis_url *out)
{
    struct redis_url url = {0};
    const char *problem = memchr(text.data, '\0', text.length) ? no_url : read_any(text, &url);
    if (!problem)
        *out = url;
    explicit_bzero(&url, sizeof url);
    return problem;
}

void redis_url_write(const struct redis_url *url, struct buffer *out)
{
    const char *user = *url->user ? url->user : "";
    const char *at = *url->password ? ":***@" : "";
    bool is_ipv6 = strchr(url->host, ':');
    if (*url->path) {
        buffer_add_format(out, "unix://%s%s%s", user, at, url->path);
        if (url->database)
            buffer_add_format(out, "?db=%d", url->database);
        return;
    }
    buffer_add_format(out, "%s://%s%s%s%s%s:%d", url->is_tls ? "rediss" : "redis", user, at, is_ipv6 ? "[" : "",
                      url->host, is_ipv6 ? "]" : "", url->port);
    if (url->database)
        buffer_add_format(out, "/%d", url->database);
}
