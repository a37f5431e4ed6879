/* client.c - a client: when it dials, what it makes of lost connections, how its sessions begin and end. */
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "tests/sim/sim.h"

#define PING_EVERY_MS  2000
#define DEAD_AFTER_MS  16000
#define DIAL_TIMEOUT   6000
#define BACKOFF_MAX_MS 4000

static void on_dial(struct sim *sim, void *object, uint64_t stamp)
{
    struct actor *actor = object;
    if (stamp != actor->stamp || actor->state == ACTOR_GONE)
        return;
    actor_let_go(actor, 4000);
    sim_note(sim, FIRST_ACTOR + actor->number, LINE_DIAL);
    actor->wire = wire_create(sim, actor);
    actor->state = ACTOR_DIALLING;
    actor->heard_ms = sim->now_ms;
    actor->bye_code[0] = '\0';
    actor->bye_delay_ms = -1;
    sim_after(sim, actor->wire->latency_ms, server_on_dial, actor->wire, 0);
}

void actor_dial(struct actor *actor, int64_t delay_ms)
{
    actor->state = ACTOR_WAITING;
    sim_after(actor->sim, delay_ms, on_dial, actor, ++actor->stamp);
}

/* The first try comes at once, further ones after ever longer times, in which chance has a part. */
static void dial_again(struct actor *actor)
{
    struct prng *random = &actor->sim->random;
    int64_t most_ms = actor->tries < 4 ? 250 << actor->tries : BACKOFF_MAX_MS;
    int64_t delay_ms = actor->tries ? prng_between(random, most_ms / 2, most_ms) : prng_between(random, 0, 100);
    actor->tries++;
    actor_dial(actor, delay_ms);
}

void actor_enter(struct actor *actor, int64_t delay_ms)
{
    actor->tries = 0;
    actor_dial(actor, delay_ms);
}

void actor_let_go(struct actor *actor, int close_code)
{
    struct wire *wire = actor->wire;
    if (!wire)
        return;
    const char code[2] = {(char)(close_code >> 8), (char)close_code};
    if (close_code)
        wire_say(wire, UP_CLOSE, slice_of(code, sizeof code));
    wire->actor = NULL;
    actor->wire = NULL;
}

static void note_down(struct actor *actor)
{
    if (actor->peer == NOBODY || actor->state != ACTOR_JOINED)
        return;
    struct line *line = sim_note(actor->sim, FIRST_ACTOR + actor->number, LINE_DOWN);
    const struct plan *plan = &actor->sim->plan;
    bool may_end_early = plan->has_short_tokens || plan->mailbox.letters_max < 1000 ||
                         plan->rare & (1u << RARE_MAILBOX_OVERFULL | 1u << RARE_TICKET_ENDED);
    if (!may_end_early)
        line->number = actor->proved_ms;
}

void actor_on_refused(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    struct actor *actor = wire->actor;
    (void)argument;
    if (!actor)
        return;
    if (actor == &sim->thief) {
        actor_let_go(actor, 0);
        return;
    }
    actor_let_go(actor, 0);
    dial_again(actor);
}

void actor_on_open(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    (void)argument;
    if (!wire->actor || wire->is_down_dead)
        return;
    if (wire->actor == &sim->thief && wire->life != sim->thief.spent_life) {
        actor_let_go(wire->actor, 1006);
        return;
    }
    wire->actor->heard_ms = sim->now_ms;
    wire->actor->state = ACTOR_GREETING;
    wire->actor->welcomes = 0;
    actor_hello(wire->actor);
}

void actor_hello(struct actor *actor)
{
    struct buffer *text = &actor->sim->scratch;
    buffer_clear(text);
    buffer_add_format(text, "{\"type\":\"hello\",\"id\":1,\"receipts\":%s,", actor->gives_receipts ? "true" : "false");
    if (actor->has_ticket) {
        buffer_add_format(text, "\"got\":%lld,\"ticket\":\"", (long long)actor->n);
        buffer_add(text, buffer_slice(&actor->ticket));
        actor->said = actor->n;
    } else {
        buffer_add_text(text, "\"token\":\"");
        buffer_add(text, stage_token(actor->identity, actor->room, actor->has_short_token));
        actor->has_short_token = false; /* further ones are fresh */
    }
    buffer_add_text(text, "\"}");
    actor->ping_ms = actor->sim->now_ms;
    wire_say(actor->wire, UP_TEXT, buffer_slice(text));
}

