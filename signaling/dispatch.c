/* dispatch.c - what each message of a client asks for, once it is decoded. */
#include "base/planted.h"
#include "signaling/client.h"

void client_forward(struct client *client, const struct message *message, struct request *request)
{
    struct edge *edge = client->edge;
    request->from = (struct locator){0, client->handle};
    request->session = client->session;
    request->home = client->home;
    request->now = edge->now;
    request->id = message->id;
    bool is_reported = client->home && !client->gives_receipts;
    request->got = is_reported ? GOT_NOTHING : message->got;
    client->has_spoken = true;
    edge->route.send(edge->route.context, request);
}

static void on_hello_again(struct client *client, const struct message *message)
{
    struct event refusal = refusal_of(message, ERR_HELLO_REPEATED);
    client_refuse(client, &refusal);
}

static void on_relay(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_RELAY};
    request.relay.to = message->relay.to;
    request.relay.parcel = message->relay.parcel;
    client_forward(client, message, &request);
}

static void on_broadcast(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_BROADCAST};
    request.broadcast.parcel = message->broadcast.parcel;
    request.broadcast.to = message->broadcast.to;
    request.broadcast.to_count = message->broadcast.to_count;
    client_forward(client, message, &request);
}

static void on_update(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_UPDATE, .update = &message->update};
    client_forward(client, message, &request);
}

static void on_kick(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_KICK, .kick = {message->kick.peer_id}};
    client_forward(client, message, &request);
}

static void on_receipt(struct client *client, const struct message *message)
{
    struct request request = {.type = REQUEST_RECEIPT};
    client_forward(client, message, &request);
}

/* The receipt in a message whose answer is not the home's. */
static void pass_got(struct client *client, const struct message *message)
{
    struct message receipt = {.type = MESSAGE_RECEIPT, .got = message->got};
    if (message->got != GOT_NOTHING || !client->has_spoken)
        on_receipt(client, &receipt);
}

static void on_ping(struct client *client, const struct message *message)
{
    pass_got(client, message);
    struct event event = {.type = EVENT_PONG, .re = message->id};
    if (client->state == CLIENT_JOINED)
        (void)client_send(client, &event);
}

static void on_leave(struct client *client, const struct message *message)
{
    pass_got(client, message);
    if (client->state != CLIENT_JOINED)
        return;
    client_leave(client, LEAVE_LEFT);
    if (message->id.is_set) {
        struct event event = {.type = EVENT_OK, .re = message->id};
        (void)client_send(client, &event);
    }
    client_end(client, ERROR_NONE, BYE_STOP, 0);
}

static void (*const handlers[MESSAGE_COUNT])(struct client *, const struct message *) = {
    [MESSAGE_HELLO] = on_hello_again,      [MESSAGE_RELAY] = on_relay, [MESSAGE_BROADCAST] = on_broadcast,
    [MESSAGE_UPDATE] = on_update,          [MESSAGE_KICK] = on_kick,   [MESSAGE_RECEIPT] = on_receipt,
    [MESSAGE_REFRESH] = client_on_refresh, [MESSAGE_PING] = on_ping,   [MESSAGE_LEAVE] = on_leave,
};

static void note_got(struct client *client, int64_t got)
{
    if (got > client->got && (uint64_t)got <= client->said)
        client->got = got;
}

/* The home of a session that was rebuilt takes any number as the first: it must not be one after another that was
 * refused here. */
static bool is_in_order(struct client *client, const struct message *message)
{
    int64_t seq = message_seq(message);
    if (seq && client->refused_seq && seq > client->refused_seq && !PLANTED(ACCEPT_GAP))
        return false;
    if (seq)
        client->refused_seq = 0;
    return true;
}

static void refuse_order(struct client *client, const struct message *message)
{
    struct event refusal = refusal_of(message, ERR_OUT_OF_ORDER);
    client_keep_receipt(client, message);
    if (client->state != CLIENT_CLOSING)
        client_refuse(client, &refusal);
}

void client_keep_receipt(struct client *client, const struct message *message)
{
    if (client->state != CLIENT_JOINED || message->got <= client->got || (uint64_t)message->got > client->said)
        return;
    struct message receipt = {.type = MESSAGE_RECEIPT, .got = message->got};
    client_dispatch(client, &receipt);
}

void client_dispatch(struct client *client, const struct message *message)
{
    if (client_is_apart(client)) {
        client_hear_apart(client, message);
    } else if (client->state == CLIENT_JOINED && !is_in_order(client, message)) {
        refuse_order(client, message);
    } else if (client->state == CLIENT_JOINED) {
        client_confirm_ticket(client);
        note_got(client, message->got);
        handlers[message->type](client, message);
    } else if (client->state == CLIENT_WAITING && message->type == MESSAGE_HELLO) {
        client_on_hello(client, message);
    } else {
        struct event refusal = refusal_of(message, ERR_HELLO_EXPECTED);
        client_refuse(client, &refusal);
    }
}
