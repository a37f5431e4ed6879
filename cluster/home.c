/* home.c - rooms by id, the sessions in them, and what each request does. */
#include "cluster/home.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/slots.h"
#include "rooms/room.h"

#define HEARERS_FIRST 16

/* One room and its place in the home's map. */
struct lodging {
    struct home *home;
    struct room *room;
    UT_hash_handle hh;
};

/* A peer's stay in its room. */
struct session {
    uint64_t handle;
    struct lodging *lodging;
    struct peer *peer;
    struct locator client;
};

struct home {
    struct home_config config;
    struct listener listener;
    struct lodging *lodgings;
    struct slots *sessions;
    size_t session_count;
    struct locator *hearers; /* scratch for one delivery */
    size_t hearers_capacity;
    size_t missed; /* clients that did not take the last thing said in a room */
};

struct home *home_create(struct home_config config, struct listener listener)
{
    struct home *home = memory_new(sizeof *home);
    home->config = config;
    home->listener = listener;
    home->sessions = slots_create();
    return home;
}

static void session_forget(struct session *session)
{
    struct home *home = session->lodging->home;
    slots_remove(home->sessions, session->handle);
    home->session_count--;
    free(session);
}

static void lodging_close(struct lodging *lodging)
{
    HASH_DELETE(hh, lodging->home->lodgings, lodging);
    room_destroy(lodging->room);
    free(lodging);
}

struct home *home_destroy(struct home *home)
{
    if (!home)
        return NULL;
    struct lodging *lodging, *next;
    HASH_ITER (hh, home->lodgings, lodging, next) {
        for (struct peer *peer = room_first_peer(lodging->room); peer; peer = room_next_peer(lodging->room, peer))
            session_forget(peer->owner);
        lodging_close(lodging);
    }
    slots_destroy(home->sessions);
    free(home->hearers);
    free(home);
    return NULL;
}

static void say(struct home *home, struct locator to, const struct event *event)
{
    (void)home->listener.deliver(home->listener.context, &to, 1, event);
}

static void answer(struct home *home, const struct request *request, enum error error)
{
    if (!error && !request->id.is_set)
        return;
    struct event event = {.type = EVENT_OK, .re = request->id};
    if (error) {
        event.type = EVENT_ERROR;
        event.error.code = error;
        event.error.field = error == ERR_BAD_MESSAGE ? "attributes" : NULL; /* too many once merged */
        event.error.retry_after_ms = -1;
    }
    say(home, request->from, &event);
}

static void on_room_event(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    struct home *home = ((struct lodging *)context)->home;
    if (count > home->hearers_capacity) {
        size_t capacity = count > HEARERS_FIRST ? count : HEARERS_FIRST;
        home->hearers = memory_resize(home->hearers, capacity * sizeof *home->hearers);
        home->hearers_capacity = capacity;
    }
    for (size_t i = 0; i < count; i++)
        home->hearers[i] = ((struct session *)to[i]->owner)->client;
    size_t taken = home->listener.deliver(home->listener.context, home->hearers, count, event);
    home->missed = count - taken;
}

static struct lodging *lodging_find(struct home *home, struct slice id)
{
    struct lodging *lodging = NULL;
    HASH_FIND(hh, home->lodgings, id.data, id.length, lodging);
    return lodging;
}

static struct lodging *lodging_open(struct home *home, struct slice id)
{
    struct lodging *lodging = memory_new(sizeof *lodging);
    struct room_listener listener = {lodging, on_room_event};
    lodging->home = home;
    lodging->room = room_create(id, home->config.room_capacity, listener);
    struct slice kept = room_id(lodging->room);
    HASH_ADD_KEYPTR(hh, home->lodgings, kept.data, kept.length, lodging);
    return lodging;
}

static void welcome(struct home *home, const struct session *session, struct reference id)
{
    struct event event = {.type = EVENT_WELCOME, .re = id};
    event.welcome.room = session->lodging->room;
    event.welcome.self = session->peer;
    event.welcome.session = session->handle;
    event.welcome.ice_ttl_s = -1;
    say(home, session->client, &event);
}

static enum error on_join(struct home *home, const struct request *request)
{
    struct slice id = request->join.room;
    struct lodging *lodging = lodging_find(home, id);
    if (!lodging && HASH_COUNT(home->lodgings) >= home->config.rooms_max)
        return ERR_ROOM_LIMIT;
    if (!lodging)
        lodging = lodging_open(home, id);
    struct session *session = memory_new(sizeof *session);
    enum error error = room_join(lodging->room, request->join.peer_id, request->join.profile, session, &session->peer);
    if (error) {
        free(session);
        return error;
    }
    session->lodging = lodging;
    session->client = request->from;
    session->handle = slots_add(home->sessions, session);
    home->session_count++;
    welcome(home, session, request->id);
    return ERROR_NONE;
}

static void session_end(struct session *session, enum leave_reason reason)
{
    struct lodging *lodging = session->lodging;
    room_leave(lodging->room, session->peer, reason);
    session_forget(session);
    if (room_count(lodging->room) == 0)
        lodging_close(lodging);
}

static enum error on_relay(struct session *session, const struct request *request)
{
    struct room *room = session->lodging->room;
    enum error error = room_relay(room, session->peer, request->relay.to, request->relay.kind, request->relay.body);
    if (error)
        return error;
    return session->lodging->home->missed ? ERR_OUTBOX_FULL : ERROR_NONE;
}

static enum error on_broadcast(struct session *session, const struct request *request)
{
    return room_broadcast(session->lodging->room, session->peer, request->broadcast.body);
}

static enum error on_update(struct session *session, const struct request *request)
{
    return room_update(session->lodging->room, session->peer, request->update);
}

static enum error on_kick(struct session *session, const struct request *request)
{
    struct peer *peer;
    enum error error = room_may_kick(session->lodging->room, session->peer, request->kick.peer_id, &peer);
    if (error)
        return error;
    struct home *home = session->lodging->home;
    struct session *kicked = peer->owner;
    struct event bye = {.type = EVENT_BYE, .bye = {.code = ERR_KICKED, .action = BYE_STOP}};
    struct locator client = kicked->client;
    session_end(kicked, LEAVE_KICKED);
    say(home, client, &bye);
    return ERROR_NONE;
}

static enum error on_leave(struct session *session, const struct request *request)
{
    session_end(session, request->leave.reason);
    return ERROR_NONE;
}

/* Handlers may end the session; what they return is answered to the client, wherever it is. */
static enum error (*const handlers[])(struct session *, const struct request *) = {
    [REQUEST_RELAY] = on_relay, [REQUEST_BROADCAST] = on_broadcast, [REQUEST_UPDATE] = on_update,
    [REQUEST_KICK] = on_kick,   [REQUEST_LEAVE] = on_leave,
};

static void home_receive(void *context, const struct request *request)
{
    struct home *home = context;
    if (request->type == REQUEST_JOIN) {
        enum error error = on_join(home, request);
        if (error)
            answer(home, request, error);
        return;
    }
    struct session *session = slots_find(home->sessions, request->session);
    if (!session)
        return; /* it ended while the request was under way; its client has been told */
    home->missed = 0;
    answer(home, request, handlers[request->type](session, request));
}

struct route home_route(struct home *home)
{
    return (struct route){home, home_receive};
}

size_t home_room_count(const struct home *home)
{
    return HASH_COUNT(home->lodgings);
}

size_t home_session_count(const struct home *home)
{
    return home->session_count;
}
