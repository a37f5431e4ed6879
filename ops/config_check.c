/* config_check.c - the checks that no single value can answer for. */
#include "ops/config_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/redis_url.h"
#include "ops/cluster_key.h"
#include "ops/config_value.h"
#include "turn/ice.h"

#define TURN_SECRET_BYTES_MIN                                                                                          \
    32 /* T-20; RFC 2104, 3: a key shorter than the hash weakens it, and the margin is ours                            \
        */

#define REDIS_PREFIX_MAX 64
#define NODE_NAME_MAX    63 /* docs/bus.md */

#define FAIL(report, ...) config_fail((report), CONFIG_WRONG, CONFIG_NOWHERE, __VA_ARGS__)

/* Digits only, from 0 (any free port) to 65535. */
static bool is_port(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return length >= 1 && length <= 5 && !text[length] && atoi(text) <= 65535;
}

/* HOST:PORT; an IPv6 host stands in brackets. */
static bool is_listen_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || !is_port(colon + 1))
        return false;
    bool has_brackets = text[0] == '[' && colon[-1] == ']';
    return has_brackets || !memchr(text, ':', (size_t)(colon - text));
}

/* Browsers send an origin in lower case, without path and without the default port. */
static bool is_origin(const char *text)
{
    const char *host = strstr(text, "://");
    bool is_web = strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
    if (!is_web || !host[3] || strpbrk(host + 3, "/?#@ *"))
        return false;
    for (const char *c = text; *c; c++)
        if (isupper((unsigned char)*c))
            return false;
    return true;
}

static bool is_network(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t length = strcspn(text, "/");
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    bool is_4 = inet_pton(AF_INET, address, bytes) == 1;
    if (!is_4 && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    const char *prefix = text + length;
    return !*prefix || (is_port(prefix + 1) && atoi(prefix + 1) <= (is_4 ? 32 : 128));
}

static bool is_web_url(const char *text)
{
    return (strncmp(text, "https://", 8) == 0 && text[8]) || (strncmp(text, "http://", 7) == 0 && text[7]);
}

static bool is_ice_url(const char *text)
{
    return ice_url_is_valid(slice_from_text(text));
}

static const struct form {
    size_t row;
    bool (*is_good)(const char *text);
    const char *wanted;
} forms[] = {
    {CONFIG_ROW_server_listen, is_listen_address, "HOST:PORT or [IPv6]:PORT"},
    {CONFIG_ROW_server_tls_listen, is_listen_address, "HOST:PORT or [IPv6]:PORT"},
    {CONFIG_ROW_admin_listen, is_listen_address, "HOST:PORT or [IPv6]:PORT"},
    {CONFIG_ROW_server_allowed_origins, is_origin,
     "an origin as browsers send it, such as https://example.org or http://localhost:3000"},
    {CONFIG_ROW_server_trusted_proxies, is_network, "an address or a network such as 10.0.0.0/8"},
    {CONFIG_ROW_server_public_url, is_web_url, "a URL that starts with https:// or http://"},
    {CONFIG_ROW_turn_servers_urls, is_ice_url, "a stun:, turn: or turns: URL"},
};

static const struct form *form_of(const struct config_row *row)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (&config_rows[forms[i].row] == row)
            return &forms[i];
    return NULL;
}

static void check_item(const struct form *form, struct config_key key, const char *text, struct config_place place,
                       struct config_report *report)
{
    if (form->is_good(text))
        return;
    struct buffer path = BUFFER_EMPTY;
    config_key_path(key, &path);
    config_fail(report, CONFIG_WRONG, place, "%s: \"%s\" must be %s", buffer_text(&path), text, form->wanted);
    buffer_fini(&path);
}

void config_check_form(const struct config *config, struct config_key key, const struct config_place *places,
                       size_t place_count, struct config_report *report)
{
    const struct form *form = form_of(key.row);
    if (!form || config_value_is_empty(key.row, config_key_peek(config, key)))
        return;
    if (key.row->type != CONFIG_TYPE_LIST) {
        check_item(form, key, *(char *const *)config_key_peek(config, key), places[0], report);
        return;
    }
    const struct text_list *list = config_key_peek(config, key);
    for (size_t i = 0; i < list->count; i++)
        check_item(form, key, list->items[i], places[i < place_count ? i : place_count - 1], report);
}

