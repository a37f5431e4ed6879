/* log.h - one line per event, in logfmt or JSON, on stderr; it never blocks and never kills.
 *
 * Event names are stable ("peer.join"); fields are typed; values are escaped so that one event is always one
 * printable line of at most 2 KiB. Tokens, SDP, chat and passwords are never passed in here. */
#ifndef PARLEY_OPS_LOG_H
#define PARLEY_OPS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON }; /* auto: logfmt on a terminal, else JSON */

struct log_field {
    const char *key;
    bool is_number;
    struct slice text;
    int64_t number;
};

#define LOG_TEXT(k, v)   ((struct log_field){.key = (k), .text = slice_from_text(v)})
#define LOG_SLICE(k, v)  ((struct log_field){.key = (k), .text = (v)})
#define LOG_NUMBER(k, v) ((struct log_field){.key = (k), .is_number = true, .number = (int64_t)(v)})

/* May be called at any time, from the main thread. Before it, the log is at INFO in format AUTO. */
void log_configure(enum log_level level, enum log_format format);

/* Thread-safe. A line that cannot be written at once is dropped and counted; the next line that gets through
 * says how many were. */
void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t count);

#define LOG_EVENT(level, event, ...)                                                                                   \
    log_fields((level), (event), (const struct log_field[]){__VA_ARGS__},                                              \
               sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(event, ...) LOG_EVENT(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  LOG_EVENT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG_EVENT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG_EVENT(LOG_LEVEL_ERROR, event, __VA_ARGS__)

/* Lines dropped since the start, for the metrics. */
uint64_t log_dropped(void);

/* At most `burst` at once and one a second after that, per gate; for what an attacker can trigger.
 * Usage: static struct log_gate gate = LOG_GATE(20); if (log_gate_open(&gate, now.mono_ms)) log_warn(...). */
struct log_gate {
    double burst;
    double tokens;
    int64_t last_ms;
    uint64_t suppressed; /* between this opening and the one before: worth a field of the line */
    bool was_open;
};
#define LOG_GATE(n)                                                                                                    \
    {                                                                                                                  \
        .burst = (n), .tokens = (n)                                                                                    \
    }
bool log_gate_open(struct log_gate *gate, int64_t mono_ms);

#endif
