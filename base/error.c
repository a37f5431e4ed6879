/* error.c - the rows of error.def as tables. */
#include "base/error.h"

#include <assert.h>
#include <stddef.h>

struct error_row {
    const char *code;
    const char *text;
    int close_code;
    int http_status;
};

static const struct error_row rows[ERROR_COUNT] = {
    [ERROR_NONE] = {"ok", "Nothing is wrong.", 0, 200},
#define ERROR(name, wire, close, status, text) [ERR_##name] = {wire, text, close, status},
#include "base/error.def"
#undef ERROR
};

static const struct error_row *row_of(enum error error)
{
    assert((size_t)error < ERROR_COUNT);
    return &rows[error];
}

const char *error_code(enum error error)
{
    return row_of(error)->code;
}

const char *error_text(enum error error)
{
    return row_of(error)->text;
}

int error_close_code(enum error error)
{
    return row_of(error)->close_code;
}

int error_http_status(enum error error)
{
    int status = row_of(error)->http_status;
    return status ? status : 500;
}
