/* resume.c - tickets: shown to come back, given with each welcome, and renewed with a fresh token. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "signaling/client.h"

/* A wall clock that was set forward while we ran must not end the sessions of those who come back: tickets are judged
 * by the earlier of that clock and of our own count from the start (T-59). */
static struct instant ticket_time(const struct edge *edge)
{
    struct instant now = edge->now;
    int64_t counted_ms = edge->begun.unix_ms + (now.mono_ms - edge->begun.mono_ms);
    if (counted_ms < now.unix_ms)
        now.unix_ms = counted_ms;
    return now;
}

/* No longer than the longest token allows, whatever the clocks say. */
static void set_end(struct client *client, int64_t ends_unix_s, struct instant now)
{
    const struct edge_config *config = &client->edge->config;
    int64_t longest_s = config->token_rules.lifetime_max_s + TOKEN_LEEWAY_S + config->session_grace_s;
    int64_t left_ms = ends_unix_s * 1000 - now.unix_ms;
    client->ends_mono_ms = now.mono_ms + (left_ms < longest_s * 1000 ? left_ms : longest_s * 1000);
}

static void seal(struct client *client, const struct ticket *ticket)
{
    struct edge *edge = client->edge;
    buffer_clear(&edge->ticket);
    ticket_seal(edge->config.sealer, ticket, &edge->ticket);
    free(client->ticket);
    client->ticket = memory_text(buffer_slice(&edge->ticket));
}

/* What its connection holds back, or loses, the client does not have: it comes with the ticket before that. */
static void keep_former(struct client *client, enum welcome_kind kind)
{
    client->is_anew |= kind == WELCOME_REBUILT;
    if (kind == WELCOME_NEW) {
        client_confirm_ticket(client);
    } else if (!client->former_ticket) {
        client->former_ticket = client->ticket;
        client->ticket = NULL;
    }
}

void client_confirm_ticket(struct client *client)
{
    free(client->former_ticket);
    client->former_ticket = NULL;
    client->is_anew = false;
}

void client_take_ticket(struct client *client, const struct event *welcome)
{
    const struct edge *edge = client->edge;
    const struct peer *self = welcome->welcome.self;
    struct ticket ticket = {
        .room = slice_from_text(client->room),
        .peer_id = peer_id(self),
        .identity = self->profile.identity,
        .name = self->profile.name,
        .metadata = self->profile.metadata,
        .attributes = self->profile.attributes,
        .grants = self->profile.grants,
        .order = self->order,
        .epoch = welcome->welcome.epoch,
        .generation = welcome->welcome.generation - (PLANTED(STALE_TICKET) ? 1 : 0),
        .ends_unix_s = welcome->welcome.ends_unix_s,
    };
    keep_former(client, welcome->welcome.kind);
    seal(client, &ticket);
    set_end(client, ticket.ends_unix_s, welcome->welcome.kind == WELCOME_NEW ? edge->now : ticket_time(edge));
}

static void refuse_ticket(struct client *client, const struct message *message, enum error error)
{
    struct edge *edge = client->edge;
    struct event refusal = refusal_of(message, error);
    metrics_add(edge->config.metrics, METRIC_RESUMES_INVALID, 1);
    if (error == ERR_TICKET_INVALID)
        address_entry_charge_ticket(edge->addresses, client->entry, edge->now.mono_ms);
    client_log_reject(client, error);
    client_await_hello(client, 0);
    client_refuse(client, &refusal);
}

struct profile client_profile_of(const struct ticket *ticket)
{
    return (struct profile){.identity = ticket->identity,
                            .name = ticket->name,
                            .metadata = ticket->metadata,
                            .attributes = ticket->attributes,
                            .grants = ticket->grants};
}

void client_fill_resume(const struct client *client, const struct ticket *ticket, struct request *request)
{
    request->type = REQUEST_RESUME;
    request->resume.room = slice_from_text(client->room);
    request->resume.peer_id = ticket->peer_id;
    request->resume.order = ticket->order;
    request->resume.epoch = ticket->epoch;
    request->resume.generation = ticket->generation;
    request->resume.ends_unix_s = ticket->ends_unix_s;
}

