/* arrival.c - joining a room, and coming back to it with a ticket. */
#include "base/planted.h"
#include "cluster/home_parts.h"

static void welcome(const struct session *session, enum welcome_kind kind, struct reference re)
{
    struct home *home = session->lodging->home;
    struct event event = {.type = EVENT_WELCOME, .re = re};
    event.welcome.room = session->lodging->room;
    event.welcome.self = session->peer;
    event.welcome.kind = kind;
    event.welcome.accepted = session->accepted;
    event.welcome.grace_ms = home->config.grace_ms;
    event.welcome.session = session->handle;
    event.welcome.epoch = session->lodging->epoch;
    event.welcome.generation = session->issued;
    event.welcome.ends_unix_s = session->ends_unix_s;
    event.welcome.ice_ttl_s = -1;
    home_say_plain(home, session->client, &event);
}

/* The edge may answer the welcome by ending or detaching the session, when its client has gone meanwhile. */
static void welcome_back(struct session *session, enum welcome_kind kind, const struct request *request)
{
    struct home *home = session->lodging->home;
    uint64_t handle = session->handle;
    welcome(session, kind, request->id);
    session = slots_find(home->sessions, handle);
    bool is_silent = PLANTED(REATTACH_IN_SILENCE) && request->type == REQUEST_RESUME && request->resume.is_live;
    if (session && session->is_attached && !is_silent)
        session_replay(session);
}

static const struct ending replaced = {LEAVE_REPLACED, UNDELIVERED_PEER_LEFT, ERR_REPLACED, BYE_STOP};

/* Ends the sessions that the newcomer replaces, but not where it would be refused all the same. */
static enum error make_way(struct lodging *lodging, struct slice identity)
{
    const struct home_config *config = &lodging->home->config;
    struct room *room = lodging->room;
    size_t count = room_count(room);
    if (config->duplicates == DUPLICATE_ALLOW)
        return count < config->room_capacity ? ERROR_NONE : ERR_ROOM_FULL;
    for (struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (!slice_is_equal(peer->profile.identity, identity))
            continue;
        if (config->duplicates == DUPLICATE_REJECT && !peer->is_away)
            return ERR_IDENTITY_TAKEN;
        count--;
    }
    if (count >= config->room_capacity)
        return ERR_ROOM_FULL;
    struct peer *former;
    while ((former = room_find_identity(room, identity)) != NULL)
        session_remove(former->owner, replaced);
    return ERROR_NONE;
}

static struct newcomer newcomer_of(const struct request *request, struct session *session)
{
    struct newcomer newcomer = {.owner = session};
    if (request->type == REQUEST_JOIN) {
        newcomer.peer_id = slice_from_text(request->join.peer_id);
        newcomer.profile = request->join.profile;
        newcomer.gives_receipts = request->join.gives_receipts;
        newcomer.order = request->now.unix_ms > 0 ? (uint64_t)request->now.unix_ms : 0;
    } else {
        newcomer.peer_id = request->resume.peer_id;
        newcomer.profile = request->resume.profile;
        newcomer.gives_receipts = request->resume.gives_receipts;
        newcomer.order = request->resume.order;
    }
    return newcomer;
}

static bool is_of_roster(void *context, const struct letter *letter)
{
    (void)context;
    switch ((int)letter->type) {
    case EVENT_PEER_JOINED:
    case EVENT_PEER_LEFT:
    case EVENT_PEER_UPDATED:
    case EVENT_PEER_AWAY:
    case EVENT_PEER_BACK:
    case EVENT_ROSTER: return true;
    default: return false;
    }
}

/* For clients that have missed some of it: they go by the roster of their welcome, which older news would contradict.
 */
static void forget_news(struct session *session)
{
    (void)mailbox_withdraw_if(&session->mailbox, is_of_roster, NULL);
}

/* The peer of a join that was asked already: the answer was lost on its way to another node. */
static struct session *find_joined(const struct lodging *lodging, const struct request *request)
{
    struct peer *peer = lodging ? room_find_peer(lodging->room, slice_from_text(request->join.peer_id)) : NULL;
    return peer ? peer->owner : NULL;
}

static enum error join_again(struct session *session, const struct request *request)
{
    if (session->client.edge != request->from.edge || session->client.client != request->from.client)
        return ERR_INTERNAL;
    forget_news(session);
    session_attach(session, request->from);
    welcome_back(session, WELCOME_NEW, request);
    return ERROR_NONE;
}