void actor_on_lost(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    struct actor *actor = wire->actor;
    (void)argument;
    if (!actor)
        return;
    if (actor == &sim->thief) {
        actor_let_go(actor, 0);
        return;
    }
    note_down(actor);
    actor_let_go(actor, 0);
    dial_again(actor);
}

void actor_end(struct actor *actor, const char *reason)
{
    struct sim *sim = actor->sim;
    if (actor->peer != NOBODY)
        sim_note(sim, FIRST_ACTOR + actor->number, LINE_END)->word = history_word(sim->history, reason);
    actor_forget_pending(actor);
    actor->peer = NOBODY;
    actor->has_ticket = false;
    actor->n = actor->said = 0;
    actor->unsaid = 0;
    actor->roster_count = actor->memory_count = 0;
    actor->next_seq = actor->send_from = 1;
    actor->not_before_ms = actor->pace_ms = 0;
    actor->is_rebuilding = false;
}

/* The server closed: what it said before tells what to do. */
void actor_on_close(struct actor *actor, int close_code)
{
    if (actor == &actor->sim->thief) {
        actor_let_go(actor, close_code);
        return;
    }
    const char code[2] = {(char)(close_code >> 8), (char)close_code};
    int64_t delay_ms = actor->bye_delay_ms > 0 ? actor->bye_delay_ms : 0;
    bool has_bye = actor->bye_code[0] != '\0';
    note_down(actor);
    wire_say(actor->wire, UP_CLOSE, slice_of(code, sizeof code));
    actor_let_go(actor, 0);
    if (!has_bye) {
        dial_again(actor);
    } else if (actor->bye_action == BYE_RESUME) {
        actor_dial(actor, delay_ms);
    } else if (actor->bye_action == BYE_REJOIN) {
        actor_end(actor, actor->bye_code);
        actor_dial(actor, delay_ms);
    } else {
        actor_end(actor, actor->bye_code);
        actor->state = ACTOR_GONE;
    }
    if (actor->is_retired && actor->peer == NOBODY)
        actor->state = ACTOR_GONE;
}

static void ping(struct actor *actor)
{
    actor->ping_ms = actor->sim->now_ms;
    char text[60];
    (void)snprintf(text, sizeof text, "{\"type\":\"ping\",\"id\":%lld", (long long)actor->ping_ms + 8);
    actor_say(actor, text);
}

void actor_on_beat(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *actor = object;
    int64_t silent_ms = sim->now_ms - actor->heard_ms;
    (void)argument;
    sim_after(sim, 1000, actor_on_beat, actor, 0);
    if (actor->state == ACTOR_DIALLING && silent_ms >= DIAL_TIMEOUT) {
        actor_let_go(actor, 4000);
        dial_again(actor);
    } else if ((actor->state == ACTOR_JOINED || actor->state == ACTOR_GREETING) && silent_ms >= DEAD_AFTER_MS) {
        note_down(actor);
        actor_let_go(actor, 4000);
        dial_again(actor);
    } else if (actor->state == ACTOR_JOINED && sim->now_ms - actor->ping_ms >= PING_EVERY_MS) {
        ping(actor);
    }
}

/* The network is another: nothing passes over the old connection, and the server does not know it. */
void actor_roam(struct actor *actor)
{
    if (!actor->wire || actor->state != ACTOR_JOINED)
        return;
    note_down(actor);
    actor->wire->is_up_dead = actor->wire->is_down_dead = true;
    actor_let_go(actor, 0);
    actor_dial(actor, prng_between(&actor->sim->random, 0, 300));
}

void actor_quit(struct actor *actor, const char *how)
{
    bool is_leave = strcmp(how, "leave") == 0, is_vanish = strcmp(how, "vanish") == 0;
    if (is_leave && actor->state == ACTOR_JOINED)
        actor_say(actor, "{\"type\":\"leave\"");
    if (is_vanish && actor->wire)
        actor->wire->is_up_dead = actor->wire->is_down_dead = true;
    actor_let_go(actor, is_leave ? 1000 : 1001);
    actor_end(actor, is_leave ? "left" : "closed");
    actor->state = ACTOR_GONE;
    actor->stamp++;
}
