/* worker_parts.h - the insides of a worker: what its files share, and nobody else sees. */
#ifndef PARLEY_SIGNALING_WORKER_PARTS_H
#define PARLEY_SIGNALING_WORKER_PARTS_H

#include <libwebsockets.h>
#include <stdatomic.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <ev.h>
#pragma GCC diagnostic pop

#include "auth/origin.h"
#include "base/buffer.h"
#include "base/json_check.h"
#include "base/list.h"
#include "signaling/routes.h"
#include "signaling/tls.h"
#include "signaling/worker.h"
#include "signaling/worker_clock.h"

#define HEADERS_BYTES_MAX 8192  /* of one request; libwebsockets hangs up on more */
#define SEND_BYTES_MAX    16000 /* frames that are sent as one TLS record, which holds 16384 */
#define DEV_BODY_MAX      4096

struct listening {
    ev_io io;
    struct worker *worker;
    enum door door;
    int fd;
};

/* Where the headers of the request under way are copied to; each fits once. */
struct scratch {
    size_t used;
    char bytes[2 * HEADERS_BYTES_MAX];
};

/* What other threads want of a worker. Its loop compares it with what is, as signals may come faster than it turns. */
enum worker_wish { WISH_SERVE, WISH_DRAIN, WISH_END };

struct worker {
    struct worker_config config;
    struct edge_config edge_config;
    struct ev_loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhosts[3]; /* by door; NULL when there is no such door */
    SSL_CTX *unused_client_context;
    struct tls *tls;
    struct metrics *metrics;
    struct revocations *revocations;
    struct once *once; /* NULL: tokens may be used more than once */
    struct home *home;
    struct edge *edge;
    struct worker_cluster *cluster; /* NULL: none */
    struct origin_list origins;
    struct buffer frame_ancestors;
    struct address_book *callers;           /* sockets by where they come from */
    struct address_book *credential_takers; /* limits /v1/turn/credentials */
    struct json_checker *json;

    struct listening listening[3 * WORKER_LISTENERS_MAX];
    size_t listening_count;
    bool is_accepting;
    size_t connections_max;
    size_t connection_count; /* of the public doors */
    size_t socket_count;     /* WebSockets that are open */
    size_t admin_count;
    size_t peak_count; /* since memory was last given back */
    struct connection *adopting;

    struct list requesting; /* connections that are not WebSockets, the oldest first */
    struct list silent;     /* WebSockets, the one that was silent for longest first */
    struct list receiving;  /* those with half a message, the one that waits for longest first */
    struct list closing;    /* those that were told to close, the first one first */
    struct list dirty;      /* those with something to send or to do */

    ev_timer second, drain_end, drain_step;
    ev_prepare prepare;
    ev_check check;
    ev_async wish, reload;
    struct worker_clock clock;
    double last_turn_s;
    atomic_int wished; /* enum worker_wish */
    bool is_draining;

    struct scratch scratch;
    struct buffer answer, text, header_lines;
    unsigned char send[LWS_PRE + SEND_BYTES_MAX];
};

/* What the protocol of every vhost calls. */
int connection_on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

/* The time for everything that is done for clients. */
struct instant worker_now(struct worker *worker);

/* worker_accept.c */
void worker_open_doors(struct worker *worker);
void worker_start_accepting(struct worker *worker);
size_t worker_connections_limit(size_t configured);

/* worker_context.c */
bool worker_make_context(struct worker *worker, char *out_error);

#endif
