/* switchboard_requests.c - from the edges of the cluster to the homes of their rooms. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/switchboard_parts.h"

#define RETRY_MS 500

/* Waiting */

static void forget(struct switchboard *switchboard, struct waiting *waiting)
{
    list_remove(&waiting->link);
    switchboard->waiting_count--;
    switchboard->waiting_bytes -= waiting->room.length + waiting->payload.length;
    free(waiting);
}

static bool has_place(const struct switchboard *switchboard, size_t bytes)
{
    const struct switchboard_config *config = &switchboard->config;
    return switchboard->waiting_count < config->waiting_max &&
           switchboard->waiting_bytes + bytes <= config->waiting_bytes_max;
}

static struct waiting *waiting_create(struct switchboard *switchboard, struct locator from, struct slice room,
                                      struct slice payload)
{
    size_t bytes = room.length + payload.length;
    struct waiting *waiting = memory_new(sizeof *waiting + bytes);
    waiting->from = from;
    memcpy(waiting->bytes, room.data, room.length);
    memcpy(waiting->bytes + room.length, payload.data, payload.length);
    waiting->room = slice_of(waiting->bytes, room.length);
    waiting->payload = slice_of(waiting->bytes + room.length, payload.length);
    switchboard->waiting_count++;
    switchboard->waiting_bytes += bytes;
    return waiting;
}

void switchboard_answered(struct switchboard *switchboard, uint64_t client)
{
    struct waiting *waiting;
    HASH_FIND(hh, switchboard->asked, &client, sizeof client, waiting);
    if (!waiting)
        return;
    HASH_DELETE(hh, switchboard->asked, waiting);
    forget(switchboard, waiting);
}

void switchboard_forget_waiting(struct switchboard *switchboard)
{
    struct list_link *link;
    HASH_CLEAR(hh, switchboard->asked);
    while ((link = list_first(&switchboard->asking)) != NULL)
        forget(switchboard, LIST_OWNER(link, struct waiting, link));
    while ((link = list_first(&switchboard->to_ask)) != NULL)
        forget(switchboard, LIST_OWNER(link, struct waiting, link));
    while ((link = list_first(&switchboard->held)) != NULL)
        forget(switchboard, LIST_OWNER(link, struct waiting, link));
}

/* Refusing */

static int64_t seq_of(const struct request *request)
{
    if (request->type == REQUEST_RELAY)
        return request->relay.parcel.seq;
    return request->type == REQUEST_BROADCAST ? request->broadcast.parcel.seq : 0;
}

/* It was not taken, and may be said again: to a client of ours, or of another node. */
static void refuse(struct switchboard *switchboard, const struct request *request)
{
    struct event event = {.type = EVENT_ERROR, .re = request->id, .seq = seq_of(request)};
    struct delivery delivery = {request->from, 0};
    event.error.code = ERR_RATE_LIMITED;
    event.error.retry_after_ms = RETRY_MS;
    switchboard->counts.refused++;
    (void)switchboard_deliver(switchboard, &delivery, 1, &event, NULL);
}

/* Ends must not be lost. Receipts may be: a later one says the same. */
static bool is_end(const struct request *request)
{
    return request->type == REQUEST_DETACH || request->type == REQUEST_LEAVE;
}

static void say_to(struct station *station, const struct request *request, struct slice payload)
{
    if (station_say(station, payload))
        return;
    if (is_end(request))
        station->is_overrun = true;
    else if (request->type != REQUEST_RECEIPT)
        refuse(station->switchboard, request);
}

/* To our home */

/* Of ends there is one for each client at most. */
static void hold(struct switchboard *switchboard, const struct request *request)
{
    buffer_clear(&switchboard->payload);
    wire_put_request(request, &switchboard->payload);
    struct slice payload = buffer_slice(&switchboard->payload);
    if (is_end(request) || has_place(switchboard, payload.length))
        list_append(&switchboard->held, &waiting_create(switchboard, request->from, slice_of("", 0), payload)->link);
    else if (request->type != REQUEST_RECEIPT)
        refuse(switchboard, request);
}

static void to_home(struct switchboard *switchboard, const struct request *request)
{
    if (directory_is_sure(switchboard->directory))
        switchboard->home_route.send(switchboard->home_route.context, request);
    else
        hold(switchboard, request);
}

