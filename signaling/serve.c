/* serve.c - `parley serve`, from the arguments to the last goodbye. */
#include "signaling/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "ops/config.h"
#include "ops/keys_load.h"
#include "ops/log.h"
#include "ops/tls_files.h"
#include "signaling/dev_mode.h"
#include "signaling/listener.h"
#include "signaling/settings.h"
#include "signaling/worker.h"

extern char **environ;

struct server {
    struct config_sources sources;
    bool is_dev, is_lan, is_help, is_stopping;
    struct config *config;
    struct settings settings;
    struct worker_config worker_config;
    struct worker *worker;
    pthread_t main_thread;
    atomic_bool has_ended; /* the worker */
    size_t cut_off_count;  /* connections that were open when it had */
};

static void print_help(void)
{
    (void)printf("Usage: parley [serve] [OPTIONS]\n"
                 "Serves rooms over WebSocket, and the call page.\n\n"
                 "  -c, --config FILE    read settings from FILE (YAML)\n"
                 "      --set KEY=VALUE  set one setting; --KEY=VALUE does the same\n"
                 "      --dev            try it out: no configuration, on loopback, a token for everybody (insecure)\n"
                 "      --lan            with --dev: https on all interfaces too, for phones (insecure)\n"
                 "  -h, --help           show this\n\n"
                 "All settings: parley config reference. SIGTERM ends the server, SIGUSR1 takes that back as long\n"
                 "as it runs, SIGHUP reads its certificate anew.\n");
}

static int read_options(struct server *server, int argc, char **argv)
{
    server->sources.environment = environ;
    server->sources.errors = stderr;
    for (int i = 1, used = 1; i < argc; i += used, used = 1) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--dev") == 0)
            server->is_dev = true;
        else if (strcmp(argv[i], "--lan") == 0)
            server->is_lan = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            server->is_help = true;
        else if (!config_take_option(&server->sources, argv[i], next, &used)) {
            (void)fprintf(stderr, "parley: serve knows no \"%s\"; see parley serve --help\n", argv[i]);
            return EX_USAGE;
        }
    }
    if (server->is_lan && !server->is_dev) {
        (void)fprintf(stderr, "parley: --lan goes with --dev only; for production set server.tls_listen\n");
        return EX_USAGE;
    }
    return EX_OK;
}

static int load(struct server *server)
{
    struct dev_certificate certificate = {0};
    int status = server->is_lan ? dev_mode_certify(&server->sources, &certificate, stderr) : EX_OK;
    if (!status)
        status = config_load(&server->config, &server->sources);
    dev_certificate_fini(&certificate);
    if (status)
        return status;
    struct config *config = server->config;
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format);
    if (server->is_dev)
        status = dev_mode_prepare(config, server->is_lan, stderr);
    if (!status)
        status = settings_make(config, stderr, &server->settings);
    if (!status && server->is_dev)
        dev_mode_add_key(&server->settings);
    if (!status)
        status = keys_require(server->settings.keys, stderr);
    if (!status)
        status = settings_open_state(&server->settings, config, server->is_dev, stderr);
    return status;
}

/* The worker reads the files again; read here, what is wrong with them is told before a port is open. */
static int check_tls(const struct config *config)
{
    int64_t expiry_unix_s = 0;
    int status = tls_files_check(config, stderr, &expiry_unix_s);
    int64_t left_s = expiry_unix_s - (int64_t)time(NULL);
    if (!status && config->server_tls_listen.count && left_s < TLS_EXPIRY_WARN_S)
        log_warn("tls.expires", LOG_TEXT("file", config->server_tls_cert_file), LOG_NUMBER("expires", expiry_unix_s),
                 LOG_NUMBER("days_left", left_s / 86400), LOG_TEXT("state", left_s > 0 ? "soon" : "expired"));
    return status;
}

/* The configured host with the port that was really opened. */
static void log_listening(const char *address, const char *scheme, int fd)
{
    const char *colon = strrchr(address, ':');
    char text[256];
    if (colon && listener_port(fd))
        (void)snprintf(text, sizeof text, "%.*s:%u", (int)(colon - address), address, listener_port(fd));
    else
        (void)snprintf(text, sizeof text, "%s", address);
    log_info("server.listening", LOG_TEXT("address", text), LOG_TEXT("scheme", scheme));
}

static void log_all(const struct text_list *addresses, const char *scheme, const struct worker_listeners *opened)
{
    for (size_t i = 0; i < opened->count; i++)
        log_listening(addresses->items[i], scheme, opened->fds[i]);
}

/* Once nothing can go wrong any more. */
static void log_listeners(const struct server *server)
{
    const struct worker_config *worker = &server->worker_config;
    log_all(&server->config->server_listen, "http", &worker->plain);
    log_all(&server->config->server_tls_listen, "https", &worker->tls);
    log_all(&server->config->admin_listen, "http", &worker->admin);
}

static int open_all(const struct text_list *addresses, const char *key, struct worker_listeners *out)
{
    char error[LISTENER_ERROR_MAX];
    for (size_t i = 0; i < addresses->count; i++) {
        if (out->count == WORKER_LISTENERS_MAX) {
            (void)fprintf(stderr, "parley: %s: at most %d addresses\n", key, WORKER_LISTENERS_MAX);
            return EX_CONFIG;
        }
        if (!listener_open(addresses->items[i], &out->fds[out->count], error)) {
            (void)fprintf(stderr, "parley: %s: %s\n", key, error);
            return EX_UNAVAILABLE;
        }
        out->count++;
    }
    return EX_OK;
}

