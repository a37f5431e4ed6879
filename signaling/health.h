/* health.h - what load balancers and supervisors ask: does it live, and can it take calls. */
#ifndef PARLEY_SIGNALING_HEALTH_H
#define PARLEY_SIGNALING_HEALTH_H

#include <stdbool.h>

#include "base/buffer.h"

/* No check looks at anything outside of this process: a bus that is down must not have it restarted (T-68). */
struct health {
    double loop_lag_s; /* since the loop turned last */
    bool is_draining;
};

bool health_is_live(const struct health *health);
bool health_is_ready(const struct health *health);

/* Appends {"status":"ok"}, or "draining", or "unavailable" for a loop that stands still; with the single checks if so
 * asked. */
void health_write(const struct health *health, bool is_well, bool is_verbose, struct buffer *out);

#endif
