/* http_parse.h - the parts of an HTTP request, judged without a socket: pure, and fuzzed.
 *
 * All of it is RFC 9110 read strictly: what two programs could read differently is refused. */
#ifndef PARLEY_SIGNALING_HTTP_PARSE_H
#define PARLEY_SIGNALING_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

#define HTTP_BODY_MAX         65536
#define HTTP_HOST_MAX         262 /* 253 of a name, a colon, a port, and brackets */
#define HTTP_SUBPROTOCOLS_MAX 126 /* libwebsockets closes without an answer on longer lists */
#define HTTP_SUBPROTOCOL_MAX  63  /* likewise */

/* Only printable ASCII: no control byte, no NUL, nothing that a log or another parser could read differently. */
bool http_text_is_clean(struct slice text);

/* Content-Length: digits only. Errors: ERR_BAD_REQUEST, ERR_MESSAGE_TOO_LARGE (over HTTP_BODY_MAX). */
enum error http_length_parse(struct slice text, size_t *out_length);

/* Whether a Host header is a name or address with an optional port, and nothing else. */
bool http_host_is_valid(struct slice host);

/* Whether it names this machine by localhost, 127.x.x.x or [::1]: a name in DNS could have been rebound to it. */
bool http_host_is_loopback(struct slice host);

/* Whether it is localhost or an IP address: what no name in DNS can be rebound to. */
bool http_host_is_address(struct slice host);

/* Whether the comma separated `list` holds `name`; without regard to case if so asked. */
bool http_list_has(struct slice list, const char *name, bool ignore_case);

/* Whether `list` is a well-formed Sec-WebSocket-Protocol that offers `name` exactly. */
bool http_offers_subprotocol(struct slice list, const char *name);

/* Whether one argument of a query, "name=value" decoded, is a token by its name or by its looks. */
bool http_argument_is_token(struct slice argument);

/* The token of "Authorization: Bearer ..." (RFC 6750, 2.1); false when it is another scheme or malformed. */
bool http_bearer_parse(struct slice authorization, struct slice *out_token);

/* Whether gzip is acceptable by Accept-Encoding; "gzip;q=0" is not. */
bool http_accepts_gzip(struct slice accept_encoding);

/* Whether If-None-Match names `etag` (with its quotes), weakly compared, or is "*". */
bool http_etag_matches(struct slice if_none_match, struct slice etag);

/* The parts of a comma separated list, each without the spaces around it. */
bool http_list_next(struct slice *rest, struct slice *out_part);

#endif
