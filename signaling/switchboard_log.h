/* switchboard_log.h - what a switchboard notes, as lines of the log. */
#ifndef PARLEY_SIGNALING_SWITCHBOARD_LOG_H
#define PARLEY_SIGNALING_SWITCHBOARD_LOG_H

#include "cluster/switchboard.h"

/* For switchboard_config.note; needs no context. */
void switchboard_log_note(void *context, const struct switchboard_note *note);

#endif
