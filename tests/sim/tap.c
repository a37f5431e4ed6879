/* tap.c - what passes between edge and home, watched: which messages were taken, and what the counters must say. */
#include <stdlib.h>

#include "base/planted.h"
#include "tests/sim/sim.h"

uint32_t peer_number(struct slice id)
{
    uint32_t number = 0;
    for (size_t i = 0; i < 8 && i < id.length; i++)
        number = number * 10 + (uint32_t)(id.data[i] - '0');
    return number;
}

/* Bodies of judged messages are [number,"padding"]. */
static uint32_t message_of(struct slice body)
{
    if (body.length < 3 || body.data[0] != '[')
        return NO_MESSAGE;
    uint32_t number = 0;
    for (size_t i = 1; i < body.length && body.data[i] >= '0' && body.data[i] <= '9'; i++)
        number = number * 10 + (uint32_t)(body.data[i] - '0');
    return number;
}

static void note_ended(struct sim *sim, uint32_t peer, enum leave_reason reason)
{
    struct line *line = sim_note(sim, WHO_SERVER, LINE_ENDED);
    line->peer = peer;
    line->word = history_word(sim->history, leave_reason_name(reason));
    sim->ended_ms = sim->now_ms;
}

static void note_welcome(struct server *server, const struct event *event)
{
    unsigned place = server->welcomed_count++ % WELCOMED_MAX;
    server->welcomed[place].session = event->welcome.session;
    server->welcomed[place].peer = peer_number(peer_id(event->welcome.self));
    server->sim->told_resumed += event->welcome.kind == WELCOME_RESUMED;
    server->sim->told_rebuilt += event->welcome.kind == WELCOME_REBUILT;
}

/* An edge that sends somebody away for what it did; of those who go by themselves the history knows. */
static void note_leave(const struct server *server, const struct request *request)
{
    for (unsigned i = 1; i <= WELCOMED_MAX && i <= server->welcomed_count; i++) {
        unsigned place = (server->welcomed_count - i) % WELCOMED_MAX;
        if (server->welcomed[place].session != request->session)
            continue;
        note_ended(server->sim, server->welcomed[place].peer, request->leave.reason);
        return;
    }
}

static void on_request(void *context, const struct request *request)
{
    struct server *server = context;
    const struct parcel *parcel = request_parcel(request);
    uint64_t before = home_counts(server->home)->accepted;
    server->relaying = parcel && parcel->seq ? message_of(parcel->body) : NO_MESSAGE;
    uint32_t message = server->relaying;
    if (request->type == REQUEST_LEAVE && request->leave.reason != LEAVE_LEFT)
        note_leave(server, request);
    server->home_route.send(server->home_route.context, request);
    server->relaying = NO_MESSAGE;
    if (message != NO_MESSAGE && home_counts(server->home)->accepted > before)
        sim_note(server->sim, WHO_SERVER, LINE_TOOK)->message = message;
}

struct route tap_route(struct server *server)
{
    return (struct route){server, on_request};
}

static void tap_lose(struct sim *sim, void *wire, uint64_t argument)
{
    (void)sim, (void)argument;
    wire_reset(wire, false);
}

size_t tap_deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                   struct frame *frame)
{
    struct server *server = context;
    if (event->type == EVENT_WELCOME)
        note_welcome(server, event);
    if (event->type == EVENT_WELCOME && server->hearing && BUGGIFY(WELCOME_LOST))
        sim_after(server->sim, 0, tap_lose, server->hearing, 0);
    return edge_deliver(server->edge, to, count, event, frame);
}

struct frame *tap_encode(void *context, const struct event *event)
{
    struct server *server = context;
    struct sim *sim = server->sim;
    if (event->type == EVENT_UNDELIVERED && server->relaying != NO_MESSAGE) {
        struct line *line = sim_note(sim, WHO_SERVER, LINE_DROPPED);
        line->message = server->relaying;
        line->peer = peer_number(event->undelivered.peer_id);
    }
    if (event->type == EVENT_PEER_LEFT && event->left.reason == LEAVE_SLOW)
        note_ended(sim, peer_number(event->left.peer_id), LEAVE_SLOW);
    return edge_encode(server->edge, event);
}
