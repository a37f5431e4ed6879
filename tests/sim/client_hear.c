/* client_hear.c - what a client makes of what it hears. */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/planted.h"
#include "tests/sim/heard.h"
#include "tests/sim/sim.h"

#define SLOPPY 3 /* messages that some send again although they were taken */

static void fail(struct actor *actor, const char *why)
{
    if (!actor->sim->stuck)
        actor->sim->stuck = why;
    actor->sim->is_over = true;
}

/* The roster */

static struct seen *add_seen(struct actor *actor, struct slice peer)
{
    uint32_t number = peer_number(heard_member(peer, "id"));
    struct seen *seen = actor_see(actor, number);
    if (!seen && actor->roster_count == ROSTER_MAX) {
        fail(actor, "a roster grew without end");
        return &actor->roster[0];
    }
    if (!seen)
        seen = &actor->roster[actor->roster_count++];
    *seen = (struct seen){number, false, slice_is_text(heard_member(peer, "receipts"), "true")};
    return seen;
}

static void note_peer(struct actor *actor, enum line_type type, uint32_t peer, const char *word)
{
    struct line *line = sim_note(actor->sim, FIRST_ACTOR + actor->number, type);
    line->peer = peer;
    if (word)
        line->word = history_word(actor->sim->history, word);
}

static void remove_seen(struct actor *actor, uint32_t peer, const char *reason)
{
    struct seen *seen = actor_see(actor, peer);
    if (!seen)
        return;
    *seen = actor->roster[--actor->roster_count];
    actor_note_left(actor, peer);
    note_peer(actor, LINE_LEFT, peer, reason);
}

static void take_roster(struct actor *actor, struct slice peers)
{
    struct json_member entry;
    struct json_walk walk = json_walk_start(peers);
    while (json_walk_next(&walk, &entry)) {
        struct seen *seen = add_seen(actor, heard_member(entry.value, "peer"));
        seen->is_away = slice_is_text(heard_member(entry.value, "away"), "true");
    }
}

static void set_away(struct actor *actor, uint32_t peer)
{
    struct seen *seen = actor_see(actor, peer);
    if (seen)
        seen->is_away = true;
    note_peer(actor, LINE_AWAY, peer, NULL);
}

static bool lists(struct slice peers, uint32_t peer)
{
    struct json_member entry;
    struct json_walk walk = json_walk_start(peers);
    while (json_walk_next(&walk, &entry)) {
        if (peer_number(json_string_inner(entry.value)) == peer)
            return true;
    }
    return false;
}

static void on_roster(struct actor *actor, const struct heard *heard)
{
    actor->is_rebuilding = false;
    for (unsigned i = actor->roster_count; i-- > 0;) {
        if (!lists(heard->peers, actor->roster[i].peer))
            remove_seen(actor, actor->roster[i].peer, "lost");
    }
}

/* Welcomes, and the refusals of hello */

static void on_new(struct actor *actor, const struct heard *heard)
{
    struct sim *sim = actor->sim;
    if (actor->peer != NOBODY)
        fail(actor, "a ticket was answered by a new session");
    actor->peer = peer_number(heard_member(heard->self, "id"));
    struct line *line = sim_note(sim, FIRST_ACTOR + actor->number, LINE_BEGIN);
    line->peer = actor->peer;
    line->word = history_word(sim->history, actor->room ? "attic" : "lobby");
    actor->roster_count = 0;
    take_roster(actor, heard->peers);
}

static void on_resumed(struct actor *actor, const struct heard *heard)
{
    sim_note(actor->sim, FIRST_ACTOR + actor->number, LINE_RESUMED);
    if (!actor->gives_receipts) { /* it may have missed what was said to its dead connection */
        actor->roster_count = 0;
        take_roster(actor, heard->peers);
    }
    int64_t first = actor->pending_count ? actor->pending[0].seq : actor->next_seq;
    int64_t next = heard->accepted ? heard->accepted + 1 : first;
    if (actor->is_sloppy && first < next)
        next = first > next - SLOPPY ? first : next - SLOPPY;
    actor_resend(actor, next);
}

static void on_rebuilt(struct actor *actor, const struct heard *heard)
{
    sim_note(actor->sim, FIRST_ACTOR + actor->number, LINE_REBUILT);
    actor->n = actor->said = actor->heard_n = 0;
    actor->is_rebuilding = true;
    actor_rebuild_pending(actor);
    for (unsigned i = 0; i < actor->roster_count; i++)
        actor->roster[i].is_away = true;
    take_roster(actor, heard->peers);
    actor_resend(actor, actor->pending_count ? actor->pending[0].seq : actor->next_seq);
}

