/* wire.c - one connection: two streams of bytes, each with its delay, which can be cut or go silent. */
#include <string.h>

#include "base/memory.h"
#include "signaling/framing.h"
#include "tests/sim/sim.h"

#define OP_CLOSE 0x88
#define OP_PING  0x89

struct wire *wire_create(struct sim *sim, struct actor *actor)
{
    struct wire *wire = memory_new(sizeof *wire);
    wire->sim = sim;
    wire->actor = actor;
    wire->server = server_any(sim); /* as a load balancer does that knows nothing */
    wire->latency_ms = prng_between(&sim->random, sim->plan.latency_min_ms, sim->plan.latency_max_ms);
    wire->up_limit = wire->down_limit = SIZE_MAX;
    wire->next = sim->wires;
    sim->wires = wire;
    return wire;
}

bool sim_prints_texts;

static void print_text(const struct wire *wire, char way, struct slice text)
{
    if (sim_prints_texts)
        (void)fprintf(stderr, "%lld c%u %c " SLICE_FORMAT "\n", (long long)wire->sim->now_ms,
                      FIRST_ACTOR + wire->actor->number, way, SLICE_ARGS(text));
}

static int64_t travel_ms(struct wire *wire)
{
    return wire->latency_ms + prng_below(&wire->sim->random, (uint32_t)(wire->latency_ms / 2 + 2));
}

/* Upwards each message is one byte of type, four of length, and its text. */
void wire_say(struct wire *wire, enum up_type type, struct slice payload)
{
    if (wire->is_up_dead)
        return;
    print_text(wire, '>', payload);
    uint32_t length = (uint32_t)payload.length;
    buffer_add_char(&wire->up, (char)type);
    buffer_add(&wire->up, slice_of(&length, sizeof length));
    buffer_add(&wire->up, payload);
    int64_t at_ms = wire->sim->now_ms + travel_ms(wire);
    if (at_ms <= wire->up_last_ms)
        at_ms = wire->up_last_ms + 1;
    wire->up_last_ms = at_ms;
    sim_after(wire->sim, at_ms - wire->sim->now_ms, server_on_up, wire, wire->up.length);
}

void wire_wake(void *object)
{
    struct wire *wire = object;
    if (wire->is_flush_due)
        return;
    wire->is_flush_due = true;
    sim_after(wire->sim, 0, wire_on_flush, wire, 0);
}

void wire_close(void *object, int close_code, const char *reason)
{
    struct wire *wire = object;
    (void)reason;
    wire->close_code = close_code;
    wire->close_by_ms = wire->sim->now_ms + 5000;
    wire_wake(wire);
}

/* Tickets are in it, and all that is in those. */
static void add_to_hash(struct sim *sim, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        sim->said_hash = (sim->said_hash ^ (unsigned char)bytes.data[i]) * 0x100000001b3u;
}

static void write_posting(struct wire *wire, const struct posting *posting)
{
    unsigned char head[FRAMING_MAX];
    add_to_hash(wire->sim, slice_of(posting->frame->bytes + 1, posting->frame->length - 1));
    size_t length = framing_write(posting->frame, posting->n, head);
    buffer_add(&wire->down, slice_of(head, length));
    buffer_add(&wire->down, slice_of(posting->frame->bytes + 1, posting->frame->length - 1));
}

static void send_down(struct wire *wire)
{
    if (wire->is_down_dead)
        return;
    int64_t at_ms = wire->sim->now_ms + travel_ms(wire);
    if (at_ms < wire->down_last_ms)
        at_ms = wire->down_last_ms;
    wire->down_last_ms = at_ms;
    sim_after(wire->sim, at_ms - wire->sim->now_ms, wire_on_down, wire, wire->down_base + wire->down.length);
}

static bool is_servers(const struct wire *wire)
{
    return wire->served && wire->server->edge && wire->server->life == wire->life;
}

void wire_ping(struct wire *wire)
{
    static const char ping[2] = {(char)OP_PING, 0};
    wire->is_pinged = true;
    if (wire->is_close_sent || wire->down.length - wire->down_read >= wire->sim->plan.window)
        return;
    buffer_add(&wire->down, slice_of(ping, sizeof ping));
    send_down(wire);
}

static void write_close(struct wire *wire)
{
    const char bytes[4] = {(char)OP_CLOSE, 2, (char)(wire->close_code >> 8), (char)wire->close_code};
    buffer_add(&wire->down, slice_of(bytes, sizeof bytes));
    wire->is_close_sent = true;
}

