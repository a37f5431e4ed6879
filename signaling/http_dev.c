/* http_dev.c - /v1/dev/token: with --dev only, a token for whoever asks, so that a first call needs no back end. */
#include "base/json_scan.h"
#include "base/random.h"
#include "rooms/room.h"
#include "signaling/http.h"
#include "signaling/http_parse.h"
#include "signaling/worker_parts.h"

#define DEV_TOKEN_TTL_S 600

/* The text of a string member, unescaped over the bytes of `out`; empty when it is absent. */
static enum error read_text(const struct json_member *member, char *out, size_t max, struct slice *out_text)
{
    if (member->kind == JSON_ABSENT) {
        *out_text = SLICE_EMPTY;
        return ERROR_NONE;
    }
    if (member->kind != JSON_STRING || member->value.length > DEV_BODY_MAX)
        return ERR_BAD_MESSAGE;
    size_t length = json_string_decode(member->value, out);
    if (length > max)
        return ERR_BAD_MESSAGE;
    *out_text = slice_of(out, length);
    return ERROR_NONE;
}

/* A page of another origin may send text/plain without asking first, but not this type. */
static enum error check_type(struct http_request *request)
{
    struct slice type;
    if (http_read_header(request, WSI_TOKEN_HTTP_CONTENT_TYPE, &type))
        return ERR_BAD_REQUEST;
    return slice_starts_with(type, "application/json") ? ERROR_NONE : ERR_BAD_REQUEST;
}

static enum error mint(struct http_request *request, struct slice room, struct slice name, struct http_answer *answer)
{
    char identity[RANDOM_ID_LENGTH + 1];
    char token_id[RANDOM_ID_LENGTH + 1];
    struct slice key_id = slice_from_text(request->worker->config.dev_key_id);
    random_id(identity);
    random_id(token_id);
    const struct claims claims = {
        .issuer = key_id,
        .token_id = slice_from_text(token_id),
        .identity = slice_from_text(identity),
        .name = name,
        .room = room,
        .expires_unix_s = instant_unix_s(request->now) + DEV_TOKEN_TTL_S,
        .may_join = true,
        .grants = {.may_publish = true, .may_subscribe = true, .may_publish_data = true, .may_update_self = true},
    };
    buffer_add_text(answer->text, "{\"token\":\"");
    enum error error = token_create(request->worker->edge_config.keys, key_id, &claims, request->now, answer->text);
    buffer_add_text(answer->text, "\"}");
    answer->type = "application/json";
    answer->body = buffer_slice(answer->text);
    return error ? ERR_INTERNAL : ERROR_NONE;
}

static enum error read_and_mint(struct http_request *request, struct http_answer *answer)
{
    const struct json_rules rules = {.depth_max = 8, .refuse_duplicates = true, .refuse_nul = true};
    struct json_member members[] = {{.name = SLICE_LITERAL("room")}, {.name = SLICE_LITERAL("name")}};
    enum json_kind kind;
    char room_text[DEV_BODY_MAX];
    char name_text[DEV_BODY_MAX];
    struct slice room;
    struct slice name;
    if (request->body.length > DEV_BODY_MAX)
        return ERR_MESSAGE_TOO_LARGE;
    enum error error = json_check_members(request->worker->json, request->body, &rules, members, 2, &kind);
    if (!error)
        error = read_text(&members[0], room_text, ROOM_ID_MAX, &room);
    if (!error)
        error = read_text(&members[1], name_text, PEER_NAME_MAX, &name);
    if (error)
        return error;
    return room_id_is_valid(room) ? mint(request, room, name, answer) : ERR_BAD_MESSAGE;
}

enum error http_dev_token(struct http_request *request, struct http_answer *answer)
{
    if (!request->worker->config.dev_key_id)
        return ERR_NOT_FOUND;
    if (!http_origin_may(request))
        return ERR_ORIGIN_REFUSED;
    enum error error = check_type(request);
    return error ? error : read_and_mint(request, answer);
}
