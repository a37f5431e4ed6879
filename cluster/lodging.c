/* lodging.c - a room under the home's roof, and what is kept for those who have not come back to it yet. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

#define GHOSTS_FACTOR 4 /* in capacities, however many speak */

struct lodging *lodging_find(struct home *home, struct slice room)
{
    struct lodging *lodging = NULL;
    HASH_FIND(hh, home->lodgings, room.data, room.length, lodging);
    return lodging;
}

struct lodging *lodging_open(struct home *home, struct slice room, struct instant now)
{
    struct lodging *lodging = memory_new(sizeof *lodging);
    struct room_listener listener = {lodging, lodging_on_event};
    lodging->home = home;
    lodging->epoch = home_epoch_of(home, room);
    lodging->opened_ms = now.mono_ms;
    lodging->room = room_create(room, home->config.room_capacity, listener);
    struct slice kept = room_id(lodging->room);
    HASH_ADD_KEYPTR(hh, home->lodgings, kept.data, kept.length, lodging);
    return lodging;
}

static void forget_ghosts(struct lodging *lodging)
{
    struct ghost *ghost = lodging->ghosts, *next;
    HASH_CLEAR(hh, lodging->ghosts);
    for (; ghost; ghost = next) {
        next = ghost->hh.next;
        mailbox_fini(&ghost->mailbox);
        free(ghost);
    }
}

void lodging_close(struct lodging *lodging)
{
    forget_ghosts(lodging);
    lodging_forget_departed(lodging);
    list_remove(&lodging->rebuilding_link);
    HASH_DELETE(hh, lodging->home->lodgings, lodging);
    room_destroy(lodging->room);
    free(lodging);
}

void lodging_abandon(struct lodging *lodging)
{
    for (struct peer *peer = room_first_peer(lodging->room); peer; peer = room_next_peer(lodging->room, peer))
        session_forget(peer->owner);
    lodging_close(lodging);
}

bool lodging_is_rebuilding(const struct lodging *lodging)
{
    return list_has_link(&lodging->rebuilding_link);
}

void lodging_begin_rebuilding(struct lodging *lodging, struct instant now)
{
    if (lodging_is_rebuilding(lodging))
        return;
    lodging->settles_ms = now.mono_ms + lodging->home->config.grace_ms;
    list_append(&lodging->home->rebuilding, &lodging->rebuilding_link);
}

static size_t known(size_t count)
{
    return count < PAST_MAX ? count : PAST_MAX;
}

static bool has_past(const struct past *past, size_t count, uint64_t epoch)
{
    for (size_t i = 0; i < known(count); i++) {
        if (past->epochs[i] == epoch)
            return true;
    }
    return count > PAST_MAX;
}

void lodging_note_past(struct lodging *lodging, uint64_t epoch)
{
    struct past *past = &lodging->past;
    if (has_past(past, past->count, epoch))
        return;
    if (past->count < PAST_MAX)
        past->epochs[past->count] = epoch;
    past->count++;
}

/* The order of joining is a wall clock's. */
bool lodging_may_miss(const struct lodging *lodging, const struct request *request)
{
    if (!lodging->has_settled || PLANTED(MISSING_COME_BACK))
        return false;
    if ((int64_t)request->resume.order > lodging->settled_unix_ms)
        return false;
    return request->resume.generation >= GENERATION_ANEW ||
           has_past(&lodging->past, lodging->past.settled, request->resume.epoch);
}

void lodging_settle(struct lodging *lodging, struct instant now)
{
    list_remove(&lodging->rebuilding_link);
    lodging->has_settled = true;
    lodging->settled_unix_ms = now.unix_ms;
    lodging->past.settled = lodging->past.count;
    for (struct ghost *ghost = lodging->ghosts; ghost && !PLANTED(GHOSTS_IN_SILENCE); ghost = ghost->hh.next)
        home_return_letters(lodging->home, &ghost->mailbox, slice_of(ghost->peer_id, RANDOM_ID_LENGTH),
                            UNDELIVERED_EXPIRED);
    struct home_note note = {.kind = NOTE_SETTLED, .room = room_id(lodging->room), .back = room_count(lodging->room)};
    note.missing = HASH_COUNT(lodging->ghosts);
    home_note(lodging->home, &note);
    forget_ghosts(lodging);
    if (!PLANTED(FORGET_ROSTER))
        room_settle(lodging->room);
}

static struct ghost *ghost_find(const struct lodging *lodging, struct slice peer_id)
{
    struct ghost *ghost = NULL;
    HASH_FIND(hh, lodging->ghosts, peer_id.data, peer_id.length, ghost);
    return ghost;
}

