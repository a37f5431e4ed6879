/* reattach.c - clients whose home is lost: their tickets are shown again, and they go on over the connection they have.
 *
 * What such a client says before it has read its new welcome was meant for the home as it was. Only the client knows
 * where that ends, and says so by its answer; see docs/protocol.md, "When the home moves". */
#include "signaling/client.h"

/* Tickets that are shown at once: with EDGE_BEAT_MS, 4,000 a second. */
#define REATTACH_PER_BEAT 400

/* What needs a home while there is none. */
#define RETRY_MS 500

/* Clients that have to join anew do so spread over this time. */
#define REJOIN_SPREAD_MS 2000

/* Above all numbers by which clients know their answers, or nearly. */
#define ATTEMPTS_FROM (INT64_C(1) << 52)

/* Losing the home */

static bool is_among(struct slice room, const struct slice *rooms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is_equal(rooms[i], room))
            return true;
    }
    return count == 0;
}

/* Once more, if its ticket has been shown: to a home that is lost by now. */
static void begin(struct client *client)
{
    struct edge *edge = client->edge;
    client->state = CLIENT_REATTACHING;
    client->is_asked = false;
    client->ask_ms = 0;
    list_remove(&client->report_link);
    list_remove(&client->reattach_link);
    list_append(&edge->reattaching, &client->reattach_link);
}

void edge_reattach(void *context, uint64_t home, const struct slice *rooms, size_t room_count, struct instant now)
{
    struct edge *edge = context;
    edge_begin(edge, now);
    for (struct list_link *link = list_first(&edge->all); link; link = list_next(&edge->all, link)) {
        struct client *client = LIST_OWNER(link, struct client, link);
        bool is_in_room = client->state == CLIENT_JOINED || client->state == CLIENT_REATTACHING;
        if (is_in_room && client->home == home && is_among(slice_from_text(client->room), rooms, room_count))
            begin(client);
    }
}

/* Showing the ticket */

static enum error show(struct client *client)
{
    struct edge *edge = client->edge;
    struct ticket ticket;
    enum error error = client_open_ticket(client, &ticket);
    if (error)
        return error;
    struct profile profile = client_profile_of(&ticket);
    struct request request = {.from = {0, client->handle}, .now = edge->now, .got = GOT_NOTHING};
    client->attempt = ATTEMPTS_FROM + ++edge->attempts;
    client->is_asked = true;
    request.id = (struct reference){true, client->attempt};
    client_fill_resume(client, &ticket, &request);
    request.resume.profile = &profile;
    request.resume.gives_receipts = client->gives_receipts;
    request.resume.is_live = true;
    edge->route.send(edge->route.context, &request);
    ticket_fini(&ticket);
    return ERROR_NONE;
}

/* There is no such session any more: its client comes anew. */
static void end_session(struct client *client, enum error error)
{
    client_log_reject(client, error);
    client->session = 0;
    client_end(client, ERR_SESSION_ENDED, BYE_REJOIN, (int64_t)(client->handle * 2654435761u % REJOIN_SPREAD_MS));
}

static void ask(struct client *client)
{
    struct edge *edge = client->edge;
    list_remove(&client->reattach_link);
    if (client->ask_ms > edge->now.mono_ms) {
        list_append(&edge->reattaching, &client->reattach_link);
        return;
    }
    enum error error = show(client);
    if (error)
        end_session(client, error);
}

void client_hear_refused(struct client *client, const struct event *refusal)
{
    enum error error = refusal->error.code;
    struct event last = *refusal;
    if (error == ERR_RATE_LIMITED) {
        begin(client);
        client->ask_ms = client->edge->now.mono_ms + refusal->error.retry_after_ms;
    } else if (error == ERR_KICKED || error == ERR_REPLACED) {
        client->session = 0;
        last.re.is_set = false;
        client_refuse(client, &last);
    } else {
        end_session(client, error);
    }
}

/* What the client says meanwhile */

bool client_is_apart(const struct client *client)
{
    return client->state == CLIENT_REATTACHING || (client->state == CLIENT_JOINED && client->owes_answer);
}

bool client_is_answer(const struct client *client, const struct message *message)
{
    return client->state == CLIENT_JOINED && client->owes_answer && message->type == MESSAGE_RECEIPT &&
           message->receipt.welcome == client->welcomes;
}

