/* redis_log.c - what the bus in Redis notes, as lines of the log. */
#include "signaling/redis_log.h"

#include "ops/log.h"

void redis_log_note(void *context, const struct redis_note *note)
{
    (void)context;
    switch (note->kind) {
    case REDIS_NOTE_UP:
        log_info("bus.up", LOG_TEXT("server", note->server), LOG_NUMBER("tries", note->tries),
                 LOG_NUMBER("down_ms", note->down_ms));
        break;
    case REDIS_NOTE_DOWN:
        log_warn("bus.down", LOG_TEXT("server", note->server), LOG_TEXT("why", note->why),
                 LOG_NUMBER("tries", note->tries), LOG_NUMBER("down_ms", note->down_ms));
        break;
    case REDIS_NOTE_OPEN:
        log_warn(
            "bus.open", LOG_TEXT("server", note->server),
            LOG_TEXT("why", "Redis asks nobody for a password; set one, for whoever reaches it can cut nodes off"));
        break;
    }
}
