/* worker.c - one thread's worth of server: how it is made, runs and ends. */
#include "signaling/worker.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "ops/log.h"
#include "signaling/connection.h"
#include "signaling/home_log.h"
#include "signaling/home_metrics.h"
#include "signaling/worker_parts.h"

#define PAGE_SOCKETS         32 /* of one address beside its WebSockets, at the least: a page is fetched over many at once */
#define TRIM_CONNECTIONS_MIN 100 /* giving memory back takes time: not for a few connections */

static void flush_dirty(struct worker *worker)
{
    struct list_link *link;
    while ((link = list_first(&worker->dirty))) {
        struct connection *connection = LIST_OWNER(link, struct connection, dirty_link);
        list_remove(link);
        if (!connection_flush(connection))
            connection_kill(connection);
    }
}

struct instant worker_now(struct worker *worker)
{
    return worker_clock_read(&worker->clock, clock_now());
}

/* Ends the loop when a stop has been asked for and the last WebSocket is gone. */
static void end_drain(struct worker *worker)
{
    if (worker->is_draining && worker->socket_count == 0)
        ev_break(worker->loop, EVBREAK_ALL);
}

/* A bound for whoever waits for the process: a stall does not move it. */
static void on_drain_end(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer, (void)events;
    ev_break(loop, EVBREAK_ALL);
}

/* Before the loop waits: what this turn has queued goes out in as few writes as can be. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
    (void)loop, (void)events;
    struct worker *worker = prepare->data;
    flush_dirty(worker);
    end_drain(worker);
    (void)worker_now(worker);
}

/* After it has waited, before anything else: from here on, a stall is no longer part of the time. */
static void on_check(struct ev_loop *loop, ev_check *check, int events)
{
    (void)loop, (void)events;
    struct worker *worker = check->data;
    (void)worker_now(worker);
    int64_t stall_ms = worker_clock_take_stall(&worker->clock);
    if (stall_ms == 0)
        return;
    worker_cluster_stalled(worker->cluster);
    log_warn("loop.stalled", LOG_NUMBER("ms", stall_ms));
}

/* glibc keeps what a crowd has left behind; measured: 76 MB against 11 after 4000 connections. */
static void give_memory_back(struct worker *worker)
{
    if (worker->peak_count < TRIM_CONNECTIONS_MIN || worker->connection_count > worker->peak_count / 4 * 3)
        return;
    worker->peak_count = worker->connection_count;
    malloc_trim(0);
}

static void take_gauges(struct worker *worker)
{
    double now_s = clock_precise_s();
    double lag_s = now_s - worker->last_turn_s - 1.0;
    worker->last_turn_s = now_s;
    metrics_set(worker->metrics, METRIC_EVENT_LOOP_LAG, lag_s > 0 ? (int64_t)(lag_s * 1e6) : 0);
    home_metrics_take(worker->home, worker->metrics);
    metrics_set(worker->metrics, METRIC_TLS_CERT_EXPIRY, worker->tls ? tls_expiry_unix_s(worker->tls) : 0);
}

static void on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct worker *worker = timer->data;
    struct instant now = worker_now(worker);
    take_gauges(worker);
    home_tick(worker->home, now);
    edge_tick(worker->edge, now);
    revocations_tick(worker->revocations, now);
    if (worker->once)
        once_tick(worker->once, now);
    address_book_tick(worker->callers, now.mono_ms);
    address_book_tick(worker->credential_takers, now.mono_ms);
    connection_sweep(worker, now);
    give_memory_back(worker);
    if (!worker->is_accepting)
        worker_start_accepting(worker);
    lws_cancel_service(worker->context); /* its libev plugin would let timers of its own come late */
}

static void on_drain_step(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct worker *worker = timer->data;
    edge_drain(worker->edge, worker_now(worker));
}

/* The doors stay open: health checks are to see that it drains, and who comes anew is to be told so. */
static void begin_drain(struct worker *worker)
{
    log_info("server.draining", LOG_NUMBER("connections", worker->socket_count),
             LOG_NUMBER("sessions", home_session_count(worker->home)),
             LOG_NUMBER("timeout_ms", worker->config.drain_ms));
    worker->is_draining = true;
    ev_timer_set(&worker->drain_end, (double)worker->config.drain_ms / 1000, 0.);
    ev_timer_start(worker->loop, &worker->drain_end);
    ev_timer_again(worker->loop, &worker->drain_step);
    worker_cluster_drain(worker->cluster, true);
    edge_shut(worker->edge, worker_now(worker));
}

/* Whoever was not sent away stays. */
static void take_drain_back(struct worker *worker)
{
    log_info("server.reopened", LOG_NUMBER("connections", worker->socket_count));
    worker->is_draining = false;
    ev_timer_stop(worker->loop, &worker->drain_end);
    ev_timer_stop(worker->loop, &worker->drain_step);
    worker_cluster_drain(worker->cluster, false);
    edge_reopen(worker->edge, worker_now(worker));
}

