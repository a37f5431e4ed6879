/* session.c - a peer's stay in its room: attached to a client, away, ended. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

struct session *session_create(struct lodging *lodging, const struct request *request)
{
    struct session *session = memory_new(sizeof *session);
    session->lodging = lodging;
    session->next_n = 1;
    session->is_attached = true;
    session->client = request->from;
    mailbox_init(&session->mailbox, lodging->home->config.mailbox);
    return session;
}

void session_open(struct session *session, struct peer *peer)
{
    struct home *home = session->lodging->home;
    session->peer = peer;
    session->handle = slots_add(home->sessions, session);
    home->session_count++;
}

void session_discard(struct session *session)
{
    mailbox_fini(&session->mailbox);
    free(session->refusals);
    free(session);
}

static void leave_away_list(struct session *session)
{
    if (!list_has_link(&session->away_link))
        return;
    list_remove(&session->away_link);
    session->lodging->home->away_count--;
}

void session_forget(struct session *session)
{
    struct home *home = session->lodging->home;
    leave_away_list(session);
    list_remove(&session->slow_link);
    slots_remove(home->sessions, session->handle);
    home->session_count--;
    session_discard(session);
}

bool session_is_of(const struct session *session, struct locator client)
{
    return session->is_attached && session->client.edge == client.edge && session->client.client == client.client;
}

bool session_is_slow(const struct session *session)
{
    return list_has_link(&session->slow_link);
}

bool session_is_receipted(const struct session *session)
{
    return session->peer->gives_receipts || session->client.edge;
}

/* A client that carried the session until now is told that another does. */
void session_attach(struct session *session, struct locator client)
{
    struct event bye = {.type = EVENT_BYE, .bye = {.code = ERR_TAKEN_OVER, .action = BYE_STOP}};
    if (session->is_attached && !session_is_of(session, client))
        home_say_plain(session->lodging->home, session->client, &bye);
    leave_away_list(session);
    session->is_attached = true;
    session->client = client;
    if (!PLANTED(COME_BACK_UNSEEN))
        room_set_away(session->lodging->room, session->peer, false);
}

void session_detach(struct session *session, enum leave_reason reason, struct instant now)
{
    struct home *home = session->lodging->home;
    session->is_attached = false;
    if (home->config.grace_ms <= 0) {
        session_end(session, (struct ending){.leave = reason, .undelivered = UNDELIVERED_PEER_LEFT});
        return;
    }
    session->away_since_ms = now.mono_ms;
    session->away_reason = reason;
    list_append(&home->away, &session->away_link);
    home->away_count++;
    room_set_away(session->lodging->room, session->peer, true);
}

/* A ticket cannot be called back, so whoever must not come back with one is written down.
 * A session that was rebuilt may also have left behind tickets of the former home, which say nothing of its end here,
 * and may end later than the one that was shown. */
static void revoke(const struct session *session, enum error why)
{
    const struct home_config *config = &session->lodging->home->config;
    int64_t ends_unix_s = session->ends_unix_s + (session->is_rebuilt ? config->prolonged_s : 0);
    if ((why == ERR_KICKED || why == ERR_REPLACED) && !PLANTED(FORGET_REVOCATION))
        revocations_add(config->revocations, peer_id(session->peer), why, ends_unix_s);
    else if (session->is_rebuilt)
        revocations_restore(config->revocations, peer_id(session->peer), ERR_SESSION_ENDED, session->ends_unix_s);
}

static void note_end(const struct session *session, struct ending ending)
{
    struct home_note note = {.kind = NOTE_ENDED, .room = room_id(session->lodging->room)};
    note.peer_id = peer_id(session->peer);
    note.reason = ending.leave;
    note.is_asked = session->is_attached && !ending.bye;
    home_note(session->lodging->home, &note);
}

void session_remove(struct session *session, struct ending ending)
{
    struct lodging *lodging = session->lodging;
    struct home *home = lodging->home;
    bool is_told = session->is_attached && ending.bye;
    struct locator client = session->client;
    struct event bye = {.type = EVENT_BYE, .bye = {.code = ending.bye, .action = ending.action}};
    revoke(session, ending.bye);
    if (!PLANTED(LEAVE_IN_SILENCE))
        home_return_letters(home, &session->mailbox, peer_id(session->peer), ending.undelivered);
    if (ending.leave == LEAVE_KICKED && !PLANTED(KEEP_LETTERS_OF_KICKED))
        lodging_withdraw(lodging, session->handle);
    note_end(session, ending);
    lodging_note_departed(lodging, peer_id(session->peer));
    room_leave(lodging->room, session->peer, ending.leave);
    session_forget(session);
    if (is_told)
        home_say_plain(home, client, &bye);
}

static void close_empty(struct lodging *lodging)
{
    struct home *home = lodging->home;
    char id[ROOM_ID_MAX];
    struct home_note note = {.kind = NOTE_CLOSED};
    note.room = slice_of(id, room_id(lodging->room).length);
    memcpy(id, room_id(lodging->room).data, note.room.length);
    lodging_close(lodging);
    home_note(home, &note);
}

void session_end(struct session *session, struct ending ending)
{
    struct lodging *lodging = session->lodging;
    session_remove(session, ending);
    if (room_count(lodging->room) == 0)
        close_empty(lodging);
}
