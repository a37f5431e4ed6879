/* home_metrics.c - what a home has counted, on the page of metrics. */
#include "signaling/home_metrics.h"

void home_metrics_take(const struct home *home, struct metrics *metrics)
{
    const struct home_counts *counts = home_counts(home);
    metrics_set(metrics, METRIC_ROOMS, (int64_t)home_room_count(home));
    metrics_set(metrics, METRIC_PEERS, (int64_t)home_session_count(home));
    metrics_set(metrics, METRIC_PEERS_AWAY, (int64_t)home_away_count(home));
    metrics_set(metrics, METRIC_RESUMES_RESUMED, (int64_t)counts->resumed);
    metrics_set(metrics, METRIC_RESUMES_REBUILT, (int64_t)counts->rebuilt);
    metrics_set(metrics, METRIC_RESUMES_REFUSED, (int64_t)counts->resumes_refused);
    metrics_set(metrics, METRIC_NUMBERED_ACCEPTED, (int64_t)counts->accepted);
    metrics_set(metrics, METRIC_NUMBERED_REPEATED, (int64_t)counts->repeated);
    metrics_set(metrics, METRIC_RECEIPTS, (int64_t)counts->receipts);
    for (int reason = 0; reason < UNDELIVERED_REASON_COUNT; reason++)
        metrics_set(metrics, metric_for_undelivered((enum undelivered_reason)reason),
                    (int64_t)counts->undelivered[reason]);
}
