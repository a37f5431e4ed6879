/* test_log.c - every event is one printable line, and writing it neither blocks nor kills (T-43). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/utf8.h"
#include "ops/log.h"

/* stderr, turned into one end of something for a test; the messages of cmocka would be lost meanwhile, so checks come
 * after restore(). */
struct captured {
    int saved;
    int reader;
};

static struct captured capture(int reader, int writer)
{
    struct captured captured = {dup(STDERR_FILENO), reader};
    (void)dup2(writer, STDERR_FILENO);
    (void)close(writer);
    return captured;
}

static struct captured capture_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    return capture(ends[0], ends[1]);
}

static void restore(struct captured *captured)
{
    (void)dup2(captured->saved, STDERR_FILENO);
    (void)close(captured->saved);
}

/* What is there to be read now. */
static size_t drain(struct captured *captured, char *out, size_t size)
{
    size_t length = 0;
    struct pollfd fd = {.fd = captured->reader, .events = POLLIN};
    while (length + 1 < size && poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN)) {
        ssize_t count = read(captured->reader, out + length, size - 1 - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    out[length] = '\0';
    return length;
}

/* Logs one text and returns the line. */
static size_t log_one(struct slice text, char *out, size_t size)
{
    struct captured captured = capture_pipe();
    log_info("peer.join", LOG_SLICE("name", text), LOG_NUMBER("count", 3));
    restore(&captured);
    size_t length = drain(&captured, out, size);
    (void)close(captured.reader);
    return length;
}

static void logfmt_quotes_only_what_needs_it(void **state)
{
    (void)state;
    char plain[4096], spaced[4096], empty[4096];
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)log_one(slice_from_text("ann"), plain, sizeof plain);
    (void)log_one(slice_from_text("ann \"the\" = one\n"), spaced, sizeof spaced);
    (void)log_one(SLICE_EMPTY, empty, sizeof empty);

    assert_non_null(strstr(plain, " level=info event=peer.join name=ann count=3\n"));
    assert_non_null(strstr(spaced, " name=\"ann \\\"the\\\" = one\\n\" count=3\n"));
    assert_non_null(strstr(empty, " name=\"\" count=3\n"));
    int year, month, day, hour, minute, second, ms, end = 0;
    int fields =
        sscanf(plain, "ts=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour, &minute, &second, &ms, &end);
    assert_int_equal(fields, 7);
    assert_int_equal(end, (int)strlen("ts=2026-01-02T03:04:05.678Z"));
}

static void json_keeps_the_fields_and_their_types(void **state)
{
    (void)state;
    char line[4096];
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);

    (void)log_one(slice_from_text("bob"), line, sizeof line);

    struct json_object *object = json_tokener_parse(line);
    assert_non_null(object);
    assert_string_equal(json_object_get_string(json_object_object_get(object, "event")), "peer.join");
    assert_string_equal(json_object_get_string(json_object_object_get(object, "name")), "bob");
    assert_int_equal(json_object_get_type(json_object_object_get(object, "count")), json_type_int);
    json_object_put(object);
}

/* Whether the line holds nothing that ends a line early, steers a terminal or turns text around. */
static bool is_printable_line(const char *line, size_t length)
{
    static const char *const forbidden[] = {
        "\xc2\x80",     "\xc2\x85",     "\xc2\x9b",     "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\x7f",
    };
    if (!length || length > 2048 || memchr(line, '\n', length) != line + length - 1)
        return false;
    for (size_t i = 0; i < length - 1;) {
        size_t each = utf8_length(line + i, length - i);
        if (!each || (unsigned char)line[i] < 0x20)
            return false;
        i += each;
    }
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (strstr(line, forbidden[i]))
            return false;
    return true;
}

static const enum log_format both_formats[] = {LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON};

static void every_single_byte_and_every_dangerous_character_is_escaped(void **state)
{
    (void)state;
    char line[4096], text[8];
    for (size_t f = 0; f < 2; f++) {
        log_configure(LOG_LEVEL_INFO, both_formats[f]);
        for (uint32_t c = 0; c < 0x2100; c++) {
            size_t length = log_one(slice_of(text, utf8_put(c, text)), line, sizeof line);
            if (!is_printable_line(line, length))
                fail_msg("U+%04X gave %s", c, line);
        }
        for (int byte = 0x80; byte < 0x100; byte++) {
            text[0] = (char)byte;
            size_t length = log_one(slice_of(text, 1), line, sizeof line);
            if (!is_printable_line(line, length) || !strstr(line, "\\ufffd"))
                fail_msg("byte %02x gave %s", byte, line);
        }
    }
}

