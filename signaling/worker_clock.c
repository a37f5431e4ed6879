/* worker_clock.c - the machine's monotonic clock less the stalls. */
#include "signaling/worker_clock.h"

void worker_clock_init(struct worker_clock *clock, struct instant now)
{
    *clock = (struct worker_clock){.read_ms = now.mono_ms};
}

/* Of a stall, one turn's wait is left, which the loop might have taken anyway. */
struct instant worker_clock_read(struct worker_clock *clock, struct instant now)
{
    int64_t gap_ms = now.mono_ms - clock->read_ms;
    clock->read_ms = now.mono_ms;
    if (gap_ms > WORKER_TURN_MS + WORKER_STALL_MS) {
        clock->stalled_ms += gap_ms - WORKER_TURN_MS;
        clock->untold_ms += gap_ms - WORKER_TURN_MS;
    }
    return (struct instant){now.mono_ms - clock->stalled_ms, now.unix_ms};
}

int64_t worker_clock_take_stall(struct worker_clock *clock)
{
    int64_t untold_ms = clock->untold_ms;
    clock->untold_ms = 0;
    return untold_ms;
}
