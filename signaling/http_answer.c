/* http_answer.c - answers: a head made by hand, so that it is the same for requests and refused upgrades. */
#include <assert.h>

#include "signaling/connection.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

#define WRITE_BYTES_MAX 49152 /* of one lws_write(): it sends tx_packet_size at once and copies the rest */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Error";
}

struct http_answer http_answer_begin(struct worker *worker)
{
    buffer_clear(&worker->text);
    buffer_clear(&worker->header_lines);
    return (struct http_answer){
        .status = 200, .text = &worker->text, .header_lines = &worker->header_lines, .cache = "no-store"};
}

void http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    assert(http_text_is_clean(slice_from_text(value))); /* T-41: nothing unchecked gets into a header */
    buffer_add_format(answer->header_lines, "%s: %s\r\n", name, value);
}

static void write_head(struct buffer *out, const struct http_request *request, const struct http_answer *answer)
{
    buffer_add_format(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", answer->status, reason_of(answer->status));
    if (answer->type)
        buffer_add_format(out, "Content-Type: %s\r\n", answer->type);
    if (answer->status != 204 && answer->status != 304)
        buffer_add_format(out, "Content-Length: %zu\r\n", answer->body.length);
    buffer_add_format(out, "Cache-Control: %s\r\n", answer->cache);
    buffer_add_text(out, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
    if (request->connection->door == DOOR_TLS)
        buffer_add_text(out, "Strict-Transport-Security: max-age=31536000\r\n");
    buffer_add(out, buffer_slice(answer->header_lines));
    buffer_add_text(out, "\r\n");
}

/* Makes room in the kernel for all of it, so that closing need not wait for a slow reader. */
static void reserve_socket(struct lws *wsi, size_t length)
{
    int bytes = (int)length * 2;
    if (length > WRITE_BYTES_MAX / 2)
        setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void write_all(struct lws *wsi, struct buffer *bytes)
{
    size_t at = LWS_PRE;
    reserve_socket(wsi, bytes->length);
    while (at < bytes->length) {
        size_t length = bytes->length - at < WRITE_BYTES_MAX ? bytes->length - at : WRITE_BYTES_MAX;
        if (lws_write(wsi, (unsigned char *)bytes->data + at, length, LWS_WRITE_HTTP) < 0)
            return;
        at += length;
    }
}

int http_send(struct http_request *request, struct http_answer *answer)
{
    static const char room_before[LWS_PRE] = {0};
    struct buffer *out = &request->worker->answer;
    buffer_clear(out);
    buffer_add(out, slice_of(room_before, sizeof room_before));
    write_head(out, request, answer);
    if (request->method != HTTP_HEAD && answer->status != 304)
        buffer_add(out, answer->body);
    write_all(request->wsi, out);
    metrics_add(request->worker->metrics, metric_for_http_status(answer->status), 1);
    return -1;
}

int http_send_error(struct http_request *request, enum error error, struct http_answer *answer)
{
    answer->status = error_http_status(error);
    answer->type = "application/problem+json";
    answer->cache = "no-store";
    if (answer->status == 401)
        http_answer_header(answer, "WWW-Authenticate", "Bearer");
    buffer_clear(answer->text);
    buffer_add_format(answer->text,
                      "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":",
                      reason_of(answer->status), answer->status, error_code(error));
    buffer_add_json_string(answer->text, slice_from_text(error_text(error)));
    buffer_add_char(answer->text, '}');
    answer->body = buffer_slice(answer->text);
    return http_send(request, answer);
}
