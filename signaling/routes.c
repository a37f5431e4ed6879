/* routes.c - every address of the HTTP interface. */
#include "signaling/routes.h"

#include <stdbool.h>

#include "rooms/room.h"

#define DOORS_PUBLIC (1U << DOOR_PLAIN | 1U << DOOR_TLS)
#define DOORS_ADMIN  (1U << DOOR_ADMIN)
#define READ         (1U << HTTP_GET | 1U << HTTP_HEAD)

struct row {
    const char *path;
    enum endpoint endpoint;
    unsigned doors;
    unsigned methods;
    const char *allow;
};

static const struct row rows[] = {
    {"/", ENDPOINT_PAGE, DOORS_PUBLIC, READ, "GET, HEAD"},
    {"/livez", ENDPOINT_LIVE, DOORS_PUBLIC | DOORS_ADMIN, READ, "GET, HEAD"},
    {"/readyz", ENDPOINT_READY, DOORS_PUBLIC | DOORS_ADMIN, READ, "GET, HEAD"},
    {"/healthz", ENDPOINT_READY, DOORS_PUBLIC, READ, "GET, HEAD"},
    {"/metrics", ENDPOINT_METRICS, DOORS_ADMIN, READ, "GET, HEAD"},
    {"/v1/turn/credentials", ENDPOINT_TURN, DOORS_PUBLIC, READ | 1U << HTTP_POST | 1U << HTTP_OPTIONS,
     "GET, HEAD, POST, OPTIONS"},
    {"/v1/dev/token", ENDPOINT_DEV_TOKEN, DOORS_PUBLIC, 1U << HTTP_POST, "POST"},
};

/* Addresses with a part that varies. */
static const struct row room_page = {"/r/", ENDPOINT_PAGE, DOORS_PUBLIC, READ, "GET, HEAD"};
static const struct row room_socket = {"/v1/rooms/", ENDPOINT_SOCKET, DOORS_PUBLIC, 1U << HTTP_GET, "GET"};
static const struct row sdk_asset = {"/sdk/", ENDPOINT_ASSET, DOORS_PUBLIC, READ, "GET, HEAD"};
static const struct row page_asset = {"/page/", ENDPOINT_ASSET, DOORS_PUBLIC, READ, "GET, HEAD"};

enum error routes_room(struct slice path, struct slice *out_room)
{
    const size_t before = sizeof "/v1/rooms/" - 1;
    const size_t after = sizeof "/ws" - 1;
    if (!slice_starts_with(path, "/v1/rooms/") || path.length < before + after)
        return ERR_NOT_FOUND;
    if (!slice_is_text(slice_from(path, path.length - after), "/ws"))
        return ERR_NOT_FOUND;
    struct slice room = slice_of(path.data + before, path.length - before - after);
    if (!room_id_is_valid(room))
        return ERR_NOT_FOUND;
    *out_room = room;
    return ERROR_NONE;
}

static const struct row *find_varying(struct slice path)
{
    struct slice room;
    if (slice_starts_with(path, room_page.path) && room_id_is_valid(slice_from(path, 3)))
        return &room_page;
    if (routes_room(path, &room) == ERROR_NONE)
        return &room_socket;
    if (slice_starts_with(path, sdk_asset.path))
        return &sdk_asset;
    return slice_starts_with(path, page_asset.path) ? &page_asset : NULL;
}

static const struct row *find_row(struct slice path)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (slice_is_text(path, rows[i].path))
            return &rows[i];
    return find_varying(path);
}

enum error routes_find(enum door door, enum http_method method, struct slice path, enum endpoint *out_endpoint,
                       const char **out_allow)
{
    const struct row *row = find_row(path);
    if (!row || !(row->doors & 1U << door))
        return ERR_NOT_FOUND;
    if (!(row->methods & 1U << method)) {
        *out_allow = row->allow;
        return ERR_METHOD_NOT_ALLOWED;
    }
    *out_endpoint = row->endpoint;
    return ERROR_NONE;
}
