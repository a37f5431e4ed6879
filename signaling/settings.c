/* settings.c - what the configuration means to the server. */
#include "signaling/settings.h"

#include <assert.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ops/keys_load.h"
#include "signaling/redis_log.h"

static int complain(FILE *errors, int status, const char *key, const char *value, const char *why)
{
    (void)fprintf(errors, "parley: %s: \"%s\": %s\n", key, value, why);
    return status;
}

static int load_proxies(const struct config *config, FILE *errors, struct settings *out)
{
    const struct text_list *proxies = &config->server_trusted_proxies;
    if (proxies->count > PROXIES_MAX)
        return complain(errors, EX_CONFIG, "server.trusted_proxies", proxies->items[PROXIES_MAX], "too many networks");
    for (size_t i = 0; i < proxies->count; i++) {
        if (!net_range_parse(slice_from_text(proxies->items[i]), &out->proxies[i]))
            return complain(errors, EX_CONFIG, "server.trusted_proxies", proxies->items[i],
                            "not a network; write it as 10.0.0.0/8 or fd00::/8");
    }
    out->proxy_count = proxies->count;
    return EX_OK;
}

static int load_ice_server(const struct config_turn_server *from, FILE *errors, struct ice_server *out)
{
    if (from->urls.count > ICE_URLS_MAX)
        return complain(errors, EX_CONFIG, "turn.servers[].urls", from->urls.items[ICE_URLS_MAX], "too many URLs");
    for (size_t i = 0; i < from->urls.count; i++) {
        struct slice url = slice_from_text(from->urls.items[i]);
        if (!ice_url_is_valid(url))
            return complain(
                errors, EX_CONFIG, "turn.servers[].urls", from->urls.items[i],
                "not an ICE server; write it as stun:host:port, turn:host:port?transport=udp or turns:host:port");
        out->urls[i] = url;
    }
    out->url_count = from->urls.count;
    out->region = slice_from_text(from->region);
    out->secret = slice_from_text(from->secret);
    return EX_OK;
}

static int load_ice(const struct config *config, FILE *errors, struct ice_list *out)
{
    out->ttl_s = config->turn_ttl / 1000;
    for (size_t i = 0; i < config->turn_servers_count; i++) {
        int status = load_ice_server(&config->turn_servers[i], errors, &out->servers[i]);
        if (status)
            return status;
        out->count++;
    }
    return EX_OK;
}

static struct limits limits_of(const struct config *config)
{
    return (struct limits){
        .session_messages = {(double)config->limits_messages_per_s, (double)config->limits_messages_burst},
        .session_bytes = {(double)config->limits_bytes_per_s, (double)config->limits_bytes_burst},
        .address_messages = {(double)config->limits_address_messages_per_s,
                             (double)config->limits_address_messages_burst},
        .address_bytes = {(double)config->limits_address_bytes_per_s, (double)config->limits_address_bytes_burst},
        .address_joins = {(double)config->limits_address_joins_per_s, (double)config->limits_address_joins_burst},
        .address_connections_max = (size_t)config->limits_address_connections,
    };
}

static void fill_edge(const struct config *config, struct settings *out)
{
    struct edge_config *edge = &out->edge;
    edge->keys = out->keys;
    edge->token_rules.audience = slice_from_text(config->auth_audience);
    edge->token_rules.lifetime_max_s = config->auth_token_lifetime_max / 1000;
    edge->session_grace_s = config->auth_session_grace / 1000;
    edge->joins = (struct rate){(double)config->limits_joins_per_s, (double)config->limits_joins_burst};
    edge->ice = &out->ice;
    edge->default_region = slice_from_text(config->turn_region);
    edge->limits = limits_of(config);
    edge->outbox.frames_max = (size_t)config->limits_outbox_messages;
    edge->outbox.bytes_max = (size_t)config->limits_outbox_bytes;
    edge->message_bytes_max = (size_t)config->limits_message_bytes;
    edge->hello_timeout_ms = config->limits_hello_timeout;
    edge->ping_interval_ms = config->limits_ping_interval;
    edge->drain_spread_ms = config->server_drain_spread;
    edge->make_id = random_id;
}

/* Of one room: whoever leaves while two halves of it are apart is one of so many. */
#define DEPARTED_MAX 64

static void fill_home(const struct config *config, struct home_config *home)
{
    home->rooms_max = (size_t)config->rooms_max;
    home->room_capacity = (size_t)config->rooms_capacity;
    home->mailbox.letters_max = (size_t)config->limits_mailbox_messages;
    home->mailbox.bytes_max = (size_t)config->limits_mailbox_bytes;
    home->grace_ms = config->rooms_grace;
    home->prolonged_s = (config->auth_token_lifetime_max + config->auth_session_grace) / 1000 + TOKEN_LEEWAY_S;
    home->duplicates = (enum duplicate_policy)config->rooms_duplicate_identity;
}

static void fill_cluster(const struct config *config, struct settings *out)
{
    if (*config->cluster_node_name)
        (void)snprintf(out->node_name, sizeof out->node_name, "%s", config->cluster_node_name);
    else
        (void)gethostname(out->node_name, sizeof out->node_name - 1);
    out->is_clustered = *config->cluster_redis_url;
    if (!out->is_clustered)
        return;
    struct redis_config *redis = &out->cluster.redis;
    const char *problem = redis_url_parse(slice_from_text(config->cluster_redis_url), &redis->url);
    assert(!problem); /* config_check() has looked at it */
    (void)snprintf(redis->prefix, sizeof redis->prefix, "%s", config->cluster_redis_prefix);
    redis->note = redis_log_note;
    out->cluster.node_name = out->node_name;
    out->home.departed_max = DEPARTED_MAX;
}

int settings_make(const struct config *config, FILE *errors, struct settings *out)
{
    *out = (struct settings){.keys = keyring_create(), .state = STATE_DIR_NONE};
    fill_edge(config, out);
    fill_home(config, &out->home);
    fill_cluster(config, out);
    int status = keys_load_configured(config, errors, out->keys);
    if (!status)
        status = load_proxies(config, errors, out);
    if (!status)
        status = load_ice(config, errors, &out->ice);
    return status;
}

void settings_fini(struct settings *settings)
{
    settings->keys = keyring_destroy(settings->keys);
    settings->sealer = sealer_destroy(settings->sealer);
    state_dir_fini(&settings->state);
    explicit_bzero(&settings->cluster, sizeof settings->cluster);
}

int settings_open_state(struct settings *settings, const struct config *config, bool is_throwaway_fine, FILE *errors)
{
    struct state_places places = state_places_of(config);
    places.is_throwaway_fine = is_throwaway_fine;
    int status = state_dir_open(&places, config->cluster_key, clock_now(), errors, &settings->state);
    if (status)
        return status;
    settings->sealer = sealer_create(settings->state.secrets, settings->state.secret_count);
    assert(settings->sealer); /* config_check() and state_dir_open() have looked at the secrets */
    settings->edge.sealer = settings->sealer;
    settings->cluster.key_count = settings->state.secret_count;
    for (size_t i = 0; i < settings->state.secret_count; i++)
        wire_key_derive(settings->state.secrets[i], &settings->cluster.keys[i]);
    return EX_OK;
}
