/* client.c - what one client is told, and how it ends. */
#include "signaling/client.h"

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/route.h"
#include "ops/log.h"

/* Clients that are sent away one by one come back spread over this time. */
#define COMEBACK_SPREAD_MS 2000
#define CLOSE_COME_BACK    1012

struct frame *edge_encode(void *context, const struct event *event)
{
    struct edge *edge = context;
    buffer_clear(&edge->text);
    event_encode(event, &edge->text);
    return frame_create(buffer_slice(&edge->text));
}

void edge_count_sent(struct edge *edge, const struct event *event, const struct frame *frame, int64_t count)
{
    metrics_add(edge->config.metrics, metric_for_event(event->type), count);
    metrics_add(edge->config.metrics, METRIC_MESSAGE_BYTES_OUT, count * (int64_t)frame->length);
}

static void doom(struct client *client)
{
    metrics_add(client->edge->config.metrics, METRIC_DROPPED_MESSAGES_OUTBOX_FULL, 1);
    if (client->is_doomed)
        return;
    client->is_doomed = true;
    list_append(&client->edge->doomed, &client->doomed_link);
}

/* What a home on another node says again comes like everything else. */
static bool catch_up(struct client *client, struct frame *frame, uint64_t n)
{
    if (!n || client->catch_up_bytes < frame->length)
        return false;
    client->catch_up_bytes -= frame->length;
    outbox_push_first(&client->outbox, frame, n);
    return true;
}

/* After one that did not fit there must be no other: a client takes the numbers for complete. What the home says to
 * one that has just resumed is what it missed, and that has the mailbox's bound. */
enum error client_push(struct client *client, struct frame *frame, uint64_t n)
{
    struct edge *edge = client->edge;
    if (n && n <= client->said)
        return ERROR_NONE; /* it has that, for it was connected all the time */
    if (client == edge->resumer) {
        outbox_push_first(&client->outbox, frame, n);
    } else if (client->is_doomed || (outbox_push(&client->outbox, frame, n) && !catch_up(client, frame, n))) {
        doom(client);
        return ERR_OUTBOX_FULL;
    }
    if (n > client->said)
        client->said = n;
    client_note_unreported(client);
    edge->config.port.wake(client->connection);
    return ERROR_NONE;
}

enum error client_send(struct client *client, const struct event *event)
{
    struct frame *frame = edge_encode(client->edge, event);
    enum error error = client_push(client, frame, 0);
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

/* Leaving */

static void ask_to_part(struct client *client, enum request_type type, enum leave_reason reason)
{
    struct edge *edge = client->edge;
    client_report(client);
    struct request request = {.type = type, .session = client->session, .now = edge->now, .got = GOT_NOTHING};
    request.from = (struct locator){0, client->handle};
    request.home = client->home;
    request.leave.reason = reason;
    client->session = 0;
    edge->route.send(edge->route.context, &request);
}

static void part(struct client *client, enum request_type type, enum leave_reason reason)
{
    log_info(type == REQUEST_LEAVE ? "peer.leave" : "peer.away", LOG_TEXT("conn", client->name),
             LOG_TEXT("room", client->room), LOG_TEXT("peer", client->peer_id),
             LOG_TEXT("reason", leave_reason_name(reason)));
    if (client->state != CLIENT_REATTACHING)
        ask_to_part(client, type, reason);
    else if (type == REQUEST_LEAVE)
        client_part_apart(client, reason);
    client->session = 0;
}

void client_leave(struct client *client, enum leave_reason reason)
{
    if (client->session)
        part(client, REQUEST_LEAVE, reason);
}

void client_detach(struct client *client, enum leave_reason reason)
{
    if (client->session)
        part(client, client->may_return && !PLANTED(DETACH_IS_LEAVE) ? REQUEST_DETACH : REQUEST_LEAVE, reason);
}

/* Where the fault is the connection's, or ours, the session lives on: true. */
static bool leave_because_of(struct client *client, enum error error)
{
    bool may_resume = client->session && client->may_return;
    switch ((int)error) {
    case ERR_SLOW_CONSUMER: client_detach(client, LEAVE_SLOW); return may_resume;
    case ERR_PING_TIMEOUT: client_detach(client, LEAVE_TIMEOUT); return may_resume;
    case ERR_INTERNAL: client_detach(client, LEAVE_LOST); return may_resume;
    case ERR_AUTH_EXPIRED: client_leave(client, LEAVE_EXPIRED); return false;
    default: client_leave(client, LEAVE_REFUSED); return false;
    }
}

/* Refusing */

/* docs/protocol.md, Close codes: what a client without a session should do after each. */
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

struct event refusal_of(const struct message *message, enum error error)
{
    struct event refusal = {.type = EVENT_ERROR, .re = message->id, .seq = message_seq(message)};
    refusal.error.code = error;
    refusal.error.retry_after_ms = -1;
    return refusal;
}

void client_refuse(struct client *client, const struct event *refusal)
{
    enum error error = refusal->error.code;
    int close_code = error_close_code(error);
    if (!close_code) {
        if (refusal->seq && (!client->refused_seq || refusal->seq < client->refused_seq))
            client->refused_seq = refusal->seq;
        (void)client_send(client, refusal);
        return;
    }
    struct event last = *refusal;
    last.seq = 0; /* the connection is refused: the message may have been taken before, and this be its repetition */
    bool may_resume = leave_because_of(client, error);
    log_refusal(client, error);
    send_last(client, &last);
    client_end(client, error, may_resume ? BYE_RESUME : action_for(close_code),
               (int64_t)(client->handle * 2654435761u % COMEBACK_SPREAD_MS));
}

void client_cut(struct client *client, enum error error)
{
    struct event refusal = {.type = EVENT_ERROR, .error = {.code = error, .retry_after_ms = -1}};
    client_refuse(client, &refusal);
}

void client_send_away(struct client *client, int64_t delay_ms)
{
    bool may_resume = client->session && client->may_return;
    struct event refusal = {.type = EVENT_ERROR, .error = {.code = ERR_SHUTTING_DOWN, .retry_after_ms = -1}};
    client->session = 0;
    send_last(client, &refusal);
    client_end(client, ERR_SHUTTING_DOWN, may_resume ? BYE_RESUME : BYE_REJOIN, delay_ms);
}

/* Errors that close no connection may still end a session whose client did nothing wrong. */
static int close_code_of(enum error error)
{
    if (!error)
        return 1000;
    return error_close_code(error) ? error_close_code(error) : CLOSE_COME_BACK;
}

void client_end(struct client *client, enum error error, enum bye_action action, int64_t delay_ms)
{
    struct edge *edge = client->edge;
    client->close_code = close_code_of(error);
    if (error) {
        struct event bye = {.type = EVENT_BYE, .bye = {.code = error, .action = action}};
        bye.bye.delay_ms = action == BYE_STOP ? 0 : delay_ms;
        send_last(client, &bye);
    }
    client->state = CLIENT_CLOSING;
    list_remove(&client->due_link);
    list_remove(&client->doomed_link);
    list_remove(&client->reattach_link);
    list_remove(&client->report_link);
    edge->config.port.wake(client->connection);
    edge->config.port.close(client->connection, client->close_code, error ? error_code(error) : "left");
}
