/* connection_sweep.c - once a second: deadlines of requests, messages and closes, and pings.
 *
 * Each list is in the order in which its members fall due, so that a sweep looks only at those that are. libwebsockets'
 * own timers are one sorted list: with thousands of connections, each restart would walk it. */
#include "signaling/connection.h"
#include "signaling/worker_parts.h"

static void sweep_requesting(struct worker *worker, int64_t now_ms)
{
    struct list_link *link = list_first(&worker->requesting);
    for (; link; link = list_next(&worker->requesting, link)) {
        struct connection *connection = LIST_OWNER(link, struct connection, link);
        if (now_ms - connection->opened_ms <= REQUEST_TIME_MAX_MS)
            return;
        connection_kill(connection);
    }
}

static void sweep_silent(struct worker *worker, struct instant now)
{
    struct list_link *link = list_first(&worker->silent);
    for (; link; link = list_next(&worker->silent, link)) {
        struct connection *connection = LIST_OWNER(link, struct connection, link);
        int64_t silence_ms = now.mono_ms - connection->heard_ms;
        if (silence_ms < worker->edge_config.ping_interval_ms)
            return;
        if (connection->close_code || connection->peer_close_code || !connection->client)
            continue;
        if (silence_ms >= worker->config.ping_timeout_ms) {
            edge_refuse(connection->client, ERR_PING_TIMEOUT, now);
        } else if (!connection->is_pinged) {
            connection->is_pinged = connection->is_ping_due = true;
            connection_wake(connection);
        }
    }
}

static void sweep_receiving(struct worker *worker, struct instant now)
{
    struct list_link *link;
    while ((link = list_first(&worker->receiving))) {
        struct connection *connection = LIST_OWNER(link, struct connection, receiving_link);
        if (now.mono_ms - connection->message_began_ms <= MESSAGE_TIME_MAX_MS)
            return;
        list_remove(link);
        if (connection->client && !connection->close_code)
            edge_refuse(connection->client, ERR_FRAGMENTED, now);
    }
}

static void sweep_closing(struct worker *worker, int64_t now_ms)
{
    struct list_link *link = list_first(&worker->closing);
    for (; link; link = list_next(&worker->closing, link)) {
        struct connection *connection = LIST_OWNER(link, struct connection, closing_link);
        if (now_ms - connection->close_began_ms < CLOSE_TIME_MAX_MS)
            return;
        connection_kill(connection);
    }
}

void connection_sweep(struct worker *worker, struct instant now)
{
    sweep_requesting(worker, now.mono_ms);
    sweep_silent(worker, now);
    sweep_receiving(worker, now);
    sweep_closing(worker, now.mono_ms);
}
