/* test_metrics.c - the page that Prometheus reads is well-formed, adds up, and cannot be made to grow (T-44). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/metrics.h"

static const struct metrics_process process = {
    .version = "0.1.0",
    .lws = "4.1.6",
    .openssl = "OpenSSL 3.0 \"x\\y\"",
    .log_dropped = 2,
    .cpu_s = 1.25,
    .resident_bytes = 4096,
    .open_fds = 9,
    .max_fds = 1024,
    .start_unix_s = 1700000000.25,
};

/* The page of these workers; the caller frees it. */
static char *page_of(const struct metrics *const *all, size_t count)
{
    struct buffer out = BUFFER_EMPTY;
    metrics_render(all, count, &process, &out);
    char *page = strdup(buffer_text(&out));
    buffer_fini(&out);
    return page;
}

static void assert_line(const char *page, const char *line)
{
    const char *at = strstr(page, line);
    if (!at || (at != page && at[-1] != '\n') || at[strlen(line)] != '\n')
        fail_msg("\"%s\" is not a line of the page", line);
}

static void counters_and_gauges_are_summed_over_workers(void **state)
{
    (void)state;
    struct metrics *first = metrics_create(), *second = metrics_create();
    metrics_add(first, METRIC_JOINS_OK, 3);
    metrics_add(second, METRIC_JOINS_OK, 4);
    metrics_set(first, METRIC_ROOMS, 5);
    metrics_set(second, METRIC_ROOMS, 6);
    metrics_add(first, METRIC_CONNECTIONS_WSS, 2);
    metrics_add(first, METRIC_CONNECTIONS_WSS, -1);

    char *page = page_of((const struct metrics *const[]){first, second}, 2);

    assert_line(page, "parley_joins_total{result=\"ok\"} 7");
    assert_line(page, "parley_joins_total{result=\"refused\"} 0");
    assert_line(page, "parley_rooms 11");
    assert_line(page, "parley_connections{transport=\"wss\"} 1");
    free(page);
    metrics_destroy(first);
    metrics_destroy(second);
}

static void the_worst_lag_and_the_latest_expiry_are_shown_not_their_sum(void **state)
{
    (void)state;
    struct metrics *first = metrics_create(), *second = metrics_create();
    metrics_set(first, METRIC_EVENT_LOOP_LAG, 1500); /* microseconds */
    metrics_set(second, METRIC_EVENT_LOOP_LAG, 250);
    metrics_set(first, METRIC_TLS_CERT_EXPIRY, 1900000000);
    metrics_set(second, METRIC_TLS_CERT_EXPIRY, 1900000000);

    char *page = page_of((const struct metrics *const[]){first, second}, 2);

    assert_line(page, "parley_event_loop_lag_seconds 0.0015");
    assert_line(page, "parley_tls_cert_expiry_timestamp_seconds 1900000000");
    free(page);
    metrics_destroy(first);
    metrics_destroy(second);
}

static void a_histogram_is_cumulative_and_its_bounds_belong_to_the_bucket_below(void **state)
{
    (void)state;
    struct metrics *first = metrics_create(), *second = metrics_create();
    metrics_observe(first, HISTOGRAM_SEND_QUEUE_BYTES, 0);
    metrics_observe(first, HISTOGRAM_SEND_QUEUE_BYTES, 1024);
    metrics_observe(second, HISTOGRAM_SEND_QUEUE_BYTES, 1025);
    metrics_observe(second, HISTOGRAM_SEND_QUEUE_BYTES, 1e9);

    char *page = page_of((const struct metrics *const[]){first, second}, 2);

    assert_line(page, "parley_send_queue_bytes_bucket{le=\"512\"} 1");
    assert_line(page, "parley_send_queue_bytes_bucket{le=\"1024\"} 2");
    assert_line(page, "parley_send_queue_bytes_bucket{le=\"2048\"} 3");
    assert_line(page, "parley_send_queue_bytes_bucket{le=\"+Inf\"} 4");
    assert_line(page, "parley_send_queue_bytes_sum 1000002049");
    assert_line(page, "parley_send_queue_bytes_count 4");
    free(page);
    metrics_destroy(first);
    metrics_destroy(second);
}

