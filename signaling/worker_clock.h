/* worker_clock.h - a worker's time, in which the times when it could not run do not count.
 *
 * A process that was stopped for half a minute, by a signal, a debugger or a machine that swaps, has heard nobody
 * meanwhile: if that time counted, every client would be too silent when it wakes, and every grace time over (T-61).
 * Such a stall shows as a gap between two readings, for a loop that turns at least once a second takes one each time.
 */
#ifndef PARLEY_SIGNALING_WORKER_CLOCK_H
#define PARLEY_SIGNALING_WORKER_CLOCK_H

#include "base/clock.h"

#define WORKER_TURN_MS  1000 /* the longest that a loop with nothing to do waits */
#define WORKER_STALL_MS 2000 /* a turn that comes so much later than that was no turn, but a stall */

struct worker_clock {
    int64_t read_ms;    /* the last reading of the machine's monotonic clock */
    int64_t stalled_ms; /* all stalls together */
    int64_t untold_ms;  /* those that worker_clock_take_stall() has not returned yet */
};

void worker_clock_init(struct worker_clock *clock, struct instant now);

/* The worker's time when the machine's is `now`. */
struct instant worker_clock_read(struct worker_clock *clock, struct instant now);

/* How long the worker was stalled since the last time that it was asked; 0: not at all. */
int64_t worker_clock_take_stall(struct worker_clock *clock);

#endif
