/* wire_request.c - what an edge asks of a home on another node, as bytes and back. */
#include "cluster/wire_parts.h"

#define BODY_DEPTH_MAX 7 /* a client's message may be 8 deep, and is 1 itself */

enum update_bit { UPDATE_NAME = 1, UPDATE_ATTRIBUTES = 2 };

/* Names that mean something else than a member to a careless JavaScript client (T-48). */
static bool has_safe_keys(const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        struct slice key = attributes->items[i].key;
        if (slice_is_text(key, "__proto__") || slice_is_text(key, "constructor") || slice_is_text(key, "prototype"))
            return false;
    }
    return true;
}

/* Parcels */

static void put_parcel(struct buffer *out, const struct parcel *parcel)
{
    wire_put_number(out, (uint64_t)parcel->seq);
    wire_put_byte(out, parcel->kind);
    wire_put_text(out, parcel->body);
}

static void get_parcel(struct wire_room *room, struct wire_reader *reader, struct parcel *out)
{
    out->seq = wire_get_integer(reader, 0, WIRE_INTEGER_MAX);
    out->kind = (enum relay_kind)wire_get_byte(reader, RELAY_KIND_COUNT - 1);
    size_t length = wire_get_count(reader, WIRE_BODY_MAX);
    out->body = wire_get_bytes(reader, length);
    if (!reader->is_bad)
        (void)wire_want(reader, wire_is_json(room, out->body, BODY_DEPTH_MAX, JSON_ABSENT, NULL));
}

/* Each type of request has two functions. */

static void put_join(struct buffer *out, const struct request *request)
{
    wire_put_text(out, request->join.room);
    buffer_add(out, slice_of(request->join.peer_id, RANDOM_ID_LENGTH));
    wire_put_profile(out, request->join.profile);
    wire_put_byte(out, request->join.gives_receipts);
    wire_put_number(out, (uint64_t)request->join.ends_unix_s);
}

static void get_join(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    out->join.room = wire_get_room_id(reader);
    struct slice id = wire_get_peer_id(reader);
    memcpy(room->peer_id, id.data, id.length);
    room->peer_id[id.length] = '\0';
    out->join.peer_id = room->peer_id;
    wire_get_profile(reader, &room->profile);
    out->join.profile = &room->profile;
    out->join.gives_receipts = wire_get_flag(reader);
    out->join.ends_unix_s = wire_get_integer(reader, 0, WIRE_TIME_S_MAX);
}

static void put_resume(struct buffer *out, const struct request *request)
{
    wire_put_text(out, request->resume.room);
    buffer_add(out, request->resume.peer_id);
    wire_put_profile(out, request->resume.profile);
    wire_put_byte(out, request->resume.gives_receipts);
    wire_put_number(out, request->resume.order);
    wire_put_number(out, request->resume.epoch);
    wire_put_number(out, request->resume.generation);
    wire_put_number(out, (uint64_t)request->resume.ends_unix_s);
    wire_put_byte(out, request->resume.is_live);
}

static void get_resume(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    out->resume.room = wire_get_room_id(reader);
    out->resume.peer_id = wire_get_peer_id(reader);
    wire_get_profile(reader, &room->profile);
    out->resume.profile = &room->profile;
    out->resume.gives_receipts = wire_get_flag(reader);
    out->resume.order = wire_get_number(reader);
    out->resume.epoch = wire_get_number(reader);
    out->resume.generation = wire_get_number(reader);
    out->resume.ends_unix_s = wire_get_integer(reader, 0, WIRE_TIME_S_MAX);
    out->resume.is_live = wire_get_flag(reader);
}

static void put_relay(struct buffer *out, const struct request *request)
{
    wire_put_text(out, request->relay.to);
    put_parcel(out, &request->relay.parcel);
}

static void get_relay(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    out->relay.to = wire_get_text(reader, WIRE_BODY_MAX);
    get_parcel(room, reader, &out->relay.parcel);
}

static void put_broadcast(struct buffer *out, const struct request *request)
{
    size_t count = request->broadcast.to ? request->broadcast.to_count : 0;
    put_parcel(out, &request->broadcast.parcel);
    wire_put_byte(out, request->broadcast.to != NULL);
    wire_put_count(out, count);
    for (size_t i = 0; i < count; i++)
        wire_put_text(out, request->broadcast.to[i]);
}

static void get_broadcast(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    get_parcel(room, reader, &out->broadcast.parcel);
    bool is_listed = wire_get_flag(reader);
    size_t count = wire_get_count(reader, is_listed ? WIRE_LIST_MAX : 0);
    for (size_t i = 0; i < count && !reader->is_bad; i++)
        room->slices[i] = wire_get_text(reader, WIRE_BODY_MAX);
    out->broadcast.to = is_listed ? room->slices : NULL;
    out->broadcast.to_count = count;
}

