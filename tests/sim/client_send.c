/* client_send.c - what a client sends: numbered, kept until it is settled, sent again where need be. */
#include <string.h>

#include "base/memory.h"
#include "tests/sim/sim.h"

#define PENDING_MAX 200

static struct line *note(struct actor *actor, enum line_type type, uint32_t message)
{
    struct line *line = sim_note(actor->sim, FIRST_ACTOR + actor->number, type);
    line->message = message;
    return line;
}

/* `text` lacks its last brace: `got` comes with everything. */
void actor_say(struct actor *actor, const char *text)
{
    char got[40];
    struct buffer *whole = &actor->sim->scratch;
    if (!actor->wire)
        return;
    if (text != whole->data) {
        buffer_clear(whole);
        buffer_add_text(whole, text);
    }
    if (actor->gives_receipts && actor->said < actor->n) {
        (void)snprintf(got, sizeof got, ",\"got\":%lld", (long long)actor->n);
        buffer_add_text(whole, got);
        actor->said = actor->n;
        actor->unsaid = 0;
    }
    buffer_add_char(whole, '}');
    wire_say(actor->wire, UP_TEXT, buffer_slice(whole));
}

static void on_receipt_due(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *actor = object;
    (void)sim, (void)argument;
    actor->is_receipt_due = false;
    if (actor->state == ACTOR_JOINED && actor->said < actor->n)
        actor_say(actor, "{\"type\":\"receipt\"");
}

void actor_handled(struct actor *actor, int64_t n)
{
    actor->n = n;
    if (!actor->gives_receipts)
        return;
    if (++actor->unsaid >= 16) {
        actor_say(actor, "{\"type\":\"receipt\"");
    } else if (!actor->is_receipt_due) {
        actor->is_receipt_due = true;
        sim_after(actor->sim, 100, on_receipt_due, actor, 0);
    }
}

struct seen *actor_see(struct actor *actor, uint32_t peer)
{
    for (unsigned i = 0; i < actor->roster_count; i++) {
        if (actor->roster[i].peer == peer)
            return &actor->roster[i];
    }
    return NULL;
}

static struct sent *find_pending(struct actor *actor, int64_t seq)
{
    for (size_t i = 0; i < actor->pending_count; i++) {
        if (actor->pending[i].seq == seq)
            return &actor->pending[i];
    }
    return NULL;
}

static void remove_pending(struct actor *actor, struct sent *sent)
{
    size_t after = (size_t)(&actor->pending[actor->pending_count] - sent) - 1;
    memmove(sent, sent + 1, after * sizeof *sent);
    actor->pending_count--;
}

static struct sent *add_pending(struct actor *actor)
{
    if (actor->pending_count == actor->pending_capacity) {
        actor->pending_capacity = actor->pending_capacity ? actor->pending_capacity * 2 : 16;
        actor->pending = memory_resize(actor->pending, actor->pending_capacity * sizeof *actor->pending);
    }
    struct sent *sent = &actor->pending[actor->pending_count++];
    memset(sent, 0, offsetof(struct sent, to));
    sent->seq = actor->next_seq++;
    sent->message = NO_MESSAGE;
    return sent;
}

/* It is for all whom the client knows now. */
static void address_to_all(struct actor *actor, struct sent *sent)
{
    sent->is_known = true;
    sent->count = 0;
    for (unsigned i = 0; i < actor->roster_count; i++) {
        struct addressee to = {actor->roster[i].peer, false, actor->roster[i].gives_receipts};
        sent->to[sent->count++] = to;
    }
}

static bool is_all_settled(const struct sent *sent)
{
    if (sent->is_broadcast && !sent->is_ok)
        return false;
    for (unsigned i = 0; i < sent->count; i++) {
        if (!sent->to[i].is_settled)
            return false;
    }
    return true;
}

static void add_body(struct buffer *text, const struct sent *sent)
{
    static const char padding[1024] = "";
    if (sent->message == NO_MESSAGE) {
        buffer_add_text(text, ",\"body\":0");
        return;
    }
    buffer_add_format(text, ",\"body\":[%u,\"", sent->message);
    size_t at = text->length;
    buffer_add(text, slice_of(padding, sent->body));
    memset(text->data + at, 'x', sent->body);
    buffer_add_text(text, "\"]");
}

