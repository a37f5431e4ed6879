/* say.c - what is said to sessions: numbered, kept while it may be needed again, delivered. */
#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

#define HEARERS_FIRST 16

/* One event on its way to its hearers. */
struct telling {
    struct home *home;
    const struct event *event;
    struct frame *frame; /* made when it is first needed */
};

/* What one peer passes to others may be refused; what the home itself says may not. */
static bool is_copy(const struct event *event)
{
    return event->type == EVENT_RELAY || event->type == EVENT_BROADCAST;
}

/* Whether the speaker is to hear what becomes of this copy. Of hidden peers nobody hears anything. */
static bool is_awaited(const struct event *event, const struct session *hearer)
{
    return is_copy(event) && event->seq && !hearer->peer->profile.grants.is_hidden;
}

static struct frame *frame_of(struct telling *telling)
{
    if (!telling->frame)
        telling->frame = telling->home->config.encode(telling->home->config.encode_context, telling->event);
    return telling->frame;
}

static void telling_fini(struct telling *telling)
{
    if (telling->frame)
        frame_unref(telling->frame);
}

static enum error keep(struct telling *telling, struct session *session, uint64_t n)
{
    const struct event *event = telling->event;
    struct letter letter = {.frame = frame_of(telling), .type = event->type, .n = n, .about = news_subject(event)};
    if (is_copy(event)) {
        letter.sender = telling->home->speaker->handle;
        letter.seq = is_awaited(event, session) ? event->seq : 0;
        return mailbox_push(&session->mailbox, &letter);
    }
    enum error error = mailbox_push(&session->mailbox, &letter);
    if (error) {
        news_make_place(&session->mailbox, &letter);
        error = mailbox_push_beyond(&session->mailbox, &letter);
    }
    if (error)
        list_append(&telling->home->slow, &session->slow_link);
    return error;
}

/* Where nothing is receipted, a letter that is kept is one that the edge could not be given; nothing may overtake it.
 */
static bool hears_now(const struct session *session)
{
    return session->is_attached && (session_is_receipted(session) || !session->mailbox.count);
}

/* Whether a receipt says when this hearer has it. A copy without a number is not said twice to a client that cannot
 * tell. */
static bool is_receipted(const struct event *event, const struct session *session)
{
    bool is_for_once = is_copy(event) && !event->seq && !session->peer->gives_receipts;
    return session_is_receipted(session) && !is_for_once;
}

/* Numbers the event for this hearer, and keeps it if need be. False: there is no place for it. */
static bool admit(struct telling *telling, struct session *session)
{
    bool is_held_up =
        is_awaited(telling->event, session) && session_is_held_up(telling->home->speaker, peer_id(session->peer));
    if (session_is_slow(session) || is_held_up)
        return false;
    bool is_kept = is_receipted(telling->event, session) || !hears_now(session);
    if (is_kept && keep(telling, session, session->next_n))
        return false;
    session->next_n++;
    return true;
}

static void refuse(struct telling *telling, const struct session *session)
{
    if (!is_copy(telling->event))
        return;
    telling->home->is_refused = true;
    if (is_awaited(telling->event, session) && !PLANTED(FULL_IN_SILENCE))
        home_say_undelivered(telling->home->speaker, peer_id(session->peer), telling->event->seq,
                             UNDELIVERED_OUTBOX_FULL);
}

static bool deliver_one(struct telling *telling, struct session *session)
{
    struct delivery delivery = {session->client, session->next_n - 1};
    const struct listener *listener = &telling->home->listener;
    return listener->deliver(listener->context, &delivery, 1, telling->event, frame_of(telling)) == 1;
}

/* Gives the event to the edge of one hearer, whose word is the receipt where its peer gives none. */
static void hand_over(struct telling *telling, struct session *session)
{
    struct home *home = telling->home;
    const struct event *event = telling->event;
    bool is_taken = deliver_one(telling, session);
    bool is_sender_waiting = is_awaited(event, session);
    if (is_receipted(event, session) || (is_taken && !is_sender_waiting))
        return;
    if (is_taken) {
        struct event receipt = {.type = EVENT_RECEIPT, .receipt = {peer_id(session->peer), event->seq}};
        home->counts.receipts++;
        session_say(home->speaker, &receipt);
        return;
    }
    bool is_dropped = is_copy(event) && !is_sender_waiting; /* such a copy is delivered at most once */
    if (is_dropped || keep(telling, session, session->next_n - 1))
        refuse(telling, session);
}

void session_say(struct session *session, const struct event *event)
{
    struct telling telling = {session->lodging->home, event, NULL};
    if (admit(&telling, session) && hears_now(session))
        hand_over(&telling, session);
    telling_fini(&telling);
}

void home_say_plain(struct home *home, struct locator to, const struct event *event)
{
    struct delivery delivery = {to, 0};
    (void)home->listener.deliver(home->listener.context, &delivery, 1, event, NULL);
}

void home_say_unnumbered(struct home *home, struct locator to, const struct event *event)
{
    struct delivery delivery = {to, 0};
    struct telling telling = {home, event, NULL};
    (void)home->listener.deliver(home->listener.context, &delivery, 1, event, frame_of(&telling));
    telling_fini(&telling);
}

void home_say_undelivered(struct session *speaker, struct slice peer_id, int64_t seq, enum undelivered_reason reason)
{
    struct event event = {.type = EVENT_UNDELIVERED,
                          .undelivered = {.peer_id = peer_id, .first = seq, .last = seq, .reason = reason}};
    speaker->lodging->home->counts.undelivered[reason]++;
    session_say(speaker, &event);
    if (reason == UNDELIVERED_OUTBOX_FULL)
        session_note_refusal(speaker, peer_id, speaker->next_n - 1);
}

static void reserve_hearers(struct home *home, size_t count)
{
    if (count <= home->hearers_capacity)
        return;
    home->hearers_capacity = count > HEARERS_FIRST ? count : HEARERS_FIRST;
    home->hearers = memory_resize(home->hearers, home->hearers_capacity * sizeof *home->hearers);
}

/* Whether this hearer must be handed the event apart from the others, for a delivery to many does not tell who of them
 * took it. */
static bool is_apart(const struct event *event, const struct session *session, size_t count)
{
    return count == 1 || (is_awaited(event, session) && !is_receipted(event, session));
}

void lodging_on_event(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    struct home *home = ((struct lodging *)context)->home;
    struct telling telling = {home, event, NULL};
    size_t together = 0;
    reserve_hearers(home, count);
    for (size_t i = 0; i < count; i++) {
        struct session *session = to[i]->owner;
        if (!admit(&telling, session))
            refuse(&telling, session);
        else if (hears_now(session) && is_apart(event, session, count))
            hand_over(&telling, session);
        else if (hears_now(session))
            home->hearers[together++] = (struct delivery){session->client, session->next_n - 1};
    }
    if (together) /* those who do not take it have it in their mailboxes, or hear at their next welcome how things are
                   */
        (void)home->listener.deliver(home->listener.context, home->hearers, together, event, frame_of(&telling));
    telling_fini(&telling);
}

void session_replay(struct session *session)
{
    struct home *home = session->lodging->home;
    const struct letter *letter;
    uint64_t taken = 0;
    for (size_t i = 0; (letter = mailbox_at(&session->mailbox, i)) != NULL; i++) {
        struct delivery delivery = {session->client, letter->n};
        struct event event = {.type = letter->type};
        if (home->listener.deliver(home->listener.context, &delivery, 1, &event, letter->frame) != 1)
            break;
        taken = letter->n;
    }
    if (taken && !session_is_receipted(session))
        session_settle(session, taken);
}
