/* worker_accept.c - accepting: we do it ourselves, so that listeners can be shared and the number of connections is
 * bounded. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "ops/log.h"
#include "signaling/connection.h"
#include "signaling/worker_parts.h"

#define ACCEPTS_PER_WAKE 4 /* leaves the others to other workers */
#define ADMIN_MAX        16
#define DESCRIPTORS_KEPT 64 /* for logs, files, the admin door and what is being refused */
#define USER_TIMEOUT_MS  20000
#define KEEPALIVE_IDLE_S 60

size_t worker_connections_limit(size_t configured)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return configured;
    size_t descriptors = (size_t)limit.rlim_cur;
    size_t kept = descriptors / 2 < DESCRIPTORS_KEPT ? descriptors / 2 : DESCRIPTORS_KEPT;
    size_t left = descriptors - kept;
    return configured > 0 && configured < left ? configured : left;
}

static void tune_socket(int fd)
{
    const int on = 1;
    const unsigned timeout_ms = USER_TIMEOUT_MS;
    const int idle_s = KEEPALIVE_IDLE_S;
    /* All of them fail on Unix sockets, which need none. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
}

static bool is_loopback(int fd)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    struct net_range ipv4;
    struct net_range ipv6;
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0)
        return false;
    struct net_address address = net_address_of((const struct sockaddr *)&name);
    return (net_range_parse(SLICE_LITERAL("127.0.0.0/8"), &ipv4) && net_range_has(&ipv4, &address)) ||
           (net_range_parse(SLICE_LITERAL("::1"), &ipv6) && net_range_has(&ipv6, &address));
}

/* M5: a short answer for those over a limit; who speaks TLS sees the connection end. */
static void turn_away(struct worker *worker, int fd, enum door door, enum error error)
{
    static _Thread_local struct log_gate gate = LOG_GATE(2);
    const char *title = error == ERR_ADDRESS_LIMIT ? "Too Many Requests" : "Service Unavailable";
    char body[160], answer[400];
    int body_length =
        snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"}", title,
                 error_http_status(error), error_code(error));
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 %d %s\r\nConnection: close\r\nRetry-After: 5\r\n"
                          "Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s",
                          error_http_status(error), title, body_length, body);
    if (door != DOOR_TLS)
        send(fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    close(fd);
    metrics_add(worker->metrics, METRIC_RATE_LIMITED_CONNECTION, 1);
    if (log_gate_open(&gate, worker_now(worker).mono_ms))
        log_warn("connection.turned_away", LOG_TEXT("code", error_code(error)));
}

static bool is_full(const struct worker *worker, enum door door)
{
    return door == DOOR_ADMIN ? worker->admin_count >= ADMIN_MAX : worker->connection_count >= worker->connections_max;
}

/* Sockets are counted by the address they come from, before anything is known of them, lest one address take all there
 * are; a proxy's address is that of many. Pages need some besides the WebSockets, hence the margin. */
static bool is_counted(const struct worker *worker, const struct sockaddr_storage *name, enum door door)
{
    struct net_address peer = net_address_of((const struct sockaddr *)name);
    if (door == DOOR_ADMIN || name->ss_family == AF_UNIX)
        return false;
    return !forwarded_is_trusted(&worker->config.forwarded, &peer);
}

static enum error judge(struct worker *worker, const struct net_address *peer, enum door door, bool is_peer_counted)
{
    if (is_full(worker, door))
        return ERR_TOO_MANY_CONNECTIONS;
    return is_peer_counted ? address_book_may_connect(worker->callers, peer) : ERROR_NONE;
}

/* libwebsockets closes the socket when it cannot take it; it may or may not have told us of the end by then. */
static void adopt(struct worker *worker, int fd, enum door door, const struct net_address *peer, bool is_peer_counted)
{
    struct instant now = worker_now(worker);
    struct connection *connection = connection_create(worker, door, peer, now);
    if (is_peer_counted)
        connection->caller = address_book_connect(worker->callers, peer, now.mono_ms);
    connection->is_local_loopback = is_loopback(fd);
    worker->adopting = connection;
    const lws_adopt_desc_t description = {
        .vh = worker->vhosts[door],
        .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (door == DOOR_TLS ? LWS_ADOPT_ALLOW_SSL : 0),
        .fd = {.sockfd = fd},
        .opaque = connection,
    };
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&description);
    if (!wsi && worker->adopting == connection)
        connection_free(connection);
    worker->adopting = NULL;
}

/* Out of descriptors: trying on would be a busy loop; the next second tries again. */
static void pause_accepting(struct worker *worker)
{
    static _Thread_local struct log_gate gate = LOG_GATE(2);
    for (size_t i = 0; i < worker->listening_count; i++)
        ev_io_stop(worker->loop, &worker->listening[i].io);
    worker->is_accepting = false;
    if (log_gate_open(&gate, worker_now(worker).mono_ms))
        log_error("accept.paused", LOG_TEXT("reason", strerror(errno)));
}

static bool accept_one(struct listening *listening)
{
    struct worker *worker = listening->worker;
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    int fd = accept4(listening->fd, (struct sockaddr *)&name, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(worker);
        return false;
    }
    struct net_address peer = net_address_of((const struct sockaddr *)&name);
    bool is_peer_counted = is_counted(worker, &name, listening->door);
    enum error error = judge(worker, &peer, listening->door, is_peer_counted);
    if (error) {
        turn_away(worker, fd, listening->door, error);
        return true;
    }
    tune_socket(fd);
    adopt(worker, fd, listening->door, &peer, is_peer_counted);
    return true;
}

static void on_listening(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)events;
    for (int i = 0; i < ACCEPTS_PER_WAKE; i++)
        if (!accept_one(io->data))
            return;
}

static void open_door(struct worker *worker, const struct worker_listeners *listeners, enum door door)
{
    for (size_t i = 0; i < listeners->count; i++) {
        struct listening *listening = &worker->listening[worker->listening_count++];
        listening->worker = worker;
        listening->door = door;
        listening->fd = listeners->fds[i];
        ev_io_init(&listening->io, on_listening, listening->fd, EV_READ);
        listening->io.data = listening;
    }
}

void worker_open_doors(struct worker *worker)
{
    open_door(worker, &worker->config.plain, DOOR_PLAIN);
    open_door(worker, &worker->config.tls, DOOR_TLS);
    open_door(worker, &worker->config.admin, DOOR_ADMIN);
    worker_start_accepting(worker);
}

void worker_start_accepting(struct worker *worker)
{
    for (size_t i = 0; i < worker->listening_count; i++)
        ev_io_start(worker->loop, &worker->listening[i].io);
    worker->is_accepting = true;
}
