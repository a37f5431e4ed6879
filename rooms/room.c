/* room.c - who is in a room, and who may talk to whom. */
#include "rooms/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "rooms/profile.h"

#define RETURNERS_FACTOR 2 /* what those who return may fill a room to, in capacities */

struct member {
    struct peer peer;
    void *profile_memory;
    bool is_listed; /* among the hearers gathered so far, where a sender lists them */
};

struct room {
    char id[ROOM_ID_MAX];
    size_t id_length;
    size_t capacity;
    size_t count;
    struct room_listener listener;
    struct list peers; /* by order of joining */
    struct peer *peers_by_id;
    struct peer **hearers; /* scratch */
    size_t hearers_capacity;
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

static struct member *member_of(struct peer *peer)
{
    return (struct member *)(void *)peer;
}

static void peer_destroy(struct peer *peer)
{
    struct member *member = member_of(peer);
    list_remove(&peer->link);
    free(member->profile_memory);
    free(member);
}

struct room *room_destroy(struct room *room)
{
    if (!room)
        return NULL;
    HASH_CLEAR(hh, room->peers_by_id);
    struct peer *peer = room_first_peer(room);
    while (peer) {
        struct peer *next = room_next_peer(room, peer);
        peer_destroy(peer);
        peer = next;
    }
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

struct peer *room_find_identity(const struct room *room, struct slice identity)
{
    struct peer *found = NULL;
    for (struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (slice_is_equal(peer->profile.identity, identity))
            found = peer;
    }
    return found;
}

/* The scratch for hearers, with a place for everybody. */
static struct peer **hearers_of(struct room *room)
{
    if (room->hearers_capacity < room->count) {
        room->hearers_capacity = room->count > room->capacity ? room->capacity * RETURNERS_FACTOR : room->capacity;
        room->hearers = memory_resize(room->hearers, room->hearers_capacity * sizeof(struct peer *));
    }
    return room->hearers;
}

static void tell(struct room *room, size_t count, const struct event *event)
{
    if (count)
        room->listener.hear(room->listener.context, room->hearers, count, event);
}

/* `about` is NULL where everyone is told. */
static void tell_others(struct room *room, const struct peer *about, const struct event *event)
{
    struct peer **hearers = hearers_of(room);
    size_t count = 0;
    for (struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (peer != about)
            hearers[count++] = peer;
    }
    tell(room, count, event);
}

static void announce(struct room *room, const struct peer *peer, enum event_type type)
{
    if (peer->profile.grants.is_hidden)
        return;
    struct event event = {.type = type, .peer = {.peer = peer}};
    tell_others(room, peer, &event);
}

/* Those who joined before `peer` hear that they are not the polite side, those after it that they are. */
static void announce_back(struct room *room, const struct peer *peer)
{
    if (peer->profile.grants.is_hidden)
        return;
    struct peer **hearers = hearers_of(room);
    struct event event = {.type = EVENT_PEER_BACK, .peer = {.peer = peer}};
    size_t count = 0;
    for (struct peer *other = room_first_peer(room); other != peer; other = room_next_peer(room, other))
        hearers[count++] = other;
    tell(room, count, &event);
    count = 0;
    for (struct peer *other = room_next_peer(room, peer); other; other = room_next_peer(room, other))
        hearers[count++] = other;
    event.peer.is_hearer_polite = true;
    tell(room, count, &event);
}

/* Puts `peer` where it belongs in the order of joining; nearly always that is the end. */
static void add_in_order(struct room *room, struct peer *peer)
{
    struct list_link *before = room->peers.head.previous;
    while (before != &room->peers.head && peer_is_polite(LIST_OWNER(before, struct peer, link), peer))
        before = before->previous;
    list_insert_after(before, &peer->link);
}

static struct peer *add(struct room *room, const struct newcomer *newcomer, uint64_t order)
{
    assert(newcomer->peer_id.length == RANDOM_ID_LENGTH && !room_find_peer(room, newcomer->peer_id));
    struct member *member = memory_new(sizeof *member);
    struct peer *peer = &member->peer;
    memcpy(peer->id, newcomer->peer_id.data, RANDOM_ID_LENGTH);
    peer->order = order;
    peer->gives_receipts = newcomer->gives_receipts;
    peer->room = room;
    peer->owner = newcomer->owner;
    member->profile_memory = profile_copy(newcomer->profile, &peer->profile);
    add_in_order(room, peer);
    HASH_ADD(hh, room->peers_by_id, id, RANDOM_ID_LENGTH, peer);
    room->count++;
    return peer;
}

enum error room_join(struct room *room, const struct newcomer *newcomer, struct peer **out_peer)
{
    if (room->count >= room->capacity)
        return ERR_ROOM_FULL;
    const struct peer *last = peer_of(list_is_empty(&room->peers) ? NULL : room->peers.head.previous);
    bool is_later = !last || newcomer->order > last->order;
    *out_peer = add(room, newcomer, is_later ? newcomer->order : last->order + 1);
    announce(room, *out_peer, EVENT_PEER_JOINED);
    return ERROR_NONE;
}

enum error room_restore(struct room *room, const struct newcomer *newcomer, struct peer **out_peer)
{
    if (room->count >= room->capacity * RETURNERS_FACTOR)
        return ERR_ROOM_FULL;
    *out_peer = add(room, newcomer, newcomer->order);
    announce_back(room, *out_peer);
    return ERROR_NONE;
}

void room_set_away(struct room *room, struct peer *peer, bool is_away)
{
    assert(peer->room == room);
    if (peer->is_away == is_away)
        return;
    peer->is_away = is_away;
    if (!is_away) {
        announce_back(room, peer);
    } else if (!peer->profile.grants.is_hidden) {
        struct event event = {.type = EVENT_PEER_AWAY, .away = {peer_id(peer)}};
        tell_others(room, peer, &event);
    }
}

void room_settle(struct room *room)
{
    struct event event = {.type = EVENT_ROSTER, .roster = room};
    tell_others(room, NULL, &event);
}

void room_leave(struct room *room, struct peer *peer, enum leave_reason reason)
{
    assert(peer->room == room);
    if (!peer->profile.grants.is_hidden) {
        struct event event = {.type = EVENT_PEER_LEFT, .left = {.peer_id = peer_id(peer), .reason = reason}};
        tell_others(room, peer, &event);
    }
    HASH_DELETE(hh, room->peers_by_id, peer);
    room->count--;
    peer_destroy(peer);
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
    struct member *member = member_of(peer);
    void *old = member->profile_memory;
    member->profile_memory = profile_copy(&merged, &peer->profile);
    free(old);
    announce(room, peer, EVENT_PEER_UPDATED);
    return ERROR_NONE;
}

enum error room_may_send(const struct peer *from, enum relay_kind kind)
{
    const struct grants *grants = &from->profile.grants;
    bool is_data = kind == RELAY_DATA;
    bool may_send = is_data ? grants->may_publish_data : grants->may_publish;
    return may_send && !grants->is_hidden ? ERROR_NONE : ERR_NOT_PERMITTED;
}

/* Whom `from` can reach by `id`; NULL: nobody. */
static struct peer *find_addressee(const struct room *room, const struct peer *from, struct slice id)
{
    struct peer *peer = room_find_peer(room, id);
    return peer && peer != from && !peer->profile.grants.is_hidden ? peer : NULL;
}

enum error room_relay(struct room *room, struct peer *from, struct slice to, const struct parcel *parcel)
{
    assert(from->room == room);
    enum error error = room_may_send(from, parcel->kind);
    if (error)
        return error;
    struct peer *peer = find_addressee(room, from, to);
    if (!peer)
        return ERR_NO_SUCH_PEER;
    struct event event = {
        .type = EVENT_RELAY, .seq = parcel->seq, .relay = {peer_id(from), parcel->kind, parcel->body}};
    room->listener.hear(room->listener.context, &peer, 1, &event);
    return ERROR_NONE;
}

/* Gathers those listed, each once however often it is listed; returns how many. */
static size_t gather(struct room *room, const struct peer *from, const struct slice *to, size_t to_count)
{
    struct peer **hearers = hearers_of(room);
    size_t count = 0;
    for (size_t i = 0; i < to_count; i++) {
        struct peer *peer = find_addressee(room, from, to[i]);
        if (!peer || member_of(peer)->is_listed)
            continue;
        member_of(peer)->is_listed = true;
        hearers[count++] = peer;
    }
    for (size_t i = 0; i < count; i++)
        member_of(hearers[i])->is_listed = false;
    return count;
}

enum error room_broadcast(struct room *room, struct peer *from, const struct parcel *parcel, const struct slice *to,
                          size_t to_count)
{
    assert(from->room == room);
    enum error error = room_may_send(from, RELAY_DATA);
    if (error)
        return error;
    struct event event = {
        .type = EVENT_BROADCAST, .seq = parcel->seq, .relay = {peer_id(from), RELAY_DATA, parcel->body}};
    if (to)
        tell(room, gather(room, from, to, to_count), &event);
    else
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
