/* checker_end.c - what is said of others, and what must hold when all is over. */
#include <string.h>

#include "tests/sim/checker_parts.h"

/* What clients see of each other */

static struct told *find_told(struct checker *checker, uint32_t peer, uint32_t observer)
{
    for (uint32_t i = peer_at(checker, peer)->first_told; i;) {
        struct told *told = pool_at(&checker->tolds, i);
        if (told->observer == observer)
            return told;
        i = told->next;
    }
    return NULL;
}

static void on_left(struct checker *checker, const struct line *line)
{
    struct told *told = find_told(checker, line->peer, client_at(checker, line->who)->peer);
    if (!told) {
        uint32_t number = pool_add(&checker->tolds);
        told = pool_at(&checker->tolds, number);
        *told = (struct told){.observer = client_at(checker, line->who)->peer,
                              .next = peer_at(checker, line->peer)->first_told};
        peer_at(checker, line->peer)->first_told = number;
    }
    told->at = checker->at;
    told->lives = client_at(checker, line->who)->lives;
    const char *reason = history_word_text(checker->history, line->word);
    bool is_by_another_home = checker->was_parted && (strcmp(reason, "lost") == 0 || strcmp(reason, "timeout") == 0);
    if (strcmp(reason, "slow") == 0 || strcmp(reason, "refused") == 0 || is_by_another_home)
        peer_at(checker, line->peer)->expelled = checker->at;
}

static void on_there(struct checker *checker, const struct line *line)
{
    const struct told *told = find_told(checker, line->peer, client_at(checker, line->who)->peer);
    struct lives now = client_at(checker, line->who)->lives;
    if (told && told->lives.first == now.first && told->lives.last == now.last && now.first == now.last)
        violate(checker, "left", "a peer is there that was said to have left", told->at, 0);
}

/* 0: not listed; else 1, or 2 for one that is away. */
static int listed(const struct checker *checker, const struct line *line, uint32_t peer)
{
    for (uint32_t i = 0; i < line->list_count; i++) {
        uint32_t entry = checker->history->lists[line->list + i];
        if (entry >> 1 == peer)
            return entry & 1 ? 2 : 1;
    }
    return 0;
}

static void need_the_living(struct checker *checker, const struct line *line, uint32_t self)
{
    for (uint32_t i = 0; i < checker->clients.count; i++) {
        uint32_t other = client_at(checker, i)->peer;
        if (other == NOBODY || other == self || peer_at(checker, other)->room != peer_at(checker, self)->room)
            continue;
        int how = listed(checker, line, other);
        if (how != 1)
            violate(checker, "roster",
                    how ? "a peer that is there is seen as away" : "a peer that is there is not seen",
                    peer_at(checker, other)->begun, 0);
    }
}

static void on_sees(struct checker *checker, const struct line *line)
{
    uint32_t self = client_at(checker, line->who)->peer;
    if (self == NOBODY || !(checker->calm || checker->quiet))
        return;
    need_the_living(checker, line, self);
    for (uint32_t i = 0; i < line->list_count; i++) {
        uint32_t entry = checker->history->lists[line->list + i];
        const struct peer_state *peer = peer_at(checker, entry >> 1);
        bool is_alive = peer->begun && !peer->ended;
        if (!is_alive && (checker->quiet || !(entry & 1)))
            violate(checker, "roster", "a peer is seen that is not there", peer->begun, peer->ended);
    }
}

void judge_roster(struct checker *checker, const struct line *line)
{
    if (client_at(checker, line->who)->peer == NOBODY)
        violate(checker, "sense", "it sees or does something without a session", 0, 0);
    switch ((int)line->type) {
    case LINE_JOINED:
    case LINE_BACK: on_there(checker, line); break;
    case LINE_LEFT: on_left(checker, line); break;
    case LINE_SEES: on_sees(checker, line); break;
    case LINE_KICKS: peer_at(checker, line->peer)->barred = peer_at(checker, line->peer)->kicked = checker->at; break;
    default: break;
    }
}

/* The end */

static bool is_live(struct checker *checker, uint32_t peer)
{
    const struct peer_state *state = peer_at(checker, peer);
    return state->begun && !state->ended;
}

