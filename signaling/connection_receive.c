/* connection_receive.c - frames from the peer become messages for the edge. */
#include <stdlib.h>

#include "base/memory.h"
#include "signaling/connection.h"
#include "signaling/worker_parts.h"

void connection_heard(struct connection *connection, struct instant now)
{
    connection->heard_ms = now.mono_ms;
    connection->is_pinged = false;
    list_remove(&connection->link);
    list_append(&connection->worker->silent, &connection->link);
}

void connection_open(struct connection *connection, struct instant now)
{
    struct worker *worker = connection->worker;
    metrics_add(worker->metrics, connection->door == DOOR_TLS ? METRIC_CONNECTIONS_WSS : METRIC_CONNECTIONS_WS, 1);
    connection_heard(connection, now);
    connection->client =
        edge_open(worker->edge, slice_from_text(connection->room), &connection->address, connection, now);
    free(connection->room);
    connection->room = NULL;
}

static void end_message(struct connection *connection)
{
    connection->is_in_message = connection->is_in_frame = false;
    connection->fragments = 0;
    list_remove(&connection->receiving_link);
    buffer_fini(&connection->message);
}

static void refuse(struct connection *connection, enum error error, struct instant now)
{
    end_message(connection);
    edge_refuse(connection->client, error, now);
}

static void begin_message(struct connection *connection, struct instant now)
{
    connection->is_in_message = true;
    connection->message_began_ms = now.mono_ms;
    list_append(&connection->worker->receiving, &connection->receiving_link);
}

/* Judged on the first chunk of a frame, before anything of it is kept: `remaining` is what its header claims. */
static enum error judge_chunk(struct connection *connection, size_t length, size_t remaining, struct instant now)
{
    size_t max = connection->worker->edge_config.message_bytes_max;
    size_t room = max - connection->message.length; /* what was kept is never more than max */
    if (lws_frame_is_binary(connection->wsi))
        return ERR_BINARY_FRAME;
    if (length > room || remaining > room - length)
        return ERR_MESSAGE_TOO_LARGE;
    if (!connection->is_in_frame && ++connection->fragments > FRAGMENTS_MAX)
        return ERR_FRAGMENTED;
    if (connection->is_in_message && now.mono_ms - connection->message_began_ms > MESSAGE_TIME_MAX_MS)
        return ERR_FRAGMENTED;
    return ERROR_NONE;
}

static void hand_over(struct connection *connection, struct slice message, struct instant now)
{
    struct metrics *metrics = connection->worker->metrics;
    double began_s = clock_precise_s();
    edge_receive(connection->client, message, now);
    metrics_observe(metrics, HISTOGRAM_MESSAGE_SECONDS, clock_precise_s() - began_s);
}

void connection_receive(struct connection *connection, struct slice chunk, struct instant now)
{
    if (!connection->client || connection->close_code || connection->peer_close_code)
        return;
    connection_heard(connection, now);
    size_t remaining = lws_remaining_packet_payload(connection->wsi);
    enum error error = judge_chunk(connection, chunk.length, remaining, now);
    if (error) {
        refuse(connection, error, now);
        return;
    }
    bool is_complete = remaining == 0 && lws_is_final_fragment(connection->wsi);
    if (is_complete && !connection->is_in_message) {
        connection->fragments = 0;
        hand_over(connection, chunk, now);
        return;
    }
    if (!connection->is_in_message)
        begin_message(connection, now);
    connection->is_in_frame = remaining > 0;
    buffer_add(&connection->message, chunk);
    if (!is_complete)
        return;
    struct buffer message = connection->message;
    connection->message = BUFFER_EMPTY;
    end_message(connection);
    hand_over(connection, buffer_slice(&message), now);
    buffer_fini(&message);
}

int connection_peer_closes(struct connection *connection, struct slice payload)
{
    const unsigned char *code = (const unsigned char *)payload.data;
    /* A close without a code is what a page's socket.close() sends: it means to leave. */
    connection->peer_close_code = payload.length >= 2 ? code[0] << 8 | code[1] : 1000;
    /* One that does not read what is under way would never see our answer, nor the end. */
    struct instant now = worker_now(connection->worker);
    connection_begin_close(connection, now);
    connection_end_client(connection, now);
    return 0;
}
