/* connection_send.c - what waits for a peer goes out: many frames in one write, and then the close. */
#include <stdlib.h>

#include "base/memory.h"
#include "signaling/connection.h"
#include "signaling/framing.h"
#include "signaling/worker_parts.h"

#define PING_LENGTH 6 /* header and 4 bytes: libwebsockets does not report a pong without payload */

static bool write_raw(struct connection *connection, unsigned char *bytes, size_t length)
{
    return lws_write(connection->wsi, bytes, length, LWS_WRITE_RAW) >= 0;
}

/* An unmasked ping frame, RFC 6455, 5.5.2 */
static size_t put_ping(struct connection *connection, unsigned char *out)
{
    static const unsigned char ping[PING_LENGTH] = {0x89, 4, 'p', 'i', 'n', 'g'};
    if (!connection->is_ping_due)
        return 0;
    connection->is_ping_due = false;
    memcpy(out, ping, PING_LENGTH);
    return PING_LENGTH;
}

/* What a client is to read of a posting: framing_length() bytes. */
static size_t put_posting(const struct posting *posting, unsigned char *out)
{
    unsigned char before[FRAMING_MAX]; /* `out` may have room for no more than is needed */
    size_t start = framing_write(posting->frame, posting->n, before);
    memcpy(out, before, start);
    memcpy(out + start, posting->frame->bytes + 1, posting->frame->length - 1);
    return start + posting->frame->length - 1;
}

/* Number and text have to be in one write, which the worker's memory is too small for. */
static bool write_long(struct connection *connection, const struct posting *posting)
{
    unsigned char *bytes = memory_new(LWS_PRE + framing_length(posting->frame, posting->n));
    size_t length = put_posting(posting, bytes + LWS_PRE);
    bool is_written = write_raw(connection, bytes + LWS_PRE, length);
    free(bytes);
    return is_written;
}

/* Moves as many frames as fit from the outbox into one write; one that never fits goes alone. Frames are never cut:
 * libwebsockets may put a pong between two writes. */
static bool write_some(struct connection *connection, struct outbox *outbox)
{
    unsigned char *bytes = connection->worker->send + LWS_PRE;
    size_t length = put_ping(connection, bytes);
    const struct posting *posting;
    while ((posting = outbox_first(outbox)) && framing_length(posting->frame, posting->n) <= SEND_BYTES_MAX - length) {
        length += put_posting(posting, bytes + length);
        outbox_pop(outbox);
    }
    if (length > 0)
        return write_raw(connection, bytes, length);
    bool is_written = write_long(connection, posting);
    outbox_pop(outbox);
    return is_written;
}

bool connection_flush(struct connection *connection)
{
    if (!connection->client || connection->is_close_sent || connection->peer_close_code)
        return true;
    struct outbox *outbox = edge_outbox(connection->client);
    if (outbox->bytes > 0)
        metrics_observe(connection->worker->metrics, HISTOGRAM_SEND_QUEUE_BYTES, (double)outbox->bytes);
    while ((outbox_first(outbox) || connection->is_ping_due) && !lws_partial_buffered(connection->wsi))
        if (!write_some(connection, outbox))
            return false;
    /* libwebsockets calls back by itself when what it holds is sent; a close has to be done from its callback. */
    if (outbox_first(outbox) || connection->close_code)
        lws_callback_on_writable(connection->wsi);
    return true;
}

static int send_close(struct connection *connection)
{
    unsigned char reason[CLOSE_REASON_MAX + 1];
    size_t length = strlen(connection->close_reason);
    memcpy(reason, connection->close_reason, length);
    lws_close_reason(connection->wsi, (enum lws_close_status)connection->close_code, reason, length);
    connection->is_close_sent = true;
    return -1;
}

int connection_writable(struct connection *connection)
{
    if (!connection_flush(connection))
        return -1;
    if (!connection->client || !connection->close_code || connection->is_close_sent || connection->peer_close_code)
        return 0;
    bool is_flushed = !outbox_first(edge_outbox(connection->client)) && !lws_partial_buffered(connection->wsi);
    return is_flushed ? send_close(connection) : 0;
}
