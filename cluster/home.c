/* home.c - what each request does, and what is due as time goes by. */
#include "cluster/home.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

#define CUT_OFF_RETRY_MS 1000 /* who is put off until the bus works again tries so often */

/* By then a client has told that it heard of a refusal. */
#define HEAR_REFUSAL_MS 100

struct home *home_create(const struct home_config *config, struct listener listener)
{
    struct home *home = memory_new(sizeof *home);
    home->config = *config;
    home->listener = listener;
    home->sessions = slots_create();
    list_init(&home->away);
    list_init(&home->rebuilding);
    list_init(&home->slow);
    return home;
}

struct home *home_destroy(struct home *home)
{
    if (!home)
        return NULL;
    struct lodging *lodging, *next;
    HASH_ITER (hh, home->lodgings, lodging, next)
        lodging_abandon(lodging);
    home_forget_losses(home);
    slots_destroy(home->sessions);
    free(home->hearers);
    free(home);
    return NULL;
}

void home_note(const struct home *home, const struct home_note *note)
{
    if (home->config.note)
        home->config.note(home->config.note_context, note);
}

static int64_t seq_of(const struct request *request)
{
    const struct parcel *parcel = request_parcel(request);
    return parcel ? parcel->seq : 0;
}

static struct event answer_of(const struct request *request, enum error error, const char *field)
{
    struct event event = {.type = EVENT_OK, .re = request->id, .seq = seq_of(request)};
    if (error) {
        event.type = EVENT_ERROR;
        event.error.code = error;
        event.error.field = field;
        event.error.retry_after_ms = error == ERR_RATE_LIMITED ? HEAR_REFUSAL_MS : -1;
    }
    return event;
}

/* Success is told to those who asked for it; that a numbered broadcast was taken has no other sign. */
static void answer(struct session *session, const struct request *request, enum error error)
{
    bool is_awaited = request->id.is_set || (request->type == REQUEST_BROADCAST && seq_of(request));
    if (!error && !is_awaited)
        return;
    struct event event = answer_of(request, error, error == ERR_BAD_MESSAGE ? "attributes" : NULL);
    session_say(session, &event);
}

/* Whether this message of the client is to be carried out now; if not, it has been answered. */
static bool take(struct session *session, const struct request *request)
{
    struct home_counts *counts = &session->lodging->home->counts;
    int64_t seq = seq_of(request);
    if (!seq)
        return true;
    if (seq <= session->accepted && !PLANTED(TAKE_TWICE)) {
        counts->repeated++;
        answer(session, request, ERROR_NONE);
        return false;
    }
    if (seq > session->accepted + 1 && !session->is_fresh && !PLANTED(ACCEPT_GAP)) {
        answer(session, request, ERR_OUT_OF_ORDER);
        return false;
    }
    if (session_has_to_wait(session, request)) {
        if (session->is_fresh)
            session->accepted = seq - 1; /* which is its first all the same: what follows it has to wait, too */
        session->is_fresh = false;
        answer(session, request, ERR_RATE_LIMITED);
        return false;
    }
    session->accepted = seq;
    session->is_fresh = false;
    counts->accepted++;
    return true;
}

/* A numbered message to somebody who is not there: is kept for those who may come back, or answered. */
static void relay_to_absent(struct session *session, const struct request *request)
{
    struct lodging *lodging = session->lodging;
    const struct parcel *parcel = &request->relay.parcel;
    struct slice to = request->relay.to;
    struct event event = {
        .type = EVENT_RELAY, .seq = parcel->seq, .relay = {peer_id(session->peer), parcel->kind, parcel->body}};
    struct frame *frame = NULL;
    if (lodging_awaits(lodging, to))
        lodging_keep(lodging, session, to, &event, &frame);
    else
        home_say_undelivered(session, to, parcel->seq, UNDELIVERED_PEER_LEFT);
    if (frame)
        frame_unref(frame);
}

static void on_relay(struct session *session, const struct request *request)
{
    struct home *home = session->lodging->home;
    const struct parcel *parcel = &request->relay.parcel;
    if (!take(session, request))
        return;
    enum error error = room_relay(session->lodging->room, session->peer, request->relay.to, parcel);
    if (error == ERR_NO_SUCH_PEER && parcel->seq) {
        relay_to_absent(session, request);
        error = ERROR_NONE;
    }
    if (!error && home->is_refused && !parcel->seq)
        error = ERR_OUTBOX_FULL;
    answer(session, request, error);
}

