/* test_protocol_document.c - docs/protocol.md is the contract: its tables and those of the code are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "signaling/message.h"

#define ROWS_MAX  100
#define CELLS_MAX 4

static struct buffer document;

struct table {
    size_t count;
    struct slice cells[ROWS_MAX][CELLS_MAX];
};

static int read_document(void **state)
{
    (void)state;
    FILE *file = fopen(PARLEY_SOURCE_DIR "/docs/protocol.md", "rb");
    if (!file)
        return -1;
    char part[4096];
    for (size_t length; (length = fread(part, 1, sizeof part, file)) > 0;)
        buffer_add(&document, slice_of(part, length));
    (void)buffer_text(&document);
    return fclose(file);
}

static int forget_document(void **state)
{
    (void)state;
    buffer_fini(&document);
    return 0;
}

/* Without the spaces and the backticks around it. */
static struct slice trimmed(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '`'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '`'))
        end--;
    return slice_of(start, (size_t)(end - start));
}

static void read_row(struct table *table, const char *line)
{
    const char *end = strchr(line, '\n');
    assert_true(table->count < ROWS_MAX);
    struct slice *cells = table->cells[table->count++];
    size_t cell = 0;
    for (const char *at = line + 1; at < end && cell < CELLS_MAX;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        assert_non_null(bar);
        cells[cell++] = trimmed(at, bar);
        at = bar + 1;
    }
}

/* The first table after `heading`, which is a whole line, whose first column is called `column`. */
static void read_table(const char *heading, const char *column, struct table *table)
{
    char lead[64];
    *table = (struct table){0};
    (void)snprintf(lead, sizeof lead, "\n%s\n", heading);
    const char *at = strstr(document.data, lead);
    if (!at)
        fail_msg("docs/protocol.md has no heading %s", heading);
    (void)snprintf(lead, sizeof lead, "\n| %s |", column);
    at = at ? strstr(at, lead) : NULL;
    if (!at)
        fail_msg("docs/protocol.md has no table of %s under %s", column, heading);
    for (int line = 0; at && at[1] == '|'; at = strchr(at + 1, '\n'), line++)
        if (line >= 2) /* after the column names and the rule below them */
            read_row(table, at + 1);
}

static void assert_first_column(const struct table *table, const char *const *names, size_t count)
{
    for (size_t i = 0; i < table->count && i < count; i++)
        if (!slice_is_text(table->cells[i][0], names[i]))
            fail_msg("row %zu is " SLICE_FORMAT " in the document and %s in the code", i + 1,
                     SLICE_ARGS(table->cells[i][0]), names[i]);
    assert_int_equal(table->count, count);
}

static void messages_are_those_of_the_code(void **state)
{
    (void)state;
    static const char *const names[] = {
#define MESSAGE(name, wire) wire,
        MESSAGE_TABLE(MESSAGE)
#undef MESSAGE
    };
    struct table table;
    read_table("## From client to server", "type", &table);
    assert_first_column(&table, names, MESSAGE_COUNT);
}

static void events_are_those_of_the_code(void **state)
{
    (void)state;
    static const char *const names[] = {
#define EVENT(name, wire) wire,
        EVENT_TABLE(EVENT)
#undef EVENT
    };
    struct table table;
    read_table("## From server to client", "type", &table);
    assert_first_column(&table, names, EVENT_COUNT);
}

static void reasons_to_leave_are_those_of_the_code(void **state)
{
    (void)state;
    static const char *const names[] = {
#define REASON(name, wire) wire,
        LEAVE_REASON_TABLE(REASON)
#undef REASON
    };
    struct table table;
    read_table("### peer-left", "reason", &table);
    assert_first_column(&table, names, LEAVE_REASON_COUNT);
}

/* The cell names them in a row: `"offer"`, `"answer"`, ... */
static void kinds_of_relay_are_those_of_the_code(void **state)
{
    (void)state;
    struct table table;
    read_table("### relay", "field", &table);
    assert_true(slice_is_text(table.cells[1][0], "kind"));
    struct slice cell = table.cells[1][1];
    int kind = 0;
    for (const char *at = cell.data; (at = memchr(at, '"', (size_t)(cell.data + cell.length - at))) != NULL; kind++) {
        const char *end = memchr(at + 1, '"', (size_t)(cell.data + cell.length - at - 1));
        assert_non_null(end);
        assert_true(kind < RELAY_KIND_COUNT);
        assert_true(slice_is_text(trimmed(at + 1, end), relay_kind_name((enum relay_kind)kind)));
        at = end + 1;
    }
    assert_int_equal(kind, RELAY_KIND_COUNT);
}