/* A string of the list as it was, and as it went through. */
static void check_round_trip(struct json_object *string)
{
    struct slice text = slice_of(json_object_get_string(string), (size_t)json_object_get_string_len(string));
    char line[4096];
    size_t length = log_one(text, line, sizeof line);
    if (!is_printable_line(line, length))
        fail_msg("not one printable line: %s", line);
    struct json_object *object = json_tokener_parse(line);
    struct json_object *name = object ? json_object_object_get(object, "name") : NULL;
    if (!name)
        fail_msg("not JSON: %s", line);
    bool is_same =
        slice_is_equal(text, slice_of(json_object_get_string(name), (size_t)json_object_get_string_len(name)));
    if (text.length < 300 && !is_same)
        fail_msg("changed: %s", line);
    json_object_put(object);
}

static void t43_naughty_strings_go_through_as_json_unharmed(void **state)
{
    (void)state;
    struct json_object *list = json_object_from_file(PARLEY_SOURCE_DIR "/../shared/data/strings/blns.json");
    if (!list) {
        print_message("skipped: shared/data/strings/blns.json is not here\n");
        skip();
    }
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);

    size_t count = json_object_array_length(list);
    for (size_t i = 0; i < count; i++)
        check_round_trip(json_object_array_get_idx(list, i));

    assert_true(count > 500);
    json_object_put(list);
}

static void a_long_value_is_cut_with_a_mark_and_the_line_stays_whole(void **state)
{
    (void)state;
    static const char *const fills[] = {"x", "\x01", "\xc3\xa9", "\xe2\x80\xae", "\"", "\xff"};
    char text[6000], line[8192];
    for (size_t f = 0; f < 2; f++) {
        log_configure(LOG_LEVEL_INFO, both_formats[f]);
        for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
            size_t length = 0;
            for (; length + 4 < sizeof text; length += strlen(fills[i]))
                memcpy(text + length, fills[i], strlen(fills[i]));
            size_t line_length = log_one(slice_of(text, length), line, sizeof line);
            assert_true(is_printable_line(line, line_length));
            assert_in_range(line_length, 1900, 2048);
            assert_non_null(strstr(line, "\xe2\x80\xa6\""));
        }
        struct json_object *object = both_formats[f] == LOG_FORMAT_JSON ? json_tokener_parse(line) : NULL;
        assert_int_equal(object != NULL, both_formats[f] == LOG_FORMAT_JSON);
        json_object_put(object);
    }
}

static void every_length_of_value_gives_a_whole_line(void **state)
{
    (void)state;
    char text[2100], line[8192];
    memset(text, 'x', sizeof text);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (size_t length = 1850; length < sizeof text; length++) {
        size_t line_length = log_one(slice_of(text, length), line, sizeof line);
        assert_true(is_printable_line(line, line_length));
        struct json_object *object = json_tokener_parse(line);
        assert_non_null(object);
        json_object_put(object);
    }
}

static void events_below_the_level_are_not_written(void **state)
{
    (void)state;
    char text[4096];
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    struct captured captured = capture_pipe();
    log_debug("a", LOG_NUMBER("n", 1));
    log_info("b", LOG_NUMBER("n", 1));
    log_warn("c", LOG_NUMBER("n", 1));
    log_error("d", LOG_NUMBER("n", 1));
    restore(&captured);

    (void)drain(&captured, text, sizeof text);

    assert_null(strstr(text, "event=a"));
    assert_null(strstr(text, "event=b"));
    assert_non_null(strstr(text, "event=c"));
    assert_non_null(strstr(text, "event=d"));
    (void)close(captured.reader);
}

static void what_is_no_terminal_gets_json_by_default(void **state)
{
    (void)state;
    char line[4096];
    struct captured captured = capture_pipe();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_AUTO);
    log_info("event", LOG_NUMBER("n", 1));
    restore(&captured);

    (void)drain(&captured, line, sizeof line);

    assert_int_equal(line[0], '{');
    (void)close(captured.reader);
}

/* The reader does not read: lines are dropped, and told once it does. */
static void check_full(struct captured captured)
{
    static char text[4 << 20];
    uint64_t before = log_dropped();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 20000; i++)
        log_info("filler", LOG_TEXT("name", "a name to fill the pipe with, over and over again"));
    uint64_t dropped = log_dropped() - before;
    (void)drain(&captured, text, sizeof text);
    log_info("after", LOG_NUMBER("n", 1));
    restore(&captured);
    (void)drain(&captured, text, sizeof text);

    char told[64];
    (void)snprintf(told, sizeof told, "event=log.dropped count=%llu\n", (unsigned long long)dropped);
    assert_true(dropped > 0 && dropped < 20000);
    assert_non_null(strstr(text, "event=after"));
    assert_non_null(strstr(text, told));
    (void)close(captured.reader);
}

static void a_full_pipe_drops_lines_and_says_so_later(void **state)
{
    (void)state;
    check_full(capture_pipe());
}