/* Who handled a message that was called undelivered must have been unable to prove it. */
static void judge_either(struct checker *checker, const struct message_state *message,
                         const struct delivery_state *delivery)
{
    place last = delivery->handled > delivery->undelivered ? delivery->handled : delivery->undelivered;
    bool has_excuse = delivery->is_reasoned && peer_at(checker, delivery->peer)->ended;
    if (!has_excuse && !was_killed_between(checker, message->sent, last))
        violate(checker, "either", "it was handled, and called undelivered", delivery->handled, delivery->undelivered);
    checker->verdict->figures.unproved++;
}

static void judge_delivery(struct checker *checker, const struct message_state *message,
                           const struct delivery_state *delivery)
{
    if (delivery->handled && delivery->undelivered)
        judge_either(checker, message, delivery);
    place last = delivery->handled > message->refused ? delivery->handled : message->refused;
    if (delivery->handled && message->refused && !was_killed_between(checker, message->sent, last))
        violate(checker, "either", "it was handled, and refused", delivery->handled, message->refused);
    if (!checker->quiet || message->sent > checker->quiet || message->refused)
        return;
    bool is_settled = delivery->settled || delivery->undelivered;
    if (delivery->is_expected && !is_settled && !message->unsettled && is_live(checker, message->sender))
        violate(checker, "settled", "its sender has heard nothing of it", message->sent, delivery->handled);
    bool must_be_there = message->took && !was_killed_between(checker, message->took, checker->quiet) &&
                         !peer_at(checker, message->sender)->barred && is_live(checker, delivery->peer);
    if (delivery->is_expected && must_be_there && !delivery->handled && !delivery->dropped)
        violate(checker, "lost", "the server took it, and nobody got it", message->sent, message->took);
}

static void judge_messages(struct checker *checker)
{
    for (uint32_t i = 0; i < checker->messages.count && !checker->verdict->rule; i++) {
        const struct message_state *message = message_at(checker, i);
        if (!message->sent)
            continue;
        const struct delivery_state *delivery = delivery_first(checker, message);
        for (; delivery; delivery = delivery_next(checker, delivery))
            judge_delivery(checker, message, delivery);
        bool is_told = message->taken || message->refused || message->unsettled || message->undelivered;
        bool is_due = checker->quiet && message->sent < checker->quiet && is_live(checker, message->sender);
        if (message->to == NOBODY && is_due && !is_told)
            violate(checker, "settled", "this broadcast was not answered", message->sent, 0);
    }
}

static size_t count_known_taken(struct checker *checker)
{
    size_t count = 0;
    for (uint32_t i = 0; i < checker->messages.count; i++) {
        const struct message_state *message = message_at(checker, i);
        bool is_known = message->taken != 0;
        const struct delivery_state *delivery = delivery_first(checker, message);
        for (; delivery && !is_known; delivery = delivery_next(checker, delivery))
            is_known = delivery->settled != 0;
        count += is_known;
    }
    return count;
}

/* The least and the most that a counter may be. */
static void judge_counter(struct checker *checker, const struct counter *counter)
{
    const struct figures *figures = &checker->verdict->figures;
    const char *name = history_word_text(checker->history, counter->name);
    int64_t least = 0, most = INT64_MAX;
    if (strcmp(name, "sessions") == 0)
        least = most = (int64_t)checker->live;
    else if (strcmp(name, "away") == 0)
        most = 0;
    else if (strcmp(name, "resumed") == 0)
        least = (int64_t)figures->resumed;
    else if (strcmp(name, "rebuilt") == 0)
        least = (int64_t)figures->rebuilt;
    else if (strcmp(name, "accepted") == 0) {
        least = (int64_t)count_known_taken(checker);
        most = figures->kills ? INT64_MAX : (int64_t)figures->messages;
    } else if (strcmp(name, "receipts") == 0 && !figures->kills) {
        least = (int64_t)figures->settled;
        most = (int64_t)figures->handled;
    }
    if (counter->value >= least && counter->value <= most)
        return;
    violate(checker, "counts", "", checker->quiet, 0);
    (void)snprintf(checker->verdict->why, sizeof checker->verdict->why, "%s is %lld, and the history says %lld to %lld",
                   name, (long long)counter->value, (long long)least, (long long)most);
}

void judge_end(struct checker *checker)
{
    judge_messages(checker);
    for (size_t i = 0; i < checker->history->counter_count && !checker->verdict->rule; i++)
        judge_counter(checker, &checker->history->counters[i]);
}
