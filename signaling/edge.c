/* edge.c - clients come, are watched, and go. */
#include "signaling/edge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/log.h"
#include "signaling/client.h"

struct edge *edge_create(const struct edge_config *config)
{
    struct edge *edge = memory_new(sizeof *edge);
    edge->config = *config;
    edge->clients = slots_create();
    edge->decoder = decoder_create(config->message_bytes_max);
    edge->addresses = address_book_create(&config->limits);
    list_init(&edge->all);
    list_init(&edge->waiting);
    list_init(&edge->renewing);
    list_init(&edge->doomed);
    return edge;
}

void edge_connect(struct edge *edge, struct route route)
{
    edge->route = route;
}

struct edge *edge_destroy(struct edge *edge)
{
    if (!edge)
        return NULL;
    assert(list_is_empty(&edge->all));
    slots_destroy(edge->clients);
    decoder_destroy(edge->decoder);
    address_book_destroy(edge->addresses);
    buffer_fini(&edge->text);
    buffer_fini(&edge->ice);
    free(edge);
    return NULL;
}

enum error edge_may_open(struct edge *edge, const struct net_address *address, struct instant now)
{
    edge->now = now;
    if (edge->is_shut)
        return ERR_SHUTTING_DOWN;
    enum error error = address_book_may_connect(edge->addresses, address);
    if (error)
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_CONNECTION, 1);
    return error;
}

struct client *edge_open(struct edge *edge, struct slice room, const struct net_address *address, void *connection,
                         struct instant now)
{
    const struct limits *limits = &edge->config.limits;
    struct client *client = memory_new(sizeof *client);
    char id[RANDOM_ID_LENGTH + 1];
    edge->config.make_id(id);
    memcpy(client->name, id, CLIENT_NAME_LENGTH);
    client->edge = edge;
    client->connection = connection;
    client->handle = slots_add(edge->clients, client);
    client->room = memory_text(room);
    client->address = *address;
    client->entry = address_book_connect(edge->addresses, address, now.mono_ms);
    client->opened_ms = now.mono_ms;
    bucket_init(&client->messages, &limits->session_messages, now.mono_ms);
    bucket_init(&client->bytes, &limits->session_bytes, now.mono_ms);
    outbox_init(&client->outbox, edge->config.outbox);
    list_append(&edge->all, &client->link);
    edge->now = now;
    client_await_hello(client, 0);
    return client;
}

/* Closing a slow client is news for its room, which may fill further outboxes: hence the loop. */
static void settle(struct edge *edge)
{
    struct list_link *link;
    while ((link = list_first(&edge->doomed))) {
        struct client *client = LIST_OWNER(link, struct client, doomed_link);
        list_remove(link);
        outbox_clear(&client->outbox);
        client_refuse(client, (struct reference){0}, ERR_SLOW_CONSUMER, NULL, -1);
    }
}

void edge_refuse(struct client *client, enum error error, struct instant now)
{
    client->edge->now = now;
    if (client->state != CLIENT_CLOSING)
        client_refuse(client, (struct reference){0}, error, NULL, -1);
    settle(client->edge);
}

static void count_disconnect(struct client *client, int close_code)
{
    int code = client->close_code ? client->close_code : close_code;
    metrics_add(client->edge->config.metrics, metric_for_close_code(code), 1);
    log_debug("connection.close", LOG_TEXT("conn", client->name), LOG_NUMBER("code", code));
}

void edge_close(struct client *client, int close_code, struct instant now)
{
    struct edge *edge = client->edge;
    edge->now = now;
    bool is_goodbye = close_code == 1000 || close_code == 1001;
    client_leave(client, is_goodbye ? LEAVE_LEFT : LEAVE_LOST);
    count_disconnect(client, close_code);
    list_remove(&client->link);
    list_remove(&client->due_link);
    list_remove(&client->doomed_link);
    slots_remove(edge->clients, client->handle);
    address_book_disconnect(edge->addresses, client->entry, now.mono_ms);
    outbox_fini(&client->outbox);
    free(client->room);
    free(client->region);
    free(client);
    settle(edge);
}

struct outbox *edge_outbox(struct client *client)
{
    return &client->outbox;
}

static struct client *first_due(const struct edge *edge, const struct list *list)
{
    struct list_link *link = list_first(list);
    struct client *client = link ? LIST_OWNER(link, struct client, due_link) : NULL;
    return client && client->due_ms <= edge->now.mono_ms ? client : NULL;
}

