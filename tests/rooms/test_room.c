/* test_room.c - a room decides who is in it and who hears what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "rooms/room.h"
#include "tests/support/cmocka_all.h"

/* Writes down what each peer hears, one "hearer<event" line each; names stand for ids. */
struct scene {
    struct room *room;
    struct buffer heard;
    struct peer *ann, *bob, *cyd;
};

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
    case EVENT_PEER_UPDATED: buffer_add(out, event->peer.peer->profile.name); break;
    case EVENT_PEER_LEFT:
        name_of(scene, event->left.peer_id, out);
        buffer_add_char(out, ' ');
        buffer_add_text(out, leave_reason_name(event->left.reason));
        break;
    default:
        name_of(scene, event->relay.from, out);
        buffer_add_char(out, ' ');
        buffer_add(out, event->relay.body);
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

static struct profile profile_named(const char *name)
{
    struct profile profile = {.identity = slice_from_text(name), .name = slice_from_text(name)};
    profile.grants =
        (struct grants){.may_publish = true, .may_subscribe = true, .may_publish_data = true, .may_update_self = true};
    return profile;
}

static struct peer *enter(struct scene *scene, const struct profile *profile)
{
    static unsigned number;
    char id[RANDOM_ID_LENGTH + 1];
    struct peer *peer = NULL;
    (void)snprintf(id, sizeof id, "id-%019u", ++number);
    assert_int_equal(room_join(scene->room, id, profile, NULL, &peer), ERROR_NONE);
    return peer;
}

static int open_room(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct room_listener listener = {scene, hear};
    scene->room = room_create(SLICE_LITERAL("lobby"), 3, listener);
    *state = scene;
    return 0;
}

static int open_room_of_three(void **state)
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

static int close_room(void **state)
{
    struct scene *scene = *state;
    room_destroy(scene->room);
    buffer_fini(&scene->heard);
    free(scene);
    return 0;
}

static void assert_heard(struct scene *scene, const char *expected)
{
    assert_string_equal(buffer_text(&scene->heard), expected);
}

static void those_in_the_room_hear_who_joins(void **state)
{
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), bob = profile_named("bob"), cyd = profile_named("cyd");

    enter(scene, &ann);
    enter(scene, &bob);
    enter(scene, &cyd);

    assert_heard(scene, "ann: peer-joined bob\nann: peer-joined cyd\nbob: peer-joined cyd\n");
}

static void a_full_room_takes_nobody(void **state)
{
    struct scene *scene = *state;
    struct profile dan = profile_named("dan");
    struct peer *peer = NULL;

    enum error error = room_join(scene->room, "id-of-one-too-many-1234", &dan, NULL, &peer);

    assert_int_equal(error, ERR_ROOM_FULL);
    assert_null(peer);
    assert_int_equal(room_count(scene->room), 3);
    assert_heard(scene, "");
}

static void the_later_of_two_is_the_polite_one(void **state)
{
    struct scene *scene = *state;

    assert_true(peer_is_polite(scene->bob, scene->ann));
    assert_false(peer_is_polite(scene->ann, scene->bob));
    assert_true(peer_is_polite(scene->cyd, scene->bob));
}

static void the_others_hear_who_left_and_why(void **state)
{
    struct scene *scene = *state;

    room_leave(scene->room, scene->bob, LEAVE_TIMEOUT);

    assert_heard(scene, "ann: peer-left bob timeout\ncyd: peer-left bob timeout\n");
    assert_int_equal(room_count(scene->room), 2);
}

static void a_relay_reaches_its_addressee_only(void **state)
{
    struct scene *scene = *state;

    enum error error =
        room_relay(scene->room, scene->ann, peer_id(scene->cyd), RELAY_OFFER, SLICE_LITERAL("{\"sdp\" : 1e400}"));

    assert_int_equal(error, ERROR_NONE);
    assert_heard(scene, "cyd: relay ann {\"sdp\" : 1e400}\n");
}

static void a_broadcast_reaches_all_but_its_sender(void **state) /* T-15 */
{
    struct scene *scene = *state;

    assert_int_equal(room_broadcast(scene->room, scene->bob, SLICE_LITERAL("\"hi\"")), ERROR_NONE);

    assert_heard(scene, "ann: broadcast bob \"hi\"\ncyd: broadcast bob \"hi\"\n");
}

static void a_relay_to_oneself_or_to_nobody_finds_no_peer(void **state) /* T-13 */
{
    struct scene *scene = *state;
    struct slice strange[] = {peer_id(scene->ann), SLICE_EMPTY, SLICE_LITERAL("x"),
                              SLICE_LITERAL("id-0000000000000009999"), SLICE_LITERAL("id-000000000000000999900000")};

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_int_equal(room_relay(scene->room, scene->ann, strange[i], RELAY_DATA, SLICE_LITERAL("1")),
                         ERR_NO_SUCH_PEER);
    assert_heard(scene, "");
}

