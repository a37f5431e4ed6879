/* http_admin.c - health and metrics. */
#include <openssl/crypto.h>

#include "ops/log.h"
#include "signaling/health.h"
#include "signaling/http.h"
#include "signaling/worker_parts.h"

enum error http_health(struct http_request *request, struct http_answer *answer)
{
    const struct worker *worker = request->worker;
    const struct health health = {.loop_lag_s = clock_precise_s() - worker->last_turn_s,
                                  .is_draining = worker->is_draining};
    struct slice unused;
    bool is_well = slice_is_text(request->path, "/livez") ? health_is_live(&health) : health_is_ready(&health);
    health_write(&health, is_well, http_read_argument(request, "verbose", &unused), answer->text);
    answer->status = is_well ? 200 : 503;
    answer->type = "application/json";
    answer->body = buffer_slice(answer->text);
    return ERROR_NONE;
}

enum error http_metrics(struct http_request *request, struct http_answer *answer)
{
    const struct metrics *const all[] = {request->worker->metrics};
    struct metrics_process process = {.version = PARLEY_VERSION,
                                      .lws = lws_get_library_version(),
                                      .openssl = OpenSSL_version(OPENSSL_VERSION_STRING)};
    metrics_read_process(&process);
    metrics_render(all, sizeof all / sizeof all[0], &process, answer->text);
    answer->type = "text/plain; version=0.0.4; charset=utf-8";
    answer->body = buffer_slice(answer->text);
    return ERROR_NONE;
}