void edge_tick(struct edge *edge, struct instant now)
{
    edge->now = now;
    struct client *client;
    while ((client = first_due(edge, &edge->waiting)))
        client_refuse(client, (struct reference){0}, ERR_HELLO_TIMEOUT, NULL, -1);
    while ((client = first_due(edge, &edge->renewing)))
        client_renew_ice(client);
    address_book_tick(edge->addresses, now.mono_ms);
    settle(edge);
}

void edge_shut(struct edge *edge, struct instant now)
{
    edge->now = now;
    edge->is_shut = true;
    for (struct list_link *link = list_first(&edge->all); link; link = list_next(&edge->all, link)) {
        struct client *client = LIST_OWNER(link, struct client, link);
        if (client->state != CLIENT_CLOSING)
            client_refuse(client, (struct reference){0}, ERR_SHUTTING_DOWN, NULL, -1);
    }
    settle(edge);
}

/* A client's message, once it is decoded. */

static void forward(struct client *client, struct request *request, const struct message *message)
{
    request->from = (struct locator){0, client->handle};
    request->session = client->session;
    request->id = message->id;
    client->edge->route.send(client->edge->route.context, request);
}

static void on_hello_again(struct client *client, const struct message *message)
{
    client_refuse(client, message->id, ERR_HELLO_REPEATED, NULL, -1);
}

static void on_relay(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_RELAY};
    request.relay.to = message->relay.to;
    request.relay.kind = message->relay.kind;
    request.relay.body = message->relay.body;
    forward(client, &request, message);
}

static void on_broadcast(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_BROADCAST, .broadcast = {message->broadcast.body}};
    forward(client, &request, message);
}

static void on_update(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_UPDATE, .update = &message->update};
    forward(client, &request, message);
}

static void on_kick(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_KICK, .kick = {message->kick.peer_id}};
    forward(client, &request, message);
}

static void on_ping(struct client *client, const struct message *message)
{
    struct event event = {.type = EVENT_PONG, .re = message->id};
    (void)client_send(client, &event);
}

static void on_leave(struct client *client, const struct message *message)
{
    client_leave(client, LEAVE_LEFT);
    if (message->id.is_set) {
        struct event event = {.type = EVENT_OK, .re = message->id};
        (void)client_send(client, &event);
    }
    client_end(client, ERROR_NONE, BYE_STOP);
}

static void (*const handlers[MESSAGE_COUNT])(struct client *, const struct message *) = {
    [MESSAGE_HELLO] = on_hello_again, [MESSAGE_RELAY] = on_relay, [MESSAGE_BROADCAST] = on_broadcast,
    [MESSAGE_UPDATE] = on_update,     [MESSAGE_KICK] = on_kick,   [MESSAGE_PING] = on_ping,
    [MESSAGE_LEAVE] = on_leave,
};

static void dispatch(struct client *client, const struct message *message)
{
    if (client->state == CLIENT_JOINED)
        handlers[message->type](client, message);
    else if (client->state == CLIENT_WAITING && message->type == MESSAGE_HELLO)
        client_on_hello(client, message);
    else
        client_refuse(client, message->id, ERR_HELLO_EXPECTED, NULL, -1);
}

/* The rows of messages stand in the order of their types; a test holds them to it. */
static void count_message(struct edge *edge, enum error error, const struct message *message, size_t bytes)
{
    enum metric row = error ? METRIC_MESSAGES_IN_OTHER : (enum metric)(METRIC_MESSAGES_IN_HELLO + (int)message->type);
    metrics_add(edge->config.metrics, row, 1);
    metrics_add(edge->config.metrics, METRIC_MESSAGE_BYTES_IN, (int64_t)bytes);
}

/* Joins have a limit of their own, and who wants to go is not kept. */
static bool is_free(const struct client *client, enum error error, const struct message *message)
{
    if (error)
        return false;
    return message->type == MESSAGE_LEAVE || (message->type == MESSAGE_HELLO && client->state == CLIENT_WAITING);
}

void edge_receive(struct client *client, struct slice text, struct instant now)
{
    struct edge *edge = client->edge;
    if (client->state == CLIENT_CLOSING)
        return;
    edge->now = now;
    struct message message = {0};
    const char *field = NULL;
    enum error error = message_decode(edge->decoder, text, &message, &field);
    count_message(edge, error, &message, text.length);
    if (error == ERR_BAD_JSON)
        client_refuse(client, message.id, error, NULL, -1);
    else if (is_free(client, error, &message) || client_may_send(client, message.id, text.length)) {
        edge->speaker = client;
        if (error)
            client_refuse(client, message.id, error, field, -1);
        else
            dispatch(client, &message);
        edge->speaker = NULL;
    }
    settle(edge);
}
