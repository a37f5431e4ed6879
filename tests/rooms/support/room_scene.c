/* room_scene.c - a room whose listener writes down what each peer hears. */
#include "tests/rooms/support/room_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

static void name_of(const struct scene *scene, struct slice id, struct buffer *out)
{
    const struct peer *peer = room_find_peer(scene->room, id);
    buffer_add(out, peer ? peer->profile.name : SLICE_LITERAL("?"));
}

static void describe(struct scene *scene, const struct event *event)
{
    struct buffer *out = &scene->heard;
    buffer_add_text(out, event_type_name(event->type));
    buffer_add_char(out, ' ');
    switch ((int)event->type) {
    case EVENT_PEER_JOINED:
    case EVENT_PEER_BACK:
    case EVENT_PEER_UPDATED:
        buffer_add(out, event->peer.peer->profile.name);
        buffer_add_text(out, event->peer.is_hearer_polite ? " polite" : "");
        break;
    case EVENT_PEER_AWAY: name_of(scene, event->away.peer_id, out); break;
    case EVENT_ROSTER: buffer_add_int(out, (int64_t)room_count(event->roster)); break;
    case EVENT_PEER_LEFT:
        name_of(scene, event->left.peer_id, out);
        buffer_add_char(out, ' ');
        buffer_add_text(out, leave_reason_name(event->left.reason));
        break;
    default:
        name_of(scene, event->relay.from, out);
        buffer_add_char(out, ' ');
        buffer_add(out, event->relay.body);
        if (event->seq)
            buffer_add_format(out, " %d", (int)event->seq);
        break;
    }
    buffer_add_char(out, '\n');
}

static void hear(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    struct scene *scene = context;
    for (size_t i = 0; i < count; i++) {
        buffer_add(&scene->heard, to[i]->profile.name);
        buffer_add_text(&scene->heard, ": ");
        describe(scene, event);
    }
}

struct profile profile_named(const char *name)
{
    struct profile profile = {.identity = slice_from_text(name), .name = slice_from_text(name)};
    profile.grants =
        (struct grants){.may_publish = true, .may_subscribe = true, .may_publish_data = true, .may_update_self = true};
    return profile;
}

struct peer *enter_in_order(struct scene *scene, const struct profile *profile, uint64_t order, bool is_back)
{
    static unsigned number;
    char id[RANDOM_ID_LENGTH + 1];
    struct peer *peer = NULL;
    (void)snprintf(id, sizeof id, "id-%019u", ++number);
    struct newcomer newcomer = {.peer_id = slice_from_text(id), .profile = profile, .order = order};
    enum error (*arrive)(struct room *, const struct newcomer *, struct peer **) = is_back ? room_restore : room_join;
    assert_int_equal(arrive(scene->room, &newcomer, &peer), ERROR_NONE);
    return peer;
}

struct peer *enter(struct scene *scene, const struct profile *profile)
{
    return enter_in_order(scene, profile, 0, false);
}

struct peer *come_back(struct scene *scene, const char *name, uint64_t order)
{
    struct profile profile = profile_named(name);
    return enter_in_order(scene, &profile, order, true);
}

enum error relay(struct scene *scene, struct peer *from, struct slice to, enum relay_kind kind, struct slice body)
{
    struct parcel parcel = {.kind = kind, .body = body};
    return room_relay(scene->room, from, to, &parcel);
}

enum error broadcast(struct scene *scene, struct peer *from, struct slice body)
{
    struct parcel parcel = {.kind = RELAY_DATA, .body = body};
    return room_broadcast(scene->room, from, &parcel, NULL, 0);
}

void assert_order(const struct scene *scene, const char *expected)
{
    struct buffer names = BUFFER_EMPTY;
    for (const struct peer *peer = room_first_peer(scene->room); peer; peer = room_next_peer(scene->room, peer)) {
        buffer_add(&names, peer->profile.name);
        buffer_add_char(&names, ' ');
    }
    assert_string_equal(buffer_text(&names), expected);
    buffer_fini(&names);
}

int open_room(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct room_listener listener = {scene, hear};
    scene->room = room_create(SLICE_LITERAL("lobby"), 3, listener);
    *state = scene;
    return 0;
}

int open_room_of_three(void **state)
{
    (void)open_room(state);
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), bob = profile_named("bob"), cyd = profile_named("cyd");
    scene->ann = enter(scene, &ann);
    scene->bob = enter(scene, &bob);
    scene->cyd = enter(scene, &cyd);
    buffer_clear(&scene->heard);
    return 0;
}

int close_room(void **state)
{
    struct scene *scene = *state;
    room_destroy(scene->room);
    buffer_fini(&scene->heard);
    free(scene);
    return 0;
}

void assert_heard(struct scene *scene, const char *expected)
{
    assert_string_equal(buffer_text(&scene->heard), expected);
}
