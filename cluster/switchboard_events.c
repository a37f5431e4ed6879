/* switchboard_events.c - from our home to the edges of its hearers, and from other homes to ours. */
#include "base/memory.h"
#include "cluster/switchboard_parts.h"

static void reserve_hearers(struct switchboard *switchboard, size_t count)
{
    if (count <= switchboard->hearers_capacity)
        return;
    switchboard->hearers_capacity = count * 2;
    switchboard->hearers =
        memory_resize(switchboard->hearers, switchboard->hearers_capacity * sizeof *switchboard->hearers);
}

/* Those of the hearers who are at that edge. */
static size_t gather(struct switchboard *switchboard, const struct delivery *to, size_t count, uint64_t edge)
{
    size_t gathered = 0;
    for (size_t i = 0; i < count; i++) {
        if (to[i].to.edge == edge)
            switchboard->hearers[gathered++] = to[i];
    }
    return gathered;
}

static struct slice roster_of(struct switchboard *switchboard, const struct event *event)
{
    const struct edge_port *edge = &switchboard->edge;
    if (event->type != EVENT_WELCOME)
        return slice_of("", 0);
    buffer_clear(&switchboard->roster);
    edge->write_roster(edge->context, event->welcome.room, event->welcome.self, &switchboard->roster);
    return buffer_slice(&switchboard->roster);
}

/* Where there is no place nothing may follow either: the link is broken, and its clients are taken up again. */
static size_t deliver_there(struct switchboard *switchboard, const struct delivery *to, size_t count,
                            const struct event *event, const struct frame *frame)
{
    struct station *station = station_find(switchboard, to->to.edge);
    if (!station || station->is_overrun)
        return 0;
    struct slice roster = roster_of(switchboard, event);
    buffer_clear(&switchboard->payload);
    wire_put_delivery(to, count, event, frame, roster, &switchboard->payload);
    if (station_say(station, buffer_slice(&switchboard->payload)))
        return count;
    station->is_overrun = true;
    return 0;
}

static bool is_first_of_its_edge(const struct delivery *to, size_t i)
{
    for (size_t before = 0; before < i; before++) {
        if (to[before].to.edge == to[i].to.edge)
            return false;
    }
    return true;
}

static bool is_all_here(const struct delivery *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (to[i].to.edge)
            return false;
    }
    return true;
}

size_t switchboard_deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                           struct frame *frame)
{
    struct switchboard *switchboard = context;
    const struct edge_port *edge = &switchboard->edge;
    size_t taken = 0;
    if (is_all_here(to, count))
        return edge->deliver(edge->context, 0, to, count, event, frame);
    reserve_hearers(switchboard, count);
    for (size_t i = 0; i < count; i++) {
        if (!is_first_of_its_edge(to, i))
            continue;
        size_t gathered = gather(switchboard, to, count, to[i].to.edge);
        if (to[i].to.edge)
            taken += deliver_there(switchboard, switchboard->hearers, gathered, event, frame);
        else
            taken += edge->deliver(edge->context, 0, switchboard->hearers, gathered, event, frame);
    }
    return taken;
}

/* An answer to a join or resume. */
static bool is_answer(const struct wire_delivery *delivery)
{
    return !delivery->text.length && delivery->event.type != EVENT_BYE;
}

void switchboard_take_delivery(struct station *from, struct slice payload)
{
    struct switchboard *switchboard = from->switchboard;
    const struct edge_port *edge = &switchboard->edge;
    struct wire_delivery delivery;
    if (wire_get_delivery(switchboard->wire_room, payload, &delivery)) {
        switchboard->counts.frames_bad++;
        return;
    }
    for (size_t i = 0; is_answer(&delivery) && i < delivery.count; i++)
        switchboard_answered(switchboard, delivery.to[i].to.client);
    if (delivery.event.type == EVENT_WELCOME)
        delivery.event.welcome.home = from->node;
    struct frame *frame = delivery.text.length ? frame_create(delivery.text) : NULL;
    (void)edge->deliver(edge->context, from->node, delivery.to, delivery.count, &delivery.event, frame);
    if (frame)
        frame_unref(frame);
}

void switchboard_take_moved(struct station *from, struct slice payload)
{
    struct switchboard *switchboard = from->switchboard;
    const struct edge_port *edge = &switchboard->edge;
    const struct slice *rooms;
    size_t count;
    if (wire_get_moved(switchboard->wire_room, payload, &rooms, &count)) {
        switchboard->counts.frames_bad++;
        return;
    }
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        directory_forget_room(switchboard->directory, rooms[i], from->node);
    switchboard_ask_again(switchboard, from->node, rooms, count);
    edge->reattach(edge->context, from->node, rooms, count, switchboard->now);
}