static void keep_ticket(struct actor *actor, struct slice ticket)
{
    buffer_clear(&actor->ticket);
    buffer_add(&actor->ticket, ticket);
    actor->has_ticket = true;
}

/* The former ticket is spent as soon as the new connection is used: when a ping over it was answered. */
static void note_spent(struct actor *actor, const struct heard *heard)
{
    buffer_clear(&actor->spent);
    actor->spent_life = 0;
    if (slice_is_text(heard->session, "resumed"))
        buffer_add(&actor->spent, buffer_slice(&actor->ticket));
}

/* What was said before the answer was meant for the former home: so that comes first. */
static void answer_welcome(struct actor *actor, bool is_resumed)
{
    char text[100];
    long long got = is_resumed && actor->gives_receipts ? actor->n : 0;
    (void)snprintf(text, sizeof text, "{\"type\":\"receipt\",\"got\":%lld,\"welcome\":%u}", got, actor->welcomes);
    wire_say(actor->wire, UP_TEXT, slice_from_text(text));
    actor->said = actor->n;
    actor->heard_n = 0;
    buffer_clear(&actor->spent); /* until it has answered, which no pong tells */
}

static void begin_connection(struct actor *actor, const struct heard *heard)
{
    actor->state = ACTOR_JOINED;
    actor->proved_ms = actor->ping_ms;
    actor->heard_n = actor->n;
    note_spent(actor, heard);
}

static void on_welcome(struct actor *actor, const struct heard *heard)
{
    actor->tries = 0;
    actor->unsaid = 0;
    if (actor->welcomes++ > 0)
        answer_welcome(actor, slice_is_text(heard->session, "resumed"));
    else
        begin_connection(actor, heard);
    keep_ticket(actor, heard->ticket);
    uint32_t self = peer_number(heard_member(heard->self, "id"));
    if (slice_is_text(heard->session, "new"))
        on_new(actor, heard);
    else if (actor->peer != self)
        fail(actor, "a session was resumed as another peer");
    else if (slice_is_text(heard->session, "resumed"))
        on_resumed(actor, heard);
    else
        on_rebuilt(actor, heard);
}

static void on_hello_again(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    (void)sim, (void)argument;
    if (wire->actor && wire->actor->state == ACTOR_GREETING)
        actor_hello(wire->actor);
}

/* What is final is closed by the server, after its bye. */
static void on_hello_refused(struct actor *actor, const struct heard *heard)
{
    char code[32];
    (void)snprintf(code, sizeof code, SLICE_FORMAT, SLICE_ARGS(heard->code));
    if (strcmp(code, "rate_limited") == 0) {
        sim_after(actor->sim, heard->retry_ms, on_hello_again, actor->wire, 0);
    } else if (strcmp(code, "ticket_invalid") == 0 || strcmp(code, "session_ended") == 0) {
        actor_end(actor, code);
        if (actor->is_retired)
            actor_quit(actor, "close");
        else
            actor_hello(actor);
    } else if (strcmp(code, "bad_message") == 0 || strcmp(code, "bad_json") == 0) {
        fail(actor, "a hello was called bad");
    }
}

/* Messages */

static bool is_repeated(struct actor *actor, uint32_t from, int64_t seq)
{
    for (unsigned i = 0; i < actor->memory_count; i++) {
        if (actor->memory[i].peer != from)
            continue;
        if (seq <= actor->memory[i].seq)
            return true;
        actor->memory[i].seq = seq;
        return false;
    }
    if (actor->memory_count == ROSTER_MAX)
        return false;
    actor->memory[actor->memory_count].peer = from;
    actor->memory[actor->memory_count++].seq = seq;
    return false;
}

static void on_message(struct actor *actor, const struct heard *heard)
{
    uint32_t from = peer_number(heard->from);
    if (!heard->seq || (is_repeated(actor, from, heard->seq) && !PLANTED(CLIENT_FORGETS_SEQ)))
        return;
    if (!actor->gives_receipts || heard->body.data[0] != '[')
        return;
    struct line *line = sim_note(actor->sim, FIRST_ACTOR + actor->number, LINE_HANDLED);
    line->peer = from;
    line->message = (uint32_t)heard_integer(slice_from(heard->body, 1));
}

