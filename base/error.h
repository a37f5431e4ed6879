/* error.h - the one list of errors, and what each means on the wire. */
#ifndef PARLEY_BASE_ERROR_H
#define PARLEY_BASE_ERROR_H

enum error {
    ERROR_NONE = 0, /* success */
#define ERROR(name, wire, close, status, text) ERR_##name,
#include "base/error.def"
#undef ERROR
    ERROR_COUNT
};

/* The stable code that clients see, such as "no_such_peer"; "ok" for ERROR_NONE. */
const char *error_code(enum error error);

/* A sentence that a person can act on. */
const char *error_text(enum error error);

/* The WebSocket close code that follows; 0 when the connection stays open. */
int error_close_code(enum error error);

/* The HTTP status of the refusal; 500 where the error is never answered over HTTP. */
int error_http_status(enum error error);

#endif
