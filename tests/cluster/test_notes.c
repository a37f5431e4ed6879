/* test_notes.c - what a home notes for the log: each end that no edge asked for, who kicked whom, and settled rooms. */
#include <stdio.h>
#include <string.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

static char noted[512];

static const char *name_in(const struct scene *scene, struct slice id)
{
    static const char *const names[PEOPLE] = {"nobody", "ann", "bob", "cyd", "dan", "eve"};
    for (int person = ANN; person < PEOPLE; person++) {
        if (slice_is_equal(id, id_of(scene, (enum person)person)))
            return names[person];
    }
    return "nobody";
}

static void write_down(void *context, const struct home_note *note)
{
    const struct scene *scene = context;
    size_t length = strlen(noted);
    char *end = noted + length;
    size_t room = sizeof noted - length;
    switch (note->kind) {
    case NOTE_ENDED:
        (void)snprintf(end, room, "%s %s%s\n", name_in(scene, note->peer_id), leave_reason_name(note->reason),
                       note->is_asked ? " asked" : "");
        break;
    case NOTE_KICKED:
        (void)snprintf(end, room, "%s kicked by %s\n", name_in(scene, note->peer_id), name_in(scene, note->by));
        break;
    case NOTE_CLOSED: (void)snprintf(end, room, "%.*s closed\n", (int)note->room.length, note->room.data); break;
    case NOTE_SETTLED:
        (void)snprintf(end, room, "%.*s settled %zu %zu\n", (int)note->room.length, note->room.data, note->back,
                       note->missing);
        break;
    }
}

static int open_noted(void **state)
{
    struct scene *scene = scene_create(4);
    scene->config.note = write_down;
    scene->config.note_context = scene;
    scene->people[ANN].grants.is_admin = true;
    scene_restart(scene);
    three_join(scene);
    noted[0] = '\0';
    *state = scene;
    return 0;
}

static void an_end_that_no_edge_asked_for_is_told_from_one_that_it_did(void **state)
{
    struct scene *scene = *state;

    leaves(scene, CYD);
    drops(scene, BOB, LEAVE_LOST);
    time_passes(scene, GRACE_MS);

    assert_string_equal(noted, "cyd left asked\nbob lost\n");
}

static void a_kick_says_by_whom(void **state)
{
    struct scene *scene = *state;

    kicks(scene, BOB, ANN); /* may not */
    kicks(scene, ANN, BOB);

    assert_string_equal(noted, "bob kicked by ann\nbob kicked\n");
}

static void a_rebuilt_room_is_noted_when_it_settles(void **state)
{
    struct scene *scene = *state;
    scene_restart(scene);
    noted[0] = '\0';

    resumes(scene, ANN, 0);
    resumes(scene, BOB, 0);
    relays(scene, ANN, CYD, 1);
    time_passes(scene, GRACE_MS);

    assert_string_equal(noted, "lobby settled 2 1\n");
}

static void a_room_is_noted_as_closed_when_the_last_one_is_gone(void **state)
{
    struct scene *scene = *state;

    leaves(scene, ANN);
    leaves(scene, BOB);
    leaves(scene, CYD);
    time_passes(scene, GRACE_MS);

    assert_string_equal(noted, "ann left asked\nbob left asked\ncyd left asked\nlobby closed\n");
}

static void a_room_that_is_lost_to_another_node_is_not_noted_as_closed(void **state)
{
    struct scene *scene = *state;

    home_lose(scene->home, SLICE_LITERAL("lobby"));

    assert_string_equal(noted, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_end_that_no_edge_asked_for_is_told_from_one_that_it_did, open_noted,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_kick_says_by_whom, open_noted, close_scene),
        cmocka_unit_test_setup_teardown(a_rebuilt_room_is_noted_when_it_settles, open_noted, close_scene),
        cmocka_unit_test_setup_teardown(a_room_is_noted_as_closed_when_the_last_one_is_gone, open_noted, close_scene),
        cmocka_unit_test_setup_teardown(a_room_that_is_lost_to_another_node_is_not_noted_as_closed, open_noted,
                                        close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
