/* test_log.c - every event is one printable line (T-43). */
#include <json-c/json.h>
#include <stdio.h>
#include <unistd.h>

#include "base/utf8.h"
#include "ops/log.h"
#include "tests/ops/support/capture.h"
#include "tests/support/cmocka_all.h"

/* Logs one text and returns the line. */
static size_t log_one(struct slice text, char *out, size_t size)
{
    struct capture capture = capture_begin_pipe();
    log_info("peer.join", LOG_SLICE("name", text), LOG_NUMBER("count", 3));
    capture_end(&capture);
    size_t length = capture_read(&capture, out, size);
    (void)close(capture.reader);
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
    struct capture capture = capture_begin_pipe();
    log_debug("a", LOG_NUMBER("n", 1));
    log_info("b", LOG_NUMBER("n", 1));
    log_warn("c", LOG_NUMBER("n", 1));
    log_error("d", LOG_NUMBER("n", 1));
    capture_end(&capture);

    (void)capture_read(&capture, text, sizeof text);

    assert_null(strstr(text, "event=a"));
    assert_null(strstr(text, "event=b"));
    assert_non_null(strstr(text, "event=c"));
    assert_non_null(strstr(text, "event=d"));
    (void)close(capture.reader);
}

static void what_is_no_terminal_gets_json_by_default(void **state)
{
    (void)state;
    char line[4096];
    struct capture capture = capture_begin_pipe();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_AUTO);
    log_info("event", LOG_NUMBER("n", 1));
    capture_end(&capture);

    (void)capture_read(&capture, line, sizeof line);

    assert_int_equal(line[0], '{');
    (void)close(capture.reader);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
