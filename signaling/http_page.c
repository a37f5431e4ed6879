/* http_page.c - the call page and the SDK, from the files embedded in the program. */
#include "signaling/assets.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

/* 'self' covers the WebSocket of the same host too (CSP 3, 6.7.2.8). */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "    \
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "                \
    "require-trusted-types-for 'script'; frame-ancestors 'self'"

#define PERMISSIONS                                                                                                    \
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), "                   \
    "picture-in-picture=(self), speaker-selection=(self), screen-wake-lock=(self)"

static void add_page_headers(struct http_request *request, struct http_answer *answer)
{
    buffer_add_text(answer->header_lines, "Content-Security-Policy: " POLICY);
    buffer_add(answer->header_lines, buffer_slice(&request->worker->frame_ancestors));
    buffer_add_text(answer->header_lines, "\r\n");
    http_answer_header(answer, "Permissions-Policy", PERMISSIONS);
    http_answer_header(answer, "Vary", "Accept-Encoding");
}

static enum error send_asset(struct http_request *request, struct slice path, struct http_answer *answer)
{
    const struct asset *asset = request->worker->config.is_page_enabled ? asset_find(path) : NULL;
    struct slice encodings = SLICE_EMPTY;
    struct slice known = SLICE_EMPTY;
    if (!asset)
        return ERR_NOT_FOUND;
    if (http_read_header(request, WSI_TOKEN_HTTP_ACCEPT_ENCODING, &encodings) ||
        http_read_header(request, WSI_TOKEN_HTTP_IF_NONE_MATCH, &known))
        return ERR_BAD_REQUEST;
    bool is_packed = http_accepts_gzip(encodings);
    const char *etag = is_packed ? asset->packed_etag : asset->etag;
    const char *start = is_packed ? asset->packed_start : asset->start;
    const char *end = is_packed ? asset->packed_end : asset->end;
    add_page_headers(request, answer);
    http_answer_header(answer, "ETag", etag);
    answer->cache = "no-cache";
    if (http_etag_matches(known, slice_from_text(etag))) {
        answer->status = 304;
        return ERROR_NONE;
    }
    if (is_packed)
        http_answer_header(answer, "Content-Encoding", "gzip");
    answer->type = asset->type;
    answer->body = slice_of(start, (size_t)(end - start));
    return ERROR_NONE;
}

enum error http_page(struct http_request *request, struct http_answer *answer)
{
    return send_asset(request, SLICE_LITERAL("/page/index.html"), answer);
}

enum error http_asset(struct http_request *request, struct http_answer *answer)
{
    return send_asset(request, request->path, answer);
}