static void on_rate_limited(struct actor *actor, const struct heard *heard)
{
    if (!heard->seq)
        return;
    if (heard->seq < actor->send_from)
        actor->send_from = heard->seq;
    actor->pace_ms = heard->retry_ms > 0 ? heard->retry_ms : 1;
    actor->not_before_ms = actor->sim->now_ms + heard->retry_ms;
    actor_pump(actor);
}

static void on_error(struct actor *actor, const struct heard *heard)
{
    char code[32];
    (void)snprintf(code, sizeof code, SLICE_FORMAT, SLICE_ARGS(heard->code));
    if (actor->state == ACTOR_GREETING)
        on_hello_refused(actor, heard);
    else if (strcmp(code, "rate_limited") == 0)
        on_rate_limited(actor, heard);
    else if (strcmp(code, "bad_message") == 0 || strcmp(code, "bad_json") == 0)
        fail(actor, "a good message was called bad");
    else if (heard->seq && strcmp(code, "out_of_order") != 0 && strcmp(code, "flood") != 0) /* that one ends it all */
        actor_note_refused(actor, heard->seq, code);
}

static void on_undelivered(struct actor *actor, const struct heard *heard)
{
    char reason[32];
    (void)snprintf(reason, sizeof reason, SLICE_FORMAT, SLICE_ARGS(heard->reason));
    actor_note_undelivered(actor, peer_number(heard->peer), heard->first, heard->last, reason);
}

static void on_bye(struct actor *actor, const struct heard *heard)
{
    (void)snprintf(actor->bye_code, sizeof actor->bye_code, SLICE_FORMAT, SLICE_ARGS(heard->code));
    actor->bye_delay_ms = heard->delay_ms;
    actor->bye_action = slice_is_text(heard->action, "resume")   ? BYE_RESUME
                        : slice_is_text(heard->action, "rejoin") ? BYE_REJOIN
                                                                 : BYE_STOP;
}

static void on_ok(struct actor *actor, const struct heard *heard)
{
    if (heard->seq)
        actor_note_ok(actor, heard->seq);
    if (heard->re > KICK_ID)
        note_peer(actor, LINE_KICKS, (uint32_t)(heard->re - KICK_ID), NULL);
}

static void on_left(struct actor *actor, const struct heard *heard)
{
    char reason[32];
    (void)snprintf(reason, sizeof reason, SLICE_FORMAT, SLICE_ARGS(heard->reason));
    remove_seen(actor, peer_number(heard->peer), reason);
}

static void on_joined(struct actor *actor, const struct heard *heard)
{
    note_peer(actor, LINE_JOINED, add_seen(actor, heard->peer)->peer, NULL);
}

static void on_back(struct actor *actor, const struct heard *heard)
{
    note_peer(actor, LINE_BACK, add_seen(actor, heard->peer)->peer, NULL);
}

static void on_away(struct actor *actor, const struct heard *heard)
{
    set_away(actor, peer_number(heard->peer));
}

static void on_pong(struct actor *actor, const struct heard *heard)
{
    actor->proved_ms = heard->re - 8;
    actor->spent_life = actor->wire->life;
}

static void on_receipt(struct actor *actor, const struct heard *heard)
{
    actor_note_receipt(actor, peer_number(heard->from), heard->seq);
}

static void on_ticket(struct actor *actor, const struct heard *heard)
{
    keep_ticket(actor, heard->ticket);
}

static const struct {
    const char *type;
    void (*hear)(struct actor *, const struct heard *);
} hearings[] = {
    {"relay", on_message},           {"broadcast", on_message}, {"receipt", on_receipt}, {"ok", on_ok},
    {"welcome", on_welcome},         {"error", on_error},       {"peer-away", on_away},  {"peer-back", on_back},
    {"peer-joined", on_joined},      {"peer-left", on_left},    {"roster", on_roster},   {"ticket", on_ticket},
    {"undelivered", on_undelivered}, {"bye", on_bye},           {"pong", on_pong},
};

void actor_hear(struct actor *actor, struct slice text)
{
    struct heard heard;
    heard_read(text, &heard);
    if (heard.n && heard.n <= actor->heard_n)
        fail(actor, "a number came twice, or went back");
    if (heard.n)
        actor->heard_n = heard.n;
    if (heard.n && heard.n <= actor->n)
        return; /* it was handled before the home moved */
    for (size_t i = 0; i < sizeof hearings / sizeof hearings[0]; i++) {
        if (heard.type.data[0] == hearings[i].type[0] && slice_is_text(heard.type, hearings[i].type))
            hearings[i].hear(actor, &heard);
    }
    if (heard.n && actor->wire)
        actor_handled(actor, heard.n);
}