void wire_on_flush(struct sim *sim, void *object, uint64_t argument)
{
    struct wire *wire = object;
    (void)argument;
    if (is_servers(wire) && server_is_stalled(wire->server)) {
        sim_after(sim, server_stall_ms(wire->server), wire_on_flush, wire, 0);
        return;
    }
    wire->is_flush_due = false;
    if (!is_servers(wire) || wire->is_close_sent)
        return;
    struct outbox *outbox = edge_outbox(wire->served);
    const struct posting *posting;
    size_t before = wire->down.length;
    while ((posting = outbox_first(outbox)) && wire->down.length - wire->down_read < sim->plan.window) {
        write_posting(wire, posting);
        outbox_pop(outbox);
    }
    if (wire->close_code && !outbox_first(outbox))
        write_close(wire);
    if (wire->down.length > before)
        send_down(wire);
}

/* Takes one frame of RFC 6455 from what has arrived; false when there is none whole. */
static bool next_frame(struct wire *wire, unsigned *out_op, struct slice *out_payload)
{
    const unsigned char *at = (const unsigned char *)wire->down.data + wire->down_read;
    size_t left = wire->down_arrived - wire->down_read, head = 2;
    if (left < 2)
        return false;
    size_t length = at[1];
    if (length == 126) {
        if (left < 4)
            return false;
        length = (size_t)at[2] << 8 | at[3];
        head = 4;
    }
    if (left < head + length)
        return false;
    *out_op = at[0];
    *out_payload = slice_of(at + head, length);
    wire->down_read += head + length;
    return true;
}

static void take_frame(struct wire *wire, unsigned op, struct slice payload)
{
    struct actor *actor = wire->actor;
    actor->heard_ms = wire->sim->now_ms;
    print_text(wire, '<', payload);
    if (op == OP_PING)
        wire_say(wire, UP_PONG, SLICE_EMPTY);
    else if (op == OP_CLOSE)
        actor_on_close(actor, (unsigned char)payload.data[0] << 8 | (unsigned char)payload.data[1]);
    else if (actor == &actor->sim->thief)
        thief_hear(actor, payload);
    else
        actor_hear(actor, payload);
}

/* What was read makes place for more; a frame is never moved while it is read. */
static void compact(struct wire *wire)
{
    if (wire->down_read < wire->down.length || wire->down_limit != SIZE_MAX)
        return;
    wire->down_base += wire->down.length;
    buffer_clear(&wire->down);
    wire->down_read = wire->down_arrived = 0;
}

void wire_on_down(struct sim *sim, void *object, uint64_t arrived)
{
    struct wire *wire = object;
    unsigned op;
    struct slice payload;
    if (!wire->actor || arrived <= wire->down_base)
        return;
    if (wire->reads_from_ms > sim->now_ms) {
        int64_t left_ms = wire->reads_from_ms - sim->now_ms;
        sim_after(sim, left_ms < 500 ? left_ms : 500, wire_on_down, wire, arrived);
        return;
    }
    size_t whole = (size_t)(arrived - wire->down_base);
    if (whole > wire->down_limit)
        whole = wire->down_limit;
    if (whole > wire->down_arrived)
        wire->down_arrived = whole;
    while (wire->actor && next_frame(wire, &op, &payload))
        take_frame(wire, op, payload);
    compact(wire);
    if (is_servers(wire) && outbox_first(edge_outbox(wire->served)))
        wire_wake(wire);
}

/* Of what is under way some may still arrive; then both ends hear of it, at times of their own. */
void wire_reset(struct wire *wire, bool is_cut)
{
    struct sim *sim = wire->sim;
    int64_t up_ms = prng_between(&sim->random, 0, 300), down_ms = prng_between(&sim->random, 0, 300);
    size_t up_left = wire->up.length - wire->up_read, down_left = wire->down.length - wire->down_arrived;
    wire->is_up_dead = wire->is_down_dead = true;
    wire->up_limit = wire->up_read;
    wire->down_limit = wire->down_arrived;
    if (is_cut) {
        wire->up_limit += prng_below(&sim->random, (uint32_t)up_left + 1);
        wire->down_limit += prng_below(&sim->random, (uint32_t)down_left + 1);
        up_ms += wire->up_last_ms > sim->now_ms ? wire->up_last_ms - sim->now_ms : 0;
        down_ms += wire->down_last_ms > sim->now_ms ? wire->down_last_ms - sim->now_ms : 0;
    }
    sim_after(sim, up_ms, server_on_lost, wire, 0);
    sim_after(sim, down_ms, actor_on_lost, wire, 0);
}

bool wire_is_sound(const struct wire *wire)
{
    if (!wire || !wire->served || !wire->actor || wire->life != wire->server->life)
        return false;
    int64_t soon_ms = wire->sim->now_ms + 1000; /* what was delayed has arrived by then */
    bool is_behind = outbox_first(edge_outbox(wire->served)) != NULL;
    return !is_behind && !wire->is_up_dead && !wire->is_down_dead && !wire->close_code &&
           wire->down_last_ms < soon_ms && wire->up_last_ms < soon_ms;
}