static void on_wish(struct ev_loop *loop, ev_async *async, int events)
{
    (void)events;
    struct worker *worker = async->data;
    switch ((enum worker_wish)atomic_load(&worker->wished)) {
    case WISH_SERVE:
        if (worker->is_draining)
            take_drain_back(worker);
        return;
    case WISH_DRAIN:
        if (!worker->is_draining)
            begin_drain(worker);
        return;
    case WISH_END: ev_break(loop, EVBREAK_ALL);
    }
}

static void on_reload(struct ev_loop *loop, ev_async *async, int events)
{
    (void)loop, (void)events;
    struct worker *worker = async->data;
    char error[TLS_ERROR_MAX];
    if (!worker->tls)
        return;
    if (tls_reload(worker->tls, error))
        log_info("tls.reloaded", LOG_NUMBER("expires", tls_expiry_unix_s(worker->tls)));
    else
        log_error("tls.reload_failed", LOG_TEXT("reason", error), LOG_TEXT("kept", "the old certificate"));
}

static void start_watchers(struct worker *worker)
{
    ev_timer_init(&worker->second, on_second, 1., 1.);
    ev_timer_init(&worker->drain_end, on_drain_end, 0., 0.);
    ev_timer_init(&worker->drain_step, on_drain_step, 0., EDGE_DRAIN_STEP_MS / 1000.);
    ev_prepare_init(&worker->prepare, on_prepare);
    ev_check_init(&worker->check, on_check);
    ev_set_priority(&worker->check, EV_MAXPRI);
    ev_async_init(&worker->wish, on_wish);
    ev_async_init(&worker->reload, on_reload);
    worker->drain_step.data = worker;
    worker->second.data = worker->drain_end.data = worker->prepare.data = worker->check.data = worker;
    worker->wish.data = worker->reload.data = worker;
    ev_timer_start(worker->loop, &worker->second);
    ev_prepare_start(worker->loop, &worker->prepare);
    ev_check_start(worker->loop, &worker->check);
    ev_async_start(worker->loop, &worker->wish);
    ev_async_start(worker->loop, &worker->reload);
}

static void stop_watchers(struct worker *worker)
{
    for (size_t i = 0; i < worker->listening_count; i++)
        ev_io_stop(worker->loop, &worker->listening[i].io);
    ev_timer_stop(worker->loop, &worker->second);
    ev_timer_stop(worker->loop, &worker->drain_end);
    ev_timer_stop(worker->loop, &worker->drain_step);
    ev_prepare_stop(worker->loop, &worker->prepare);
    ev_check_stop(worker->loop, &worker->check);
    ev_async_stop(worker->loop, &worker->wish);
    ev_async_stop(worker->loop, &worker->reload);
}

static void make_revocations(struct worker *worker)
{
    struct revocation_file *file = worker->config.revoked;
    worker->revocations = revocations_create(file ? revocation_file_log(file) : (struct revocation_log){0});
    if (file)
        revocation_file_restore(file, worker->revocations);
}

static void on_home_note(void *context, const struct home_note *note)
{
    const struct worker *worker = context;
    if (note->kind == NOTE_CLOSED)
        worker_cluster_room_closed(worker->cluster, note->room);
    home_log_note(NULL, note);
}

static bool is_cut_off(void *context)
{
    return worker_cluster_is_cut_off(((struct worker *)context)->cluster);
}

static void make_home(struct worker *worker)
{
    struct listener listener = {.context = worker->edge, .deliver = edge_deliver};
    struct home_config home = worker->config.home;
    home.epoch = random_number(); /* no other home may have it, whatever machine or time it is on */
    home.revocations = worker->revocations;
    home.encode = edge_encode;
    home.encode_context = worker->edge;
    home.note = on_home_note;
    home.note_context = worker;
    if (worker->config.cluster) {
        home.is_cut_off = is_cut_off;
        home.is_cut_off_context = worker;
        worker->cluster = worker_cluster_create(worker, worker->config.cluster);
        listener = worker_cluster_listener(worker->cluster);
    }
    worker->home = home_create(&home, listener);
    if (worker->cluster)
        worker_cluster_connect(worker->cluster);
    else
        edge_connect(worker->edge, home_route(worker->home));
}