static bool read_waiting(struct switchboard *switchboard, const struct waiting *waiting, struct request *out_request)
{
    if (wire_get_request(switchboard->wire_room, waiting->payload, out_request))
        return false;
    out_request->from = waiting->from;
    out_request->now = switchboard->now;
    return true;
}

/* Joins and resumes: where is the room? */

static bool is_arrival(const struct request *request)
{
    return request->type == REQUEST_JOIN || request->type == REQUEST_RESUME;
}

static struct slice room_of(const struct request *request)
{
    return request->type == REQUEST_JOIN ? request->join.room : request->resume.room;
}

static void ask_directory(struct switchboard *switchboard, struct slice room, uint64_t unreachable)
{
    directory_ask(switchboard->directory, room, unreachable, switchboard->now);
}

static bool is_ours(const struct switchboard *switchboard, struct slice room)
{
    uint64_t node;
    return directory_find(switchboard->directory, room, &node) == HOME_HERE;
}

/* What no room came of needs no lease: to be looked at when all who wait for it have been answered. */
static void release_unused(struct switchboard *switchboard, struct slice room)
{
    bool is_sure = directory_is_sure(switchboard->directory);
    if (is_sure && is_ours(switchboard, room) && !home_has_room(switchboard->home, room))
        directory_release(switchboard->directory, room);
}

static void answer_no(struct switchboard *switchboard, struct waiting *waiting, const struct request *request)
{
    HASH_DELETE(hh, switchboard->asked, waiting);
    refuse(switchboard, request);
    forget(switchboard, waiting);
}

static void send_on(struct switchboard *switchboard, struct waiting *waiting, uint64_t node)
{
    struct request request;
    if (!read_waiting(switchboard, waiting, &request))
        return;
    if (node == switchboard->config.self) {
        HASH_DELETE(hh, switchboard->asked, waiting);
        to_home(switchboard, &request);
        forget(switchboard, waiting);
        return;
    }
    struct station *station = station_reach(switchboard, node);
    waiting->node = node;
    if (!station || !station_say(station, waiting->payload))
        answer_no(switchboard, waiting, &request);
}

/* The room may end with the first of them, and is given back then; the others ask anew. */
static void send_all_on(struct switchboard *switchboard, struct slice room, uint64_t node)
{
    struct list_link *link = list_first(&switchboard->asking);
    while (link) {
        struct waiting *waiting = LIST_OWNER(link, struct waiting, link);
        link = list_next(&switchboard->asking, link);
        if (waiting->node || !slice_is_equal(waiting->room, room))
            continue;
        if (node == switchboard->config.self && !is_ours(switchboard, room)) {
            ask_directory(switchboard, room, 0);
            return;
        }
        send_on(switchboard, waiting, node);
    }
    if (node == switchboard->config.self)
        release_unused(switchboard, room);
}

/* Those who wait are let go as they are answered, and with them what `room` may point into. */
void switchboard_room_found(struct switchboard *switchboard, struct slice room, uint64_t node)
{
    const struct station *station = station_find(switchboard, node);
    char copy[ROOM_ID_MAX];
    assert(room.length <= sizeof copy);
    memcpy(copy, room.data, room.length);
    room.data = copy;
    if (node == switchboard->config.self || !station || !station->is_gone) {
        send_all_on(switchboard, room, node);
        return;
    }
    directory_forget_room(switchboard->directory, room, node);
    ask_directory(switchboard, room, node);
}

static bool is_among(struct slice room, const struct slice *rooms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is_equal(rooms[i], room))
            return true;
    }
    return count == 0;
}

void switchboard_ask_again(struct switchboard *switchboard, uint64_t node, const struct slice *rooms, size_t count)
{
    struct list_link *link = list_first(&switchboard->asking);
    while (link) {
        struct waiting *waiting = LIST_OWNER(link, struct waiting, link);
        link = list_next(&switchboard->asking, link);
        if (waiting->node != node || !is_among(waiting->room, rooms, count))
            continue;
        waiting->node = 0;
        list_remove(&waiting->link);
        list_append(&switchboard->to_ask, &waiting->link);
    }
}

