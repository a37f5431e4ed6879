/* client.c - what one client is told, how it is slowed down, and how it ends. */
#include "signaling/client.h"

#include "base/memory.h"
#include "ops/log.h"

/* So many more refusals by its own limits than messages taken, and the client is cut off. */
#define REFUSALS_MAX 100

/* Clients that are sent away together come back spread over this time. */
#define COMEBACK_SPREAD_MS 2000

struct frame *edge_encode(struct edge *edge, const struct event *event)
{
    buffer_clear(&edge->text);
    event_encode(event, &edge->text);
    return frame_create(buffer_slice(&edge->text));
}

void edge_count_sent(struct edge *edge, const struct event *event, const struct frame *frame, int64_t count)
{
    metrics_add(edge->config.metrics, metric_for_event(event->type), count);
    metrics_add(edge->config.metrics, METRIC_MESSAGE_BYTES_OUT, count * (int64_t)frame->length);
}

enum error client_push(struct client *client, struct frame *frame)
{
    struct edge *edge = client->edge;
    enum error error = outbox_push(&client->outbox, frame);
    if (!error) {
        edge->config.port.wake(client->connection);
        return ERROR_NONE;
    }
    metrics_add(edge->config.metrics, METRIC_DROPPED_MESSAGES_OUTBOX_FULL, 1);
    if (!client->is_doomed) {
        client->is_doomed = true;
        list_append(&edge->doomed, &client->doomed_link);
    }
    return error;
}

enum error client_send(struct client *client, const struct event *event)
{
    struct frame *frame = edge_encode(client->edge, event);
    enum error error = client_push(client, frame);
    if (!error)
        edge_count_sent(client->edge, event, frame, 1);
    frame_unref(frame);
    return error;
}

static void send_last(struct client *client, const struct event *event)
{
    struct frame *frame = edge_encode(client->edge, event);
    outbox_push_last(&client->outbox, frame);
    edge_count_sent(client->edge, event, frame, 1);
    frame_unref(frame);
}

static enum leave_reason reason_for(enum error error)
{
    switch ((int)error) {
    case ERR_SLOW_CONSUMER: return LEAVE_SLOW;
    case ERR_PING_TIMEOUT: return LEAVE_TIMEOUT;
    case ERR_KICKED: return LEAVE_KICKED;
    case ERR_SHUTTING_DOWN: return LEAVE_SHUTDOWN;
    default: return LEAVE_REFUSED;
    }
}

/* docs/protocol.md, Close codes: what a client should do after each. */
static enum bye_action action_for(int close_code)
{
    bool is_passing = close_code == 1011 || close_code == 1012 || close_code == 1013;
    return is_passing || (close_code >= 4000 && close_code < 4500) ? BYE_REJOIN : BYE_STOP;
}

/* Of tokens auth.reject has told already, and of an end of all server.stopping. */
static bool is_told(enum error error)
{
    return error == ERR_SHUTTING_DOWN || (error >= ERR_AUTH_MALFORMED && error <= ERR_AUTH_MISSING);
}

static void log_refusal(const struct client *client, enum error error)
{
    static _Thread_local struct log_gate gate = LOG_GATE(100);
    if (!is_told(error) && log_gate_open(&gate, client->edge->now.mono_ms))
        log_info("connection.refuse", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
                 LOG_TEXT("code", error_code(error)));
}

void client_refuse(struct client *client, struct reference re, enum error error, const char *field, int64_t wait_ms)
{
    struct event event = {.type = EVENT_ERROR, .re = re};
    event.error.code = error;
    event.error.field = field;
    event.error.retry_after_ms = wait_ms;
    int close_code = error_close_code(error);
    if (!close_code) {
        (void)client_send(client, &event);
        return;
    }
    client_leave(client, reason_for(error));
    log_refusal(client, error);
    send_last(client, &event);
    client_end(client, error, action_for(close_code));
}

void client_end(struct client *client, enum error error, enum bye_action action)
{
    struct edge *edge = client->edge;
    client->close_code = error ? error_close_code(error) : 1000;
    if (error) {
        struct event bye = {.type = EVENT_BYE, .bye = {.code = error, .action = action}};
        if (action != BYE_STOP)
            bye.bye.delay_ms = (int64_t)(client->handle * 2654435761u % COMEBACK_SPREAD_MS);
        send_last(client, &bye);
    }
    client->state = CLIENT_CLOSING;
    list_remove(&client->due_link);
    list_remove(&client->doomed_link);
    edge->config.port.wake(client->connection);
    edge->config.port.close(client->connection, client->close_code, error ? error_code(error) : "left");
}

void client_await_hello(struct client *client, int64_t more_ms)
{
    struct edge *edge = client->edge;
    client->due_ms = edge->now.mono_ms + more_ms + edge->config.hello_timeout_ms;
    list_remove(&client->due_link);
    list_append(&edge->waiting, &client->due_link);
}

void client_leave(struct client *client, enum leave_reason reason)
{
    if (!client->session)
        return;
    struct request request = {.type = REQUEST_LEAVE, .session = client->session, .leave = {reason}};
    request.from = (struct locator){0, client->handle};
    client->session = 0;
    log_info("peer.leave", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
             LOG_TEXT("peer", client->peer_id), LOG_TEXT("reason", leave_reason_name(reason)));
    client->edge->route.send(client->edge->route.context, &request);
}

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

bool client_may_send(struct client *client, struct reference id, size_t cost)
{
    struct edge *edge = client->edge;
    int64_t wait_ms = 0;
    enum metric scope = METRIC_RATE_LIMITED_SESSION;
    bool may = take_from_session(client, cost, &wait_ms);
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
    client_refuse(client, id, is_flood ? ERR_FLOOD : ERR_RATE_LIMITED, NULL, is_flood ? -1 : wait_ms);
    return false;
}

void client_pay(struct client *client, size_t bytes)
{
    struct edge *edge = client->edge;
    bucket_charge(&client->bytes, &edge->config.limits.session_bytes, (double)bytes, edge->now.mono_ms);
}
