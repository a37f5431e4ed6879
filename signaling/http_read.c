/* http_read.c - the headers of a request, read strictly. */
#include "ops/log.h"
#include "signaling/connection.h"
#include "signaling/forwarded.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

/* libwebsockets joins headers of the same name; each is one fragment. */
static bool has_second(struct lws *wsi, enum lws_token_indexes token)
{
    char unused[HEADERS_BYTES_MAX + 1];
    return lws_hdr_copy_fragment(wsi, unused, sizeof unused, token, 1) >= 0;
}

enum error http_read_header(struct http_request *request, int token, struct slice *out_value)
{
    struct scratch *scratch = &request->worker->scratch;
    char *start = scratch->bytes + scratch->used;
    int left = (int)(sizeof scratch->bytes - scratch->used);
    int length = lws_hdr_total_length(request->wsi, (enum lws_token_indexes)token);
    if (length <= 0) {
        *out_value = SLICE_EMPTY;
        return ERROR_NONE;
    }
    if (has_second(request->wsi, (enum lws_token_indexes)token))
        return ERR_BAD_REQUEST;
    length = lws_hdr_copy(request->wsi, start, left, (enum lws_token_indexes)token);
    if (length < 0)
        return ERR_BAD_REQUEST;
    struct slice value = slice_of(start, (size_t)length);
    if (!http_text_is_clean(value))
        return ERR_BAD_REQUEST;
    scratch->used += (size_t)length + 1;
    *out_value = value;
    return ERROR_NONE;
}

static int copy_argument(struct http_request *request, int index, char **out_start)
{
    struct scratch *scratch = &request->worker->scratch;
    *out_start = scratch->bytes + scratch->used;
    return lws_hdr_copy_fragment(request->wsi, *out_start, (int)(sizeof scratch->bytes - scratch->used),
                                 WSI_TOKEN_HTTP_URI_ARGS, index);
}

bool http_read_argument(struct http_request *request, const char *name, struct slice *out_value)
{
    size_t name_length = strlen(name);
    char *start;
    int length;
    for (int i = 0; (length = copy_argument(request, i, &start)) >= 0; i++) {
        struct slice argument = slice_of(start, (size_t)length);
        if (!slice_starts_with(argument, name))
            continue;
        if (argument.length > name_length && start[name_length] != '=')
            continue;
        request->worker->scratch.used += (size_t)length + 1;
        *out_value = slice_from(argument, name_length + 1);
        return true;
    }
    return false;
}

static enum error check_query(struct http_request *request)
{
    char *start;
    int length;
    for (int i = 0; (length = copy_argument(request, i, &start)) >= 0; i++) {
        struct slice argument = slice_of(start, (size_t)length);
        if (http_argument_is_token(argument))
            return ERR_TOKEN_IN_URL;
        if (!http_text_is_clean(argument))
            return ERR_BAD_REQUEST;
    }
    return ERROR_NONE;
}

static enum http_method method_of(int lws_method)
{
    switch (lws_method) {
    case LWSHUMETH_GET: return HTTP_GET;
    case LWSHUMETH_HEAD: return HTTP_HEAD;
    case LWSHUMETH_POST: return HTTP_POST;
    case LWSHUMETH_OPTIONS: return HTTP_OPTIONS;
    default: return HTTP_OTHER;
    }
}

/* The path comes decoded and without dot segments and doubled slashes; a part after ; or & shows as a NUL. */
static enum error read_target(struct http_request *request)
{
    struct scratch *scratch = &request->worker->scratch;
    char *uri = NULL;
    int length = 0;
    int method = lws_http_get_uri_and_method(request->wsi, &uri, &length);
    if (method < 0 || !uri || length <= 0 || uri[0] != '/' || length > HEADERS_BYTES_MAX)
        return ERR_BAD_REQUEST;
    char *start = scratch->bytes + scratch->used;
    memcpy(start, uri, (size_t)length);
    scratch->used += (size_t)length + 1;
    request->method = method_of(method);
    request->path = slice_of(start, (size_t)length);
    return http_text_is_clean(request->path) ? ERROR_NONE : ERR_BAD_REQUEST;
}

/* A page may have had its own name in DNS rebound to our address, and would then pass for ours. It matters where no
 * token is asked for: at the admin door (T-39), and with --dev, which gives tokens away. */
static bool is_rebound(const struct http_request *request)
{
    const struct connection *connection = request->connection;
    if (connection->door == DOOR_ADMIN)
        return connection->is_local_loopback && !http_host_is_loopback(request->host);
    return request->worker->config.dev_key_id && !http_host_is_address(request->host);
}

