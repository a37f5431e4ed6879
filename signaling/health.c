/* health.c - does it live, and can it take calls. */
#include "signaling/health.h"

#define LOOP_LAG_MAX_S 5.0

bool health_is_live(const struct health *health)
{
    return health->loop_lag_s < LOOP_LAG_MAX_S;
}

bool health_is_ready(const struct health *health)
{
    return health_is_live(health) && !health->is_draining;
}

static const char *word(bool is_well, const char *otherwise)
{
    return is_well ? "ok" : otherwise;
}

void health_write(const struct health *health, bool is_well, bool is_verbose, struct buffer *out)
{
    const char *loop = word(health_is_live(health), "unavailable");
    const char *accepting = word(!health->is_draining, "draining");
    buffer_add_format(out, "{\"status\":\"%s\"", word(is_well, health_is_live(health) ? accepting : loop));
    if (is_verbose)
        buffer_add_format(out, ",\"checks\":{\"loop\":\"%s\",\"accepting\":\"%s\"}", loop, accepting);
    buffer_add_char(out, '}');
}