static void check_listeners(const struct config *config, struct config_report *report)
{
    bool has_both = *config->server_tls_cert_file && *config->server_tls_key_file;
    if (config->server_tls_listen.count && !has_both)
        FAIL(report, "server.tls_listen needs server.tls_cert_file and server.tls_key_file");
    if (!config->server_listen.count && !config->server_tls_listen.count)
        FAIL(report, "server.listen and server.tls_listen are both empty: there is nothing to serve");
}

typedef void write_number(int64_t value, struct buffer *out);

static void write_plain(int64_t value, struct buffer *out)
{
    buffer_add_int(out, value);
}

struct term {
    const char *name;
    int64_t value;
};

/* Reports that `greater` is not at least `lesser`, or twice that. */
static void check_at_least(struct config_report *report, struct term greater, int factor, struct term lesser,
                           write_number *write)
{
    if (greater.value >= factor * lesser.value)
        return;
    struct buffer is = BUFFER_EMPTY, wanted = BUFFER_EMPTY;
    write(greater.value, &is);
    write(lesser.value, &wanted);
    FAIL(report, "%s (%s) must be at least %s%s (%s)", greater.name, buffer_text(&is), factor == 2 ? "twice " : "",
         lesser.name, buffer_text(&wanted));
    buffer_fini(&is);
    buffer_fini(&wanted);
}

#define TERM(field, path) ((struct term){path, config->field})

static void check_rates(const struct config *config, struct config_report *report)
{
    check_at_least(report, TERM(limits_messages_burst, "limits.messages_burst"), 1,
                   TERM(limits_messages_per_s, "limits.messages_per_s"), write_plain);
    check_at_least(report, TERM(limits_bytes_burst, "limits.bytes_burst"), 1,
                   TERM(limits_bytes_per_s, "limits.bytes_per_s"), config_write_size);
    check_at_least(report, TERM(limits_address_joins_burst, "limits.address_joins_burst"), 1,
                   TERM(limits_address_joins_per_s, "limits.address_joins_per_s"), write_plain);
    check_at_least(report, TERM(limits_address_messages_burst, "limits.address_messages_burst"), 1,
                   TERM(limits_address_messages_per_s, "limits.address_messages_per_s"), write_plain);
    check_at_least(report, TERM(limits_address_bytes_burst, "limits.address_bytes_burst"), 1,
                   TERM(limits_address_bytes_per_s, "limits.address_bytes_per_s"), config_write_size);
    check_at_least(report, TERM(limits_joins_burst, "limits.joins_burst"), 1,
                   TERM(limits_joins_per_s, "limits.joins_per_s"), write_plain);
}

/* A message that no bucket or outbox can hold would be refused for ever. */
static void check_message_fits(const struct config *config, struct config_report *report)
{
    const struct term message = TERM(limits_message_bytes, "limits.message_bytes");
    check_at_least(report, TERM(limits_bytes_burst, "limits.bytes_burst"), 1, message, config_write_size);
    check_at_least(report, TERM(limits_address_bytes_burst, "limits.address_bytes_burst"), 1, message,
                   config_write_size);
    check_at_least(report, TERM(limits_outbox_bytes, "limits.outbox_bytes"), 2, message, config_write_size);
}

/* What an outbox may hold comes from a mailbox. */
static void check_mailbox(const struct config *config, struct config_report *report)
{
    check_at_least(report, TERM(limits_mailbox_bytes, "limits.mailbox_bytes"), 1,
                   TERM(limits_outbox_bytes, "limits.outbox_bytes"), config_write_size);
    check_at_least(report, TERM(limits_mailbox_messages, "limits.mailbox_messages"), 1,
                   TERM(limits_outbox_messages, "limits.outbox_messages"), write_plain);
}

