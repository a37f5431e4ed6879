/* thief.c - somebody who has got hold of a ticket that was spent, and shows it (T-11). */
#include <string.h>

#include "tests/sim/sim.h"

static void on_dial(struct sim *sim, void *object, uint64_t argument)
{
    struct actor *thief = object;
    (void)argument;
    thief->wire = wire_create(sim, thief);
    sim_after(sim, thief->wire->latency_ms, server_on_dial, thief->wire, 0);
}

void thief_strike(struct sim *sim, struct actor *owner)
{
    struct actor *thief = &sim->thief;
    if (thief->wire || !owner->spent.length || owner->spent_life != sim->servers[0].life)
        return;
    thief->sim = sim;
    thief->room = owner->room;
    thief->number = ACTORS_MAX;
    thief->peer = NOBODY;
    thief->has_ticket = thief->gives_receipts = true;
    thief->spent_life = owner->spent_life;
    buffer_clear(&thief->ticket);
    buffer_add(&thief->ticket, buffer_slice(&owner->spent));
    sim_after(sim, 0, on_dial, thief, 0);
}

/* Another server's life may not know that it was spent. */
void thief_hear(struct actor *thief, struct slice text)
{
    static const char welcome[] = "{\"type\":\"welcome\"";
    bool is_welcome = text.length > sizeof welcome && memcmp(text.data, welcome, sizeof welcome - 1) == 0;
    if (is_welcome && thief->wire->life == thief->spent_life) {
        thief->sim->stuck = "a spent ticket was taken";
        thief->sim->is_over = true;
    }
    actor_let_go(thief, 1006);
}
