/* http.c - plain HTTP requests: from the event to the handler. */
#include "signaling/http.h"

#include "ops/log.h"
#include "signaling/connection.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

typedef enum error handler(struct http_request *request, struct http_answer *answer);

/* The WebSocket's address without an upgrade. */
static enum error need_upgrade(struct http_request *request, struct http_answer *answer)
{
    (void)request;
    http_answer_header(answer, "Upgrade", "websocket");
    return ERR_UPGRADE_REQUIRED;
}

static handler *const handlers[] = {
    [ENDPOINT_PAGE] = http_page,           [ENDPOINT_ASSET] = http_asset,     [ENDPOINT_SOCKET] = need_upgrade,
    [ENDPOINT_TURN] = http_turn,           [ENDPOINT_LIVE] = http_health,     [ENDPOINT_READY] = http_health,
    [ENDPOINT_DEV_TOKEN] = http_dev_token, [ENDPOINT_METRICS] = http_metrics,
};

static struct http_request request_of(struct connection *connection, struct lws *wsi)
{
    return (struct http_request){
        .connection = connection, .worker = connection->worker, .wsi = wsi, .now = worker_now(connection->worker)};
}

static enum error find_handler(struct http_request *request, struct http_answer *answer, handler **out_handler)
{
    enum endpoint endpoint;
    const char *allow;
    enum error error = routes_find(request->connection->door, request->method, request->path, &endpoint, &allow);
    if (error == ERR_METHOD_NOT_ALLOWED)
        http_answer_header(answer, "Allow", allow);
    if (!error)
        *out_handler = handlers[endpoint];
    return error;
}

static void log_refusal(const struct http_request *request, enum error error)
{
    static _Thread_local struct log_gate gate = LOG_GATE(20);
    char address[NET_ADDRESS_TEXT_MAX];
    if (!log_gate_open(&gate, request->now.mono_ms))
        return;
    net_address_format(&request->connection->address, address);
    log_debug("http.refused", LOG_TEXT("code", error_code(error)), LOG_NUMBER("status", error_http_status(error)),
              LOG_TEXT("address", address));
}

static int answer_error(struct http_request *request, enum error error, struct http_answer *answer)
{
    log_refusal(request, error);
    return http_send_error(request, error, answer);
}

static int serve(struct http_request *request, handler *handle, struct http_answer *answer)
{
    enum error error = handle(request, answer);
    return error ? answer_error(request, error, answer) : http_send(request, answer);
}

int http_on_request(struct connection *connection, struct lws *wsi)
{
    struct http_request request = request_of(connection, wsi);
    struct http_answer answer = http_answer_begin(connection->worker);
    handler *handle;
    enum error error = http_read(&request);
    if (!error)
        error = find_handler(&request, &answer, &handle);
    if (error)
        return answer_error(&request, error, &answer);
    if (request.body_length > 0) {
        connection->body_length =
            request.body_length; /* it is read first: closing on unread bytes may lose the answer */
        return 0;
    }
    return serve(&request, handle, &answer);
}

int http_on_body(struct connection *connection, struct slice part)
{
    if (part.length > connection->body_length - connection->body.length)
        return -1;
    buffer_add(&connection->body, part);
    return 0;
}

int http_on_body_end(struct connection *connection, struct lws *wsi)
{
    struct http_request request = request_of(connection, wsi);
    struct http_answer answer = http_answer_begin(connection->worker);
    handler *handle;
    if (connection->body_length == 0)
        return -1; /* answered already */
    enum error error = http_read(&request);
    if (!error)
        error = find_handler(&request, &answer, &handle);
    request.body = buffer_slice(&connection->body);
    return error ? answer_error(&request, error, &answer) : serve(&request, handle, &answer);
}
