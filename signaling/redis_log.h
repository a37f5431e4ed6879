/* redis_log.h - what the bus in Redis notes, as lines of the log. */
#ifndef PARLEY_SIGNALING_REDIS_LOG_H
#define PARLEY_SIGNALING_REDIS_LOG_H

#include "cluster/redis.h"

/* For redis_config.note; needs no context. */
void redis_log_note(void *context, const struct redis_note *note);

#endif
