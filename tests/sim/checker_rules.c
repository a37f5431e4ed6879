/* checker_rules.c - what each line must not be, seeing those before it. */
#include <string.h>

#include "tests/sim/checker_parts.h"

#define SILENT_MS 3000 /* a node that says nothing for so long is given up by the others (cluster/members.h) */

static bool is_word(const struct checker *checker, uint32_t word, const char *text)
{
    return strcmp(history_word_text(checker->history, word), text) == 0;
}

/* Sessions */

static void on_begin(struct checker *checker, struct client_state *client, const struct line *line)
{
    struct peer_state *peer = peer_at(checker, line->peer);
    if (client->peer != NOBODY)
        violate(checker, "sense", "a session begins in another", peer_at(checker, client->peer)->begun, 0);
    if (peer->begun)
        violate(checker, "sense", "two sessions have the same peer id", peer->begun, 0);
    client->peer = line->peer;
    client->silent_since = NUMBER_ABSENT;
    client->lives.last = (uint32_t)checker->kills.count;
    *peer = (struct peer_state){.client = line->who, .room = line->word, .begun = checker->at};
    checker->verdict->figures.sessions++;
}

/* Both connections are known to belong to one and the same life of the server. */
static bool are_same_life(struct lives a, struct lives b)
{
    return a.first == a.last && b.first == b.last && a.first == b.first;
}

/* The server may have ended the observer's session as well, unknown to its client: then the room may have been empty
 * since, and was made anew. */
static void doubt_what_was_told(struct checker *checker, const struct client_state *client,
                                const struct peer_state *peer)
{
    uint32_t next;
    for (uint32_t i = peer->first_told; i; i = next) {
        struct told *told = pool_at(&checker->tolds, i);
        next = told->next;
        if (told->doubted || peer_at(checker, told->observer)->ended)
            continue;
        if (client->dialled > told->at && are_same_life(told->lives, client->lives)) {
            told->doubted = checker->at;
            *(uint32_t *)pool_at(&checker->doubts, pool_add(&checker->doubts)) = i;
        }
    }
}

void judge_doubts(struct checker *checker, uint32_t observer)
{
    for (uint32_t i = 0; i < checker->doubts.count; i++) {
        const struct told *told = pool_at(&checker->tolds, *(uint32_t *)pool_at(&checker->doubts, i));
        if (told->observer == observer && !was_killed_between(checker, told->doubted, checker->at))
            violate(checker, "left", "a peer that was said to have left has come back", told->at, told->doubted);
    }
}

static void on_resumed(struct checker *checker, struct client_state *client, const struct line *line)
{
    if (client->peer == NOBODY) {
        violate(checker, "sense", "nothing was there to be resumed", 0, 0);
        return;
    }
    struct peer_state *peer = peer_at(checker, client->peer);
    client->silent_since = NUMBER_ABSENT;
    peer->frozen_until_ms = 0;
    client->lives.last = (uint32_t)checker->kills.count;
    if (peer->barred && client->dialled > peer->barred)
        violate(checker, "kicked", "who was kicked or replaced has come back", peer->barred, client->dialled);
    doubt_what_was_told(checker, client, peer);
    if (line->type == LINE_RESUMED)
        judge_doubts(checker, client->peer);
    checker->verdict->figures.resumed += line->type == LINE_RESUMED;
    checker->verdict->figures.rebuilt += line->type == LINE_REBUILT;
}

static bool is_listed(const struct checker *checker, const struct line *line, uint32_t peer)
{
    for (uint32_t i = 0; i < line->list_count; i++) {
        if (checker->history->lists[line->list + i] >> 1 == peer)
            return true;
    }
    return false;
}

/* Whoever was in another home of the room by then may have been known to somebody here, and must not come back. */
void judge_rested(struct checker *checker, const struct line *line)
{
    for (uint32_t i = 0; i < checker->peers.count; i++) {
        struct peer_state *peer = peer_at(checker, i);
        bool is_there = peer->begun && !peer->ended && peer->room == line->word;
        peer->is_missed |= is_there && checker->was_parted && !is_listed(checker, line, i);
    }
}

/* A node that stood still for longer than the grace time was dead to the others, and its clients with it, though what
 * they said is answered when it wakes. They hear within the grace time that their sessions are over, or that these go
 * on; after that it is no excuse any more. */