static void add_addressees(struct buffer *text, const struct actor *actor, const struct sent *sent)
{
    bool is_first = true;
    buffer_add_text(text, ",\"to\":[");
    for (unsigned i = 0; i < sent->count; i++) {
        if (sent->to[i].is_settled)
            continue;
        buffer_add_format(text, "%s\"" PEER_FORMAT "\"", is_first ? "" : ",", sent->to[i].peer);
        is_first = false;
    }
    if (is_first)
        buffer_add_format(text, "\"" PEER_FORMAT "\"", actor->peer);
    buffer_add_char(text, ']');
}

static void transmit(struct actor *actor, const struct sent *sent)
{
    struct buffer *text = &actor->sim->scratch;
    buffer_clear(text);
    buffer_add_format(text, "{\"type\":\"%s\",\"seq\":%lld", sent->is_broadcast ? "broadcast" : "relay",
                      (long long)sent->seq);
    if (!sent->is_broadcast)
        buffer_add_format(text, ",\"to\":\"" PEER_FORMAT "\"", sent->to[0].peer);
    else if (sent->is_named)
        add_addressees(text, actor, sent);
    add_body(text, sent);
    actor_say(actor, text->data);
}

static void on_pump(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *actor = object;
    (void)sim, (void)argument;
    actor->is_pump_due = false;
    actor_pump(actor);
}

/* A number that was settled before the server died is used up by a broadcast to oneself: there may be no gaps. */
void actor_pump(struct actor *actor)
{
    struct sim *sim = actor->sim;
    while (actor->state == ACTOR_JOINED && actor->send_from < actor->next_seq && sim->now_ms >= actor->not_before_ms) {
        const struct sent filler = {
            .seq = actor->send_from, .is_broadcast = true, .is_known = true, .is_named = true, .message = NO_MESSAGE};
        const struct sent *sent = find_pending(actor, actor->send_from++);
        transmit(actor, sent ? sent : &filler);
        actor->not_before_ms = sim->now_ms + actor->pace_ms;
    }
    if (actor->send_from == actor->next_seq) {
        actor->pace_ms = 0;
    } else if (actor->state == ACTOR_JOINED && !actor->is_pump_due) {
        actor->is_pump_due = true;
        sim_after(sim, actor->not_before_ms - sim->now_ms, on_pump, actor, 0);
    }
}

void actor_resend(struct actor *actor, int64_t from_seq)
{
    actor->send_from = from_seq;
    actor->not_before_ms = actor->pace_ms = 0;
    actor_pump(actor);
}

/* The new home knows of nothing: broadcasts name their addressees from now on. Those that were not answered are for
 * whom the client knew before: whoever is new may have handled later ones, and would pass them over. */
void actor_rebuild_pending(struct actor *actor)
{
    for (size_t i = 0; i < actor->pending_count; i++) {
        struct sent *sent = &actor->pending[i];
        if (sent->is_broadcast && !sent->is_known)
            address_to_all(actor, sent);
        sent->is_named = sent->is_broadcast;
        sent->is_ok = false;
    }
}

void actor_send(struct actor *actor, bool is_broadcast, size_t body)
{
    struct sim *sim = actor->sim;
    if (actor->peer == NOBODY || actor->pending_count >= PENDING_MAX || (!is_broadcast && !actor->roster_count))
        return;
    struct sent *sent = add_pending(actor);
    sent->is_broadcast = is_broadcast;
    sent->body = body;
    if (!is_broadcast) {
        const struct seen *seen = &actor->roster[prng_below(&sim->random, actor->roster_count)];
        sent->to[sent->count++] = (struct addressee){seen->peer, false, seen->gives_receipts};
        sent->is_known = true;
    } else if (actor->is_rebuilding) {
        address_to_all(actor, sent);
        sent->is_named = true;
    }
    if (is_broadcast || sent->to[0].is_judged) {
        sent->message = sim->next_message++;
        struct line *line = note(actor, is_broadcast ? LINE_SEND_ALL : LINE_SEND, sent->message);
        line->peer = is_broadcast ? NOBODY : sent->to[0].peer;
    }
    actor_pump(actor);
}

void actor_send_plain(struct actor *actor)
{
    struct sim *sim = actor->sim;
    char text[120];
    if (actor->state != ACTOR_JOINED || !actor->roster_count)
        return;
    uint32_t to = actor->roster[prng_below(&sim->random, actor->roster_count)].peer;
    switch (prng_below(&sim->random, 3)) {
    case 0: actor_say(actor, "{\"type\":\"broadcast\",\"body\":0"); return;
    case 1: actor_say(actor, "{\"type\":\"update\",\"media\":{\"mic\":true}"); return;
    default: break;
    }
    (void)snprintf(text, sizeof text, "{\"type\":\"relay\",\"to\":\"" PEER_FORMAT "\",\"body\":0", to);
    actor_say(actor, text);
}

