/* tap.c - what passes between edge and home, watched: which messages were taken, and what the counters must say. */
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "rooms/room.h"
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

static void note_welcome(struct server *server, uint64_t home, const struct event *event)
{
    unsigned place = server->welcomed_count++ % WELCOMED_MAX;
    server->welcomed[place].home = home;
    server->welcomed[place].session = event->welcome.session;
    server->welcomed[place].peer = peer_number(peer_id(event->welcome.self));
}

/* An edge that sends somebody away for what it did; of those who go by themselves the history knows. */
static void note_leave(const struct server *server, const struct request *request)
{
    for (unsigned i = 1; i <= WELCOMED_MAX && i <= server->welcomed_count; i++) {
        unsigned place = (server->welcomed_count - i) % WELCOMED_MAX;
        if (server->welcomed[place].session != request->session || server->welcomed[place].home != request->home)
            continue;
        note_ended(server->sim, server->welcomed[place].peer, request->leave.reason);
        return;
    }
}

static bool is_arrival(const struct request *request)
{
    return request->type == REQUEST_JOIN || request->type == REQUEST_RESUME;
}

/* What the other home has taken is unknown to this one, as if that had been killed. */
static void note_second_home(const struct server *server, const struct request *request)
{
    struct slice room = request->type == REQUEST_JOIN ? request->join.room : request->resume.room;
    struct sim *sim = server->sim;
    if (home_has_room(server->home, room))
        return;
    for (unsigned i = 0; i < sim->plan.servers; i++) {
        if (sim->servers[i].home && home_has_room(sim->servers[i].home, room)) {
            sim_note_fault(sim, FAULT_KILL, NULL);
            return;
        }
    }
}

static void note_took(const struct server *server, uint32_t message)
{
    struct line *line = sim_note(server->sim, WHO_SERVER, LINE_TOOK);
    line->message = message;
    line->number = server->life;
}

static void on_arrival(void *context, const struct request *request)
{
    struct server *server = context;
    const struct parcel *parcel = request_parcel(request);
    uint64_t before = home_counts(server->home)->accepted;
    server->relaying = parcel && parcel->seq ? message_of(parcel->body) : NO_MESSAGE;
    uint32_t message = server->relaying;
    if (is_arrival(request))
        note_second_home(server, request);
    server->home_route.send(server->home_route.context, request);
    server->relaying = NO_MESSAGE;
    if (message != NO_MESSAGE && home_counts(server->home)->accepted > before)
        note_took(server, message);
}

struct route tap_home(struct server *server)
{
    return (struct route){server, on_arrival};
}

static void on_departure(void *context, const struct request *request)
{
    const struct server *server = context;
    if (request->type == REQUEST_LEAVE && request->leave.reason != LEAVE_LEFT)
        note_leave(server, request);
    server->onwards.send(server->onwards.context, request);
}

struct route tap_edge(struct server *server, struct route onwards)
{
    server->onwards = onwards;
    return (struct route){server, on_departure};
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
    if (event->type == EVENT_WELCOME) {
        server->sim->told_resumed += event->welcome.kind == WELCOME_RESUMED;
        server->sim->told_rebuilt += event->welcome.kind == WELCOME_REBUILT;
    }
    if (event->type == EVENT_WELCOME && event->welcome.kind == WELCOME_REBUILT && server->switchboard)
        sim_note_fault(server->sim, FAULT_KILL, NULL); /* the home that it had before is as good as killed, for it */
    if (!server->switchboard)
        return tap_deliver_from(server, 0, to, count, event, frame);
    struct listener listener = switchboard_listener(server->switchboard);
    return listener.deliver(listener.context, to, count, event, frame);
}

size_t tap_deliver_from(void *context, uint64_t home, const struct delivery *to, size_t count,
                        const struct event *event, struct frame *frame)
{
    struct server *server = context;
    if (event->type == EVENT_WELCOME)
        note_welcome(server, home, event);
    if (event->type == EVENT_WELCOME && server->hearing && BUGGIFY(WELCOME_LOST))
        sim_after(server->sim, 0, tap_lose, server->hearing, 0);
    return edge_deliver_from(server->edge, home, to, count, event, frame);
}

/* Who is not in it was said to have left, wherever it is. */
static void note_rested(struct server *server, const struct room *room)
{
    struct slice id = room_id(room);
    char text[ROOM_ID_MAX + 1] = {0};
    memcpy(text, id.data, id.length);
    sim_note(server->sim, WHO_SERVER, LINE_RESTED)->word = history_word(server->sim->history, text);
    for (const struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer))
        history_list(server->sim->history, LISTED(peer_number(peer_id(peer)), false));
    server->is_settling = false;
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
    if (event->type == EVENT_ROSTER && server->is_settling)
        note_rested(server, event->roster);
    return edge_encode(server->edge, event);
}
