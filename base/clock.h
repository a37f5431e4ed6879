/* clock.h - the time, passed in by whoever owns the clock. */
#ifndef PARLEY_BASE_CLOCK_H
#define PARLEY_BASE_CLOCK_H

#include <stdint.h>

/* One reading of both clocks. Durations are measured with the monotonic one only, so that a wall
 * clock that jumps ends no connection; the wall clock serves tokens and credentials. */
struct instant {
    int64_t mono_ms; /* since an arbitrary start; never goes back */
    int64_t unix_ms; /* since 1970 UTC */
};

struct instant clock_now(void);

/* For measuring how long something takes: the monotonic clock at its full resolution. */
double clock_precise_s(void);

static inline int64_t instant_unix_s(struct instant now)
{
    return now.unix_ms / 1000;
}

#endif