static void without_canPublish_offers_and_answers_are_refused(void **state)
{
    struct scene *scene = *state;
    scene->ann->profile.grants.may_publish = false;

    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), RELAY_OFFER, SLICE_LITERAL("1")),
                     ERR_NOT_PERMITTED);
    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), RELAY_ANSWER, SLICE_LITERAL("1")),
                     ERR_NOT_PERMITTED);
    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), RELAY_DATA, SLICE_LITERAL("1")),
                     ERROR_NONE);
    assert_heard(scene, "bob: relay ann 1\n");
}

static void without_canPublishData_data_and_broadcasts_are_refused(void **state)
{
    struct scene *scene = *state;
    scene->ann->profile.grants.may_publish_data = false;

    assert_int_equal(room_broadcast(scene->room, scene->ann, SLICE_LITERAL("1")), ERR_NOT_PERMITTED);
    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), RELAY_DATA, SLICE_LITERAL("1")),
                     ERR_NOT_PERMITTED);
    assert_int_equal(room_relay(scene->room, scene->ann, peer_id(scene->bob), RELAY_OFFER, SLICE_LITERAL("1")),
                     ERROR_NONE);
    assert_heard(scene, "bob: relay ann 1\n");
}

static void a_hidden_peer_hears_but_is_not_heard_of(void **state)
{
    struct scene *scene = *state;
    struct profile ann = profile_named("ann"), spy = profile_named("spy");
    spy.grants.is_hidden = true;
    struct peer *seen = enter(scene, &ann);

    struct peer *hidden = enter(scene, &spy);
    enum error to_hidden = room_relay(scene->room, seen, peer_id(hidden), RELAY_DATA, SLICE_LITERAL("1"));
    enum error from_hidden = room_relay(scene->room, hidden, peer_id(seen), RELAY_DATA, SLICE_LITERAL("1"));
    enum error by_hidden = room_broadcast(scene->room, hidden, SLICE_LITERAL("1"));
    (void)room_broadcast(scene->room, seen, SLICE_LITERAL("2"));
    room_leave(scene->room, hidden, LEAVE_LEFT);

    assert_int_equal(to_hidden, ERR_NO_SUCH_PEER);
    assert_int_equal(from_hidden, ERR_NOT_PERMITTED);
    assert_int_equal(by_hidden, ERR_NOT_PERMITTED);
    assert_heard(scene, "spy: broadcast ann 2\n");
}

static void an_update_is_seen_by_the_others(void **state)
{
    struct scene *scene = *state;
    struct profile_update update = {
        .has_name = true, .name = SLICE_LITERAL("anna"), .media_mask = MEDIA_MIC, .media = MEDIA_MIC | MEDIA_CAMERA};

    assert_int_equal(room_update(scene->room, scene->ann, &update), ERROR_NONE);

    assert_heard(scene, "bob: peer-updated anna\ncyd: peer-updated anna\n");
    assert_int_equal(scene->ann->profile.media, MEDIA_MIC);
    assert_true(slice_is_text(scene->ann->profile.identity, "ann"));
}

static void without_canUpdateOwnMetadata_only_media_may_change(void **state)
{
    struct scene *scene = *state;
    struct profile_update rename = {.has_name = true, .name = SLICE_LITERAL("root")};
    struct profile_update mute = {.media_mask = MEDIA_MIC};
    scene->ann->profile.grants.may_update_self = false;

    assert_int_equal(room_update(scene->room, scene->ann, &rename), ERR_NOT_PERMITTED);
    assert_int_equal(room_update(scene->room, scene->ann, &mute), ERROR_NONE);

    assert_heard(scene, "bob: peer-updated ann\ncyd: peer-updated ann\n");
}

static void attributes_are_merged_and_empty_ones_removed(void **state)
{
    struct scene *scene = *state;
    struct profile_update first = {.has_attributes = true};
    first.attributes.count = 2;
    first.attributes.items[0] = (struct attribute){SLICE_LITERAL("hand"), SLICE_LITERAL("up")};
    first.attributes.items[1] = (struct attribute){SLICE_LITERAL("team"), SLICE_LITERAL("red")};
    struct profile_update second = {.has_attributes = true};
    second.attributes.count = 2;
    second.attributes.items[0] = (struct attribute){SLICE_LITERAL("hand"), SLICE_EMPTY};
    second.attributes.items[1] = (struct attribute){SLICE_LITERAL("team"), SLICE_LITERAL("blue")};

    assert_int_equal(room_update(scene->room, scene->ann, &first), ERROR_NONE);
    assert_int_equal(room_update(scene->room, scene->ann, &second), ERROR_NONE);

    const struct attributes *now = &scene->ann->profile.attributes;
    assert_int_equal(now->count, 1);
    assert_true(slice_is_text(now->items[0].key, "team"));
    assert_true(slice_is_text(now->items[0].value, "blue"));
}

