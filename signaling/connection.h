/* connection.h - one accepted socket: a request that is answered, or a WebSocket. */
#ifndef PARLEY_SIGNALING_CONNECTION_H
#define PARLEY_SIGNALING_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "signaling/edge.h"
#include "signaling/routes.h"

#define FRAGMENTS_MAX       64    /* of one message */
#define MESSAGE_TIME_MAX_MS 10000 /* from its first byte to its last */
#define CLOSE_TIME_MAX_MS   5000  /* for the peer to acknowledge a close */
#define REQUEST_TIME_MAX_MS 20000 /* from accept to the end of the answer, or to the upgrade */
#define CLOSE_REASON_MAX    123   /* RFC 6455, 5.5 */

struct lws;
struct worker;

struct connection {
    struct worker *worker;
    struct lws *wsi;              /* NULL until libwebsockets has taken the socket */
    struct net_address peer;      /* the other end of the socket */
    struct address_entry *caller; /* counts this socket for `peer`; NULL: nobody counts it */
    struct net_address address;   /* who calls, which a trusted proxy may have told */
    enum door door;
    bool is_local_loopback; /* our end of it is 127.0.0.1 or the like */
    bool has_requested;     /* M9: no second request is served */
    int64_t opened_ms;
    struct list_link link; /* in `requesting`, later in `silent` */

    struct buffer body; /* of a POST */
    size_t body_length; /* as announced; 0: none is awaited */

    char *room;            /* between the upgrade being granted and the WebSocket being open */
    struct client *client; /* NULL unless it is an open WebSocket */
    int64_t heard_ms;
    bool is_pinged; /* since it was last heard */
    bool is_ping_due;
    struct list_link dirty_link;

    struct buffer message; /* what came of a message that spans chunks */
    bool is_in_message, is_in_frame;
    unsigned fragments;
    int64_t message_began_ms;
    struct list_link receiving_link;

    int close_code; /* what we close with; 0: we do not */
    char *close_reason;
    bool is_close_sent;
    int64_t close_began_ms;
    int peer_close_code; /* 0: it sent none */
    struct list_link closing_link;
};

struct connection *connection_create(struct worker *worker, enum door door, const struct net_address *peer,
                                     struct instant now); /* never NULL */
void connection_free(struct connection *connection);

/* The WebSocket is over, whatever becomes of the socket: the edge lets go of the client. */
void connection_end_client(struct connection *connection, struct instant now);

/* From now on the socket has CLOSE_TIME_MAX_MS to end. */
void connection_begin_close(struct connection *connection, struct instant now);

/* Ends the TCP connection without another word, at the next turn of the loop. */
void connection_kill(struct connection *connection);

/* What the edge asks of a connection: see struct client_port. */
void connection_wake(void *connection);
void connection_close(void *connection, int close_code, const char *reason);

/* connection_upgrade.c: whether the request under way may become a WebSocket. 0: yes; -1: refused and answered. */
int connection_upgrade(struct connection *connection, struct lws *wsi);

/* connection_receive.c */
void connection_open(struct connection *connection, struct instant now);
void connection_receive(struct connection *connection, struct slice chunk, struct instant now);
void connection_heard(struct connection *connection, struct instant now);
int connection_peer_closes(struct connection *connection, struct slice payload);

/* connection_send.c: sends what waits. False when the connection is to be hung up. */
bool connection_flush(struct connection *connection);
int connection_writable(struct connection *connection); /* what the callback is to return */

/* connection_sweep.c: does what is due for all connections of a worker, once a second. */
void connection_sweep(struct worker *worker, struct instant now);

#endif
