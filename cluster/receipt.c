/* receipt.c - from what one addressee has handled, or never will, to what each of its senders is told. */
#include "base/planted.h"
#include "cluster/home_parts.h"

bool session_has_said(const struct session *session, int64_t got)
{
    return got >= 0 && (uint64_t)got < session->next_n;
}

/* Adds a letter to the tally of its sender, if that one still waits; `senders` are in the order of their first letter.
 */
static void tally_add(struct home *home, struct list *senders, const struct letter *letter)
{
    struct session *sender = letter->seq ? slots_find(home->sessions, letter->sender) : NULL;
    if (!sender || session_is_slow(sender))
        return;
    struct tally *tally = &sender->tally;
    if (!list_has_link(&tally->link)) {
        list_append(senders, &tally->link);
        tally->first = letter->seq;
        tally->letters = 0;
    }
    tally->last = letter->seq;
    tally->letters++;
}

/* The next sender, out of the list; NULL when all were told. */
static struct session *tally_take(struct list *senders)
{
    struct list_link *link = list_first(senders);
    if (!link)
        return NULL;
    list_remove(link);
    return LIST_OWNER(link, struct session, tally.link);
}

void session_settle(struct session *session, uint64_t n)
{
    struct home *home = session->lodging->home;
    struct list senders;
    struct session *sender;
    const struct letter *letter;
    list_init(&senders);
    session_hear_refusals(session, n);
    while ((letter = mailbox_at(&session->mailbox, 0)) != NULL && letter->n <= n) {
        if (PLANTED(REPLAY_FROM_GOT) && letter->n == n)
            break;
        tally_add(home, &senders, letter);
        mailbox_pop(&session->mailbox);
    }
    while ((sender = tally_take(&senders)) != NULL) {
        if (PLANTED(SKIP_RECEIPT) && sender->tally.letters > 3)
            continue;
        struct event event = {.type = EVENT_RECEIPT, .receipt = {peer_id(session->peer), sender->tally.last}};
        home->counts.receipts += sender->tally.letters;
        session_say(sender, &event);
    }
}

void home_return_letters(struct home *home, struct mailbox *mailbox, struct slice peer_id,
                         enum undelivered_reason reason)
{
    struct list senders;
    struct session *sender;
    const struct letter *letter;
    list_init(&senders);
    while ((letter = mailbox_at(mailbox, 0)) != NULL) {
        tally_add(home, &senders, letter);
        mailbox_pop(mailbox);
    }
    while ((sender = tally_take(&senders)) != NULL) {
        const struct tally *tally = &sender->tally;
        struct event event = {.type = EVENT_UNDELIVERED, .undelivered = {peer_id, tally->first, tally->last, reason}};
        home->counts.undelivered[reason] += tally->letters;
        session_say(sender, &event);
    }
}
