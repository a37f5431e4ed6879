/* log.c - builds each line on the stack and hands it to the kernel in one write, or drops and counts it. */
#include "ops/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

#define LINE_BYTES_MAX   2048 /* with the newline; below PIPE_BUF (4096), so that lines of threads never mix */
#define TAIL_RESERVE     8    /* for the mark of a cut value, its quote, the closing brace and the newline */
#define ESCAPE_BYTES_MAX 12   /* \u and four digits, twice */
#define CUT_MARK         "\xe2\x80\xa6"

static _Atomic int threshold = LOG_LEVEL_INFO;
static _Atomic int chosen_format = LOG_FORMAT_AUTO;
static _Atomic bool is_socket;
static _Atomic uint64_t dropped_count;
static _Atomic uint64_t reported_count; /* of the dropped */

/* Guards the asking and the writing: else two threads could both be told that one line fits, and one would block. */
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_torn; /* the last line got through in part, as on a full disk */

struct line {
    char bytes[LINE_BYTES_MAX];
    size_t length;
    bool is_json;
};

/* What stderr is does not change while a server runs; asking for each line would cost as much as writing it. */
void log_configure(enum log_level level, enum log_format format)
{
    struct stat status;
    if (format == LOG_FORMAT_AUTO)
        format = isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON;
    atomic_store(&threshold, level);
    atomic_store(&chosen_format, format);
    atomic_store(&is_socket, fstat(STDERR_FILENO, &status) == 0 && S_ISSOCK(status.st_mode));
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped_count);
}

static bool has_room(const struct line *line, size_t bytes)
{
    return line->length + bytes + TAIL_RESERVE <= LINE_BYTES_MAX;
}

/* The caller has asked has_room(), or the reserve holds it. */
static void add(struct line *line, const char *bytes, size_t length)
{
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static uint32_t decode(const char *at, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t scalar = (unsigned char)at[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        scalar = scalar << 6 | ((unsigned char)at[i] & 0x3f);
    return scalar;
}

/* What could end the line, steer a terminal or turn the direction of text (T-43; bidi: Unicode TR 36, 3.3). */
static bool is_dangerous(uint32_t c)
{
    bool is_control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    bool is_bidi =
        c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return is_control || is_bidi || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

/* The short escapes that JSON and logfmt readers share. */
static const char *short_escape(uint32_t c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}

/* Writes what stands for the character at `at`, `length` bytes of UTF-8; 0: one byte that is no UTF-8, which JSON
 * cannot hold and which is therefore shown as U+FFFD. Returns how many bytes of `out` that took. */
static size_t spell(const char *at, size_t length, char out[ESCAPE_BYTES_MAX + 1])
{
    if (length == 0)
        return (size_t)snprintf(out, ESCAPE_BYTES_MAX + 1, "\\ufffd");
    uint32_t c = decode(at, length);
    const char *escape = short_escape(c);
    if (escape)
        return (size_t)snprintf(out, ESCAPE_BYTES_MAX + 1, "%s", escape);
    if (is_dangerous(c))
        return (size_t)snprintf(out, ESCAPE_BYTES_MAX + 1, "\\u%04" PRIx32, c);
    memcpy(out, at, length);
    return length;
}

/* Returns false when the value had to be cut. */
static bool add_escaped(struct line *line, struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        char spelt[ESCAPE_BYTES_MAX + 1];
        size_t length = utf8_length(text.data + at, text.length - at);
        size_t bytes = spell(text.data + at, length, spelt);
        if (!has_room(line, bytes))
            return false;
        add(line, spelt, bytes);
        at += length ? length : 1;
    }
    return true;
}

static void add_quoted(struct line *line, struct slice text)
{
    add_text(line, "\"");
    if (!add_escaped(line, text))
        add_text(line, CUT_MARK);
    add_text(line, "\"");
}

/* logfmt needs no quotes around a plain word. */
static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return text.length > 0;
}

static void add_value(struct line *line, struct slice text)
{
    if (!line->is_json && is_word(text) && has_room(line, text.length))
        add(line, text.data, text.length);
    else
        add_quoted(line, text);
}

static bool add_key(struct line *line, const char *key)
{
    /* Room for the key, its quotes, the colon, the comma, and a value of a few bytes or any number. */
    if (!has_room(line, strlen(key) + 32))
        return false;
    bool is_first = line->length == 0;
    if (line->is_json)
        add_text(line, is_first ? "{\"" : ",\"");
    else if (!is_first)
        add_text(line, " ");
    add_text(line, key);
    add_text(line, line->is_json ? "\":" : "=");
    return true;
}

static void add_field(struct line *line, const struct log_field *field)
{
    if (!add_key(line, field->key))
        return;
    if (!field->is_number) {
        add_value(line, field->text);
        return;
    }
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, field->number);
    add_text(line, digits);
}