void judge_froze(struct checker *checker, const struct line *line)
{
    checker->was_parted |= line->number >= SILENT_MS;
    if (line->number < checker->grace_ms)
        return;
    for (uint32_t i = 0; i < line->list_count; i++)
        peer_at(checker, checker->history->lists[line->list + i] >> 1)->frozen_until_ms =
            line->at_ms + checker->grace_ms;
}

static void on_end(struct checker *checker, struct client_state *client, const struct line *line)
{
    if (client->peer == NOBODY) {
        violate(checker, "sense", "there is no session that could end", 0, 0);
        return;
    }
    struct peer_state *peer = peer_at(checker, client->peer);
    peer->ended = checker->at;
    if (is_word(checker, line->word, "kicked") || is_word(checker, line->word, "replaced"))
        peer->barred = peer->barred ? peer->barred : checker->at;
    bool was_frozen = line->at_ms < peer->frozen_until_ms;
    bool is_timed = client->silent_since != NUMBER_ABSENT && !peer->expelled && !peer->is_missed && !was_frozen;
    if (is_timed && is_word(checker, line->word, "session_ended") &&
        line->at_ms - client->silent_since < checker->grace_ms)
        violate(checker, "early", "a session ended before its grace time was over", peer->begun, client->dialled);
    client->peer = NOBODY;
    client->silent_since = NUMBER_ABSENT;
    checker->verdict->figures.ended++;
}

void judge_session(struct checker *checker, const struct line *line)
{
    struct client_state *client = client_at(checker, line->who);
    switch ((int)line->type) {
    case LINE_DIAL:
        client->dialled = checker->at;
        client->lives.first = (uint32_t)checker->kills.count;
        break;
    case LINE_DOWN:
        if (client->silent_since == NUMBER_ABSENT)
            client->silent_since = line->number;
        break;
    case LINE_BEGIN: on_begin(checker, client, line); break;
    case LINE_END: on_end(checker, client, line); break;
    default: on_resumed(checker, client, line); break;
    }
}

/* Messages */

static void on_send(struct checker *checker, const struct line *line)
{
    struct message_state *message = message_at(checker, line->message);
    uint32_t sender = client_at(checker, line->who)->peer;
    if (message->sent || sender == NOBODY) {
        violate(checker, "sense", sender == NOBODY ? "it sends without a session" : "it is sent twice", message->sent,
                0);
        return;
    }
    message->sent = checker->at;
    message->sender = sender;
    message->to = line->type == LINE_SEND ? line->peer : NOBODY;
    checker->verdict->figures.messages++;
    if (line->type == LINE_SEND)
        delivery_at(checker, line->message, line->peer)->is_expected = true;
}

static bool is_for(struct checker *checker, const struct message_state *message, uint32_t peer)
{
    if (message->to != NOBODY)
        return message->to == peer;
    return message->sender != peer && peer_at(checker, message->sender)->room == peer_at(checker, peer)->room;
}

static void note_order(struct checker *checker, uint32_t peer, uint32_t number)
{
    uint32_t sender = message_at(checker, number)->sender;
    uint32_t i = peer_at(checker, peer)->first_source;
    struct source *source = NULL;
    for (; i; i = source->next) {
        source = pool_at(&checker->sources, i);
        if (source->sender == sender)
            break;
    }
    if (!i) {
        i = pool_add(&checker->sources);
        source = pool_at(&checker->sources, i);
        *source = (struct source){sender, number, peer_at(checker, peer)->first_source};
        peer_at(checker, peer)->first_source = i;
        return;
    }
    const struct message_state *last = message_at(checker, source->message);
    if (last->sent > message_at(checker, number)->sent)
        violate(checker, "order", "it was sent before what was handled before it", last->sent,
                delivery_at(checker, source->message, peer)->handled);
    source->message = number;
}

static void on_handled(struct checker *checker, const struct line *line)
{
    struct message_state *message = message_at(checker, line->message);
    uint32_t peer = client_at(checker, line->who)->peer;
    if (peer == NOBODY) {
        violate(checker, "sense", "it handles without a session", 0, 0);
        return;
    }
    if (!message->sent || message->sender != line->peer || !is_for(checker, message, peer)) {
        violate(checker, "addressee", "it is not for this peer, or not from that one", message->sent, 0);
        return;
    }
    struct delivery_state *delivery = delivery_at(checker, line->message, peer);
    if (delivery->handled)
        violate(checker, "once", "it is handled a second time", message->sent, delivery->handled);
    place kicked = peer_at(checker, line->peer)->kicked;
    if (kicked && client_at(checker, line->who)->dialled > kicked)
        violate(checker, "kicked", "what a kicked peer said was sent to one who came back later", message->sent,
                kicked);
    delivery->handled = checker->at;
    checker->verdict->figures.handled++;
    note_order(checker, peer, line->message);
}

