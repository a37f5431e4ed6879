/* tap.c - what passes between edge and home, watched: which messages were taken, and what the counters must say. */
#include <stdlib.h>

#include "tests/sim/sim.h"

struct tap {
    struct sim *sim;
    struct route route;
};

static struct tap tap; /* one simulation at a time */

uint32_t peer_number(struct slice id)
{
    uint32_t number = 0;
    for (size_t i = 0; i + 1 < id.length; i++)
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

static const struct parcel *parcel_of(const struct request *request)
{
    if (request->type == REQUEST_RELAY)
        return &request->relay.parcel;
    return request->type == REQUEST_BROADCAST ? &request->broadcast.parcel : NULL;
}

static void on_request(void *context, const struct request *request)
{
    struct server *server = &tap.sim->server;
    const struct parcel *parcel = parcel_of(request);
    uint64_t before = home_counts(server->home)->accepted;
    server->relaying = parcel && parcel->seq ? message_of(parcel->body) : NO_MESSAGE;
    (void)context;
    uint32_t message = server->relaying;
    tap.route.send(tap.route.context, request);
    server->relaying = NO_MESSAGE;
    if (message != NO_MESSAGE && home_counts(server->home)->accepted > before)
        sim_note(tap.sim, WHO_SERVER, LINE_TOOK)->message = message;
}

struct route tap_route(struct sim *sim, struct route route)
{
    tap = (struct tap){sim, route};
    return (struct route){sim, on_request};
}

size_t tap_deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                   struct frame *frame)
{
    struct sim *sim = context;
    if (event->type == EVENT_WELCOME) {
        sim->server.told_resumed += event->welcome.kind == WELCOME_RESUMED;
        sim->server.told_rebuilt += event->welcome.kind == WELCOME_REBUILT;
    }
    return edge_deliver(sim->server.edge, to, count, event, frame);
}

struct frame *tap_encode(void *context, const struct event *event)
{
    struct sim *sim = context;
    if (event->type == EVENT_UNDELIVERED && sim->server.relaying != NO_MESSAGE) {
        struct line *line = sim_note(sim, WHO_SERVER, LINE_DROPPED);
        line->message = sim->server.relaying;
        line->peer = peer_number(event->undelivered.peer_id);
    }
    return edge_encode(sim->server.edge, event);
}
