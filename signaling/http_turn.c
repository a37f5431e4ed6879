/* http_turn.c - /v1/turn/credentials: ICE servers for the bearer of a token. */
#include <openssl/sha.h>

#include "base/base64.h"
#include "signaling/connection.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/message.h"
#include "signaling/worker_parts.h"

#define USER_LENGTH 22 /* 132 bits of the hash of an identity, which itself is nobody's business at the TURN server */

/* Cross-origin pages may ask, if they are on the list. The origin is printable and was compared: it may be echoed. */
static void allow_origin(struct http_request *request, struct http_answer *answer)
{
    http_answer_header(answer, "Vary", "Origin");
    if (request->origin.length == 0)
        return;
    buffer_add_text(answer->header_lines, "Access-Control-Allow-Origin: ");
    buffer_add(answer->header_lines, request->origin);
    buffer_add_text(answer->header_lines, "\r\n");
}

static enum error answer_preflight(struct http_answer *answer)
{
    http_answer_header(answer, "Allow", "GET, HEAD, POST, OPTIONS");
    http_answer_header(answer, "Access-Control-Allow-Methods", "GET, POST");
    http_answer_header(answer, "Access-Control-Allow-Headers", "Authorization, Content-Type");
    http_answer_header(answer, "Access-Control-Max-Age", "600");
    answer->status = 204;
    return ERROR_NONE;
}

/* As many a second as joins: a call needs one of each. */
static enum error take_rate(struct http_request *request, struct http_answer *answer)
{
    struct address_book *book = request->worker->credential_takers;
    int64_t now_ms = request->now.mono_ms;
    int64_t wait_ms;
    struct address_entry *entry = address_book_connect(book, &request->connection->address, now_ms);
    bool is_taken = address_entry_take_join(book, entry, now_ms, &wait_ms);
    address_book_disconnect(book, entry, now_ms);
    if (is_taken)
        return ERROR_NONE;
    buffer_add_format(answer->header_lines, "Retry-After: %lld\r\n", (long long)(wait_ms + 999) / 1000);
    metrics_add(request->worker->metrics, METRIC_RATE_LIMITED_ADDRESS, 1);
    return ERR_RATE_LIMITED;
}

static enum error read_claims(struct http_request *request, struct claims *out_claims)
{
    const struct edge_config *config = &request->worker->edge_config;
    struct slice authorization;
    struct slice token;
    if (http_read_header(request, WSI_TOKEN_HTTP_AUTHORIZATION, &authorization))
        return ERR_AUTH_MALFORMED;
    if (authorization.length == 0)
        return ERR_AUTH_MISSING;
    if (!http_bearer_parse(authorization, &token))
        return ERR_AUTH_MALFORMED;
    return token_verify(config->keys, &config->token_rules, token, request->now, out_claims);
}

static void name_user(const struct claims *claims, char out_user[TURN_USER_MAX])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char text[BASE64_LENGTH(SHA256_DIGEST_LENGTH) + 1];
    SHA256((const unsigned char *)claims->identity.data, claims->identity.length, digest);
    base64url_encode(digest, sizeof digest, text, sizeof text);
    turn_user(claims->room, slice_of(text, USER_LENGTH), out_user);
}

static enum error write_servers(struct http_request *request, struct slice user, struct http_answer *answer)
{
    const struct edge_config *config = &request->worker->edge_config;
    struct slice region = config->default_region;
    struct slice format = SLICE_EMPTY;
    http_read_argument(request, "region", &region);
    if (region.length > REGION_MAX)
        return ERR_BAD_REQUEST;
    if (!http_read_argument(request, "format", &format))
        return ice_write_rest_json(config->ice, region, user, request->now, answer->text);
    if (!slice_is_text(format, "iceServers"))
        return ERR_BAD_REQUEST;
    buffer_add_text(answer->text, "{\"iceServers\":");
    ice_write_json(config->ice, region, user, request->now, answer->text);
    buffer_add_char(answer->text, '}');
    return ERROR_NONE;
}

static enum error answer_credentials(struct http_request *request, const struct claims *claims,
                                     struct http_answer *answer)
{
    char user[TURN_USER_MAX];
    struct slice service = SLICE_LITERAL("turn");
    if (!claims->may_join)
        return ERR_AUTH_GRANT;
    http_read_argument(request, "service", &service);
    if (!slice_is_text(service, "turn"))
        return ERR_BAD_REQUEST;
    name_user(claims, user);
    enum error error = write_servers(request, slice_from_text(user), answer);
    if (error)
        return error;
    answer->type = "application/json";
    answer->body = buffer_slice(answer->text);
    metrics_add(request->worker->metrics, METRIC_TURN_CREDENTIALS, 1);
    return ERROR_NONE;
}

enum error http_turn(struct http_request *request, struct http_answer *answer)
{
    struct claims claims;
    if (!http_origin_may(request))
        return ERR_ORIGIN_REFUSED;
    allow_origin(request, answer);
    if (request->method == HTTP_OPTIONS)
        return answer_preflight(answer);
    enum error error = take_rate(request, answer);
    if (error)
        return error;
    error = read_claims(request, &claims);
    if (error) {
        metrics_add(request->worker->metrics, metric_for_auth_error(error), 1);
        return error;
    }
    error = answer_credentials(request, &claims, answer);
    claims_fini(&claims);
    return error;
}
