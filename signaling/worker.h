/* worker.h - one thread's worth of server: an event loop with its connections, its edge and its home.
 *
 * Nothing is global, so that there can be several: create all of them before any runs, then run each on a thread of
 * its own. Listening sockets are shared; they stay the caller's. */
#ifndef PARLEY_SIGNALING_WORKER_H
#define PARLEY_SIGNALING_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster/home.h"
#include "ops/metrics.h"
#include "ops/revocation_file.h"
#include "signaling/edge.h"
#include "signaling/forwarded.h"
#include "signaling/worker_cluster.h"

#define WORKER_ERROR_MAX     256
#define WORKER_LISTENERS_MAX 16 /* of each kind */

struct worker; /* opaque */

/* Listening sockets, from listener_open(). */
struct worker_listeners {
    size_t count;
    int fds[WORKER_LISTENERS_MAX];
};

/* Everything that it points to is borrowed and outlives the worker. */
struct worker_config {
    struct worker_listeners plain, tls, admin;
    const char *tls_cert_path, *tls_key_path;    /* needed if there is a TLS listener, else NULL */
    const struct edge_config *edge;              /* its port, metrics and once are filled in by the worker */
    struct home_config home;                     /* its epoch, revocations and encode are filled in too */
    const struct worker_cluster_config *cluster; /* NULL: this node is alone */
    struct revocation_file *revoked;             /* NULL: kicks are forgotten when the process ends */
    const char *const *allowed_origins;
    size_t allowed_origins_count;
    const char *public_url; /* "" or NULL: none */
    struct forwarded_trust forwarded;
    size_t connections_max;  /* 0: as many as the limit of file descriptors leaves */
    int64_t ping_timeout_ms; /* the interval is the edge's */
    int64_t drain_ms;        /* how long a stop may take */
    bool is_page_enabled;
    bool are_tokens_for_one_use;
    const char *dev_key_id; /* the API key that /v1/dev/token signs with; NULL: there is no such address */
};

/* NULL when it cannot be made; `out_error` then says why. */
struct worker *worker_create(const struct worker_config *config, char out_error[WORKER_ERROR_MAX]);
struct worker *worker_destroy(struct worker *worker); /* NULL is fine; returns NULL; not while it runs */

/* Serves until worker_stop(), and then until every WebSocket is gone or drain_ms have passed; what else is asked
 * meanwhile is still answered. Returns how many WebSockets were cut off in the end. */
size_t worker_run(struct worker *worker);

/* From any thread. The first call ends it gently, the second one at once. */
void worker_stop(struct worker *worker);

/* From any thread: takes a gentle stop back, as far as it has not been done. False: there is none. */
bool worker_reopen(struct worker *worker);

/* From any thread: reads the certificate and its key anew. */
void worker_reload(struct worker *worker);

#endif