static void settle_one(struct actor *actor, struct sent *sent, struct addressee *to, const char *reason)
{
    to->is_settled = true;
    if (!to->is_judged || sent->message == NO_MESSAGE)
        return;
    struct line *line = note(actor, reason ? LINE_UNDELIVERED : LINE_SETTLED, sent->message);
    line->peer = to->peer;
    if (reason)
        line->word = history_word(actor->sim->history, reason);
}

static void settle_range(struct actor *actor, uint32_t peer, int64_t first, int64_t last, const char *reason)
{
    for (size_t i = 0; i < actor->pending_count; i++) {
        struct sent *sent = &actor->pending[i];
        if (sent->seq < first || sent->seq > last)
            continue;
        for (unsigned j = 0; j < sent->count; j++) {
            if (sent->to[j].peer == peer && !sent->to[j].is_settled)
                settle_one(actor, sent, &sent->to[j], reason);
        }
        if (is_all_settled(sent)) {
            remove_pending(actor, sent);
            i--;
        }
    }
}

void actor_note_receipt(struct actor *actor, uint32_t peer, int64_t seq)
{
    settle_range(actor, peer, 1, seq, NULL);
}

void actor_note_undelivered(struct actor *actor, uint32_t peer, int64_t first, int64_t last, const char *reason)
{
    settle_range(actor, peer, first, last, reason);
}

/* The home has settled what it took for that peer before it says so; the rest was for nobody. */
void actor_note_left(struct actor *actor, uint32_t peer)
{
    for (size_t i = 0; i < actor->pending_count; i++) {
        struct sent *sent = &actor->pending[i];
        for (unsigned j = 0; sent->is_named && j < sent->count; j++) {
            if (sent->to[j].peer == peer && !sent->to[j].is_settled)
                settle_one(actor, sent, &sent->to[j], "peer-left");
        }
        if (sent->is_named && is_all_settled(sent)) {
            remove_pending(actor, sent);
            i--;
        }
    }
}

/* A broadcast was taken: it is for those whom the client sees at this place, and of those whom it named for no others.
 */
void actor_note_ok(struct actor *actor, int64_t seq)
{
    struct sent *sent = find_pending(actor, seq);
    if (!sent || !sent->is_broadcast || sent->is_ok)
        return;
    sent->is_ok = true;
    if (!sent->is_known)
        address_to_all(actor, sent);
    (void)note(actor, LINE_TAKEN, sent->message);
    for (unsigned i = 0; i < sent->count; i++) {
        if (sent->to[i].is_judged && !sent->to[i].is_settled)
            history_list(actor->sim->history, LISTED(sent->to[i].peer, false));
    }
    for (unsigned i = 0; i < sent->count; i++) {
        if (!sent->to[i].is_settled && !actor_see(actor, sent->to[i].peer))
            settle_one(actor, sent, &sent->to[i], "peer-left");
    }
    if (is_all_settled(sent))
        remove_pending(actor, sent);
}

void actor_note_refused(struct actor *actor, int64_t seq, const char *code)
{
    struct sent *sent = find_pending(actor, seq);
    if (!sent)
        return;
    if (sent->message != NO_MESSAGE)
        note(actor, LINE_REFUSED, sent->message)->word = history_word(actor->sim->history, code);
    remove_pending(actor, sent);
}

void actor_forget_pending(struct actor *actor)
{
    for (size_t i = 0; i < actor->pending_count; i++) {
        if (actor->pending[i].message != NO_MESSAGE)
            (void)note(actor, LINE_UNSETTLED, actor->pending[i].message);
    }
    actor->pending_count = 0;
}

void actor_on_app(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *actor = object;
    const struct plan *plan = &sim->plan;
    (void)argument;
    if (!sim->is_active)
        return;
    sim_after(sim, sim_about(sim, plan->send_ms), actor_on_app, actor, 0);
    if (!actor->gives_receipts || prng_chance(&sim->random, plan->plain_percent))
        actor_send_plain(actor);
    else
        actor_send(actor, prng_chance(&sim->random, plan->broadcast_percent),
                   prng_below(&sim->random, (uint32_t)plan->body_max));
}