static void settle(struct checker *checker, const struct message_state *message, struct delivery_state *delivery)
{
    if (!delivery->handled)
        violate(checker, "receipt", "it was receipted and not handled", message->sent, 0);
    if (delivery->settled || delivery->undelivered)
        violate(checker, "settled", "it was settled before", delivery->settled, delivery->undelivered);
    delivery->settled = checker->at;
    checker->verdict->figures.settled++;
}

static void on_settled(struct checker *checker, const struct line *line, const struct message_state *message)
{
    if (line->peer != NOBODY) {
        settle(checker, message, delivery_at(checker, line->message, line->peer));
        return;
    }
    struct delivery_state *delivery = delivery_first(checker, message);
    for (; delivery; delivery = delivery_next(checker, delivery)) {
        if (delivery->is_expected)
            settle(checker, message, delivery);
    }
}

static void drop(struct checker *checker, const struct line *line, struct delivery_state *delivery)
{
    if (delivery->settled || delivery->undelivered)
        violate(checker, "settled", "it was settled before", delivery->settled, delivery->undelivered);
    delivery->undelivered = checker->at;
    delivery->is_reasoned = !is_word(checker, line->word, "outbox-full");
    checker->verdict->figures.undelivered++;
}

static void on_undelivered(struct checker *checker, const struct line *line, struct message_state *message)
{
    if (line->peer != NOBODY) {
        drop(checker, line, delivery_at(checker, line->message, line->peer));
        return;
    }
    message->undelivered = checker->at;
    struct delivery_state *delivery = delivery_first(checker, message);
    for (; delivery; delivery = delivery_next(checker, delivery)) {
        if (delivery->is_expected && !delivery->settled)
            drop(checker, line, delivery);
    }
}

static void on_taken(struct checker *checker, const struct line *line, struct message_state *message)
{
    message->taken = checker->at;
    for (uint32_t i = 0; i < line->list_count; i++) {
        uint32_t peer = checker->history->lists[line->list + i] >> 1;
        delivery_at(checker, line->message, peer)->is_expected = true;
    }
}

/* Of two homes that do not know of each other each takes it once, in any order: what was on its way to the former one
 * may come there after its sender has moved to the later one, which counts as a kill when it takes the room. */
static void on_took(struct checker *checker, const struct line *line, struct message_state *message)
{
    place since = message->taker == line->number ? message->took : message->sent;
    if (message->took && !was_killed_between(checker, since, checker->at))
        violate(checker, "once", "the server took it twice", message->took, 0);
    message->took = checker->at;
    message->taker = line->number;
}

/* Whether this is told to whom sent the message. */
static bool is_own(struct checker *checker, const struct line *line, const struct message_state *message)
{
    if (message->sent && (line->who == WHO_SERVER || peer_at(checker, message->sender)->client == line->who))
        return true;
    violate(checker, "sense", "it is about a message that this client has not sent", message->sent, 0);
    return false;
}

void judge_message(struct checker *checker, const struct line *line)
{
    if (line->type == LINE_SEND || line->type == LINE_SEND_ALL) {
        on_send(checker, line);
        return;
    }
    if (line->type == LINE_HANDLED) {
        on_handled(checker, line);
        return;
    }
    struct message_state *message = message_at(checker, line->message);
    if (!is_own(checker, line, message))
        return;
    switch ((int)line->type) {
    case LINE_TAKEN: on_taken(checker, line, message); break;
    case LINE_SETTLED: on_settled(checker, line, message); break;
    case LINE_UNDELIVERED: on_undelivered(checker, line, message); break;
    case LINE_REFUSED:
        message->refused = checker->at;
        checker->verdict->figures.refused++;
        break;
    case LINE_UNSETTLED:
        message->unsettled = checker->at;
        checker->verdict->figures.unsettled++;
        break;
    case LINE_TOOK: on_took(checker, line, message); break;
    default: delivery_at(checker, line->message, line->peer)->dropped = checker->at; break;
    }
}