static enum error read_host(struct http_request *request)
{
    struct slice version;
    enum error error = http_read_header(request, WSI_TOKEN_HTTP, &version);
    if (!error)
        error = http_read_header(request, WSI_TOKEN_HOST, &request->host);
    if (error)
        return error;
    bool is_old = slice_is_text(version, "HTTP/1.0");
    if (!is_old && !slice_is_text(version, "HTTP/1.1"))
        return ERR_BAD_REQUEST;
    if (request->host.length == 0)
        return is_old ? ERROR_NONE : ERR_BAD_REQUEST;
    if (!http_host_is_valid(request->host))
        return ERR_BAD_REQUEST;
    return is_rebound(request) ? ERR_NOT_PERMITTED : ERROR_NONE;
}

/* M7: 4.1.6 takes "-1" for a length; and with both headers two programs may see two different requests. */
static enum error read_length(struct http_request *request)
{
    struct slice length;
    struct slice encoding;
    enum error error = http_read_header(request, WSI_TOKEN_HTTP_CONTENT_LENGTH, &length);
    if (!error)
        error = http_read_header(request, WSI_TOKEN_HTTP_TRANSFER_ENCODING, &encoding);
    if (error)
        return error;
    if (encoding.length > 0)
        return length.length > 0 ? ERR_BAD_REQUEST : ERR_LENGTH_REQUIRED;
    if (length.length > 0)
        return http_length_parse(length, &request->body_length);
    return request->method == HTTP_POST ? ERR_LENGTH_REQUIRED : ERROR_NONE;
}

static enum error read_origin(struct http_request *request)
{
    return http_read_header(request, WSI_TOKEN_ORIGIN, &request->origin) ? ERR_ORIGIN_REFUSED : ERROR_NONE;
}

static bool says_https(struct lws *wsi)
{
    static const char name[] = "x-forwarded-proto:";
    char scheme[8];
    int length = lws_hdr_custom_copy(wsi, scheme, sizeof scheme, name, sizeof name - 1);
    return length == 5 && memcmp(scheme, "https", 5) == 0;
}

/* A header of any length is copied, so that one that is too long is told from none. */
static struct slice copy_forwarded(struct http_request *request, enum forwarded_header header)
{
    static const char name[] = "forwarded:";
    char *start = request->worker->scratch.bytes + request->worker->scratch.used;
    int left = (int)(sizeof request->worker->scratch.bytes - request->worker->scratch.used);
    /* Several X-Forwarded-For are one list, and come as one; of several Forwarded only the first can be had. */
    int length = header == FORWARDED_X_FOR ? lws_hdr_copy(request->wsi, start, left, WSI_TOKEN_X_FORWARDED_FOR)
                                           : lws_hdr_custom_copy(request->wsi, start, left, name, sizeof name - 1);
    return length > 0 ? slice_of(start, (size_t)length) : SLICE_EMPTY;
}

/* The proxy itself is taken for the caller then. */
static void note_ignored(struct http_request *request, size_t length)
{
    static _Thread_local struct log_gate gate = LOG_GATE(1);
    char address[NET_ADDRESS_TEXT_MAX];
    metrics_add(request->worker->metrics, METRIC_FORWARDED_IGNORED, 1);
    if (!log_gate_open(&gate, request->now.mono_ms))
        return;
    net_address_format(&request->connection->peer, address);
    log_warn("forwarded.ignored", LOG_TEXT("proxy", address), LOG_NUMBER("bytes", length));
}

/* Who calls, as far as a trusted proxy may say so (T-14). */
static enum error read_caller(struct http_request *request)
{
    const struct forwarded_trust *trust = &request->worker->config.forwarded;
    struct connection *connection = request->connection;
    struct forwarded_caller caller = {.address = connection->peer};
    request->is_https = connection->door == DOOR_TLS;
    if (!forwarded_is_trusted(trust, &connection->peer))
        return ERROR_NONE;
    struct slice value = copy_forwarded(request, trust->header);
    if (!forwarded_read(trust, &connection->peer, value, &caller))
        note_ignored(request, value.length);
    connection->address = caller.address;
    request->is_https |= trust->header == FORWARDED_X_FOR ? says_https(request->wsi) : caller.is_https;
    return ERROR_NONE;
}

enum error http_read(struct http_request *request)
{
    static enum error (*const steps[])(struct http_request *) = {read_target, read_host,   read_length,
                                                                 read_origin, check_query, read_caller};
    request->worker->scratch.used = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum error error = steps[i](request);
        if (error)
            return error;
    }
    return ERROR_NONE;
}

bool http_origin_may(const struct http_request *request)
{
    const struct worker *worker = request->worker;
    if (request->origin.length == 0 || origin_is_allowed(&worker->origins, request->origin))
        return true;
    /* What the server is called is only guessed from the request when the operator has not said. */
    bool is_name_known = worker->config.public_url && worker->config.public_url[0];
    return !is_name_known && origin_is_own(request->origin, request->host, request->is_https);
}
