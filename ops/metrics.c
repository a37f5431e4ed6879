/* metrics.c - counts, sums over workers, and the text format 0.0.4 of Prometheus. */
#include "ops/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_GAUGE_MAX, KIND_GAUGE_MAX_US };

enum family {
#define FAMILY(name, ...) FAMILY_##name,
#include "ops/metrics.def"
    FAMILY_COUNT
};

static const struct {
    const char *name;
    enum kind kind;
    const char *help;
} families[FAMILY_COUNT] = {
#define FAMILY(name, exposed, kind, help) {exposed, KIND_##kind, help},
#include "ops/metrics.def"
};

static const struct {
    enum family family;
    const char *labels;
} series[METRIC_COUNT] = {
#define METRIC(name, family, labels) {FAMILY_##family, labels},
#include "ops/metrics.def"
};

struct bounds {
    size_t count;
    double upper[METRICS_BUCKETS_MAX - 1]; /* the last bucket, +Inf, has none */
};

/* Relaying takes microseconds, joining may wait for a person's network. */
static const struct bounds bounds_SECONDS = {
    15, {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.1, 0.25, 1, 2.5, 5}};
static const struct bounds bounds_BYTES = {
    12, {256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 1048576}};

static const struct {
    const char *name;
    const struct bounds *bounds;
    const char *help;
} histograms[HISTOGRAM_COUNT] = {
#define HISTOGRAM(name, exposed, unit, help) {exposed, &bounds_##unit, help},
#include "ops/metrics.def"
};

struct metrics *metrics_create(void)
{
    return memory_new(sizeof(struct metrics));
}

struct metrics *metrics_destroy(struct metrics *metrics)
{
    free(metrics);
    return NULL;
}

void metrics_add(struct metrics *metrics, enum metric metric, int64_t count)
{
    assert((size_t)metric < METRIC_COUNT);
    metrics->values[metric] += count;
}

void metrics_set(struct metrics *metrics, enum metric metric, int64_t value)
{
    assert((size_t)metric < METRIC_COUNT);
    metrics->values[metric] = value;
}

void metrics_observe(struct metrics *metrics, enum histogram histogram, double value)
{
    assert((size_t)histogram < HISTOGRAM_COUNT);
    const struct bounds *bounds = histograms[histogram].bounds;
    size_t bucket = 0;
    while (bucket < bounds->count && !(value <= bounds->upper[bucket]))
        bucket++;
    metrics->histograms[histogram].buckets[bucket]++;
    metrics->histograms[histogram].sum += value;
}

static void render_head(const char *name, const char *type, const char *help, struct buffer *out)
{
    buffer_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int64_t total(const struct metrics *const *all, size_t count, enum metric metric)
{
    bool is_sum = families[series[metric].family].kind <= KIND_GAUGE;
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t each = all[i]->values[metric];
        value = is_sum ? value + each : each > value ? each : value;
    }
    return value;
}

static void render_value(enum kind kind, int64_t value, struct buffer *out)
{
    if (kind == KIND_GAUGE_MAX_US)
        buffer_add_format(out, " %.9g\n", (double)value / 1e6);
    else
        buffer_add_format(out, " %" PRId64 "\n", value);
}

static void render_series(const struct metrics *const *all, size_t count, enum metric metric, struct buffer *out)
{
    enum family family = series[metric].family;
    const char *labels = series[metric].labels;
    buffer_add_text(out, families[family].name);
    if (*labels)
        buffer_add_format(out, "{%s}", labels);
    render_value(families[family].kind, total(all, count, metric), out);
}

static void render_families(const struct metrics *const *all, size_t count, struct buffer *out)
{
    size_t metric = 0;
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        const char *type = families[family].kind == KIND_COUNTER ? "counter" : "gauge";
        render_head(families[family].name, type, families[family].help, out);
        while (metric < METRIC_COUNT && series[metric].family == family)
            render_series(all, count, (enum metric)metric++, out);
    }
    assert(metric == METRIC_COUNT); /* else a row stands under a family that is not its own */
}