bool client_expect_answer(struct client *client, enum welcome_kind kind)
{
    const struct outbox_limits *limits = &client->edge->config.outbox;
    struct outbox *outbox = &client->outbox;
    if (outbox->count > limits->frames_max || outbox->bytes > limits->bytes_max)
        return false;
    outbox->limits.frames_max = limits->frames_max + outbox->count; /* these were not counted on */
    outbox->limits.bytes_max = limits->bytes_max + outbox->bytes;
    client->owes_since_ms = client->owes_answer ? client->owes_since_ms : client->edge->now.mono_ms;
    client->owes_answer = true;
    client->has_spoken = false;
    if (kind == WELCOME_RESUMED)
        return true;
    client->said = client->reported = 0; /* numbers begin anew */
    client->got = 0;
    return true;
}

static void take_answer(struct client *client, const struct message *message)
{
    struct message receipt = *message;
    client->owes_answer = false;
    client->refused_seq = 0;
    client_dispatch(client, &receipt);
}

static void put_off(struct client *client, const struct message *message)
{
    struct event refusal = refusal_of(message, ERR_RATE_LIMITED);
    refusal.error.retry_after_ms = RETRY_MS;
    client_refuse(client, &refusal);
}

static void pong(struct client *client, const struct message *message)
{
    struct event event = {.type = EVENT_PONG, .re = message->id};
    (void)client_send(client, &event);
}

static void leave(struct client *client, const struct message *message)
{
    struct event event = {.type = EVENT_OK, .re = message->id};
    client_leave(client, LEAVE_LEFT);
    if (message->id.is_set)
        (void)client_send(client, &event);
    client_end(client, ERROR_NONE, BYE_STOP, 0);
}

static void refuse_hello(struct client *client, const struct message *message)
{
    struct event refusal = refusal_of(message, ERR_HELLO_REPEATED);
    client_refuse(client, &refusal);
}

/* What has a number comes again, and receipts too. */
void client_hear_apart(struct client *client, const struct message *message)
{
    if (message_seq(message))
        return;
    switch (message->type) {
    case MESSAGE_RECEIPT:
        if (client_is_answer(client, message))
            take_answer(client, message);
        break;
    case MESSAGE_HELLO: refuse_hello(client, message); break;
    case MESSAGE_PING: pong(client, message); break;
    case MESSAGE_LEAVE: leave(client, message); break;
    case MESSAGE_RELAY:
    case MESSAGE_BROADCAST:
    case MESSAGE_UPDATE:
    case MESSAGE_KICK:
    case MESSAGE_REFRESH: put_off(client, message); break;
    case MESSAGE_COUNT: break;
    }
}

/* Leaving meanwhile: the welcome will come to a client that is gone. */
void client_part_apart(struct client *client, enum leave_reason reason)
{
    struct edge *edge = client->edge;
    edge->partings[edge->parting_count++ % PARTINGS_MAX] = (struct parting){client->handle, reason};
    list_remove(&client->reattach_link);
    client->session = 0;
    client->state = CLIENT_CLOSING;
    if (!client->is_asked)
        (void)show(client); /* where it cannot be, nobody would have let it in either */
}

bool edge_find_parting(const struct edge *edge, uint64_t client, enum leave_reason *out_reason)
{
    size_t count = edge->parting_count < PARTINGS_MAX ? edge->parting_count : PARTINGS_MAX;
    for (size_t i = 0; i < count; i++) {
        if (edge->partings[i].client != client)
            continue;
        *out_reason = edge->partings[i].reason;
        return true;
    }
    return false;
}

/* Receipts for those who give none: their senders wait for them, and their home keeps what they were sent. */

static bool has_to_report(const struct client *client)
{
    return client->state == CLIENT_JOINED && client->session && client->home && !client->gives_receipts &&
           client->said > client->reported;
}

void client_note_unreported(struct client *client)
{
    if (has_to_report(client) && !list_has_link(&client->report_link))
        list_append(&client->edge->reporting, &client->report_link);
}

void client_report(struct client *client)
{
    struct edge *edge = client->edge;
    list_remove(&client->report_link);
    if (!has_to_report(client))
        return;
    struct request request = {.type = REQUEST_RECEIPT, .from = {0, client->handle}, .now = edge->now};
    request.session = client->session;
    request.home = client->home;
    request.got = (int64_t)client->said;
    client->reported = client->said;
    edge->route.send(edge->route.context, &request);
}

void edge_beat(struct edge *edge, struct instant now)
{
    edge_begin(edge, now);
    struct list_link *link;
    while ((link = list_first(&edge->reporting)) != NULL)
        client_report(LIST_OWNER(link, struct client, report_link));
    const struct list_link *last = edge->reattaching.head.previous;
    size_t left = REATTACH_PER_BEAT;
    bool is_last = list_is_empty(&edge->reattaching);
    while (left-- && !is_last && (link = list_first(&edge->reattaching)) != NULL) {
        is_last = link == last;
        ask(LIST_OWNER(link, struct client, reattach_link));
    }
    edge_settle(edge);
}