const struct mailbox *lodging_mailbox(const struct lodging *lodging, struct slice peer_id)
{
    const struct peer *peer = room_find_peer(lodging->room, peer_id);
    const struct ghost *ghost = peer ? NULL : ghost_find(lodging, peer_id);
    if (peer)
        return &((const struct session *)peer->owner)->mailbox;
    return ghost ? &ghost->mailbox : NULL;
}

/* Nobody can tell who is missing from who never was, so each speaker names so many: one that made them all up would
 * leave no place for what others say. */
static bool may_make_ghost(const struct lodging *lodging, const struct session *speaker)
{
    size_t capacity = lodging->home->config.room_capacity;
    return speaker->ghosts_made < capacity && HASH_COUNT(lodging->ghosts) < capacity * GHOSTS_FACTOR;
}

static struct ghost *ghost_create(struct lodging *lodging, struct slice peer_id)
{
    struct ghost *ghost = memory_new(sizeof *ghost);
    memcpy(ghost->peer_id, peer_id.data, RANDOM_ID_LENGTH);
    ghost->next_n = 1;
    mailbox_init(&ghost->mailbox, lodging->home->config.mailbox);
    HASH_ADD(hh, lodging->ghosts, peer_id, RANDOM_ID_LENGTH, ghost);
    return ghost;
}

bool lodging_awaits(const struct lodging *lodging, struct slice peer_id)
{
    return lodging_is_rebuilding(lodging) && peer_id.length == RANDOM_ID_LENGTH &&
           !room_find_peer(lodging->room, peer_id) && !revocations_find(lodging->home->config.revocations, peer_id);
}

void lodging_ban(struct lodging *lodging, struct slice peer_id, struct instant now)
{
    struct home *home = lodging->home;
    struct ghost *ghost = ghost_find(lodging, peer_id);
    revocations_add(home->config.revocations, peer_id, ERR_KICKED, instant_unix_s(now) + home->config.prolonged_s);
    if (ghost)
        home_return_letters(home, &ghost->mailbox, peer_id, UNDELIVERED_KICKED);
}

/* Whether the last letter is this same message, to an id that was listed twice. */
static bool is_kept_already(const struct mailbox *mailbox, const struct letter *letter)
{
    const struct letter *last = mailbox->count ? mailbox_at(mailbox, mailbox->count - 1) : NULL;
    return last && last->sender == letter->sender && last->seq == letter->seq;
}

void lodging_keep(struct lodging *lodging, struct session *speaker, struct slice peer_id, const struct event *event,
                  struct frame **frame)
{
    const struct home_config *config = &lodging->home->config;
    struct ghost *ghost = ghost_find(lodging, peer_id);
    if (!ghost && may_make_ghost(lodging, speaker)) {
        ghost = ghost_create(lodging, peer_id);
        speaker->ghosts_made++;
    }
    if (!*frame)
        *frame = config->encode(config->encode_context, event);
    struct letter letter = {.frame = *frame, .type = event->type, .sender = speaker->handle, .seq = event->seq};
    letter.about = news_subject(event);
    if (ghost && is_kept_already(&ghost->mailbox, &letter))
        return;
    letter.n = ghost ? ghost->next_n : 0;
    bool is_refused = !ghost || BUGGIFY(GHOST_FULL) || session_is_held_up(speaker, peer_id);
    if (is_refused || mailbox_push(&ghost->mailbox, &letter))
        home_say_undelivered(speaker, peer_id, event->seq, UNDELIVERED_OUTBOX_FULL);
    else
        ghost->next_n++;
}

void lodging_adopt_ghost(struct lodging *lodging, struct session *session)
{
    struct ghost *ghost = ghost_find(lodging, peer_id(session->peer));
    if (!ghost || PLANTED(LOSE_GHOST))
        return;
    session->next_n = ghost->next_n;
    session->mailbox = ghost->mailbox; /* the letters move */
    HASH_DELETE(hh, lodging->ghosts, ghost);
    free(ghost);
}

void lodging_withdraw(struct lodging *lodging, uint64_t sender)
{
    for (struct peer *peer = room_first_peer(lodging->room); peer; peer = room_next_peer(lodging->room, peer))
        (void)mailbox_withdraw(&((struct session *)peer->owner)->mailbox, sender);
    for (struct ghost *ghost = lodging->ghosts; ghost; ghost = ghost->hh.next)
        (void)mailbox_withdraw(&ghost->mailbox, sender);
}
