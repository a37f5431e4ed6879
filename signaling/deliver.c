/* deliver.c - from the home to clients: each event is encoded once for all who hear it. */
#include "base/planted.h"
#include "ops/log.h"
#include "rooms/room.h"
#include "signaling/client.h"

/* A home on another node is asked over a link, so that what it says again does not come within the call. It is no more
 * than a mailbox holds, which may be some outboxes. */
#define CATCH_UP_OUTBOXES 16

static size_t peers_in(const struct event *event)
{
    return event->welcome.room ? room_count(event->welcome.room) : event->welcome.peer_count;
}

static void note_join(const struct client *client, const struct event *event)
{
    struct metrics *metrics = client->edge->config.metrics;
    metrics_add(metrics, METRIC_JOINS_OK, 1);
    metrics_observe(metrics, HISTOGRAM_JOIN_SECONDS, (double)(client->edge->now.mono_ms - client->opened_ms) / 1000.0);
    log_info("peer.join", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
             LOG_TEXT("peer", client->peer_id), LOG_SLICE("identity", event->welcome.self->profile.identity),
             LOG_SLICE("name", event->welcome.self->profile.name), LOG_NUMBER("peers", peers_in(event)));
}

static void note_resume(const struct client *client, const struct event *event)
{
    log_info("peer.resume", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
             LOG_TEXT("peer", client->peer_id), LOG_TEXT("kind", welcome_kind_name(event->welcome.kind)),
             LOG_SLICE("identity", event->welcome.self->profile.identity), LOG_NUMBER("peers", peers_in(event)));
}

static void send_welcome(struct client *client, const struct event *event)
{
    struct edge *edge = client->edge;
    struct event welcome = *event;
    welcome.welcome.ticket = slice_from_text(client->ticket);
    welcome.welcome.ice_ttl_s = client_write_ice(client);
    welcome.welcome.ice_servers = buffer_slice(&edge->ice);
    welcome.welcome.ping_interval_s = edge->config.ping_interval_ms / 1000;
    welcome.welcome.message_bytes_max = edge->config.message_bytes_max;
    struct frame *frame = edge_encode(edge, &welcome);
    outbox_push_first(&client->outbox, frame, 0);
    edge_count_sent(edge, &welcome, frame, 1);
    frame_unref(frame);
    edge->config.port.wake(client->connection);
}

static void take_session(struct client *client, uint64_t home, const struct event *welcome)
{
    const struct edge *edge = client->edge;
    client->session = welcome->welcome.session;
    client->home = home;
    client->may_return = welcome->welcome.grace_ms > 0;
    client->state = CLIENT_JOINED;
    client->welcomes++;
    if (welcome->welcome.kind != WELCOME_NEW && client != edge->resumer)
        client->catch_up_bytes = edge->config.outbox.bytes_max * CATCH_UP_OUTBOXES;
    client_take_ticket(client, welcome);
}

/* A session that was made anew by one home and goes on in the one before: what the client has handled it counts from 1
 * again, or still as that home does, by what it has read so far. Coming by itself it shows the ticket that says which.
 */
static bool is_of_two_counts(const struct client *client, enum welcome_kind kind)
{
    return client->is_anew && kind == WELCOME_RESUMED;
}

static void hear_welcome(struct client *client, uint64_t home, const struct event *event)
{
    struct event welcome = *event;
    bool is_asked_for = client->state == CLIENT_JOINING;
    bool is_of_two = is_of_two_counts(client, event->welcome.kind);
    take_session(client, home, event);
    if (!is_asked_for && (is_of_two || !client_expect_answer(client, event->welcome.kind))) {
        client_cut(client, ERR_SLOW_CONSUMER);
        return;
    }
    if (!is_asked_for)
        welcome.re.is_set = false;
    send_welcome(client, &welcome);
    if (event->welcome.kind == WELCOME_NEW)
        note_join(client, event);
    else
        note_resume(client, event);
}

/* An error without a text of its own: the home did not let the client in. */
static void hear_refusal(struct client *client, const struct event *event)
{
    if (client->state == CLIENT_REATTACHING) {
        client_hear_refused(client, event);
        return;
    }
    if (client->state == CLIENT_JOINING) {
        metrics_add(client->edge->config.metrics, METRIC_JOINS_REFUSED, client->edge->resumer != client);
        client->state = CLIENT_WAITING;
        client_await_hello(client, 0);
    }
    if (event->error.code == ERR_SESSION_ENDED)
        client_log_reject(client, ERR_SESSION_ENDED);
    client_refuse(client, event);
}

/* The home has ended the session, or goes on with it over another connection; what was still to be written here
 * is said again there. */