static int open_listeners(struct server *server)
{
    const struct config *config = server->config;
    struct worker_config *worker = &server->worker_config;
    int status = open_all(&config->server_listen, "server.listen", &worker->plain);
    if (!status)
        status = open_all(&config->server_tls_listen, "server.tls_listen", &worker->tls);
    if (!status)
        status = open_all(&config->admin_listen, "admin.listen", &worker->admin);
    return status;
}

static void close_all(const struct worker_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        (void)close(listeners->fds[i]);
}

static int build_worker(struct server *server)
{
    const struct config *config = server->config;
    struct worker_config *worker = &server->worker_config;
    bool is_tls = worker->tls.count > 0;
    char error[WORKER_ERROR_MAX];
    worker->tls_cert_path = is_tls ? config->server_tls_cert_file : NULL;
    worker->tls_key_path = is_tls ? config->server_tls_key_file : NULL;
    worker->edge = &server->settings.edge;
    worker->home = server->settings.home;
    worker->revoked = server->settings.state.revoked;
    worker->cluster = server->settings.is_clustered ? &server->settings.cluster : NULL;
    worker->allowed_origins = (const char *const *)config->server_allowed_origins.items;
    worker->allowed_origins_count = config->server_allowed_origins.count;
    worker->public_url = config->server_public_url;
    worker->forwarded = (struct forwarded_trust){server->settings.proxies, server->settings.proxy_count,
                                                 (enum forwarded_header)config->server_forwarded_header};
    worker->connections_max = (size_t)config->server_connections_max;
    worker->ping_timeout_ms = config->limits_ping_timeout;
    worker->drain_ms = config->server_drain_timeout;
    worker->are_tokens_for_one_use = config->auth_one_time_tokens;
    worker->is_page_enabled = config->page_enabled;
    worker->dev_key_id = server->is_dev ? DEV_KEY_ID : NULL;
    server->worker = worker_create(worker, error);
    if (server->worker)
        return EX_OK;
    (void)fprintf(stderr, "parley: %s\n", error);
    return EX_CONFIG;
}

/* SIGRTMIN wakes the main thread; the flag is the worker's word that it has ended, as anybody may send a signal. */
static void *run_worker(void *context)
{
    struct server *server = context;
    server->cut_off_count = worker_run(server->worker);
    atomic_store(&server->has_ended, true);
    (void)pthread_kill(server->main_thread, SIGRTMIN);
    return NULL;
}

static void block_signals(sigset_t *out_signals)
{
    (void)sigemptyset(out_signals);
    (void)sigaddset(out_signals, SIGTERM);
    (void)sigaddset(out_signals, SIGINT);
    (void)sigaddset(out_signals, SIGHUP);
    (void)sigaddset(out_signals, SIGUSR1);
    (void)sigaddset(out_signals, SIGRTMIN);
    (void)pthread_sigmask(SIG_BLOCK, out_signals, NULL);
}

static void reload(struct server *server)
{
    if (server->worker_config.tls.count)
        worker_reload(server->worker);
    else
        log_info("tls.reload", LOG_TEXT("result", "nothing to reload"));
}

static void stop(struct server *server, const char *signal)
{
    if (server->is_stopping)
        log_info("server.stopping", LOG_TEXT("signal", signal), LOG_TEXT("forced", "true"));
    else
        log_info("server.stopping", LOG_TEXT("signal", signal));
    server->is_stopping = true;
    worker_stop(server->worker);
}

static void reopen(struct server *server)
{
    server->is_stopping = server->is_stopping && !worker_reopen(server->worker);
    log_info("server.reopening", LOG_TEXT("signal", "SIGUSR1"));
}

static void heed_signals(struct server *server, const sigset_t *signals)
{
    int signal = 0;
    while (!atomic_load(&server->has_ended)) {
        if (sigwait(signals, &signal))
            continue;
        if (signal == SIGHUP)
            reload(server);
        else if (signal == SIGUSR1)
            reopen(server);
        else if (signal != SIGRTMIN)
            stop(server, signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

static int run(struct server *server, const sigset_t *signals)
{
    pthread_t thread;
    server->main_thread = pthread_self();
    if (pthread_create(&thread, NULL, run_worker, server)) {
        (void)fprintf(stderr, "parley: no thread can be started\n");
        return EX_OSERR;
    }
    const struct worker_config *worker = &server->worker_config;
    log_listeners(server);
    log_info("server.ready", LOG_TEXT("version", PARLEY_VERSION), LOG_NUMBER("pid", getpid()));
    if (server->is_dev)
        dev_mode_greet(server->is_lan, worker->plain.count ? listener_port(worker->plain.fds[0]) : 0,
                       worker->tls.count ? listener_port(worker->tls.fds[0]) : 0, stdout, stderr);
    heed_signals(server, signals);
    (void)pthread_join(thread, NULL);
    log_info("server.stopped", LOG_NUMBER("pid", getpid()), LOG_NUMBER("cut_off", server->cut_off_count));
    return EX_OK;
}

static int serve(struct server *server)
{
    sigset_t signals;
    block_signals(&signals);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader of our log or of our answers may be gone */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int status = load(server);
    if (!status)
        status = check_tls(server->config);
    if (!status)
        status = open_listeners(server);
    if (!status)
        status = build_worker(server);
    if (!status)
        status = run(server, &signals);
    worker_destroy(server->worker);
    close_all(&server->worker_config.plain);
    close_all(&server->worker_config.tls);
    close_all(&server->worker_config.admin);
    settings_fini(&server->settings);
    config_destroy(server->config);
    return status;
}

int command_serve(int argc, char **argv)
{
    struct server server = {0};
    int status = read_options(&server, argc, argv);
    if (status)
        return status;
    if (server.is_help) {
        print_help();
        return EX_OK;
    }
    return serve(&server);
}
