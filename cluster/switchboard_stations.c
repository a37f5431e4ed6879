/* switchboard_stations.c - the other nodes, and the links to them. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/switchboard_parts.h"

#define STATIONS_MAX (MEMBERS_MAX * 2) /* those that are gone are remembered for a while */

struct station *station_find(struct switchboard *switchboard, uint64_t node)
{
    struct station *station;
    HASH_FIND(hh, switchboard->stations, &node, sizeof node, station);
    return station;
}

static void on_send(void *context, const struct link_mark *mark, struct slice payload)
{
    struct station *station = context;
    struct switchboard *switchboard = station->switchboard;
    struct wire_frame frame = {.type = WIRE_LINK, .version = WIRE_VERSION};
    const struct member *member = members_find(switchboard->members, station->node);
    if (member && member->last.version < WIRE_VERSION)
        frame.version = member->last.version;
    frame.from = switchboard->config.self;
    frame.to = station->node;
    frame.link.mark = *mark;
    frame.link.payload = payload;
    buffer_clear(&switchboard->frame);
    wire_seal(&switchboard->config.keys[0], &frame, &switchboard->frame);
    switchboard->counts.frames_out++;
    switchboard->counts.bytes_out += switchboard->frame.length;
    switchboard->config.bus.publish(switchboard->config.bus.context, station->node, buffer_slice(&switchboard->frame));
}

static void on_receive(void *context, struct slice payload)
{
    struct station *station = context;
    enum wire_payload_type type;
    if (wire_payload_type(payload, &type)) {
        station->switchboard->counts.frames_bad++;
        return;
    }
    switch (type) {
    case WIRE_PAYLOAD_REQUEST: switchboard_take_request(station, payload); break;
    case WIRE_PAYLOAD_DELIVERY: switchboard_take_delivery(station, payload); break;
    case WIRE_PAYLOAD_MOVED: switchboard_take_moved(station, payload); break;
    }
}

/* Whatever was under way may be lost: sessions there are taken up again from here, and those of that node's clients
 * here wait to be taken up again from there. */
static void part(struct station *station)
{
    struct switchboard *switchboard = station->switchboard;
    home_detach_edge(switchboard->home, station->node, switchboard->now);
    switchboard->edge.reattach(switchboard->edge.context, station->node, NULL, 0, switchboard->now);
    switchboard_ask_again(switchboard, station->node, NULL, 0);
}

static void on_broken(void *context)
{
    struct station *station = context;
    station->switchboard->counts.links_broken++;
    station->is_overrun = false;
    if (PLANTED(BREAK_IN_SILENCE))
        return;
    if (!station->is_gone)
        switchboard_note(station->switchboard,
                         (struct switchboard_note){SWITCHBOARD_NOTE_PARTED, station->node, station->name, 0});
    part(station);
}

struct station *station_reach(struct switchboard *switchboard, uint64_t node)
{
    struct station *station = station_find(switchboard, node);
    if (station || HASH_COUNT(switchboard->stations) >= STATIONS_MAX)
        return station;
    station = memory_new(sizeof *station);
    station->switchboard = switchboard;
    station->node = node;
    struct link_port port = {station, on_send, on_receive, on_broken};
    station->link = link_create(switchboard->config.link, port, switchboard->config.make_id());
    HASH_ADD(hh, switchboard->stations, node, sizeof station->node, station);
    return station;
}

void station_destroy(struct station *station)
{
    HASH_DELETE(hh, station->switchboard->stations, station);
    link_destroy(station->link);
    free(station);
}

/* The link begins anew if the node comes back: it may have been frozen, and does not know that it was given up. */
void station_gone(struct switchboard *switchboard, uint64_t node)
{
    struct station *station = station_reach(switchboard, node);
    directory_forget_node(switchboard->directory, node);
    switchboard_note(switchboard,
                     (struct switchboard_note){SWITCHBOARD_NOTE_GONE, node, station ? station->name : "", 0});
    if (!station)
        return;
    station->is_gone = true;
    station->gone_ms = switchboard->now.mono_ms;
    link_break(station->link, switchboard->config.make_id());
}

bool station_say(struct station *station, struct slice payload)
{
    if (station->is_overrun)
        return false;
    if (!link_say(station->link, payload, station->switchboard->now))
        return true;
    station->switchboard->counts.refused++;
    return false;
}