static void a_full_socket_drops_lines_and_says_so_later(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    check_full(capture(ends[0], ends[1]));
}

static void a_reader_that_is_gone_kills_nobody(void **state)
{
    (void)state;
    uint64_t before = log_dropped();
    struct captured captured = capture_pipe();
    (void)close(captured.reader);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_error("to.nobody", LOG_NUMBER("n", 1)); /* SIGPIPE has its default action here */
    restore(&captured);

    assert_int_equal(log_dropped() - before, 1);
}

static void a_closed_stderr_and_a_full_disk_are_dropped_lines(void **state)
{
    (void)state;
    uint64_t before = log_dropped();
    struct captured captured = {dup(STDERR_FILENO), -1};
    (void)close(STDERR_FILENO);
    log_error("to.nothing", LOG_NUMBER("n", 1));
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0 && full != STDERR_FILENO)
        (void)dup2(full, STDERR_FILENO);
    log_error("to.full", LOG_NUMBER("n", 1));
    restore(&captured);

    assert_int_equal(log_dropped() - before, 2);
}

static void the_descriptor_stays_as_blocking_as_it_was(void **state)
{
    (void)state;
    struct captured captured = capture_pipe();
    int before = fcntl(STDERR_FILENO, F_GETFL);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_error("event", LOG_NUMBER("n", 1));
    int after = fcntl(STDERR_FILENO, F_GETFL);
    restore(&captured);

    assert_int_equal(before, after);
    (void)close(captured.reader);
}

#define THREADS    4
#define LINES_EACH 400

static void *log_many(void *name)
{
    for (int i = 0; i < LINES_EACH; i++)
        log_info("thread", LOG_TEXT("name", name), LOG_NUMBER("i", i));
    return NULL;
}

struct reading {
    int fd;
    char *text;
    size_t length;
};

static void *read_all(void *context)
{
    struct reading *reading = context;
    ssize_t count;
    while ((count = read(reading->fd, reading->text + reading->length, 4096)) > 0)
        reading->length += (size_t)count;
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    uint64_t before = log_dropped();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    struct captured captured = capture_pipe();
    struct reading reading = {captured.reader, calloc(1, 4 << 20), 0};
    pthread_t reader, writers[THREADS];
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    (void)pthread_create(&reader, NULL, read_all, &reading);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&writers[i], NULL, log_many, names[i]);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(writers[i], NULL);
    restore(&captured); /* the last writer of the pipe goes, and the reader ends */
    (void)pthread_join(reader, NULL);

    size_t lines = 0;
    for (char *line = strtok(reading.text, "\n"); line; line = strtok(NULL, "\n")) {
        struct json_object *object = json_tokener_parse(line);
        assert_non_null(object);
        if (strcmp(json_object_get_string(json_object_object_get(object, "event")), "thread") == 0)
            lines++;
        json_object_put(object);
    }
    assert_int_equal(lines + (log_dropped() - before), THREADS * LINES_EACH);
    free(reading.text);
    (void)close(captured.reader);
}

static void a_gate_lets_a_burst_through_and_then_one_a_second(void **state)
{
    (void)state;
    struct log_gate gate = LOG_GATE(3);
    int opened = 0;
    for (int i = 0; i < 10; i++)
        opened += log_gate_open(&gate, 1000);
    assert_int_equal(opened, 3);
    assert_false(log_gate_open(&gate, 1999));
    assert_true(log_gate_open(&gate, 2000));
    assert_int_equal(gate.suppressed, 8);
    assert_false(log_gate_open(&gate, 2001));
    for (int i = 0, more = 0; i < 10; i++, assert_true(more <= 3))
        more += log_gate_open(&gate, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt_quotes_only_what_needs_it),
        cmocka_unit_test(json_keeps_the_fields_and_their_types),
        cmocka_unit_test(every_single_byte_and_every_dangerous_character_is_escaped),
        cmocka_unit_test(t43_naughty_strings_go_through_as_json_unharmed),
        cmocka_unit_test(a_long_value_is_cut_with_a_mark_and_the_line_stays_whole),
        cmocka_unit_test(every_length_of_value_gives_a_whole_line),
        cmocka_unit_test(events_below_the_level_are_not_written),
        cmocka_unit_test(what_is_no_terminal_gets_json_by_default),
        cmocka_unit_test(a_full_pipe_drops_lines_and_says_so_later),
        cmocka_unit_test(a_full_socket_drops_lines_and_says_so_later),
        cmocka_unit_test(a_reader_that_is_gone_kills_nobody),
        cmocka_unit_test(a_closed_stderr_and_a_full_disk_are_dropped_lines),
        cmocka_unit_test(the_descriptor_stays_as_blocking_as_it_was),
        cmocka_unit_test(lines_of_several_threads_do_not_mix),
        cmocka_unit_test(a_gate_lets_a_burst_through_and_then_one_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
