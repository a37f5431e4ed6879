/* home_metrics.h - what a home has counted, on the page of metrics. */
#ifndef PARLEY_SIGNALING_HOME_METRICS_H
#define PARLEY_SIGNALING_HOME_METRICS_H

#include "cluster/home.h"
#include "ops/metrics.h"

/* Sets the series that are the home's own: rooms, peers, resumes, receipts and what was not delivered. */
void home_metrics_take(const struct home *home, struct metrics *metrics);

#endif