static void make_core(struct worker *worker)
{
    worker->metrics = metrics_create();
    worker->once = worker->config.are_tokens_for_one_use ? once_create() : NULL;
    worker->edge_config = *worker->config.edge;
    worker->edge_config.port = (struct client_port){.wake = connection_wake, .close = connection_close};
    worker->edge_config.metrics = worker->metrics;
    worker->edge_config.once = worker->once;
    worker->edge = edge_create(&worker->edge_config);
    make_revocations(worker);
    make_home(worker);
    worker->credential_takers = address_book_create(&worker->edge_config.limits);
    struct limits callers = worker->edge_config.limits;
    callers.address_connections_max = callers.address_connections_max * 2 + PAGE_SOCKETS;
    worker->callers = address_book_create(&callers);
    worker->json = json_checker_create(DEV_BODY_MAX);
}

static bool add_origin(struct worker *worker, const char *origin, char *out_error)
{
    if (origin_list_add(&worker->origins, slice_from_text(origin)) == ERROR_NONE)
        return true;
    snprintf(out_error, WORKER_ERROR_MAX, "this is no origin: %.120s", origin);
    return false;
}

/* Whose pages may connect, and may show ours in a frame. */
static bool make_origins(struct worker *worker, char *out_error)
{
    const struct worker_config *config = &worker->config;
    for (size_t i = 0; i < config->allowed_origins_count; i++) {
        if (!add_origin(worker, config->allowed_origins[i], out_error))
            return false;
        buffer_add_format(&worker->frame_ancestors, " %s", config->allowed_origins[i]);
    }
    if (!config->public_url || config->public_url[0] == '\0')
        return true;
    char *origin = memory_text(slice_from_text(config->public_url));
    size_t length = strlen(origin);
    if (length > 0 && origin[length - 1] == '/')
        origin[length - 1] = '\0';
    bool is_added = add_origin(worker, origin, out_error);
    free(origin);
    return is_added;
}

static bool make_tls(struct worker *worker, char *out_error)
{
    if (worker->config.tls.count == 0)
        return true;
    worker->tls = tls_create(worker->config.tls_cert_path, worker->config.tls_key_path, out_error);
    return worker->tls != NULL;
}

static void make_lists(struct worker *worker)
{
    list_init(&worker->requesting);
    list_init(&worker->silent);
    list_init(&worker->receiving);
    list_init(&worker->closing);
    list_init(&worker->dirty);
}

struct worker *worker_create(const struct worker_config *config, char out_error[WORKER_ERROR_MAX])
{
    struct worker *worker = memory_new(sizeof *worker);
    worker->config = *config;
    worker->connections_max = worker_connections_limit(config->connections_max);
    worker->last_turn_s = clock_precise_s();
    worker_clock_init(&worker->clock, clock_now());
    worker->loop = ev_loop_new(EVBACKEND_EPOLL);
    make_lists(worker);
    make_core(worker);
    start_watchers(worker);
    if (make_origins(worker, out_error) && make_tls(worker, out_error) && worker_make_context(worker, out_error))
        return worker;
    return worker_destroy(worker);
}

struct worker *worker_destroy(struct worker *worker)
{
    if (!worker)
        return NULL;
    stop_watchers(worker);
    if (worker->context) {
        lws_context_destroy(worker->context);
        worker_cluster_leave(worker->cluster);
    }
    ev_run(worker->loop, EVRUN_NOWAIT); /* lets libwebsockets' own watchers end */
    SSL_CTX_free(worker->unused_client_context);
    worker->cluster = worker_cluster_destroy(worker->cluster);
    ev_loop_destroy(worker->loop);
    edge_destroy(worker->edge);
    home_destroy(worker->home);
    revocations_destroy(worker->revocations);
    once_destroy(worker->once);
    tls_destroy(worker->tls);
    metrics_destroy(worker->metrics);
    address_book_destroy(worker->callers);
    address_book_destroy(worker->credential_takers);
    json_checker_destroy(worker->json);
    origin_list_fini(&worker->origins);
    buffer_fini(&worker->frame_ancestors);
    buffer_fini(&worker->answer);
    buffer_fini(&worker->text);
    buffer_fini(&worker->header_lines);
    free(worker);
    return NULL;
}

size_t worker_run(struct worker *worker)
{
    worker->last_turn_s = clock_precise_s();
    worker_clock_init(&worker->clock, clock_now());
    worker_open_doors(worker);
    ev_run(worker->loop, 0);
    return worker->socket_count;
}

void worker_stop(struct worker *worker)
{
    int wished = WISH_SERVE;
    if (!atomic_compare_exchange_strong(&worker->wished, &wished, WISH_DRAIN))
        atomic_store(&worker->wished, WISH_END);
    ev_async_send(worker->loop, &worker->wish);
}

bool worker_reopen(struct worker *worker)
{
    int wished = WISH_DRAIN;
    if (!atomic_compare_exchange_strong(&worker->wished, &wished, WISH_SERVE))
        return false;
    ev_async_send(worker->loop, &worker->wish);
    return true;
}

void worker_reload(struct worker *worker)
{
    ev_async_send(worker->loop, &worker->reload);
}