static void resume(struct client *client, const struct message *message, const struct ticket *ticket)
{
    struct profile given = client_profile_of(ticket);
    struct profile profile;
    if (!client_make_profile(client, message, &given, &profile))
        return;
    struct request request = {.got = message->got};
    memcpy(client->peer_id, ticket->peer_id.data, RANDOM_ID_LENGTH);
    client_fill_resume(client, ticket, &request);
    request.resume.profile = &profile;
    request.resume.gives_receipts = message->hello.gives_receipts;
    client_ask_home(client, message, &request);
}

/* Good tickets are free, so that a crowd that comes back is not held up; but whoever shows one does not leave the
 * limits of its address on messages behind with its old connection. */
void client_on_ticket(struct client *client, const struct message *message)
{
    struct edge *edge = client->edge;
    int64_t now_ms = edge->now.mono_ms;
    int64_t wait_ms = 0;
    size_t cost = message->hello.ticket.length;
    if (!address_entry_may_show_ticket(edge->addresses, client->entry, now_ms, &wait_ms) ||
        !address_entry_take_message(edge->addresses, client->entry, cost, now_ms, &wait_ms)) {
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_ADDRESS, 1);
        client_put_off(client, message, wait_ms);
        return;
    }
    struct ticket ticket;
    enum error error = ticket_open(edge->config.sealer, message->hello.ticket, slice_from_text(client->room),
                                   ticket_time(edge), &ticket);
    if (error) {
        refuse_ticket(client, message, error);
        return;
    }
    client_confirm_ticket(client);
    free(client->ticket);
    client->ticket = memory_text(message->hello.ticket);
    resume(client, message, &ticket);
    ticket_fini(&ticket);
}

enum error client_open_ticket(const struct client *client, struct ticket *out_ticket)
{
    const struct edge *edge = client->edge;
    const char *ticket = client->former_ticket ? client->former_ticket : client->ticket;
    return ticket_open(edge->config.sealer, slice_from_text(ticket), slice_from_text(client->room), ticket_time(edge),
                       out_ticket);
}

/* Changes the ticket to last as long as the token allows, if it is for the same peer. */
static enum error prolong(struct client *client, const struct claims *claims, int64_t *out_ends_unix_s)
{
    const struct edge *edge = client->edge;
    struct ticket ticket;
    enum error error = client_open_ticket(client, &ticket);
    if (error)
        return error;
    error = slice_is_equal(ticket.identity, claims->identity) ? client_use_token(client, claims) : ERR_NOT_PERMITTED;
    if (!error) {
        int64_t ends_unix_s = claims->expires_unix_s + edge->config.session_grace_s;
        if (ends_unix_s > ticket.ends_unix_s)
            ticket.ends_unix_s = ends_unix_s;
        seal(client, &ticket);
        set_end(client, ticket.ends_unix_s, edge->now);
        *out_ends_unix_s = ticket.ends_unix_s;
    }
    ticket_fini(&ticket);
    return error;
}

static enum error refresh(struct client *client, struct slice token, int64_t *out_ends_unix_s)
{
    struct claims claims;
    enum error error = client_check_token(client, token, &claims);
    if (error)
        return error;
    error = prolong(client, &claims, out_ends_unix_s);
    claims_fini(&claims);
    return error;
}

/* A token that is refused is no reason to end a call: it goes on for as long as it could before. */
static void refuse_refresh(struct client *client, const struct message *message, enum error error, int64_t wait_ms)
{
    struct event refusal = refusal_of(message, error);
    refusal.error.retry_after_ms = wait_ms;
    if (error != ERR_RATE_LIMITED)
        client_log_reject(client, error);
    (void)client_send(client, &refusal);
}

void client_on_refresh(struct client *client, const struct message *message)
{
    struct edge *edge = client->edge;
    struct request request = {.type = REQUEST_REFRESH};
    int64_t wait_ms = -1;
    if (!address_entry_take_join(edge->addresses, client->entry, edge->now.mono_ms, &wait_ms)) {
        metrics_add(edge->config.metrics, METRIC_RATE_LIMITED_JOIN, 1);
        refuse_refresh(client, message, ERR_RATE_LIMITED, wait_ms);
        return;
    }
    enum error error = refresh(client, message->refresh.token, &request.refresh.ends_unix_s);
    if (error) {
        metrics_add(edge->config.metrics, metric_for_auth_error(error), 1);
        refuse_refresh(client, message, error, -1);
        return;
    }
    client_forward(client, message, &request);
    struct event event = {.type = EVENT_TICKET, .ticket = slice_from_text(client->ticket)};
    if (client->state == CLIENT_JOINED)
        (void)client_send(client, &event);
}
