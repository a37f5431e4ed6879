/* fuzz_http.c - every pure reader of HTTP parts and addresses, fed with any bytes. */
#include <assert.h>
#include <stdint.h>

#include "rooms/room.h"
#include "signaling/forwarded.h"
#include "signaling/http_parse.h"
#include "signaling/net_address.h"
#include "signaling/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_routes(struct slice path)
{
    enum endpoint endpoint;
    const char *allow;
    struct slice room;
    for (enum door door = DOOR_PLAIN; door <= DOOR_ADMIN; door++)
        for (enum http_method method = HTTP_GET; method <= HTTP_OTHER; method++) {
            enum error error = routes_find(door, method, path, &endpoint, &allow);
            assert(error == ERROR_NONE || error == ERR_NOT_FOUND || error == ERR_METHOD_NOT_ALLOWED);
            assert(error || method != HTTP_OTHER);
        }
    if (routes_room(path, &room) == ERROR_NONE)
        assert(room_id_is_valid(room) && room.data >= path.data && room.length < path.length);
}

static void try_headers(struct slice text)
{
    size_t length;
    struct slice token;
    if (http_length_parse(text, &length) == ERROR_NONE)
        assert(length <= HTTP_BODY_MAX && http_text_is_clean(text));
    if (http_host_is_valid(text))
        assert(http_text_is_clean(text) && text.length <= HTTP_HOST_MAX);
    if (http_host_is_loopback(text))
        assert(http_host_is_valid(text));
    if (http_offers_subprotocol(text, "parley.v1"))
        assert(http_list_has(text, "parley.v1", false));
    if (http_bearer_parse(text, &token))
        assert(token.length > 0 && http_text_is_clean(token));
    (void)http_argument_is_token(text);
    (void)http_accepts_gzip(text);
    (void)http_etag_matches(text, SLICE_LITERAL("\"0123\""));
}

static void try_addresses(struct slice text)
{
    struct net_address address;
    struct net_range range;
    struct net_range trusted[2];
    char formatted[NET_ADDRESS_TEXT_MAX];
    if (net_address_parse(text, &address)) {
        struct net_address again;
        net_address_format(&address, formatted);
        assert(net_address_parse(slice_from_text(formatted), &again));
        assert(memcmp(&address, &again, sizeof address) == 0);
    }
    if (net_range_parse(text, &range))
        assert(range.prefix <= 128 && net_range_has(&range, &range.address));
    bool is_good = net_range_parse(SLICE_LITERAL("10.0.0.0/8"), &trusted[0]) &&
                   net_range_parse(SLICE_LITERAL("fd00::/8"), &trusted[1]);
    assert(is_good);
    for (enum forwarded_header header = FORWARDED_X_FOR; header <= FORWARDED_STANDARD; header++) {
        const struct forwarded_trust trust = {trusted, 2, header};
        struct forwarded_caller caller;
        if (forwarded_read(&trust, &trusted[0].address, text, &caller))
            assert(text.length <= FORWARDED_BYTES_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    try_routes(text);
    try_headers(text);
    try_addresses(text);
    return 0;
}
