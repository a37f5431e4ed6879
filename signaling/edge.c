/* edge.c - clients come, are watched, and go. */
#include "signaling/edge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "ops/log.h"
#include "signaling/client.h"

/* Sessions end in any order: so many are looked at in a second. */
#define ENDS_PER_TICK 8192

/* Whoever has not answered a welcome by then does not read what it is sent. */
#define ANSWER_MS 15000

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
    list_init(&edge->reattaching);
    list_init(&edge->reporting);
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
    buffer_fini(&edge->ticket);
    buffer_fini(&edge->sent_away);
    free(edge);
    return NULL;
}

void edge_begin(struct edge *edge, struct instant now)
{
    edge->now = now;
    if (edge->begun.unix_ms)
        return;
    edge->begun = now;
    queue_init(&edge->joins, &edge->config.joins, now.mono_ms);
}

enum error edge_may_open(struct edge *edge, const struct net_address *address, struct instant now)
{
    edge_begin(edge, now);
    if (edge->is_shut)
        return ERR_SHUTTING_DOWN;
    if (BUGGIFY(OPEN_REFUSED))
        return ERR_RATE_LIMITED;
    enum error error = address_book_may_connect(edge->addresses, address);
    if (error)
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_CONNECTION, 1);
    return error;
}

struct client *edge_open(struct edge *edge, struct slice room, const struct net_address *address, void *connection,
                         struct instant now)
{
    const struct limits *limits = &edge->config.limits;
    edge_begin(edge, now);
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
    edge->client_count++;
    client_await_hello(client, 0);
    if (edge->is_shut) /* it was on its way when we began to stop */
        edge_turn_back(client);
    return client;
}

/* Closing a slow client is news for its room, which may fill further outboxes: hence the loop. What is in its outbox
 * is in the session's mailbox too, if its peer gives receipts. */
void edge_settle(struct edge *edge)
{
    struct list_link *link;
    while ((link = list_first(&edge->doomed))) {
        struct client *client = LIST_OWNER(link, struct client, doomed_link);
        list_remove(link);
        outbox_clear(&client->outbox);
        client_cut(client, ERR_SLOW_CONSUMER);
    }
}

void edge_refuse(struct client *client, enum error error, struct instant now)
{
    edge_begin(client->edge, now);
    if (client->state != CLIENT_CLOSING)
        client_cut(client, error);
    edge_settle(client->edge);
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
    edge_begin(edge, now);
    if (close_code == 1000 || close_code == 1001)
        client_leave(client, LEAVE_LEFT);
    else
        client_detach(client, LEAVE_LOST);
    count_disconnect(client, close_code);
    list_remove(&client->link);
    list_remove(&client->due_link);
    list_remove(&client->doomed_link);
    list_remove(&client->reattach_link);
    list_remove(&client->report_link);
    slots_remove(edge->clients, client->handle);
    edge->client_count--;
    address_book_disconnect(edge->addresses, client->entry, now.mono_ms);
    outbox_fini(&client->outbox);
    free(client->room);
    free(client->region);
    free(client->ticket);
    free(client->former_ticket);
    free(client);
    edge_settle(edge);
}

struct outbox *edge_outbox(struct client *client)
{
    return &client->outbox;
}

void edge_write_roster(void *edge, const struct room *room, const struct peer *self, struct buffer *out)
{
    (void)edge;
    roster_encode(room, self, out);
}

static struct client *first_due(const struct edge *edge, const struct list *list)
{
    struct list_link *link = list_first(list);
    struct client *client = link ? LIST_OWNER(link, struct client, due_link) : NULL;
    return client && client->due_ms <= edge->now.mono_ms ? client : NULL;
}

/* Those who were told to come later are asked for it again and again, so that `waiting` stays in order. */
static void end_waiting(struct client *client)
{
    struct edge *edge = client->edge;
    if (client->patience_ms <= edge->now.mono_ms) {
        client_cut(client, ERR_HELLO_TIMEOUT);
        return;
    }
    client->due_ms = edge->now.mono_ms + edge->config.hello_timeout_ms;
    list_remove(&client->due_link);
    list_append(&edge->waiting, &client->due_link);
}

static void end_sessions(struct edge *edge)
{
    size_t left = edge->client_count < ENDS_PER_TICK ? edge->client_count : ENDS_PER_TICK;
    while (left--) {
        struct list_link *link = list_first(&edge->all);
        struct client *client = LIST_OWNER(link, struct client, link);
        list_remove(link);
        list_append(&edge->all, link);
        bool is_in_room = client->state == CLIENT_JOINED || client->state == CLIENT_REATTACHING;
        if (is_in_room && client->ends_mono_ms <= edge->now.mono_ms)
            client_cut(client, ERR_AUTH_EXPIRED);
        else if (is_in_room && client->owes_answer && client->owes_since_ms + ANSWER_MS <= edge->now.mono_ms)
            client_cut(client, ERR_SLOW_CONSUMER);
    }
}

void edge_tick(struct edge *edge, struct instant now)
{
    edge_begin(edge, now);
    if (BUGGIFY(EDGE_TICK_LATE))
        return;
    struct client *client;
    while ((client = first_due(edge, &edge->waiting)))
        end_waiting(client);
    while ((client = first_due(edge, &edge->renewing)))
        client_renew_ice(client);
    end_sessions(edge);
    edge_beat(edge, now);
    address_book_tick(edge->addresses, now.mono_ms);
    edge_settle(edge);
}

/* The rows of messages stand in the order of their types; a test holds them to it. */
static void count_message(struct edge *edge, enum error error, const struct message *message, size_t bytes)
{
    enum metric row = error ? METRIC_MESSAGES_IN_OTHER : (enum metric)(METRIC_MESSAGES_IN_HELLO + (int)message->type);
    metrics_add(edge->config.metrics, row, 1);
    metrics_add(edge->config.metrics, METRIC_MESSAGE_BYTES_IN, (int64_t)bytes);
}

/* Joins have limits of their own, and who wants to go is not kept. */
static bool is_free(const struct client *client, const struct message *message)
{
    return message->type == MESSAGE_LEAVE || client_is_answer(client, message) ||
           (message->type == MESSAGE_HELLO && client->state == CLIENT_WAITING);
}

static bool may_send(struct client *client, enum error error, const struct message *message, size_t cost)
{
    if (!error && is_free(client, message))
        return true;
    if (error || !client_is_advance(client, message))
        return client_may_send(client, message, cost);
    client_pay(client, cost);
    return true;
}

static void refuse_message(struct client *client, const struct message *message, enum error error, const char *field)
{
    struct event refusal = refusal_of(message, error);
    refusal.error.field = field;
    client_refuse(client, &refusal);
}

void edge_receive(struct client *client, struct slice text, struct instant now)
{
    struct edge *edge = client->edge;
    if (client->state == CLIENT_CLOSING)
        return;
    edge_begin(edge, now);
    struct message message;
    const char *field = NULL;
    enum error error = message_decode(edge->decoder, text, &message, &field);
    count_message(edge, error, &message, text.length);
    if (error == ERR_BAD_JSON) {
        refuse_message(client, &message, error, NULL);
    } else if (may_send(client, error, &message, text.length)) {
        edge->speaker = client;
        if (error)
            refuse_message(client, &message, error, field);
        else
            client_dispatch(client, &message);
        edge->speaker = NULL;
    }
    edge_settle(edge);
}
