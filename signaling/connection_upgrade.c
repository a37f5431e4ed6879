/* connection_upgrade.c - the gate before a WebSocket: every refusal is an HTTP answer, tiny, and reflects nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/log.h"
#include "signaling/connection.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

#define SUBPROTOCOL    "parley.v1"
#define RETRY_MIN_S    5
#define RETRY_SPREAD_S 10
#define KEY_LENGTH     24 /* RFC 6455, 4.1: 16 bytes as base64 */

static enum error check_method(struct http_request *request, struct http_answer *answer)
{
    if (request->connection->door == DOOR_ADMIN)
        return ERR_NOT_FOUND;
    if (request->body_length > 0)
        return ERR_BAD_REQUEST;
    if (request->method == HTTP_GET)
        return ERROR_NONE;
    http_answer_header(answer, "Allow", "GET");
    return ERR_METHOD_NOT_ALLOWED;
}

/* libwebsockets would take any version for 13. */
static enum error check_version(struct http_request *request, struct http_answer *answer)
{
    struct slice version;
    if (http_read_header(request, WSI_TOKEN_VERSION, &version))
        return ERR_BAD_REQUEST;
    if (slice_is_text(version, "13"))
        return ERROR_NONE;
    http_answer_header(answer, "Sec-WebSocket-Version", "13");
    http_answer_header(answer, "Upgrade", "websocket");
    return ERR_UPGRADE_REQUIRED;
}

/* Without these libwebsockets would hang up without an answer. */
static enum error check_handshake(struct http_request *request, struct http_answer *answer)
{
    (void)answer;
    struct slice connection;
    struct slice key;
    if (http_read_header(request, WSI_TOKEN_CONNECTION, &connection) || http_read_header(request, WSI_TOKEN_KEY, &key))
        return ERR_BAD_REQUEST;
    if (connection.length > HTTP_SUBPROTOCOLS_MAX || !http_list_has(connection, "upgrade", true))
        return ERR_BAD_REQUEST;
    return key.length == KEY_LENGTH ? ERROR_NONE : ERR_BAD_REQUEST;
}

static enum error check_path(struct http_request *request, struct http_answer *answer)
{
    (void)answer;
    struct slice room;
    enum error error = routes_room(request->path, &room);
    if (error)
        return error;
    free(request->connection->room);
    request->connection->room = memory_text(room);
    return ERROR_NONE;
}

static enum error check_subprotocol(struct http_request *request, struct http_answer *answer)
{
    (void)answer;
    struct slice offered;
    if (http_read_header(request, WSI_TOKEN_PROTOCOL, &offered))
        return ERR_SUBPROTOCOL;
    return http_offers_subprotocol(offered, SUBPROTOCOL) ? ERROR_NONE : ERR_SUBPROTOCOL;
}

static enum error check_origin(struct http_request *request, struct http_answer *answer)
{
    (void)answer;
    return http_origin_may(request) ? ERROR_NONE : ERR_ORIGIN_REFUSED;
}

static enum error check_room_left(struct http_request *request, struct http_answer *answer)
{
    static _Thread_local unsigned refused;
    char seconds[16];
    enum error error = edge_may_open(request->worker->edge, &request->connection->address, request->now);
    if (!error)
        return ERROR_NONE;
    /* Who is turned away together is not to come back together (T-35). */
    (void)snprintf(seconds, sizeof seconds, "%u", RETRY_MIN_S + refused++ % RETRY_SPREAD_S);
    http_answer_header(answer, "Retry-After", seconds);
    return error;
}

static void log_refusal(const struct http_request *request, enum error error)
{
    static _Thread_local struct log_gate gate = LOG_GATE(20);
    char address[NET_ADDRESS_TEXT_MAX];
    if (!log_gate_open(&gate, request->now.mono_ms))
        return;
    net_address_format(&request->connection->address, address);
    log_info("http.refused", LOG_TEXT("code", error_code(error)), LOG_NUMBER("status", error_http_status(error)),
             LOG_TEXT("address", address), LOG_SLICE("origin", request->origin), LOG_SLICE("host", request->host));
}

int connection_upgrade(struct connection *connection, struct lws *wsi)
{
    static enum error (*const checks[])(struct http_request *, struct http_answer *) = {
        check_method, check_version, check_handshake, check_path, check_subprotocol, check_origin, check_room_left};
    struct http_request request = {
        .connection = connection, .worker = connection->worker, .wsi = wsi, .now = worker_now(connection->worker)};
    struct http_answer answer = http_answer_begin(connection->worker);
    enum error error = http_read(&request);
    for (size_t i = 0; !error && i < sizeof checks / sizeof checks[0]; i++)
        error = checks[i](&request, &answer);
    if (!error)
        return 0;
    log_refusal(&request, error);
    metrics_add(connection->worker->metrics, metric_for_refused_upgrade(error_http_status(error)), 1);
    return http_send_error(&request, error, &answer);
}