/* Errors */

struct error_row {
    enum error error;
    const char *wire;
    int close, status;
    const char *text;
};

static const struct error_row errors[] = {
#define ERROR(name, wire, close, status, text) {ERR_##name, wire, close, status, text},
#include "base/error.def"
#undef ERROR
};

#define ERRORS (sizeof errors / sizeof *errors)

/* Of commands and start-up; no client meets them. */
static bool is_internal(enum error error)
{
    return error >= ERR_CONFIG;
}

/* Said before there is a WebSocket. */
static bool is_for_http_only(enum error error)
{
    return error == ERR_TOO_MANY_CONNECTIONS || error == ERR_ADDRESS_LIMIT ||
           (error >= ERR_ORIGIN_REFUSED && error <= ERR_TOKEN_IN_URL);
}

static void assert_error_row(const struct slice *cells, const struct error_row *error, int number)
{
    char digits[16] = "";
    if (number)
        (void)snprintf(digits, sizeof digits, "%d", number);
    if (!slice_is_text(cells[0], error->wire) || !slice_is_text(cells[1], digits) ||
        !slice_is_text(cells[2], error->text))
        fail_msg("the document has " SLICE_FORMAT ", " SLICE_FORMAT " where the code has %s, %s: %s",
                 SLICE_ARGS(cells[0]), SLICE_ARGS(cells[1]), error->wire, digits, error->text);
}

static void error_codes_are_those_of_the_code(void **state)
{
    (void)state;
    struct table table;
    size_t row = 0;
    read_table("## Error codes", "code", &table);
    for (size_t i = 0; i < ERRORS; i++) {
        if (is_internal(errors[i].error) || is_for_http_only(errors[i].error))
            continue;
        assert_true(row < table.count);
        assert_error_row(table.cells[row++], &errors[i], errors[i].close);
    }
    assert_int_equal(table.count, row);
}

static void http_statuses_are_those_of_the_code(void **state)
{
    (void)state;
    struct table table;
    size_t row = 0;
    read_table("## HTTP", "code", &table);
    for (size_t i = 0; i < ERRORS; i++) {
        if (is_internal(errors[i].error) || errors[i].status == 0)
            continue;
        assert_true(row < table.count);
        assert_error_row(table.cells[row++], &errors[i], errors[i].status);
    }
    assert_int_equal(table.count, row);
}

static bool is_listed(const struct table *table, int close)
{
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", close);
    for (size_t i = 0; i < table->count; i++)
        if (slice_is_text(table->cells[i][0], digits))
            return true;
    return false;
}

static bool is_used(int close)
{
    for (size_t i = 0; i < ERRORS; i++)
        if (errors[i].close == close)
            return true;
    return false;
}

static void close_codes_are_those_that_errors_end_with(void **state)
{
    (void)state;
    struct table table;
    read_table("## Close codes", "code", &table);
    for (size_t i = 0; i < ERRORS; i++)
        if (errors[i].close && !is_listed(&table, errors[i].close))
            fail_msg("%s closes with %d, which the document lacks", errors[i].wire, errors[i].close);
    for (size_t i = 0; i < table.count; i++) {
        /* 1000 and 1001 are no errors; 1002 and 1007 are found by the WebSocket layer. */
        int close = atoi(table.cells[i][0].data);
        bool is_plain = close == 1000 || close == 1001 || close == 1002 || close == 1007;
        if (is_plain == is_used(close))
            fail_msg("the document has %d, which no error closes with", close);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_those_of_the_code),
        cmocka_unit_test(events_are_those_of_the_code),
        cmocka_unit_test(reasons_to_leave_are_those_of_the_code),
        cmocka_unit_test(kinds_of_relay_are_those_of_the_code),
        cmocka_unit_test(error_codes_are_those_of_the_code),
        cmocka_unit_test(http_statuses_are_those_of_the_code),
        cmocka_unit_test(close_codes_are_those_that_errors_end_with),
    };
    return cmocka_run_group_tests(tests, read_document, forget_document);
}
