/* test_log_writing.c - writing an event neither blocks nor kills, nor mixes with others (T-43). */
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/log.h"
#include "tests/ops/support/capture.h"
#include "tests/support/cmocka_all.h"

/* The reader does not read: lines are dropped, and told once it does. */
static void check_full(struct capture capture)
{
    static char text[4 << 20];
    uint64_t before = log_dropped();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 20000; i++)
        log_info("filler", LOG_TEXT("name", "a name to fill the pipe with, over and over again"));
    uint64_t dropped = log_dropped() - before;
    (void)capture_read(&capture, text, sizeof text);
    log_info("after", LOG_NUMBER("n", 1));
    capture_end(&capture);
    (void)capture_read(&capture, text, sizeof text);

    char told[64];
    (void)snprintf(told, sizeof told, "event=log.dropped count=%llu\n", (unsigned long long)dropped);
    assert_true(dropped > 0 && dropped < 20000);
    assert_non_null(strstr(text, "event=after"));
    assert_non_null(strstr(text, told));
    (void)close(capture.reader);
}

static void a_full_pipe_drops_lines_and_says_so_later(void **state)
{
    (void)state;
    check_full(capture_begin_pipe());
}

static void a_full_socket_drops_lines_and_says_so_later(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    check_full(capture_begin(ends[0], ends[1]));
}

static void a_reader_that_is_gone_kills_nobody(void **state)
{
    (void)state;
    uint64_t before = log_dropped();
    struct capture capture = capture_begin_pipe();
    (void)close(capture.reader);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_error("to.nobody", LOG_NUMBER("n", 1)); /* SIGPIPE has its default action here */
    capture_end(&capture);

    assert_int_equal(log_dropped() - before, 1);
}

static void a_closed_stderr_and_a_full_disk_are_dropped_lines(void **state)
{
    (void)state;
    uint64_t before = log_dropped();
    struct capture capture = {dup(STDERR_FILENO), -1};
    (void)close(STDERR_FILENO);
    log_error("to.nothing", LOG_NUMBER("n", 1));
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0 && full != STDERR_FILENO)
        (void)dup2(full, STDERR_FILENO);
    log_error("to.full", LOG_NUMBER("n", 1));
    capture_end(&capture);

    assert_int_equal(log_dropped() - before, 2);
}

static void the_descriptor_stays_as_blocking_as_it_was(void **state)
{
    (void)state;
    struct capture capture = capture_begin_pipe();
    int before = fcntl(STDERR_FILENO, F_GETFL);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_error("event", LOG_NUMBER("n", 1));
    int after = fcntl(STDERR_FILENO, F_GETFL);
    capture_end(&capture);

    assert_int_equal(before, after);
    (void)close(capture.reader);
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
    struct capture capture = capture_begin_pipe();
    struct reading reading = {capture.reader, calloc(1, 4 << 20), 0};
    pthread_t reader, writers[THREADS];
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    (void)pthread_create(&reader, NULL, read_all, &reading);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&writers[i], NULL, log_many, names[i]);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(writers[i], NULL);
    capture_end(&capture); /* the last writer of the pipe goes, and the reader ends */
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
    (void)close(capture.reader);
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
