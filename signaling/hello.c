/* hello.c - from a token to a place in a room, and the ICE servers that come with it. */
#include <stdlib.h>

#include "base/memory.h"
#include "ops/log.h"
#include "rooms/profile.h"
#include "signaling/client.h"

/* Credentials are renewed when three quarters of their life are over. */
#define RENEW_AFTER(ttl_s) ((ttl_s)*750)

static void refuse_token(struct client *client, struct reference id, enum error error)
{
    struct edge *edge = client->edge;
    metrics_add(edge->config.metrics, metric_for_auth_error(error), 1);
    metrics_add(edge->config.metrics, METRIC_JOINS_REFUSED, 1);
    static _Thread_local struct log_gate gate = LOG_GATE(50);
    if (log_gate_open(&gate, edge->now.mono_ms)) {
        char address[NET_ADDRESS_TEXT_MAX];
        net_address_format(&client->address, address);
        log_warn("auth.reject", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
                 LOG_TEXT("address", address), LOG_TEXT("code", error_code(error)));
    }
    client_refuse(client, id, error, NULL, -1);
}

/* The token's word on who this is stands, unless it lets its bearer choose. */
static enum error make_profile(const struct claims *claims, const struct profile_update *wish,
                               struct profile *out_profile)
{
    struct profile given = {.identity = claims->identity,
                            .name = claims->name,
                            .metadata = claims->metadata,
                            .attributes = claims->attributes,
                            .grants = claims->grants};
    struct profile_update allowed = *wish;
    if (!claims->grants.may_update_self)
        allowed.has_name = allowed.has_attributes = false;
    return profile_merge(&given, &allowed, out_profile);
}

static void ask_home(struct client *client, const struct message *message, const struct profile *profile)
{
    struct edge *edge = client->edge;
    struct request request = {.type = REQUEST_JOIN, .from = {0, client->handle}, .id = message->id};
    edge->config.make_id(client->peer_id);
    request.join.room = slice_from_text(client->room);
    request.join.peer_id = client->peer_id;
    request.join.profile = profile;
    client->state = CLIENT_JOINING;
    list_remove(&client->due_link); /* now it is the home that has to answer */
    edge->route.send(edge->route.context, &request);
}

static void join(struct client *client, const struct message *message, const struct claims *claims)
{
    struct profile profile;
    enum error error = claims_admit(claims, slice_from_text(client->room));
    if (error) {
        refuse_token(client, message->id, error);
        return;
    }
    error = make_profile(claims, &message->hello.profile, &profile);
    if (error) {
        client_refuse(client, message->id, error, "attributes", -1);
        return;
    }
    if (message->hello.region.length)
        client->region = memory_text(message->hello.region);
    ask_home(client, message, &profile);
}

void client_on_hello(struct client *client, const struct message *message)
{
    struct edge *edge = client->edge;
    int64_t wait_ms = 0;
    if (!address_entry_take_join(edge->addresses, client->entry, edge->now.mono_ms, &wait_ms)) {
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_JOIN, 1);
        client_await_hello(client, wait_ms);
        client_refuse(client, message->id, ERR_RATE_LIMITED, NULL, wait_ms);
        return;
    }
    struct claims claims;
    enum error error =
        token_verify(edge->config.keys, &edge->config.token_rules, message->hello.token, edge->now, &claims);
    if (error) {
        refuse_token(client, message->id, error);
        return;
    }
    join(client, message, &claims);
    claims_fini(&claims);
}

int64_t client_write_ice(struct client *client)
{
    struct edge *edge = client->edge;
    const struct ice_list *list = edge->config.ice;
    struct slice region = client->region ? slice_from_text(client->region) : edge->config.default_region;
    char user[TURN_USER_MAX];
    turn_user(slice_from_text(client->room), slice_from_text(client->peer_id), user);
    buffer_clear(&edge->ice);
    ice_write_json(list, region, slice_from_text(user), edge->now, &edge->ice);
    list_remove(&client->due_link);
    if (!ice_list_expires(list))
        return -1;
    metrics_add(edge->config.metrics, METRIC_TURN_CREDENTIALS, 1);
    client->due_ms = edge->now.mono_ms + RENEW_AFTER(list->ttl_s);
    list_append(&edge->renewing, &client->due_link);
    return list->ttl_s;
}

void client_renew_ice(struct client *client)
{
    struct event event = {.type = EVENT_ICE_SERVERS};
    event.ice.ttl_s = client_write_ice(client);
    event.ice.servers = buffer_slice(&client->edge->ice);
    (void)client_send(client, &event);
}