static void broadcast_to_absent(struct session *session, const struct request *request)
{
    struct lodging *lodging = session->lodging;
    const struct parcel *parcel = &request->broadcast.parcel;
    struct event event = {
        .type = EVENT_BROADCAST, .seq = parcel->seq, .relay = {peer_id(session->peer), RELAY_DATA, parcel->body}};
    struct frame *frame = NULL;
    for (size_t i = 0; request->broadcast.to && i < request->broadcast.to_count; i++) {
        if (lodging_awaits(lodging, request->broadcast.to[i]))
            lodging_keep(lodging, session, request->broadcast.to[i], &event, &frame);
    }
    if (frame)
        frame_unref(frame);
}

/* The answer comes before what becomes of the copies, so that its place says for whom they are. */
static void on_broadcast(struct session *session, const struct request *request)
{
    const struct parcel *parcel = &request->broadcast.parcel;
    if (!take(session, request))
        return;
    enum error error = room_may_send(session->peer, RELAY_DATA);
    answer(session, request, error);
    if (error)
        return;
    (void)room_broadcast(session->lodging->room, session->peer, parcel, request->broadcast.to,
                         request->broadcast.to_count);
    if (parcel->seq && lodging_is_rebuilding(session->lodging))
        broadcast_to_absent(session, request);
}

static void on_update(struct session *session, const struct request *request)
{
    answer(session, request, room_update(session->lodging->room, session->peer, request->update));
}

static void note_kick(const struct session *session, struct slice kicked)
{
    const struct lodging *lodging = session->lodging;
    struct home_note note = {.kind = NOTE_KICKED, .room = room_id(lodging->room), .peer_id = kicked};
    note.by = peer_id(session->peer);
    home_note(lodging->home, &note);
}

static void on_kick(struct session *session, const struct request *request)
{
    static const struct ending kicked = {LEAVE_KICKED, UNDELIVERED_KICKED, ERR_KICKED, BYE_STOP};
    struct peer *peer;
    enum error error = room_may_kick(session->lodging->room, session->peer, request->kick.peer_id, &peer);
    if (!error) {
        note_kick(session, peer_id(peer));
        session_end(peer->owner, kicked);
    } else if (error == ERR_NO_SUCH_PEER && lodging_awaits(session->lodging, request->kick.peer_id)) {
        note_kick(session, request->kick.peer_id);
        lodging_ban(session->lodging, request->kick.peer_id, request->now);
        error = ERROR_NONE;
    }
    answer(session, request, error);
}

static void on_receipt(struct session *session, const struct request *request)
{
    answer(session, request, ERROR_NONE);
}

/* The end is only ever moved onwards: tickets that last until then are in the client's hands. */
static void on_refresh(struct session *session, const struct request *request)
{
    if (session->ends_unix_s < request->refresh.ends_unix_s)
        session->ends_unix_s = request->refresh.ends_unix_s;
    answer(session, request, ERROR_NONE);
}

static void on_detach(struct session *session, const struct request *request)
{
    session_detach(session, request->leave.reason, request->now);
}

static void on_leave(struct session *session, const struct request *request)
{
    answer(session, request, ERROR_NONE);
    session_end(session, (struct ending){.leave = request->leave.reason, .undelivered = UNDELIVERED_PEER_LEFT});
}

/* The last two may free the session. */
static void (*const handlers[])(struct session *, const struct request *) = {
    [REQUEST_RELAY] = on_relay,   [REQUEST_BROADCAST] = on_broadcast, [REQUEST_UPDATE] = on_update,
    [REQUEST_KICK] = on_kick,     [REQUEST_RECEIPT] = on_receipt,     [REQUEST_REFRESH] = on_refresh,
    [REQUEST_DETACH] = on_detach, [REQUEST_LEAVE] = on_leave,
};