static void hear_bye(struct client *client, const struct event *event)
{
    if (PLANTED(FORGET_FENCE) && event->bye.code == ERR_TAKEN_OVER)
        return;
    client->session = 0;
    if (event->bye.code == ERR_TAKEN_OVER)
        outbox_clear(&client->outbox);
    client_cut(client, event->bye.code);
}

/* Events that change what the edge knows of the client, or end it. */
static void hear_alone(struct client *client, uint64_t home, const struct event *event)
{
    if (event->type == EVENT_WELCOME)
        hear_welcome(client, home, event);
    else if (event->type == EVENT_BYE)
        hear_bye(client, event);
    else
        hear_refusal(client, event);
}

/* A client that went while the home was being asked: its session must not stay behind. Who showed a ticket may do so
 * again; who joined never had one. */
static void leave_orphan(struct edge *edge, uint64_t home, struct locator from, const struct event *event)
{
    struct request request = {.type = event->welcome.kind == WELCOME_NEW ? REQUEST_LEAVE : REQUEST_DETACH,
                              .from = from,
                              .now = edge->now,
                              .session = event->welcome.session,
                              .home = home,
                              .got = GOT_NOTHING,
                              .leave = {LEAVE_LOST}};
    if (edge_find_parting(edge, from.client, &request.leave.reason))
        request.type = REQUEST_LEAVE;
    edge->route.send(edge->route.context, &request);
}

/* Whose copies the sender pays for (T-15), but for those that are said again to one who was away. */
static bool is_fan_out(const struct edge *edge, enum event_type type)
{
    return edge->speaker && !edge->resumer && (type == EVENT_BROADCAST || type == EVENT_PEER_UPDATED);
}

/* Tickets are free, but not what is said again: who comes back over and over would have us send a whole mailbox for a
 * few hundred bytes each time (T-15). */
static void charge_replay(const struct edge *edge, size_t bytes)
{
    const struct client *resumer = edge->resumer;
    address_entry_charge_bytes(edge->addresses, resumer->entry, bytes, edge->now.mono_ms);
}

static bool is_peer(const struct client *client, const struct event *welcome)
{
    return slice_is_text(peer_id(welcome->welcome.self), client->peer_id);
}

static bool is_of_attempt(const struct client *client, const struct event *event)
{
    return client->is_asked && event->re.is_set && event->re.id == client->attempt;
}

/* Whether a home may say that to the client now. What a former home says, or one that was asked before, is stale. */
static bool is_awaited(const struct client *client, uint64_t home, const struct event *event, bool is_text)
{
    bool is_at_home = client->session && client->home == home;
    bool is_answer = !is_text && event->type != EVENT_BYE;
    switch (client->state) {
    case CLIENT_WAITING:
    case CLIENT_CLOSING: return false;
    case CLIENT_JOINING: return event->type == EVENT_WELCOME ? is_peer(client, event) : !is_text;
    case CLIENT_REATTACHING: return is_answer ? is_of_attempt(client, event) : is_at_home && !is_text;
    case CLIENT_JOINED: break;
    }
    if (event->type == EVENT_WELCOME) /* asked twice, answered twice: with another ticket */
        return is_at_home && event->welcome.session == client->session && event->welcome.kind != WELCOME_NEW;
    return is_at_home || (is_answer && !home); /* on the way to the home there was no place */
}

/* Whether the client is not, or no longer, the one that this welcome is for. */
static bool is_orphan(const struct client *client, const struct event *event)
{
    if (event->type != EVENT_WELCOME)
        return false;
    return !client || client->state == CLIENT_CLOSING || client->state == CLIENT_WAITING || !is_peer(client, event);
}

/* Whether the client took it. */
static bool hear(struct edge *edge, uint64_t home, const struct delivery *to, const struct event *event,
                 struct frame *frame)
{
    struct client *client = slots_find(edge->clients, to->to.client);
    if (is_orphan(client, event))
        leave_orphan(edge, home, to->to, event);
    if (!client || !is_awaited(client, home, event, frame != NULL))
        return false;
    if (frame && client == edge->resumer)
        charge_replay(edge, frame->length);
    if (frame)
        return client_push(client, frame, to->n) == ERROR_NONE;
    hear_alone(client, home, event);
    return true;
}

size_t edge_deliver(void *edge, const struct delivery *to, size_t count, const struct event *event, struct frame *frame)
{
    return edge_deliver_from(edge, 0, to, count, event, frame);
}

size_t edge_deliver_from(void *context, uint64_t home, const struct delivery *to, size_t count,
                         const struct event *event, struct frame *frame)
{
    struct edge *edge = context;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        taken += hear(edge, home, &to[i], event, frame);
    if (frame)
        edge_count_sent(edge, event, frame, (int64_t)taken);
    if (frame && is_fan_out(edge, event->type))
        client_pay(edge->speaker, frame->length * taken);
    return taken;
}
