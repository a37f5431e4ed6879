/* metrics.h - what one worker counts, and the page on which Prometheus reads the sum of all workers.
 *
 * Plain numbers without locks: one writer, its worker, and a reader on the same thread. Labels are fixed in
 * ops/metrics.def; rooms, peers and users never become one (T-44). */
#ifndef PARLEY_OPS_METRICS_H
#define PARLEY_OPS_METRICS_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rooms/event.h" /* the table of events only */

enum metric {
#define METRIC(name, ...) METRIC_##name,
#include "ops/metrics.def"
    METRIC_COUNT
};

enum histogram {
#define HISTOGRAM(name, ...) HISTOGRAM_##name,
#include "ops/metrics.def"
    HISTOGRAM_COUNT
};

#define METRICS_BUCKETS_MAX 16

struct metrics_histogram {
    int64_t buckets[METRICS_BUCKETS_MAX]; /* not cumulative; the last one has no upper end */
    double sum;
};

struct metrics {
    int64_t values[METRIC_COUNT];
    struct metrics_histogram histograms[HISTOGRAM_COUNT];
};

/* What is known of the process as a whole. A number that is -1 is not shown. */
struct metrics_process {
    const char *version; /* labels of parley_build_info; NULL is shown as "" */
    const char *lws;
    const char *openssl;
    int64_t log_dropped;
    double cpu_s;
    int64_t resident_bytes;
    int64_t open_fds;
    int64_t max_fds;
    double start_unix_s;
};

struct metrics *metrics_create(void);                     /* never NULL; caller destroys */
struct metrics *metrics_destroy(struct metrics *metrics); /* NULL is fine; returns NULL */

void metrics_add(struct metrics *metrics, enum metric metric, int64_t count);
void metrics_set(struct metrics *metrics, enum metric metric, int64_t value);
void metrics_observe(struct metrics *metrics, enum histogram histogram, double value); /* seconds or bytes */

/* Fills in all but the three labels, from /proc and getrusage(2); what cannot be read becomes -1. */
void metrics_read_process(struct metrics_process *out);

/* Appends the page in the text format 0.0.4 of Prometheus. */
void metrics_render(const struct metrics *const *all, size_t count, const struct metrics_process *process,
                    struct buffer *out);

/* The series to count in; for values without one, the series "other". */
enum metric metric_for_close_code(int code);
enum metric metric_for_refused_upgrade(int http_status);
enum metric metric_for_http_status(int http_status);
enum metric metric_for_event(enum event_type type);
enum metric metric_for_auth_error(enum error error);
enum metric metric_for_undelivered(enum undelivered_reason reason);
enum metric metric_for_message_type_name(const char *name); /* NULL is fine; a search: not for each message */

#endif
