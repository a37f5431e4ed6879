/* test_room_profile.c - what a peer may change about itself, and who sees it. */
#include <stdio.h>
#include <string.h>

#include "tests/rooms/support/room_scene.h"
#include "tests/support/cmocka_all.h"

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

static void a_profile_is_copied(void **state)
{
    struct scene *scene = *state;
    char name[] = "ann";
    struct profile profile = profile_named(name);

    struct peer *peer = enter(scene, &profile);
    memset(name, 'x', 3);

    assert_true(slice_is_text(peer->profile.name, "ann"));
}

#define IN_EMPTY_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
#define AMONG_THREE(test)   cmocka_unit_test_setup_teardown(test, open_room_of_three, close_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AMONG_THREE(an_update_is_seen_by_the_others),
        AMONG_THREE(without_canUpdateOwnMetadata_only_media_may_change),
        AMONG_THREE(attributes_are_merged_and_empty_ones_removed),
        AMONG_THREE(too_many_attributes_are_refused_and_change_nothing),
        AMONG_THREE(too_large_attributes_are_refused),
        IN_EMPTY_ROOM(a_profile_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
