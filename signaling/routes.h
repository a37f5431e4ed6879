/* routes.h - every address of the HTTP interface: one static table, and no file system behind it. */
#ifndef PARLEY_SIGNALING_ROUTES_H
#define PARLEY_SIGNALING_ROUTES_H

#include "base/error.h"
#include "base/slice.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OPTIONS, HTTP_OTHER };

/* Where a request came in. */
enum door { DOOR_PLAIN, DOOR_TLS, DOOR_ADMIN };

enum endpoint {
    ENDPOINT_PAGE,   /* index.html */
    ENDPOINT_ASSET,  /* a file of the page or the SDK, by its path */
    ENDPOINT_SOCKET, /* the WebSocket, asked for without an upgrade */
    ENDPOINT_TURN,
    ENDPOINT_DEV_TOKEN,
    ENDPOINT_LIVE,
    ENDPOINT_READY,
    ENDPOINT_METRICS,
};

/* Finds what serves `path`, percent-decoded and without its query. Errors: ERR_NOT_FOUND, and ERR_METHOD_NOT_ALLOWED,
 * with *out_allow then a list for the Allow header. */
enum error routes_find(enum door door, enum http_method method, struct slice path, enum endpoint *out_endpoint,
                       const char **out_allow);

/* The room of /v1/rooms/{room}/ws. Errors: ERR_NOT_FOUND, also for what is no room id. */
enum error routes_room(struct slice path, struct slice *out_room);

#endif