enum error home_on_join(struct home *home, const struct request *request)
{
    struct lodging *lodging = lodging_find(home, request->join.room);
    struct session *joined = find_joined(lodging, request);
    if (joined)
        return join_again(joined, request);
    if (BUGGIFY(ROOM_LIMIT) || (!lodging && HASH_COUNT(home->lodgings) >= home->config.rooms_max))
        return ERR_ROOM_LIMIT;
    if (!lodging)
        lodging = lodging_open(home, request->join.room, request->now);
    enum error error = make_way(lodging, request->join.profile->identity);
    if (error)
        return error;
    struct session *session = session_create(lodging, request);
    struct newcomer newcomer = newcomer_of(request, session);
    struct peer *peer;
    error = room_join(lodging->room, &newcomer, &peer);
    if (error) {
        session_discard(session);
        return error;
    }
    session_open(session, peer);
    session->issued = session->confirmed = 1;
    session->ends_unix_s = request->join.ends_unix_s;
    lodging_adopt_ghost(lodging, session); /* its first welcome, of the home before, may have been lost */
    welcome_back(session, WELCOME_NEW, request);
    return ERROR_NONE;
}

static void attach(struct session *session, const struct request *request)
{
    session->confirmed = request->resume.generation;
    session->issued = (session->issued > session->confirmed ? session->issued : session->confirmed) + 1;
    if (session->ends_unix_s < request->resume.ends_unix_s)
        session->ends_unix_s = request->resume.ends_unix_s;
    session->peer->gives_receipts = request->resume.gives_receipts;
    session_attach(session, request->from);
}

/* A rebuilt client waits for the roster, which may have been told before it came. */
static void tell_settled_roster(struct home *home, uint64_t handle)
{
    struct session *session = slots_find(home->sessions, handle);
    if (!session || !session->is_rebuilt || lodging_is_rebuilding(session->lodging))
        return;
    struct event event = {.type = EVENT_ROSTER, .roster = session->lodging->room};
    session_say(session, &event);
}

/* The ticket is of this home: the session goes on where it was. */
static enum error take_up(struct session *session, const struct request *request)
{
    struct home *home = session->lodging->home;
    uint64_t generation = request->resume.generation;
    if (generation != session->confirmed && generation != session->issued && !PLANTED(FORGET_GENERATION))
        return ERR_SESSION_ENDED; /* a spent ticket */
    if (request->got != GOT_NOTHING && !session_has_said(session, request->got))
        return ERR_BAD_MESSAGE;
    session->accepted = PLANTED(FORGET_ACCEPTED) ? 0 : session->accepted;
    session->next_n -= PLANTED(REUSE_NUMBER) && !session->mailbox.count && session->next_n > 1;
    session->is_unused = false;
    attach(session, request);
    if (request->got != GOT_NOTHING)
        session_settle(session, (uint64_t)request->got);
    home->counts.resumed++;
    bool has_heard_all = session->peer->gives_receipts;
    if (!has_heard_all)
        forget_news(session);
    uint64_t handle = session->handle;
    welcome_back(session, WELCOME_RESUMED, request);
    if (!has_heard_all)
        tell_settled_roster(home, handle);
    return ERROR_NONE;
}

/* Two homes had the room, and the other one, which came later, has lost it to this one or died: what this one issued
 * was shown there, or never heard of. */
static bool is_of_later_home(const struct session *session, const struct request *request)
{
    return request->resume.generation > (session->is_unused ? session->confirmed : session->issued);
}

/* A connection that its client has given up already may look alive for long: it must not take the session back. */
static bool may_rebuild_again(const struct session *session, const struct request *request)
{
    bool is_given_up = request->resume.is_live && session->is_attached && !session_is_of(session, request->from);
    if (is_of_later_home(session, request))
        return true;
    return session->is_unused && request->resume.generation >= session->confirmed && !is_given_up;
}

/* The ticket is of another home. If that was an earlier one, the session was rebuilt already, and the welcome must have
 * been lost. */
static enum error rebuild_again(struct session *session, const struct request *request)
{
    struct home *home = session->lodging->home;
    uint64_t handle = session->handle;
    if (!may_rebuild_again(session, request))
        return ERR_SESSION_ENDED;
    forget_news(session);
    if (is_of_later_home(session, request)) {
        session->is_rebuilt = session->is_fresh = true;
        lodging_begin_rebuilding(session->lodging, request->now);
    }
    session->is_unused = true;
    attach(session, request);
    home->counts.rebuilt++;
    welcome_back(session, WELCOME_REBUILT, request);
    tell_settled_roster(home, handle);
    return ERROR_NONE;
}