static void every_bound_of_a_histogram_is_spelt_apart_from_the_others(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    char *page = page_of((const struct metrics *const[]){metrics}, 1);
    double before = -1;
    size_t count = 0;

    for (const char *at = page; (at = strstr(at, "_bucket{le=\"")) != NULL; count++) {
        at += strlen("_bucket{le=\"");
        double bound = strtod(at, NULL);
        assert_true(bound > before);
        before = isinf(bound) ? -1 : bound;
    }

    assert_int_equal(count, 13 + 16 + 16);
    free(page);
    metrics_destroy(metrics);
}

static void the_process_and_the_versions_are_shown(void **state)
{
    (void)state;
    char *page = page_of(NULL, 0);

    assert_line(page, "parley_build_info{version=\"0.1.0\",lws=\"4.1.6\",openssl=\"OpenSSL 3.0 \\\"x\\\\y\\\"\"} 1");
    assert_line(page, "parley_log_dropped_total 2");
    assert_line(page, "process_cpu_seconds_total 1.25");
    assert_line(page, "process_max_fds 1024");
    assert_line(page, "process_start_time_seconds 1700000000.25");
    free(page);
}

static void this_process_is_read_from_the_kernel(void **state)
{
    (void)state;
    struct metrics_process self = {0};
    struct metrics_process more = {0};

    metrics_read_process(&self);
    FILE *another = fopen("/dev/null", "r");
    metrics_read_process(&more);
    (void)fclose(another);

    assert_true(self.cpu_s >= 0);
    assert_true(self.resident_bytes > 100000);
    assert_int_equal(more.open_fds, self.open_fds + 1);
    assert_true(self.max_fds > 3);
    assert_true(self.start_unix_s > 1.5e9);
}

static void what_is_unknown_is_left_out(void **state)
{
    (void)state;
    struct metrics_process unknown = {
        .cpu_s = -1, .resident_bytes = -1, .open_fds = -1, .max_fds = -1, .start_unix_s = -1};
    struct buffer out = BUFFER_EMPTY;

    metrics_render(NULL, 0, &unknown, &out);

    assert_null(strstr(buffer_text(&out), "process_"));
    assert_non_null(strstr(buffer_text(&out), "version=\"\""));
    buffer_fini(&out);
}

static size_t count_lines(const char *page)
{
    size_t lines = 0;
    for (const char *c = page; *c; c++)
        lines += *c == '\n';
    return lines;
}

static void t44_the_number_of_series_does_not_depend_on_what_happened(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    char *before = page_of((const struct metrics *const[]){metrics}, 1);
    for (int i = -70000; i < 70000; i++) {
        metrics_add(metrics, metric_for_close_code(i), 1);
        metrics_add(metrics, metric_for_http_status(i), 1);
        metrics_add(metrics, metric_for_refused_upgrade(i), 1);
    }
    metrics_add(metrics, metric_for_message_type_name("a\"b\nc"), 1);

    char *after = page_of((const struct metrics *const[]){metrics}, 1);

    assert_int_equal(count_lines(before), count_lines(after));
    free(before);
    free(after);
    metrics_destroy(metrics);
}

static void each_value_finds_its_series(void **state)
{
    (void)state;
    assert_int_equal(metric_for_close_code(1000), METRIC_DISCONNECTS_1000);
    assert_int_equal(metric_for_close_code(4508), METRIC_DISCONNECTS_4508);
    assert_int_equal(metric_for_close_code(4999), METRIC_DISCONNECTS_OTHER);
    assert_int_equal(metric_for_refused_upgrade(426), METRIC_REFUSED_UPGRADES_426);
    assert_int_equal(metric_for_refused_upgrade(418), METRIC_REFUSED_UPGRADES_OTHER);
    assert_int_equal(metric_for_http_status(101), METRIC_HTTP_REQUESTS_1XX);
    assert_int_equal(metric_for_http_status(200), METRIC_HTTP_REQUESTS_2XX);
    assert_int_equal(metric_for_http_status(404), METRIC_HTTP_REQUESTS_4XX);
    assert_int_equal(metric_for_http_status(999), METRIC_HTTP_REQUESTS_5XX);
    assert_int_equal(metric_for_message_type_name("kick"), METRIC_MESSAGES_IN_KICK);
    assert_int_equal(metric_for_message_type_name("welcome"), METRIC_MESSAGES_IN_OTHER);
    assert_int_equal(metric_for_message_type_name(NULL), METRIC_MESSAGES_IN_OTHER);
    assert_int_equal(metric_for_event(EVENT_PEER_JOINED), METRIC_MESSAGES_OUT_PEER_JOINED);
    assert_int_equal(metric_for_auth_error(ERR_AUTH_EXPIRED), METRIC_AUTH_FAILURES_EXPIRED);
    assert_int_equal(metric_for_auth_error(ERR_ROOM_FULL), METRIC_AUTH_FAILURES_OTHER);
}

