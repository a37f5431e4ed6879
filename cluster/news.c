/* news.c - which letters about a peer are needless once a newer one is there.
 *
 * Nobody's news may be refused, so without this one member who updates, comes and goes, or gives receipts, often enough
 * could fill the mailbox of another who is away, and end its session. */
#include <string.h>

#include "cluster/home_parts.h"

/* The start of an id is random enough to tell the peers of a room apart. What is undelivered may have gone to a word
 * that is no id. */
static uint64_t subject(struct slice peer_id)
{
    uint64_t value;
    if (peer_id.length != RANDOM_ID_LENGTH)
        return 0;
    memcpy(&value, peer_id.data, sizeof value);
    return value;
}

uint64_t news_subject(const struct event *event)
{
    switch ((int)event->type) {
    case EVENT_PEER_JOINED:
    case EVENT_PEER_UPDATED:
    case EVENT_PEER_BACK: return subject(peer_id(event->peer.peer));
    case EVENT_PEER_AWAY: return subject(event->away.peer_id);
    case EVENT_PEER_LEFT: return subject(event->left.peer_id);
    case EVENT_RELAY:
    case EVENT_BROADCAST: return subject(event->relay.from);
    case EVENT_RECEIPT: return subject(event->receipt.from);
    case EVENT_UNDELIVERED: return subject(event->undelivered.peer_id);
    default: return 0;
    }
}

/* A look through a mailbox, from its oldest letter. */
struct look {
    const struct letter *news;
    bool has_dealt; /* the peer that the news is about: said something, or was told something, by what is kept here */
    bool has_come;  /* that it came back was passed already */
};

/* By the first return a hearer in a rebuilt room learns who that is, and letters of it may follow. */
static bool is_undone_by_return(struct look *look, enum event_type old)
{
    if (old != EVENT_PEER_BACK || look->has_come)
        return old == EVENT_PEER_BACK || old == EVENT_PEER_AWAY || old == EVENT_PEER_UPDATED;
    look->has_come = true;
    return false;
}

static bool is_undone_by_leaving(const struct look *look, enum event_type old)
{
    if (old == EVENT_PEER_JOINED || old == EVENT_PEER_BACK)
        return !look->has_dealt;
    return old == EVENT_PEER_AWAY || old == EVENT_PEER_UPDATED;
}

static bool is_needless(void *context, const struct letter *old)
{
    struct look *look = context;
    if (old->about != look->news->about)
        return false;
    switch ((int)look->news->type) {
    case EVENT_PEER_UPDATED:
    case EVENT_PEER_AWAY:
    case EVENT_RECEIPT: return old->type == look->news->type;
    case EVENT_PEER_BACK: return is_undone_by_return(look, old->type);
    case EVENT_PEER_LEFT: return is_undone_by_leaving(look, old->type);
    default: return false;
    }
}

/* Who hears of that must know the peer, and for whom its broadcasts were. */
static bool has_dealt(const struct mailbox *mailbox, uint64_t about)
{
    const struct letter *letter;
    for (size_t i = 0; (letter = mailbox_at(mailbox, i)) != NULL; i++) {
        if (letter->about != about)
            continue;
        if (letter->type == EVENT_RELAY || letter->type == EVENT_BROADCAST || letter->type == EVENT_RECEIPT ||
            letter->type == EVENT_UNDELIVERED)
            return true;
    }
    return false;
}

void news_make_place(struct mailbox *mailbox, const struct letter *news)
{
    struct look look = {.news = news};
    if (!news->about)
        return;
    look.has_dealt = news->type == EVENT_PEER_LEFT && has_dealt(mailbox, news->about);
    (void)mailbox_withdraw_if(mailbox, is_needless, &look);
}
