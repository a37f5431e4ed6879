/* ice.c - the list of ICE servers, as a browser and as the TURN REST draft want it told. */
#include "turn/ice.h"

#include "turn/url.h"

/* How near a server is to the peer that asks; the list is told in this order. */
enum fit { FIT_SAME_REGION, FIT_ANY_REGION, FIT_OTHER_REGION, FIT_COUNT };

/* One answer in the making. */
struct request {
    const struct ice_list *list;
    struct slice user;
    struct instant now;
    size_t count; /* of the list's servers, the nearest first */
    const struct ice_server *order[ICE_SERVERS_MAX];
};

static enum fit server_fit(const struct ice_server *server, struct slice region)
{
    if (!server->region.length)
        return FIT_ANY_REGION;
    return slice_is_equal(server->region, region) ? FIT_SAME_REGION : FIT_OTHER_REGION;
}

static struct request request_begin(const struct ice_list *list, struct slice region, struct slice user,
                                    struct instant now)
{
    struct request request = {.list = list, .user = user, .now = now};
    for (enum fit fit = FIT_SAME_REGION; fit < FIT_COUNT; fit++) {
        for (size_t i = 0; i < list->count; i++) {
            if (server_fit(&list->servers[i], region) == fit)
                request.order[request.count++] = &list->servers[i];
        }
    }
    return request;
}

/* STUN takes no credentials, so a secret beside stun: URLs alone is idle. */
static bool server_has_credential(const struct ice_server *server)
{
    if (!server->secret.length)
        return false;
    for (size_t i = 0; i < server->url_count; i++) {
        if (ice_url_is_turn(server->urls[i]))
            return true;
    }
    return false;
}

bool ice_list_expires(const struct ice_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (server_has_credential(&list->servers[i]))
            return true;
    }
    return false;
}

static void add_member(struct buffer *out, const char *name, const char *value)
{
    buffer_add_json_string(out, slice_from_text(name));
    buffer_add_char(out, ':');
    buffer_add_json_string(out, slice_from_text(value));
}

static void add_array(struct buffer *out, const struct slice *items, size_t count)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_add_char(out, ',');
        buffer_add_json_string(out, items[i]);
    }
    buffer_add_char(out, ']');
}

static void add_server(const struct request *request, const struct ice_server *server, struct buffer *out)
{
    buffer_add_text(out, "{\"urls\":");
    add_array(out, server->urls, server->url_count);
    if (server_has_credential(server)) {
        struct turn_credential credential;
        turn_credential_make(server->secret, request->user, request->list->ttl_s, request->now, &credential);
        buffer_add_char(out, ',');
        add_member(out, "username", credential.username);
        buffer_add_char(out, ',');
        add_member(out, "credential", credential.password);
    }
    buffer_add_char(out, '}');
}

void ice_write_json(const struct ice_list *list, struct slice region, struct slice user, struct instant now,
                    struct buffer *out)
{
    struct request request = request_begin(list, region, user, now);
    buffer_add_char(out, '[');
    for (size_t i = 0; i < request.count; i++) {
        if (i)
            buffer_add_char(out, ',');
        add_server(&request, request.order[i], out);
    }
    buffer_add_char(out, ']');
}

/* The draft's answer has room for one password, hence for one secret: the nearest server's. */
static struct slice nearest_secret(const struct request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        if (server_has_credential(request->order[i]))
            return request->order[i]->secret;
    }
    return SLICE_EMPTY;
}

void turn_write_rest_json(const struct turn_credential *credential, int64_t ttl_s, const struct slice *uris,
                          size_t uri_count, struct buffer *out)
{
    buffer_add_char(out, '{');
    add_member(out, "username", credential->username);
    buffer_add_char(out, ',');
    add_member(out, "password", credential->password);
    buffer_add_text(out, ",\"ttl\":");
    buffer_add_int(out, ttl_s);
    buffer_add_text(out, ",\"uris\":");
    add_array(out, uris, uri_count);
    buffer_add_char(out, '}');
}

static size_t collect_turn_urls(const struct ice_server *server, struct slice *out_urls)
{
    size_t count = 0;
    for (size_t i = 0; i < server->url_count; i++) {
        if (ice_url_is_turn(server->urls[i]))
            out_urls[count++] = server->urls[i];
    }
    return count;
}

enum error ice_write_rest_json(const struct ice_list *list, struct slice region, struct slice user, struct instant now,
                               struct buffer *out)
{
    struct request request = request_begin(list, region, user, now);
    struct slice secret = nearest_secret(&request);
    if (!secret.length)
        return ERR_NOT_FOUND;
    struct slice uris[ICE_SERVERS_MAX * ICE_URLS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < request.count; i++) {
        if (slice_is_equal(request.order[i]->secret, secret))
            count += collect_turn_urls(request.order[i], uris + count);
    }
    struct turn_credential credential;
    turn_credential_make(secret, user, list->ttl_s, now, &credential);
    turn_write_rest_json(&credential, list->ttl_s, uris, count, out);
    return ERROR_NONE;
}