static void put_update(struct buffer *out, const struct request *request)
{
    const struct profile_update *update = request->update;
    wire_put_byte(out, (update->has_name ? UPDATE_NAME : 0u) | (update->has_attributes ? UPDATE_ATTRIBUTES : 0u));
    if (update->has_name)
        wire_put_text(out, update->name);
    if (update->has_attributes)
        wire_put_attributes(out, &update->attributes);
    wire_put_byte(out, update->media_mask);
    wire_put_byte(out, update->media);
}

static void get_update(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    struct profile_update *update = &room->update;
    unsigned bits = wire_get_byte(reader, UPDATE_NAME | UPDATE_ATTRIBUTES);
    *update = (struct profile_update){.has_name = bits & UPDATE_NAME, .has_attributes = bits & UPDATE_ATTRIBUTES};
    if (update->has_name)
        update->name = wire_get_text(reader, PEER_NAME_MAX);
    if (update->has_attributes)
        wire_get_attributes(reader, &update->attributes);
    update->media_mask = wire_get_byte(reader, MEDIA_MIC | MEDIA_CAMERA | MEDIA_SCREEN);
    update->media = wire_get_byte(reader, MEDIA_MIC | MEDIA_CAMERA | MEDIA_SCREEN);
    (void)wire_want(reader, !(update->media & ~update->media_mask) && has_safe_keys(&update->attributes));
    out->update = update;
}

static void put_kick(struct buffer *out, const struct request *request)
{
    wire_put_text(out, request->kick.peer_id);
}

static void get_kick(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    (void)room;
    out->kick.peer_id = wire_get_text(reader, WIRE_BODY_MAX);
}

static void put_receipt(struct buffer *out, const struct request *request)
{
    (void)out, (void)request;
}

static void get_receipt(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    (void)room;
    (void)wire_want(reader, out->got != GOT_NOTHING);
}

static void put_refresh(struct buffer *out, const struct request *request)
{
    wire_put_number(out, (uint64_t)request->refresh.ends_unix_s);
}

static void get_refresh(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    (void)room;
    out->refresh.ends_unix_s = wire_get_integer(reader, 0, WIRE_TIME_S_MAX);
}

static void put_leave(struct buffer *out, const struct request *request)
{
    wire_put_byte(out, request->leave.reason);
}

static void get_leave(struct wire_room *room, struct wire_reader *reader, struct request *out)
{
    (void)room;
    out->leave.reason = (enum leave_reason)wire_get_byte(reader, LEAVE_REASON_COUNT - 1);
}

static const struct {
    void (*put)(struct buffer *, const struct request *);
    void (*get)(struct wire_room *, struct wire_reader *, struct request *);
} codecs[] = {
    [REQUEST_JOIN] = {put_join, get_join},          [REQUEST_RESUME] = {put_resume, get_resume},
    [REQUEST_RELAY] = {put_relay, get_relay},       [REQUEST_BROADCAST] = {put_broadcast, get_broadcast},
    [REQUEST_UPDATE] = {put_update, get_update},    [REQUEST_KICK] = {put_kick, get_kick},
    [REQUEST_RECEIPT] = {put_receipt, get_receipt}, [REQUEST_REFRESH] = {put_refresh, get_refresh},
    [REQUEST_DETACH] = {put_leave, get_leave},      [REQUEST_LEAVE] = {put_leave, get_leave},
};

void wire_put_request(const struct request *request, struct buffer *out)
{
    wire_put_byte(out, WIRE_PAYLOAD_REQUEST);
    wire_put_byte(out, request->type);
    wire_put_number(out, request->from.client);
    wire_put_number(out, request->session);
    wire_put_reference(out, request->id);
    wire_put_number(out, (uint64_t)request->got);
    codecs[request->type].put(out, request);
}

enum error wire_get_request(struct wire_room *room, struct slice payload, struct request *out_request)
{
    struct wire_reader reader = {.left = payload};
    struct request request = {0};
    if (!wire_want(&reader, wire_get_byte(&reader, UINT8_MAX) == WIRE_PAYLOAD_REQUEST))
        return ERR_BAD_MESSAGE;
    request.type = (enum request_type)wire_get_byte(&reader, REQUEST_LEAVE);
    request.from.client = wire_get_number(&reader);
    request.session = wire_get_number(&reader);
    request.id = wire_get_reference(&reader);
    request.got = wire_get_integer(&reader, GOT_NOTHING, WIRE_INTEGER_MAX);
    codecs[request.type].get(room, &reader, &request);
    if (reader.is_bad)
        return ERR_BAD_MESSAGE;
    *out_request = request;
    return ERROR_NONE;
}
