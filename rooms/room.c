/* room.c - who is in a room, and who may talk to whom. */
#include "rooms/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "rooms/profile.h"

struct member {
    struct peer peer;
    void *profile_memory;
};

struct room {
    char id[ROOM_ID_MAX];
    size_t id_length;
    size_t capacity;
    size_t count;
    uint64_t next_order;
    struct room_listener listener;
    struct list peers; /* by order of joining */
    struct peer *peers_by_id;
    struct peer **hearers; /* scratch of `capacity` places */
};

static bool is_id_char(char c)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~@:=", c) != NULL);
}

bool room_id_is_valid(struct slice id)
{
    if (id.length == 0 || id.length > ROOM_ID_MAX || slice_is_text(id, ".") || slice_is_text(id, ".."))
        return false;
    for (size_t i = 0; i < id.length; i++) {
        if (!is_id_char(id.data[i]))
            return false;
    }
    return true;
}

struct room *room_create(struct slice id, size_t capacity, struct room_listener listener)
{
    assert(room_id_is_valid(id) && capacity > 0);
    struct room *room = memory_new(sizeof *room);
    memcpy(room->id, id.data, id.length);
    room->id_length = id.length;
    room->capacity = capacity;
    room->listener = listener;
    list_init(&room->peers);
    return room;
}

static void forget(struct room *room, struct peer *peer)
{
    struct member *member = (struct member *)(void *)peer;
    HASH_DELETE(hh, room->peers_by_id, peer);
    list_remove(&peer->link);
    room->count--;
    free(member->profile_memory);
    free(member);
}

struct room *room_destroy(struct room *room)
{
    if (!room)
        return NULL;
    while (!list_is_empty(&room->peers))
        forget(room, room_first_peer(room));
    free(room->hearers);
    free(room);
    return NULL;
}

struct slice room_id(const struct room *room)
{
    return slice_of(room->id, room->id_length);
}

size_t room_count(const struct room *room)
{
    return room->count;
}

static struct peer *peer_of(struct list_link *link)
{
    return link ? LIST_OWNER(link, struct peer, link) : NULL;
}

struct peer *room_first_peer(const struct room *room)
{
    return peer_of(list_first(&room->peers));
}

struct peer *room_next_peer(const struct room *room, const struct peer *peer)
{
    return peer_of(list_next(&room->peers, &peer->link));
}

struct peer *room_find_peer(const struct room *room, struct slice peer_id)
{
    struct peer *peer = NULL;
    if (peer_id.length == RANDOM_ID_LENGTH)
        HASH_FIND(hh, room->peers_by_id, peer_id.data, RANDOM_ID_LENGTH, peer);
    return peer;
}

static void tell_others(struct room *room, const struct peer *about, const struct event *event)
{
    if (!room->hearers)
        room->hearers = memory_new(room->capacity * sizeof(struct peer *));
    size_t count = 0;
    for (struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (peer != about)
            room->hearers[count++] = peer;
    }
    if (count)
        room->listener.hear(room->listener.context, room->hearers, count, event);
}

static void announce(struct room *room, const struct peer *peer, enum event_type type)
{
    if (peer->profile.grants.is_hidden)
        return;
    struct event event = {.type = type, .peer = {.peer = peer}};
    tell_others(room, peer, &event);
}

enum error room_join(struct room *room, const char *peer_id, const struct profile *profile, void *owner,
                     struct peer **out_peer)
{
    if (room->count >= room->capacity)
        return ERR_ROOM_FULL;
    assert(strlen(peer_id) == RANDOM_ID_LENGTH && !room_find_peer(room, slice_from_text(peer_id)));
    struct member *member = memory_new(sizeof *member);
    struct peer *peer = &member->peer;
    memcpy(peer->id, peer_id, RANDOM_ID_LENGTH + 1);
    peer->order = ++room->next_order;
    peer->room = room;
    peer->owner = owner;
    member->profile_memory = profile_copy(profile, &peer->profile);
    list_append(&room->peers, &peer->link);
    HASH_ADD(hh, room->peers_by_id, id, RANDOM_ID_LENGTH, peer);
    room->count++;
    announce(room, peer, EVENT_PEER_JOINED);
    *out_peer = peer;
    return ERROR_NONE;
}

void room_leave(struct room *room, struct peer *peer, enum leave_reason reason)
{
    assert(peer->room == room);
    if (!peer->profile.grants.is_hidden) {
        struct event event = {.type = EVENT_PEER_LEFT, .left = {.peer_id = peer_id(peer), .reason = reason}};
        tell_others(room, peer, &event);
    }
    forget(room, peer);
}

enum error room_update(struct room *room, struct peer *peer, const struct profile_update *update)
{
    bool is_about_self = update->has_name || update->has_attributes;
    if (is_about_self && !peer->profile.grants.may_update_self)
        return ERR_NOT_PERMITTED;
    struct profile merged;
    enum error error = profile_merge(&peer->profile, update, &merged);
    if (error)
        return error;
    struct member *member = (struct member *)(void *)peer;
    void *old = member->profile_memory;
    member->profile_memory = profile_copy(&merged, &peer->profile);
    free(old);
    announce(room, peer, EVENT_PEER_UPDATED);
    return ERROR_NONE;
}

static bool may_relay(const struct grants *grants, enum relay_kind kind)
{
    if (grants->is_hidden)
        return false;
    switch (kind) {
    case RELAY_OFFER:
    case RELAY_ANSWER:
    case RELAY_CANDIDATE: return grants->may_publish;
    case RELAY_DATA: return grants->may_publish_data;
    case RELAY_KIND_COUNT: break;
    }
    return false;
}

enum error room_relay(struct room *room, struct peer *from, struct slice to, enum relay_kind kind, struct slice body)
{
    assert(from->room == room);
    if (!may_relay(&from->profile.grants, kind))
        return ERR_NOT_PERMITTED;
    struct peer *peer = room_find_peer(room, to);
    if (!peer || peer == from || peer->profile.grants.is_hidden)
        return ERR_NO_SUCH_PEER;
    struct event event = {.type = EVENT_RELAY, .relay = {.from = peer_id(from), .kind = kind, .body = body}};
    room->listener.hear(room->listener.context, &peer, 1, &event);
    return ERROR_NONE;
}

enum error room_broadcast(struct room *room, struct peer *from, struct slice body)
{
    assert(from->room == room);
    if (from->profile.grants.is_hidden || !from->profile.grants.may_publish_data)
        return ERR_NOT_PERMITTED;
    struct event event = {.type = EVENT_BROADCAST, .relay = {.from = peer_id(from), .kind = RELAY_DATA, .body = body}};
    tell_others(room, from, &event);
    return ERROR_NONE;
}

enum error room_may_kick(struct room *room, const struct peer *admin, struct slice peer_id, struct peer **out_peer)
{
    if (!admin->profile.grants.is_admin)
        return ERR_NOT_PERMITTED;
    struct peer *peer = room_find_peer(room, peer_id);
    if (!peer || peer == admin) /* to go oneself, there is leave */
        return ERR_NO_SUCH_PEER;
    *out_peer = peer;
    return ERROR_NONE;
}
