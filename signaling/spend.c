/* spend.c - how a client that says too much is slowed down, and cut off where that does not help. */
#include "base/planted.h"
#include "signaling/client.h"

/* So many more refusals by its own limits than messages taken, and the client is cut off. */
#define REFUSALS_MAX 100

static bool take_from_session(struct client *client, size_t cost, int64_t *out_wait_ms)
{
    const struct limits *limits = &client->edge->config.limits;
    int64_t now_ms = client->edge->now.mono_ms;
    if (!bucket_take(&client->messages, &limits->session_messages, 1, now_ms)) {
        *out_wait_ms = bucket_wait_ms(&client->messages, &limits->session_messages, 1);
        return false;
    }
    if (!bucket_take(&client->bytes, &limits->session_bytes, (double)cost, now_ms)) {
        *out_wait_ms = bucket_wait_ms(&client->bytes, &limits->session_bytes, (double)cost);
        return false;
    }
    return true;
}

bool client_may_send(struct client *client, const struct message *message, size_t cost)
{
    struct edge *edge = client->edge;
    int64_t wait_ms = 0;
    enum metric scope = METRIC_RATE_LIMITED_SESSION;
    bool may = !BUGGIFY(RATE_LIMITED) && take_from_session(client, cost, &wait_ms);
    if (may) {
        scope = METRIC_RATE_LIMITED_ADDRESS;
        may = address_entry_take_message(edge->addresses, client->entry, cost, edge->now.mono_ms, &wait_ms);
    }
    if (may) {
        client->refusals -= client->refusals > 0;
        return true;
    }
    metrics_add(edge->config.metrics, scope, 1);
    /* What others on the same address have used up is not this client's fault. */
    client->refusals += scope == METRIC_RATE_LIMITED_SESSION;
    bool is_flood = client->refusals > REFUSALS_MAX;
    struct event refusal = refusal_of(message, is_flood ? ERR_FLOOD : ERR_RATE_LIMITED);
    refusal.error.retry_after_ms = is_flood ? -1 : wait_ms;
    client_keep_receipt(client, message);
    if (client->state != CLIENT_CLOSING)
        client_refuse(client, &refusal);
    return false;
}

void client_pay(struct client *client, size_t bytes)
{
    struct edge *edge = client->edge;
    bucket_charge(&client->bytes, &edge->config.limits.session_bytes, (double)bytes, edge->now.mono_ms);
}

bool client_is_advance(const struct client *client, const struct message *message)
{
    return message->type == MESSAGE_RECEIPT && client->state == CLIENT_JOINED && message->got > client->got &&
           (uint64_t)message->got <= client->said;
}
