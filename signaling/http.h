/* http.h - plain HTTP requests: one per connection, read strictly, and answered from a static table. */
#ifndef PARLEY_SIGNALING_HTTP_H
#define PARLEY_SIGNALING_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"
#include "signaling/routes.h"

struct connection;
struct lws;
struct worker;

/* A request, its parts copied to the worker's scratch memory: they live until the callback returns. */
struct http_request {
    struct connection *connection;
    struct worker *worker;
    struct lws *wsi;
    struct instant now;
    enum http_method method;
    struct slice path;
    struct slice host;   /* empty in HTTP/1.0 only */
    struct slice origin; /* empty: none */
    bool is_https;       /* as the browser sees it: by our TLS, or by a trusted proxy's word */
    struct slice body;
    size_t body_length;
};

/* The answer under way; text and header lines are the worker's scratch buffers, empty when a handler is called. */
struct http_answer {
    int status;
    const char *type; /* NULL: no body */
    struct slice body;
    struct buffer *text;         /* for bodies that are made */
    struct buffer *header_lines; /* more headers, each line ended by CRLF */
    const char *cache;           /* Cache-Control */
};

/* http_read.c: fills in *request from the headers; `connection` and `wsi` are set. What may be read in two ways is
 * refused. Errors: ERR_BAD_REQUEST, ERR_LENGTH_REQUIRED, ERR_MESSAGE_TOO_LARGE, ERR_ORIGIN_REFUSED, ERR_TOKEN_IN_URL.
 */
enum error http_read(struct http_request *request);

/* A header that may come once; empty when it is absent. `token` is an enum lws_token_indexes.
 * Errors: ERR_BAD_REQUEST when there are two, or it holds anything but printable ASCII. */
enum error http_read_header(struct http_request *request, int token, struct slice *out_value);

/* The value of a query argument; false when there is none of that name. */
bool http_read_argument(struct http_request *request, const char *name, struct slice *out_value);

/* Whether pages of the request's origin may talk to us; true without one. */
bool http_origin_may(const struct http_request *request);

/* http_answer.c. All return -1, which makes libwebsockets close after sending. */
void http_answer_header(struct http_answer *answer, const char *name, const char *value);
int http_send(struct http_request *request, struct http_answer *answer);
struct http_answer http_answer_begin(struct worker *worker);
/* A problem document (RFC 9457); header lines that were added before go with it. */
int http_send_error(struct http_request *request, enum error error, struct http_answer *answer);

/* http.c: what the callback is to return. */
int http_on_request(struct connection *connection, struct lws *wsi);
int http_on_body(struct connection *connection, struct slice part);
int http_on_body_end(struct connection *connection, struct lws *wsi);

/* The handlers, each in a file of its own. Errors are sent by the caller. */
enum error http_page(struct http_request *request, struct http_answer *answer);
enum error http_asset(struct http_request *request, struct http_answer *answer);
enum error http_turn(struct http_request *request, struct http_answer *answer);
enum error http_dev_token(struct http_request *request, struct http_answer *answer);
enum error http_health(struct http_request *request, struct http_answer *answer);
enum error http_metrics(struct http_request *request, struct http_answer *answer);

#endif