static void render_histogram(const struct metrics *const *all, size_t count, size_t index, struct buffer *out)
{
    const char *name = histograms[index].name;
    const struct bounds *bounds = histograms[index].bounds;
    render_head(name, "histogram", histograms[index].help, out);
    int64_t so_far = 0;
    double sum = 0;
    for (size_t bucket = 0; bucket <= bounds->count; bucket++) {
        for (size_t i = 0; i < count; i++)
            so_far += all[i]->histograms[index].buckets[bucket];
        if (bucket < bounds->count)
            buffer_add_format(out, "%s_bucket{le=\"%g\"} %" PRId64 "\n", name, bounds->upper[bucket], so_far);
        else
            buffer_add_format(out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", name, so_far);
    }
    for (size_t i = 0; i < count; i++)
        sum += all[i]->histograms[index].sum;
    buffer_add_format(out, "%s_sum %.17g\n%s_count %" PRId64 "\n", name, sum, name, so_far);
}

/* A label's value: backslash, quote and newline are escaped. */
static void render_label(const char *name, const char *value, struct buffer *out)
{
    buffer_add_format(out, "%s=\"", name);
    for (const char *c = value ? value : ""; *c; c++) {
        if (*c == '\\' || *c == '"')
            buffer_add_char(out, '\\');
        if (*c == '\n')
            buffer_add_text(out, "\\n");
        else
            buffer_add_char(out, *c);
    }
    buffer_add_char(out, '"');
}

static void render_build_info(const struct metrics_process *process, struct buffer *out)
{
    render_head("parley_build_info", "gauge", "Always 1; the versions that run are its labels.", out);
    buffer_add_text(out, "parley_build_info{");
    render_label("version", process->version, out);
    render_label(",lws", process->lws, out);
    render_label(",openssl", process->openssl, out);
    buffer_add_text(out, "} 1\n");
}

static void render_number(const char *name, const char *type, const char *help, double value, struct buffer *out)
{
    if (value < 0)
        return;
    render_head(name, type, help, out);
    buffer_add_format(out, "%s %.15g\n", name, value);
}

/* The process_ names are those of every Prometheus client library. */
static void render_process(const struct metrics_process *process, struct buffer *out)
{
    render_number("parley_log_dropped_total", "counter", "Log lines that could not be written at once.",
                  (double)process->log_dropped, out);
    render_number("process_cpu_seconds_total", "counter", "Processor time used, by the program and for it.",
                  process->cpu_s, out);
    render_number("process_resident_memory_bytes", "gauge", "Memory held in RAM.", (double)process->resident_bytes,
                  out);
    render_number("process_open_fds", "gauge", "File descriptors open.", (double)process->open_fds, out);
    render_number("process_max_fds", "gauge", "File descriptors that may be open.", (double)process->max_fds, out);
    render_number("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.",
                  process->start_unix_s, out);
}

void metrics_render(const struct metrics *const *all, size_t count, const struct metrics_process *process,
                    struct buffer *out)
{
    render_build_info(process, out);
    render_families(all, count, out);
    for (size_t i = 0; i < HISTOGRAM_COUNT; i++)
        render_histogram(all, count, i, out);
    render_process(process, out);
}

/* The series of `family` whose labels are `labels`; `other` when there is none. */
static enum metric find_series(enum family family, const char *labels, enum metric other)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (series[i].family == family && strcmp(series[i].labels, labels) == 0)
            return (enum metric)i;
    return other;
}

static enum metric find_number(enum family family, const char *label, int number, enum metric other)
{
    char labels[48];
    (void)snprintf(labels, sizeof labels, "%s=\"%d\"", label, number);
    return find_series(family, labels, other);
}

enum metric metric_for_close_code(int code)
{
    return find_number(FAMILY_DISCONNECTS, "code", code, METRIC_DISCONNECTS_OTHER);
}

enum metric metric_for_refused_upgrade(int http_status)
{
    return find_number(FAMILY_REFUSED_UPGRADES, "status", http_status, METRIC_REFUSED_UPGRADES_OTHER);
}

enum metric metric_for_http_status(int http_status)
{
    int hundreds = http_status / 100;
    bool is_known = hundreds >= 1 && hundreds <= 5;
    return is_known ? (enum metric)(METRIC_HTTP_REQUESTS_1XX + hundreds - 1) : METRIC_HTTP_REQUESTS_5XX;
}

enum metric metric_for_event(enum event_type type)
{
    static const enum metric of_event[EVENT_COUNT] = {
#define EVENT(name, wire) METRIC_MESSAGES_OUT_##name,
        EVENT_TABLE(EVENT)
#undef EVENT
    };
    assert((size_t)type < EVENT_COUNT);
    return of_event[type];
}

enum metric metric_for_auth_error(enum error error)
{
    char labels[64];
    (void)snprintf(labels, sizeof labels, "reason=\"%s\"", error_code(error));
    return find_series(FAMILY_AUTH_FAILURES, labels, METRIC_AUTH_FAILURES_OTHER);
}

enum metric metric_for_undelivered(enum undelivered_reason reason)
{
    static const enum metric of_reason[UNDELIVERED_REASON_COUNT] = {
#define REASON(name, wire) METRIC_UNDELIVERED_##name,
        UNDELIVERED_REASON_TABLE(REASON)
#undef REASON
    };
    assert((size_t)reason < UNDELIVERED_REASON_COUNT);
    return of_reason[reason];
}

enum metric metric_for_message_type_name(const char *name)
{
    char labels[64];
    (void)snprintf(labels, sizeof labels, "type=\"%s\",direction=\"in\"", name ? name : "");
    return find_series(FAMILY_MESSAGES, labels, METRIC_MESSAGES_IN_OTHER);
}
