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

static const char *word(bool is_well)
{
    return is_well ? "ok" : "unavailable";
}

void health_write(const struct health *health, bool is_well, bool is_verbose, struct buffer *out)
{
    buffer_add_format(out, "{\"status\":\"%s\"", word(is_well));
    if (is_verbose)
        buffer_add_format(out, ",\"checks\":{\"loop\":\"%s\",\"accepting\":\"%s\"}", word(health_is_live(health)),
                          word(!health->is_draining));
    buffer_add_char(out, '}');
}
