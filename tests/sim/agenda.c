/* agenda.c - what is due, and when. */
#include <string.h>

#include "base/memory.h"
#include "tests/sim/sim.h"

static bool is_before(const struct due *a, const struct due *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->tie < b->tie;
}

static void sift_up(struct agenda *agenda, size_t at)
{
    struct due due = agenda->heap[at];
    for (; at > 0 && is_before(&due, &agenda->heap[(at - 1) / 2]); at = (at - 1) / 2)
        agenda->heap[at] = agenda->heap[(at - 1) / 2];
    agenda->heap[at] = due;
}

static void sift_down(struct agenda *agenda)
{
    size_t at = 0;
    struct due due = agenda->heap[0];
    for (size_t child = 1; child < agenda->count; child = at * 2 + 1) {
        if (child + 1 < agenda->count && is_before(&agenda->heap[child + 1], &agenda->heap[child]))
            child++;
        if (!is_before(&agenda->heap[child], &due))
            break;
        agenda->heap[at] = agenda->heap[child];
        at = child;
    }
    agenda->heap[at] = due;
}

void sim_after(struct sim *sim, int64_t delay_ms, void (*act)(struct sim *, void *, uint64_t), void *object,
               uint64_t argument)
{
    struct agenda *agenda = &sim->agenda;
    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity ? agenda->capacity * 2 : 256;
        agenda->heap = memory_resize(agenda->heap, agenda->capacity * sizeof *agenda->heap);
    }
    int64_t at_ms = sim->now_ms + (delay_ms > 0 ? delay_ms : 0);
    agenda->heap[agenda->count] = (struct due){at_ms, prng_next(&sim->random), act, object, argument};
    sift_up(agenda, agenda->count++);
}

bool sim_step(struct sim *sim)
{
    struct agenda *agenda = &sim->agenda;
    if (!agenda->count || sim->is_over)
        return false;
    struct due due = agenda->heap[0];
    agenda->heap[0] = agenda->heap[--agenda->count];
    if (agenda->count)
        sift_down(agenda);
    sim->now_ms = due.at_ms;
    due.act(sim, due.object, due.argument);
    return true;
}

struct instant sim_now(const struct sim *sim)
{
    return (struct instant){1000 + sim->now_ms, SIM_MIDNIGHT + sim->now_ms + sim->clock_ms};
}

int64_t sim_about(struct sim *sim, int64_t mean_ms)
{
    return prng_between(&sim->random, mean_ms / 4, mean_ms * 7 / 4);
}

struct line *sim_note(struct sim *sim, uint32_t who, enum line_type type)
{
    if (type <= LINE_END || type == LINE_FAULT)
        sim->disturbed_ms = sim->now_ms;
    return history_add(sim->history, sim->now_ms, who, type);
}

void sim_note_fault(struct sim *sim, enum fault fault, const struct actor *actor)
{
    static const char *const texts[FAULT_COUNT] = {
#define FAULT(name, text) text,
        FAULT_TABLE(FAULT)
#undef FAULT
    };
    struct line *line = sim_note(sim, WHO_RUN, LINE_FAULT);
    line->word = history_word(sim->history, texts[fault]);
    if (actor)
        line->peer = FIRST_ACTOR + actor->number;
    sim->faults[fault]++;
}
