/* home_log.h - what a home notes, as lines of the log. */
#ifndef PARLEY_SIGNALING_HOME_LOG_H
#define PARLEY_SIGNALING_HOME_LOG_H

#include "cluster/home.h"

/* For home_config.note; needs no context. */
void home_log_note(void *context, const struct home_note *note);

#endif