static void add_head(struct line *line, enum log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int64_t unix_ms = clock_now().unix_ms;
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    char day[32], stamp[48];
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(stamp, sizeof stamp, "%s.%03dZ", day, (int)(unix_ms % 1000));
    add_field(line, &LOG_TEXT("ts", stamp));
    add_field(line, &LOG_TEXT("level", names[level]));
    add_field(line, &LOG_TEXT("event", event));
}

static bool is_json_wanted(void)
{
    int format = atomic_load(&chosen_format);
    return format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
}

static void build(struct line *line, enum log_level level, const char *event, const struct log_field *fields,
                  size_t count)
{
    line->is_json = is_json_wanted();
    line->length = 0;
    add_head(line, level, event);
    for (size_t i = 0; i < count; i++)
        add_field(line, &fields[i]);
    add_text(line, line->is_json ? "}\n" : "\n");
}

/* O_NONBLOCK would belong to everyone who shares the descriptor, the shell included; so ask first. POLLOUT on a pipe
 * promises PIPE_BUF bytes, more than a line has. POLLERR: the reader is gone, and writing would raise SIGPIPE. */
static bool may_write(void)
{
    struct pollfd stderr_fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&stderr_fd, 1, 0) == 1 && stderr_fd.revents == POLLOUT;
}

/* Only a socket can be told not to block for one call. Who redirects stderr later still gets the lines. */
static ssize_t write_bytes(const char *bytes, size_t length)
{
    ssize_t count = -1;
    bool wants_write = !atomic_load(&is_socket);
    if (!wants_write) {
        count = send(STDERR_FILENO, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        wants_write = count < 0 && errno == ENOTSOCK;
    }
    return wants_write ? write(STDERR_FILENO, bytes, length) : count;
}

/* False when the line did not get through whole; the next one then starts on a line of its own. */
static bool emit(const struct line *line)
{
    (void)pthread_mutex_lock(&write_lock);
    bool is_sent = false;
    if (may_write() && (!is_torn || write_bytes("\n", 1) == 1)) {
        ssize_t count = write_bytes(line->bytes, line->length);
        is_sent = count == (ssize_t)line->length;
        is_torn = !is_sent && count > 0;
    }
    (void)pthread_mutex_unlock(&write_lock);
    return is_sent;
}

/* Says how many lines were lost, once there is room to say it. */
static void report_dropped(void)
{
    uint64_t dropped = atomic_load(&dropped_count);
    uint64_t reported = atomic_load(&reported_count);
    if (dropped == reported || !atomic_compare_exchange_strong(&reported_count, &reported, dropped))
        return;
    struct line line;
    build(&line, LOG_LEVEL_WARN, "log.dropped", &LOG_NUMBER("count", dropped - reported), 1);
    if (!emit(&line))
        atomic_fetch_sub(&reported_count, dropped - reported);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    if ((int)level < atomic_load(&threshold))
        return;
    struct line line;
    build(&line, level, event, fields, count);
    if (emit(&line))
        report_dropped();
    else
        atomic_fetch_add(&dropped_count, 1);
}

static void refill(struct log_gate *gate, int64_t mono_ms)
{
    if (gate->last_ms && mono_ms > gate->last_ms)
        gate->tokens += (double)(mono_ms - gate->last_ms) / 1000.0;
    if (gate->tokens > gate->burst)
        gate->tokens = gate->burst;
    gate->last_ms = mono_ms;
}

bool log_gate_open(struct log_gate *gate, int64_t mono_ms)
{
    refill(gate, mono_ms);
    if (gate->was_open)
        gate->suppressed = 0;
    gate->was_open = gate->tokens >= 1.0;
    if (gate->was_open)
        gate->tokens -= 1.0;
    else
        gate->suppressed++;
    return gate->was_open;
}