static void check_cluster_key(const struct config *config, struct config_report *report)
{
    struct slice secrets[TICKET_KEYS_MAX];
    size_t count = cluster_key_split(slice_from_text(config->cluster_key), secrets);
    if (count > TICKET_KEYS_MAX)
        FAIL(report, "cluster.key has %zu secrets; there may be %d: the one in use, and the one before", count,
             TICKET_KEYS_MAX);
    if (count == 0 && *config->cluster_key)
        FAIL(report, "cluster.key holds no secret");
    for (size_t i = 0; i < count && i < TICKET_KEYS_MAX; i++)
        if (secrets[i].length < TICKET_SECRET_MIN)
            FAIL(report, "cluster.key: secret %zu is shorter than %d bytes; make one with: parley keygen --cluster",
                 i + 1, TICKET_SECRET_MIN);
}

/* Letters, digits and a few marks: nothing that patterns of Redis' own commands would read as one. */
static bool is_redis_prefix(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:");
    return length >= 1 && length <= REDIS_PREFIX_MAX && !text[length];
}

static void check_cluster(const struct config *config, struct config_report *report)
{
    struct redis_url url = {0};
    const char *problem = NULL;
    if (*config->cluster_redis_url)
        problem = redis_url_parse(slice_from_text(config->cluster_redis_url), &url);
    if (problem)
        FAIL(report, "cluster.redis.url %s", problem);
    if (*config->cluster_redis_url && !*config->cluster_key)
        FAIL(report,
             "cluster.redis.url needs cluster.key, the same on every node; make one with: parley keygen --cluster");
    if (!is_redis_prefix(config->cluster_redis_prefix))
        FAIL(report, "cluster.redis.prefix must be 1 to %d letters, digits, -, ., _ or :", REDIS_PREFIX_MAX);
    if (strlen(config->cluster_node_name) > NODE_NAME_MAX)
        FAIL(report, "cluster.node_name is longer than %d bytes", NODE_NAME_MAX);
    explicit_bzero(&url, sizeof url);
}

/* The last ones are to have time to go. */
static void check_drain(const struct config *config, struct config_report *report)
{
    check_at_least(report, TERM(server_drain_timeout, "server.drain_timeout"), 2,
                   TERM(server_drain_spread, "server.drain_spread"), config_write_duration);
}

static void check_pings(const struct config *config, struct config_report *report)
{
    if (config->limits_ping_timeout > config->limits_ping_interval)
        return;
    struct buffer timeout = BUFFER_EMPTY, interval = BUFFER_EMPTY;
    config_write_duration(config->limits_ping_timeout, &timeout);
    config_write_duration(config->limits_ping_interval, &interval);
    FAIL(report, "limits.ping_timeout (%s) must be longer than limits.ping_interval (%s)", buffer_text(&timeout),
         buffer_text(&interval));
    buffer_fini(&timeout);
    buffer_fini(&interval);
}

static bool has_relay_url(const struct text_list *urls)
{
    for (size_t i = 0; i < urls->count; i++)
        if (strncmp(urls->items[i], "turn", 4) == 0)
            return true;
    return false;
}

static void check_turn_server(const struct config_turn_server *server, size_t index, struct config_report *report)
{
    char name[48];
    (void)snprintf(name, sizeof name, "turn.servers[%zu].urls", index);
    if (!server->urls.count)
        FAIL(report, "%s is missing", name);
    if (server->urls.count > ICE_URLS_MAX)
        FAIL(report, "%s has more than %d URLs", name, ICE_URLS_MAX);
    if (has_relay_url(&server->urls) && !*server->secret)
        config_warn(report, CONFIG_NOWHERE, "turn.servers[%zu] has no secret: no credentials are made for it", index);
    if (*server->secret && strlen(server->secret) < TURN_SECRET_BYTES_MIN)
        FAIL(report, "turn.servers[%zu].secret is shorter than %d bytes; make one with: parley keygen --turn", index,
             TURN_SECRET_BYTES_MIN);
}

void config_check(const struct config *config, struct config_report *report)
{
    check_listeners(config, report);
    check_rates(config, report);
    check_message_fits(config, report);
    check_mailbox(config, report);
    check_pings(config, report);
    check_drain(config, report);
    check_cluster_key(config, report);
    check_cluster(config, report);
    for (size_t i = 0; i < config->turn_servers_count; i++)
        check_turn_server(&config->turn_servers[i], i, report);
}