static void too_many_attributes_are_refused_and_change_nothing(void **state)
{
    struct scene *scene = *state;
    char keys[ATTRIBUTES_MAX + 1][4];
    struct profile_update one = {.has_attributes = true};
    one.attributes.count = 1;
    for (int i = 0; i < ATTRIBUTES_MAX + 1; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "k%02d", i);
        one.attributes.items[0] = (struct attribute){slice_from_text(keys[i]), SLICE_LITERAL("v")};
        enum error error = room_update(scene->room, scene->ann, &one);
        assert_int_equal(error, i < ATTRIBUTES_MAX ? ERROR_NONE : ERR_BAD_MESSAGE);
    }
    assert_int_equal(scene->ann->profile.attributes.count, ATTRIBUTES_MAX);
}

static void too_large_attributes_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char value[ATTRIBUTE_VALUE_MAX] = {'v'};
    struct profile_update update = {.has_attributes = true};
    update.attributes.count = 5;
    const char *keys[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        update.attributes.items[i] = (struct attribute){slice_from_text(keys[i]), slice_of(value, sizeof value)};

    assert_int_equal(room_update(scene->room, scene->ann, &update), ERR_BAD_MESSAGE);
    assert_int_equal(scene->ann->profile.attributes.count, 0);
}

static void only_admins_kick(void **state)
{
    struct scene *scene = *state;
    struct peer *found = NULL;

    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->bob), &found), ERR_NOT_PERMITTED);
    scene->ann->profile.grants.is_admin = true;
    assert_int_equal(room_may_kick(scene->room, scene->ann, SLICE_LITERAL("nobody"), &found), ERR_NO_SUCH_PEER);
    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->ann), &found), ERR_NO_SUCH_PEER);
    assert_null(found);
    assert_int_equal(room_may_kick(scene->room, scene->ann, peer_id(scene->bob), &found), ERROR_NONE);
    assert_ptr_equal(found, scene->bob);
}

static void a_profile_is_copied(void **state)
{
    struct scene *scene = *state;
    char name[] = "ann";
    struct profile profile = profile_named(name);

    struct peer *peer = enter(scene, &profile);
    memset(name, 'x', 3);

    assert_true(slice_is_text(peer->profile.name, "ann"));
}

static void room_ids_keep_to_their_alphabet(void **state)
{
    (void)state;
    char longest[ROOM_ID_MAX + 1];
    memset(longest, 'r', sizeof longest);
    const char *good[] = {"a", "A-b_c.d~e", "user@example.org", "team:blue", "a=c", "...", "0"};
    const char *bad[] = {"",         ".",   "..", "a b", "a/b", "a\\b", "a%41",
                         "\xc3\xa9", "a\n", "a?", "a#",  "a;b", "a+b",  "<a>"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(room_id_is_valid(slice_from_text(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(room_id_is_valid(slice_from_text(bad[i])));
    assert_false(room_id_is_valid(slice_of("a\0b", 3)));
    assert_true(room_id_is_valid(slice_of(longest, ROOM_ID_MAX)));
    assert_false(room_id_is_valid(slice_of(longest, ROOM_ID_MAX + 1)));
}

#define IN_EMPTY_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
#define AMONG_THREE(test)   cmocka_unit_test_setup_teardown(test, open_room_of_three, close_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_EMPTY_ROOM(those_in_the_room_hear_who_joins),
        AMONG_THREE(a_full_room_takes_nobody),
        AMONG_THREE(the_later_of_two_is_the_polite_one),
        AMONG_THREE(the_others_hear_who_left_and_why),
        AMONG_THREE(a_relay_reaches_its_addressee_only),
        AMONG_THREE(a_broadcast_reaches_all_but_its_sender),
        AMONG_THREE(a_relay_to_oneself_or_to_nobody_finds_no_peer),
        AMONG_THREE(without_canPublish_offers_and_answers_are_refused),
        AMONG_THREE(without_canPublishData_data_and_broadcasts_are_refused),
        IN_EMPTY_ROOM(a_hidden_peer_hears_but_is_not_heard_of),
        AMONG_THREE(an_update_is_seen_by_the_others),
        AMONG_THREE(without_canUpdateOwnMetadata_only_media_may_change),
        AMONG_THREE(attributes_are_merged_and_empty_ones_removed),
        AMONG_THREE(too_many_attributes_are_refused_and_change_nothing),
        AMONG_THREE(too_large_attributes_are_refused),
        AMONG_THREE(only_admins_kick),
        IN_EMPTY_ROOM(a_profile_is_copied),
        cmocka_unit_test(room_ids_keep_to_their_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
