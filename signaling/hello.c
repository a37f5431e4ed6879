/* hello.c - from a token to a place in a room. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "ops/log.h"
#include "rooms/profile.h"
#include "signaling/client.h"

/* On one connection. Those who are told to wait need a few; whoever needs more is guessing, or does not listen. */
#define HELLOS_MAX 20

/* Where used tokens are remembered there is no place for more of them until some have expired. */
#define ONCE_WAIT_MS 10000

void client_log_reject(const struct client *client, enum error error)
{
    static _Thread_local struct log_gate gate = LOG_GATE(50);
    if (!log_gate_open(&gate, client->edge->now.mono_ms))
        return;
    char address[NET_ADDRESS_TEXT_MAX];
    net_address_format(&client->address, address);
    enum log_level level = error == ERR_SESSION_ENDED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN; /* late is no attack */
    LOG_EVENT(level, "auth.reject", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
              LOG_TEXT("address", address), LOG_TEXT("code", error_code(error)));
}

void client_await_hello(struct client *client, int64_t more_ms)
{
    struct edge *edge = client->edge;
    client->due_ms = edge->now.mono_ms + edge->config.hello_timeout_ms;
    client->patience_ms = client->due_ms + more_ms;
    list_remove(&client->due_link);
    list_append(&edge->waiting, &client->due_link);
}

void client_put_off(struct client *client, const struct message *message, int64_t wait_ms)
{
    struct event refusal = refusal_of(message, ERR_RATE_LIMITED);
    refusal.error.retry_after_ms = wait_ms;
    client_await_hello(client, wait_ms);
    client_refuse(client, &refusal);
}

static void refuse_token(struct client *client, const struct message *message, enum error error)
{
    struct metrics *metrics = client->edge->config.metrics;
    struct event refusal = refusal_of(message, error);
    metrics_add(metrics, metric_for_auth_error(error), 1);
    metrics_add(metrics, METRIC_JOINS_REFUSED, 1);
    client_log_reject(client, error);
    client_refuse(client, &refusal);
}

bool client_make_profile(struct client *client, const struct message *message, const struct profile *given,
                         struct profile *out_profile)
{
    struct profile_update allowed = message->hello.profile;
    if (!given->grants.may_update_self)
        allowed.has_name = allowed.has_attributes = false;
    if (!profile_merge(given, &allowed, out_profile))
        return true;
    struct event refusal = refusal_of(message, ERR_BAD_MESSAGE);
    refusal.error.field = "attributes";
    client_refuse(client, &refusal);
    return false;
}

void client_ask_home(struct client *client, const struct message *message, struct request *request)
{
    struct edge *edge = client->edge;
    if (message->hello.region.length) {
        free(client->region);
        client->region = memory_text(message->hello.region);
    }
    request->from = (struct locator){0, client->handle};
    request->now = edge->now;
    request->id = message->id;
    client->gives_receipts = message->hello.gives_receipts;
    client->state = CLIENT_JOINING;
    list_remove(&client->due_link); /* now it is the home that has to answer */
    edge->resumer = request->type == REQUEST_RESUME ? client : NULL;
    edge->route.send(edge->route.context, request);
    edge->resumer = NULL;
}

enum error client_check_token(const struct client *client, struct slice token, struct claims *out_claims)
{
    const struct edge *edge = client->edge;
    struct claims claims;
    enum error error = token_verify(edge->config.keys, &edge->config.token_rules, token, edge->now, &claims);
    if (error)
        return error;
    error = claims_admit(&claims, slice_from_text(client->room));
    if (error)
        claims_fini(&claims);
    else
        *out_claims = claims;
    return error;
}

enum error client_use_token(const struct client *client, const struct claims *claims)
{
    struct once *once = client->edge->config.once;
    return once ? once_use(once, claims->issuer, claims->token_id, claims->expires_unix_s) : ERROR_NONE;
}

static void join(struct client *client, const struct message *message, const struct claims *claims)
{
    struct edge *edge = client->edge;
    struct profile given = {.identity = claims->identity,
                            .name = claims->name,
                            .metadata = claims->metadata,
                            .attributes = claims->attributes,
                            .grants = claims->grants};
    struct profile profile;
    if (!client_make_profile(client, message, &given, &profile))
        return;
    enum error error = client_use_token(client, claims);
    if (error == ERR_RATE_LIMITED) {
        client_put_off(client, message, ONCE_WAIT_MS);
        return;
    }
    if (error) {
        refuse_token(client, message, error);
        return;
    }
    struct request request = {.type = REQUEST_JOIN, .got = GOT_NOTHING};
    edge->config.make_id(client->peer_id);
    request.join.room = slice_from_text(client->room);
    request.join.peer_id = client->peer_id;
    request.join.profile = &profile;
    request.join.gives_receipts = message->hello.gives_receipts;
    request.join.ends_unix_s = claims->expires_unix_s + edge->config.session_grace_s;
    client_ask_home(client, message, &request);
}

/* Who shows a good token waits for its turn among all of this worker (T-35); before that only its address does. */
static void on_token(struct client *client, const struct message *message)
{
    struct edge *edge = client->edge;
    int64_t now_ms = edge->now.mono_ms;
    int64_t wait_ms = 0;
    if (BUGGIFY(JOIN_LATER) || !address_entry_take_join(edge->addresses, client->entry, now_ms, &wait_ms)) {
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_JOIN, 1);
        client_put_off(client, message, wait_ms);
        return;
    }
    struct claims claims;
    enum error error = client_check_token(client, message->hello.token, &claims);
    if (error) {
        refuse_token(client, message, error);
        return;
    }
    if (queue_take(&edge->joins, &edge->config.joins, now_ms, &wait_ms)) {
        join(client, message, &claims);
    } else {
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_JOINS, 1);
        client_put_off(client, message, wait_ms);
    }
    claims_fini(&claims);
}

void client_on_hello(struct client *client, const struct message *message)
{
    if (++client->hellos > HELLOS_MAX) {
        struct event refusal = refusal_of(message, ERR_FLOOD);
        client_refuse(client, &refusal);
    } else if (message->hello.ticket.length) {
        client_on_ticket(client, message);
    } else {
        on_token(client, message);
    }
}
