/* connection.c - one accepted socket: its life, and which event goes where. */
#include "signaling/connection.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "signaling/http.h"
#include "signaling/worker_parts.h"

struct connection *connection_create(struct worker *worker, enum door door, const struct net_address *peer,
                                     struct instant now)
{
    struct connection *connection = memory_new(sizeof *connection);
    connection->worker = worker;
    connection->door = door;
    connection->peer = connection->address = *peer;
    connection->opened_ms = now.mono_ms;
    list_append(&worker->requesting, &connection->link);
    if (door == DOOR_ADMIN)
        worker->admin_count++;
    else
        worker->connection_count++;
    if (worker->connection_count > worker->peak_count)
        worker->peak_count = worker->connection_count;
    return connection;
}

void connection_end_client(struct connection *connection, struct instant now)
{
    if (!connection->client)
        return;
    enum metric transport = connection->door == DOOR_TLS ? METRIC_CONNECTIONS_WSS : METRIC_CONNECTIONS_WS;
    metrics_add(connection->worker->metrics, transport, -1);
    connection->worker->socket_count--;
    edge_close(connection->client, connection->peer_close_code ? connection->peer_close_code : 1006, now);
    connection->client = NULL;
}

void connection_free(struct connection *connection)
{
    struct worker *worker = connection->worker;
    struct instant now = worker_now(worker);
    connection_end_client(connection, now);
    if (connection->caller)
        address_book_disconnect(worker->callers, connection->caller, now.mono_ms);
    if (connection->door == DOOR_ADMIN)
        worker->admin_count--;
    else
        worker->connection_count--;
    list_remove(&connection->link);
    list_remove(&connection->dirty_link);
    list_remove(&connection->receiving_link);
    list_remove(&connection->closing_link);
    buffer_fini(&connection->body);
    buffer_fini(&connection->message);
    free(connection->room);
    free(connection->close_reason);
    free(connection);
}

void connection_kill(struct connection *connection)
{
    if (connection->wsi)
        lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void connection_wake(void *context)
{
    struct connection *connection = context;
    if (!list_has_link(&connection->dirty_link))
        list_append(&connection->worker->dirty, &connection->dirty_link);
}

void connection_begin_close(struct connection *connection, struct instant now)
{
    if (list_has_link(&connection->closing_link))
        return;
    connection->close_began_ms = now.mono_ms;
    list_append(&connection->worker->closing, &connection->closing_link);
}

void connection_close(void *context, int close_code, const char *reason)
{
    struct connection *connection = context;
    if (connection->close_code)
        return;
    assert(strlen(reason) <= CLOSE_REASON_MAX);
    connection->close_code = close_code;
    connection->close_reason = memory_text(slice_from_text(reason));
    connection_begin_close(connection, worker_now(connection->worker));
    connection_wake(connection);
}

static int on_adopted(struct connection *connection, struct lws *wsi)
{
    connection->wsi = wsi;
    return 0;
}

static int on_destroyed(struct connection *connection)
{
    if (connection->worker->adopting == connection)
        connection->worker->adopting = NULL;
    connection_free(connection);
    return 0;
}

/* M1: a second request after a first one whose headers were freed would have us read freed memory
 * (CVE-2025-11677), and any upgrade but to WebSocket is one that we do not speak (CVE-2026-19773). */
static int on_confirm_upgrade(struct connection *connection, struct lws *wsi)
{
    char protocol[sizeof "websocket"];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0)
        return -1;
    if (lws_hdr_copy(wsi, protocol, sizeof protocol, WSI_TOKEN_UPGRADE) < 0 || strcasecmp(protocol, "websocket") != 0)
        return -1;
    if (connection->has_requested)
        return -1;
    connection->has_requested = true;
    return connection_upgrade(connection, wsi);
}

/* M9: with a second request, and a body after it, 4.1.6 loops for ever. */
static int on_filter_request(struct connection *connection)
{
    if (connection->has_requested)
        return 1;
    connection->has_requested = true;
    return 0;
}

static int on_established(struct connection *connection)
{
    connection->worker->socket_count++;
    connection_open(connection, worker_now(connection->worker));
    return 0;
}

static int on_received(struct connection *connection, const void *in, size_t length)
{
    connection_receive(connection, slice_of(in, length), worker_now(connection->worker));
    return 0;
}

static int on_closed(struct connection *connection)
{
    connection_end_client(connection, worker_now(connection->worker));
    return 0;
}

static int on_http_event(struct connection *connection, struct lws *wsi, enum lws_callback_reasons reason,
                         const void *in, size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION: return on_filter_request(connection);
    case LWS_CALLBACK_HTTP: return http_on_request(connection, wsi);
    case LWS_CALLBACK_HTTP_BODY: return http_on_body(connection, slice_of(in, length));
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return http_on_body_end(connection, wsi);
    default: return 0;
    }
}

/* What concerns one connection. */
static int on_connection_event(struct connection *connection, struct lws *wsi, enum lws_callback_reasons reason,
                               const void *in, size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return on_adopted(connection, wsi);
    case LWS_CALLBACK_WSI_DESTROY: return on_destroyed(connection);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_confirm_upgrade(connection, wsi);
    case LWS_CALLBACK_ESTABLISHED: return on_established(connection);
    case LWS_CALLBACK_RECEIVE: return on_received(connection, in, length);
    case LWS_CALLBACK_RECEIVE_PONG: connection_heard(connection, worker_now(connection->worker)); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return connection_writable(connection);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: return connection_peer_closes(connection, slice_of(in, length));
    case LWS_CALLBACK_CLOSED: return on_closed(connection);
    default: return on_http_event(connection, wsi, reason, in, length);
    }
}

int connection_on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        const struct worker *worker = lws_vhost_user(in);
        tls_harden(worker->tls, user);
        return 0;
    }
    /* M4: "CONNECT host:port" would make a raw socket of the connection. */
    if (reason == LWS_CALLBACK_RAW_ADOPT || reason == LWS_CALLBACK_RAW_RX)
        return -1;
    struct connection *connection = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    return connection ? on_connection_event(connection, wsi, reason, in, length) : 0;
}
