/* worker_context.c - the libwebsockets context of a worker, with the settings that make 4.1.6 safe and quick. */
#include <string.h>

#include "ops/log.h"
#include "signaling/worker_parts.h"

#define HANDSHAKE_TIMEOUT_S 10 /* TLS and headers together, absolute */

/* One protocol only: what is offered besides it is never chosen, and events of all kinds come to one place. */
static const struct lws_protocols protocols[] = {
    {
        .name = "parley.v1",
        .callback = connection_on_event,
        .rx_buffer_size = 1024,    /* held by each connection */
        .tx_packet_size = 1 << 16, /* else lws cuts writes at rx_buffer_size */
    },
    {.name = NULL},
};

/* All zero: without a policy lws would keep two timers for each connection in one sorted list. */
static const lws_retry_bo_t no_policy;

/* What lws writes may hold bytes from clients (the log escapes them), and a client may cause much of it. */
static void on_lws_log(int level, const char *line)
{
    static _Thread_local struct log_gate gate = LOG_GATE(20);
    if (!log_gate_open(&gate, clock_now().mono_ms))
        return;
    struct slice text = slice_from_text(line);
    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    LOG_EVENT(level & LLL_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "lws", LOG_SLICE("text", text));
}

static struct lws_context_creation_info context_info(struct worker *worker, void **loops)
{
    return (struct lws_context_creation_info){
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_LIBEV |
                   LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .max_http_header_data = HEADERS_BYTES_MAX,
        .timeout_secs = HANDSHAKE_TIMEOUT_S,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .user = worker,
        .retry_and_idle_policy = &no_policy,
    };
}

static struct lws_vhost *make_vhost(struct worker *worker, enum door door)
{
    static const char *const names[] = {[DOOR_PLAIN] = "plain", [DOOR_TLS] = "tls", [DOOR_ADMIN] = "admin"};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = names[door],
        .protocols = protocols,
        .user = worker,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .retry_and_idle_policy = &no_policy,
        .provided_client_ssl_ctx = worker->unused_client_context, /* else the CA bundle is parsed for each vhost */
        .extensions = NULL,                                       /* M3 */
        .alpn = "http/1.1",                                       /* M2 */
        .timeout_secs = HANDSHAKE_TIMEOUT_S,
    };
    if (door == DOOR_TLS)
        info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    return lws_create_vhost(worker->context, &info);
}

static bool complain(char *out_error, const char *what)
{
    snprintf(out_error, WORKER_ERROR_MAX, "%s", what);
    return false;
}

bool worker_make_context(struct worker *worker, char *out_error)
{
    const struct worker_config *config = &worker->config;
    const bool is_needed[] = {[DOOR_PLAIN] = config->plain.count > 0,
                              [DOOR_TLS] = config->tls.count > 0,
                              [DOOR_ADMIN] = config->admin.count > 0};
    void *loops[1] = {worker->loop};
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    struct lws_context_creation_info info = context_info(worker, loops);
    worker->context = lws_create_context(&info);
    if (!worker->context)
        return complain(out_error, "libwebsockets cannot start; is the package libwebsockets-evlib-ev installed?");
    worker->unused_client_context = SSL_CTX_new(TLS_client_method());
    for (enum door door = DOOR_PLAIN; door <= DOOR_ADMIN; door++) {
        if (!is_needed[door])
            continue;
        worker->vhosts[door] = make_vhost(worker, door);
        if (!worker->vhosts[door])
            return complain(out_error, "libwebsockets cannot make a virtual host");
    }
    return true;
}
