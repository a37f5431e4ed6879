/* ice.c - the ICE servers that a client is given, with credentials of its own, and fresh ones in time. */
#include "signaling/client.h"

/* Credentials are renewed when three quarters of their life are over. */
#define RENEW_AFTER(ttl_s) ((ttl_s)*750)

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