/* Whether somebody with the same identity has joined while the home did not know of this one. */
static bool was_replaced(const struct lodging *lodging, const struct request *request)
{
    if (lodging->home->config.duplicates == DUPLICATE_ALLOW)
        return false;
    const struct peer *peer = room_find_identity(lodging->room, request->resume.profile->identity);
    return peer && !((const struct session *)peer->owner)->is_rebuilt;
}

/* Who was connected all the time comes from another home of the room, however long the two did not know of each other;
 * but where the missing were told of, they are gone. */
static bool is_in_time(const struct lodging *lodging, const struct request *request)
{
    if (lodging_may_miss(lodging, request))
        return false;
    if (request->resume.is_live || lodging_is_rebuilding(lodging))
        return true;
    return request->now.mono_ms - lodging->opened_ms < lodging->home->config.grace_ms;
}

/* Whether the ticket is of this life of the room; NULL: there is no such room. */
static bool is_of_this_home(const struct home *home, const struct lodging *lodging, const struct request *request)
{
    return request->resume.epoch == (lodging ? lodging->epoch : home_epoch_of(home, request->resume.room));
}

/* Whether a peer that this home does not know may come back into that room; NULL: there is no such room. */
static enum error may_rebuild(struct home *home, const struct lodging *lodging, const struct request *request)
{
    if (is_of_this_home(home, lodging, request))
        return ERR_SESSION_ENDED;
    if (!lodging)
        return HASH_COUNT(home->lodgings) < home->config.rooms_max ? ERROR_NONE : ERR_ROOM_LIMIT;
    if (lodging_has_departed(lodging, request->resume.peer_id))
        return ERR_SESSION_ENDED;
    if (!is_in_time(lodging, request))
        return ERR_SESSION_ENDED;
    if (!was_replaced(lodging, request))
        return ERROR_NONE;
    revocations_add(home->config.revocations, request->resume.peer_id, ERR_REPLACED,
                    request->resume.ends_unix_s + home->config.prolonged_s);
    return ERR_REPLACED;
}

static enum error rebuild(struct home *home, struct lodging *lodging, const struct request *request)
{
    enum error error = may_rebuild(home, lodging, request);
    if (error)
        return error;
    if (!lodging)
        lodging = lodging_open(home, request->resume.room, request->now);
    struct session *session = session_create(lodging, request);
    struct newcomer newcomer = newcomer_of(request, session);
    struct peer *peer;
    error = room_restore(lodging->room, &newcomer, &peer);
    if (error) {
        session_discard(session);
        return error;
    }
    session_open(session, peer);
    session->confirmed = request->resume.generation;
    session->issued = session->confirmed + GENERATION_ANEW + 1;
    session->ends_unix_s = request->resume.ends_unix_s;
    session->is_rebuilt = session->is_unused = session->is_fresh = true;
    lodging_begin_rebuilding(lodging, request->now);
    lodging_note_past(lodging, request->resume.epoch);
    lodging_adopt_ghost(lodging, session);
    home->counts.rebuilt++;
    welcome_back(session, WELCOME_REBUILT, request);
    return ERROR_NONE;
}

static enum error resume(struct home *home, const struct request *request)
{
    enum error error = revocations_find(home->config.revocations, request->resume.peer_id);
    if (error)
        return error;
    struct lodging *lodging = lodging_find(home, request->resume.room);
    struct peer *peer = lodging ? room_find_peer(lodging->room, request->resume.peer_id) : NULL;
    if (!peer)
        return rebuild(home, lodging, request);
    if (request->resume.epoch == lodging->epoch || PLANTED(FORGET_EPOCH))
        return take_up(peer->owner, request);
    return rebuild_again(peer->owner, request);
}

/* The ticket may be of a later home, which would take it: once it can be known, it is. */
static bool may_be_of_later_home(struct home *home, const struct request *request)
{
    const struct home_config *config = &home->config;
    return config->is_cut_off && config->is_cut_off(config->is_cut_off_context) &&
           !is_of_this_home(home, lodging_find(home, request->resume.room), request);
}

enum error home_on_resume(struct home *home, const struct request *request)
{
    enum error error = resume(home, request);
    if (error == ERR_SESSION_ENDED && may_be_of_later_home(home, request))
        return ERR_RATE_LIMITED;
    home->counts.resumes_refused += error != ERROR_NONE;
    return error;
}