static void arrive(struct home *home, const struct request *request)
{
    bool is_join = request->type == REQUEST_JOIN;
    enum error error = is_join ? home_on_join(home, request) : home_on_resume(home, request);
    if (!error)
        return;
    struct event event = answer_of(request, error, error == ERR_BAD_MESSAGE ? "got" : NULL);
    if (error == ERR_RATE_LIMITED)
        event.error.retry_after_ms = CUT_OFF_RETRY_MS;
    home_say_plain(home, request->from, &event);
}

/* Takes what the client has handled. False: it cannot have, and has been told. */
static bool take_receipt(struct session *session, const struct request *request)
{
    if (request->got == GOT_NOTHING)
        return true;
    if (session_has_said(session, request->got)) {
        session_settle(session, (uint64_t)request->got);
        return true;
    }
    struct event event = answer_of(request, ERR_BAD_MESSAGE, "got");
    home_say_unnumbered(session->lodging->home, request->from, &event); /* the message was not taken */
    return false;
}

/* Its edge says what it has, for a client that gives no receipts: that client need not have heard anything yet. */
static bool is_of_edge(const struct session *session, const struct request *request)
{
    switch ((int)request->type) {
    case REQUEST_DETACH:
    case REQUEST_LEAVE: return true;
    case REQUEST_RECEIPT: return request->got != GOT_NOTHING && session->client.edge && !session->peer->gives_receipts;
    default: return false;
    }
}

static void hear(struct home *home, const struct request *request)
{
    struct session *session = slots_find(home->sessions, request->session);
    if (!session || (!session_is_of(session, request->from) && !PLANTED(FORGET_FENCE)))
        return; /* it ended or was taken over while the request was under way; its client has been told */
    if (!is_of_edge(session, request)) { /* so its client has had the welcome, and the ticket in it */
        session->confirmed = session->issued;
        session->is_unused = false;
    }
    bool is_end = request->type == REQUEST_DETACH || request->type == REQUEST_LEAVE;
    if (!is_end && !take_receipt(session, request))
        return;
    home->speaker = session;
    home->is_refused = false;
    handlers[request->type](session, request);
    home->speaker = NULL;
}

void home_end_slow(struct home *home)
{
    static const struct ending slow = {LEAVE_SLOW, UNDELIVERED_PEER_LEFT, ERR_SLOW_CONSUMER, BYE_REJOIN};
    struct list_link *link;
    while ((link = list_first(&home->slow)) != NULL)
        session_end(LIST_OWNER(link, struct session, slow_link), slow);
}

static void home_receive(void *context, const struct request *request)
{
    struct home *home = context;
    if (request->type == REQUEST_JOIN || request->type == REQUEST_RESUME)
        arrive(home, request);
    else
        hear(home, request);
    home_end_slow(home);
}

struct route home_route(struct home *home)
{
    return (struct route){home, home_receive};
}

static void end_overdue(struct home *home, struct instant now)
{
    struct list_link *link;
    while ((link = list_first(&home->away)) != NULL) {
        struct session *session = LIST_OWNER(link, struct session, away_link);
        if (now.mono_ms - session->away_since_ms < home->config.grace_ms / (PLANTED(HALF_THE_GRACE) ? 2 : 1))
            return;
        session_end(session, (struct ending){.leave = session->away_reason, .undelivered = UNDELIVERED_EXPIRED});
    }
}

static void settle_rebuilt(struct home *home, struct instant now)
{
    struct list_link *link;
    while ((link = list_first(&home->rebuilding)) != NULL) {
        struct lodging *lodging = LIST_OWNER(link, struct lodging, rebuilding_link);
        if (now.mono_ms < lodging->settles_ms)
            return;
        lodging_settle(lodging, now);
    }
}

void home_tick(struct home *home, struct instant now)
{
    if (BUGGIFY(HOME_TICK_LATE))
        return;
    end_overdue(home, now);
    settle_rebuilt(home, now);
    home_end_slow(home);
}

size_t home_room_count(const struct home *home)
{
    return HASH_COUNT(home->lodgings);
}

size_t home_session_count(const struct home *home)
{
    return home->session_count;
}

size_t home_away_count(const struct home *home)
{
    return home->away_count;
}

const struct home_counts *home_counts(const struct home *home)
{
    return &home->counts;
}
