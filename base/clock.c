/* clock.c - the machine's clocks; only the outermost shell reads them. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec at;
    (void)clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct instant clock_now(void)
{
    return (struct instant){read_ms(CLOCK_MONOTONIC), read_ms(CLOCK_REALTIME)};
}

double clock_precise_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}