void switchboard_ask_due(struct switchboard *switchboard)
{
    struct list_link *link;
    while ((link = list_first(&switchboard->to_ask)) != NULL) {
        const struct waiting *waiting = LIST_OWNER(link, struct waiting, link);
        list_remove(link);
        list_append(&switchboard->asking, link);
        ask_directory(switchboard, waiting->room, 0);
    }
}

/* The request waits for its answer, here or on another node, and can be asked again until then. */
static void look_for_home(struct switchboard *switchboard, const struct request *request)
{
    struct slice room = room_of(request);
    buffer_clear(&switchboard->payload);
    wire_put_request(request, &switchboard->payload);
    switchboard_answered(switchboard, request->from.client);
    if (!has_place(switchboard, room.length + switchboard->payload.length)) {
        refuse(switchboard, request);
        return;
    }
    struct waiting *waiting = waiting_create(switchboard, request->from, room, buffer_slice(&switchboard->payload));
    list_append(&switchboard->asking, &waiting->link);
    HASH_ADD(hh, switchboard->asked, from.client, sizeof waiting->from.client, waiting);
    uint64_t node;
    if (directory_find(switchboard->directory, room, &node) == HOME_THERE)
        switchboard_room_found(switchboard, waiting->room, node);
    else
        ask_directory(switchboard, waiting->room, 0);
}

static void to_station(struct switchboard *switchboard, const struct request *request)
{
    struct station *station = station_find(switchboard, request->home);
    if (!station)
        return; /* it is gone; the edge was told */
    buffer_clear(&switchboard->payload);
    wire_put_request(request, &switchboard->payload);
    say_to(station, request, buffer_slice(&switchboard->payload));
}

/* A node that believes us to be home to a room that we are not home to is told so, and finds out. It may have that from
 * an entry that Redis has kept from earlier, and would come again at once: we look too, which renews it or takes it
 * away. */
static void say_not_here(struct switchboard *switchboard, uint64_t edge, struct slice room)
{
    uint64_t node;
    if (directory_find(switchboard->directory, room, &node) == HOME_UNKNOWN)
        ask_directory(switchboard, room, 0);
    struct station *station = station_find(switchboard, edge);
    buffer_clear(&switchboard->payload);
    wire_put_moved(&room, 1, &switchboard->payload);
    if (station && !station_say(station, buffer_slice(&switchboard->payload)))
        station->is_overrun = true;
}

/* To our home, if it is the room's. */
static void dispatch(struct switchboard *switchboard, const struct request *request)
{
    if (!is_arrival(request) || is_ours(switchboard, room_of(request)))
        to_home(switchboard, request);
    else if (request->from.edge)
        say_not_here(switchboard, request->from.edge, room_of(request));
    else
        look_for_home(switchboard, request);
}

void switchboard_request(void *context, const struct request *request)
{
    struct switchboard *switchboard = context;
    switchboard->now = request->now;
    if (request->home && !is_arrival(request))
        to_station(switchboard, request);
    else
        dispatch(switchboard, request);
}

void switchboard_take_request(struct station *from, struct slice payload)
{
    struct switchboard *switchboard = from->switchboard;
    struct request request;
    if (wire_get_request(switchboard->wire_room, payload, &request)) {
        switchboard->counts.frames_bad++;
        return;
    }
    request.from.edge = from->node;
    request.home = 0;
    request.now = switchboard->now;
    dispatch(switchboard, &request);
}

/* Rooms may have been lost while it waited. */
static void release_one(struct switchboard *switchboard, const struct waiting *waiting)
{
    struct request request;
    if (!read_waiting(switchboard, waiting, &request))
        return;
    dispatch(switchboard, &request);
    if (is_arrival(&request))
        release_unused(switchboard, room_of(&request));
}

void switchboard_release_held(struct switchboard *switchboard)
{
    struct list_link *link;
    while (directory_is_sure(switchboard->directory) && (link = list_first(&switchboard->held)) != NULL) {
        struct waiting *waiting = LIST_OWNER(link, struct waiting, link);
        list_remove(link);
        release_one(switchboard, waiting);
        forget(switchboard, waiting);
    }
}
