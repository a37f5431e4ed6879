/* deliver.c - from the home to clients: each event is encoded once for all who hear it. */
#include "ops/log.h"
#include "rooms/room.h"
#include "signaling/client.h"

static void hear_welcome(struct client *client, const struct event *event)
{
    struct edge *edge = client->edge;
    struct event welcome = *event;
    client->session = event->welcome.session;
    client->state = CLIENT_JOINED;
    list_remove(&client->due_link);
    welcome.welcome.ice_ttl_s = client_write_ice(client);
    welcome.welcome.ice_servers = buffer_slice(&edge->ice);
    welcome.welcome.ping_interval_s = edge->config.ping_interval_ms / 1000;
    struct frame *frame = edge_encode(edge, &welcome);
    outbox_push_first(&client->outbox, frame);
    edge_count_sent(edge, &welcome, frame, 1);
    frame_unref(frame);
    edge->config.port.wake(client->connection);
    metrics_add(edge->config.metrics, METRIC_JOINS_OK, 1);
    metrics_observe(edge->config.metrics, HISTOGRAM_JOIN_SECONDS,
                    (double)(edge->now.mono_ms - client->opened_ms) / 1000.0);
    log_info("peer.join", LOG_TEXT("conn", client->name), LOG_TEXT("room", client->room),
             LOG_TEXT("peer", client->peer_id), LOG_SLICE("identity", event->welcome.self->profile.identity),
             LOG_SLICE("name", event->welcome.self->profile.name),
             LOG_NUMBER("peers", room_count(event->welcome.room)));
}

static void hear_error(struct client *client, const struct event *event)
{
    bool is_joining = client->state == CLIENT_JOINING;
    if (is_joining) {
        metrics_add(client->edge->config.metrics, METRIC_JOINS_REFUSED, 1);
        client->state = CLIENT_WAITING;
        client_await_hello(client, 0);
    }
    client_refuse(client, event->re, event->error.code, event->error.field, event->error.retry_after_ms);
}

/* Events that change what the edge knows of the client, or end it. True when the event needs no sharing. */
static bool hear_alone(struct client *client, const struct event *event)
{
    if (event->type == EVENT_WELCOME) {
        hear_welcome(client, event);
        return true;
    }
    if (event->type == EVENT_BYE) {
        client->session = 0; /* the home has ended it */
        client_refuse(client, (struct reference){0}, event->bye.code, NULL, -1);
        return true;
    }
    if (event->type == EVENT_ERROR) {
        hear_error(client, event);
        return true;
    }
    return false;
}

/* A client that went while the home was being asked: its session must not stay behind. */
static void leave_orphan(struct edge *edge, struct locator from, const struct event *event)
{
    if (event->type != EVENT_WELCOME)
        return;
    struct request request = {
        .type = REQUEST_LEAVE, .from = from, .session = event->welcome.session, .leave = {LEAVE_LOST}};
    edge->route.send(edge->route.context, &request);
}

/* All of this server's clients are sent away together and come back; that each of them left is no news to the
 * others, whose calls go on meanwhile. */
static bool is_moot(const struct edge *edge, const struct event *event)
{
    return edge->is_shut && event->type == EVENT_PEER_LEFT && event->left.reason == LEAVE_SHUTDOWN;
}

/* Whose copies the sender pays for (T-15). */
static bool is_fan_out(enum event_type type)
{
    return type == EVENT_BROADCAST || type == EVENT_PEER_UPDATED;
}

size_t edge_deliver(void *context, const struct locator *to, size_t count, const struct event *event)
{
    struct edge *edge = context;
    struct frame *frame = NULL;
    size_t taken = 0, shared = 0;
    if (is_moot(edge, event))
        return count;
    for (size_t i = 0; i < count; i++) {
        struct client *client = slots_find(edge->clients, to[i].client);
        if (!client || client->state == CLIENT_CLOSING) {
            leave_orphan(edge, to[i], event);
            continue;
        }
        if (hear_alone(client, event)) {
            taken++;
            continue;
        }
        if (!frame)
            frame = edge_encode(edge, event);
        bool is_pushed = client_push(client, frame) == ERROR_NONE;
        shared += is_pushed;
    }
    if (frame) {
        edge_count_sent(edge, event, frame, (int64_t)shared);
        if (edge->speaker && is_fan_out(event->type))
            client_pay(edge->speaker, frame->length * shared);
        frame_unref(frame);
    }
    return taken + shared;
}