static void every_auth_error_every_event_and_every_close_code_has_a_series(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    char *page = page_of((const struct metrics *const[]){metrics}, 1);
    char line[128];
    for (int error = 1; error < ERROR_COUNT; error++) {
        if (strncmp(error_code((enum error)error), "auth_", 5) == 0) {
            (void)snprintf(line, sizeof line, "parley_auth_failures_total{reason=\"%s\"} 0",
                           error_code((enum error)error));
            assert_line(page, line);
            assert_int_not_equal(metric_for_auth_error((enum error)error), METRIC_AUTH_FAILURES_OTHER);
        }
        int close = error_close_code((enum error)error);
        if (close && metric_for_close_code(close) == METRIC_DISCONNECTS_OTHER)
            fail_msg("close code %d has no series", close);
    }
#define EVENT(name, wire) assert_line(page, "parley_messages_total{type=\"" wire "\",direction=\"out\"} 0");
    EVENT_TABLE(EVENT)
#undef EVENT
    free(page);
    metrics_destroy(metrics);
}

/* promtool forgives a family in two pieces; other readers of the format do not. */
static void every_family_stands_together_and_is_declared_once(void **state)
{
    (void)state;
    char *page = page_of(NULL, 0);
    char declared[4096] = " ", family[128] = "", key[160];
    size_t count = 0;
    for (char *line = strtok(page, "\n"); line; line = strtok(NULL, "\n")) {
        if (sscanf(line, "# TYPE %127s", family) == 1) {
            (void)snprintf(key, sizeof key, " %s ", family);
            assert_null(strstr(declared, key));
            (void)strcat(declared, key);
            count++;
        } else if (*line != '#') {
            assert_memory_equal(line, family, strlen(family));
        }
    }
    assert_true(count > 20);
    free(page);
}

/* The exit status of `promtool check metrics` on the text; -1 when there is no promtool. */
static int promtool(const char *text)
{
    if (system("command -v promtool >/dev/null") != 0)
        return -1;
    FILE *pipe = popen("promtool check metrics", "w");
    assert_non_null(pipe);
    assert_int_equal(fwrite(text, 1, strlen(text), pipe), strlen(text));
    int status = pclose(pipe);
    return status > 255 ? status >> 8 : status;
}

static void promtool_finds_nothing_to_complain_about(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    metrics_observe(metrics, HISTOGRAM_JOIN_SECONDS, 0.3);
    metrics_set(metrics, METRIC_EVENT_LOOP_LAG, 3);
    char *page = page_of((const struct metrics *const[]){metrics}, 1);

    int status = promtool(page);

    free(page);
    metrics_destroy(metrics);
    if (status == -1) {
        print_message("skipped: promtool (Debian: prometheus) is not installed\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void promtool_does_complain_about_what_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "# HELP parley_joins Joins.\n# TYPE parley_joins counter\nparley_joins 1\n", /* no _total */
        "# TYPE parley_rooms gauge\nparley_rooms 1\n",                               /* no HELP */
        "parley_rooms{room=\"a\nb\"} 1\n",
    };
    if (promtool("") == -1)
        skip();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_not_equal(promtool(wrong[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_gauges_are_summed_over_workers),
        cmocka_unit_test(the_worst_lag_and_the_latest_expiry_are_shown_not_their_sum),
        cmocka_unit_test(a_histogram_is_cumulative_and_its_bounds_belong_to_the_bucket_below),
        cmocka_unit_test(every_bound_of_a_histogram_is_spelt_apart_from_the_others),
        cmocka_unit_test(the_process_and_the_versions_are_shown),
        cmocka_unit_test(this_process_is_read_from_the_kernel),
        cmocka_unit_test(what_is_unknown_is_left_out),
        cmocka_unit_test(t44_the_number_of_series_does_not_depend_on_what_happened),
        cmocka_unit_test(each_value_finds_its_series),
        cmocka_unit_test(every_auth_error_every_event_and_every_close_code_has_a_series),
        cmocka_unit_test(every_family_stands_together_and_is_declared_once),
        cmocka_unit_test(promtool_finds_nothing_to_complain_about),
        cmocka_unit_test(promtool_does_complain_about_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
