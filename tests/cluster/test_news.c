/* test_news.c - the noise that one member can make does not end the sessions of those who are away (T-32). */
#include <string.h>

#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

#define LETTERS_MAX 16
#define OFTEN       (4 * LETTERS_MAX) /* more than a mailbox holds, beyond its bounds too */

static int open_with_bob_away(void **state)
{
    struct scene *scene = scene_create(4);
    scene->people[ANN].gives_receipts = scene->people[CYD].gives_receipts = false;
    joins(scene, ANN);
    joins(scene, BOB);
    joins(scene, CYD);
    receipts(scene, BOB, 1); /* that cyd has joined */
    drops(scene, BOB, LEAVE_LOST);
    forget(scene);
    *state = scene;
    return 0;
}

static void updates(struct scene *scene, enum person person)
{
    struct profile_update update = {.media_mask = 1, .media = 1};
    asks(scene, person, (struct request){.type = REQUEST_UPDATE, .got = GOT_NOTHING, .update = &update});
}

static void flaps(struct scene *scene, enum person person)
{
    drops(scene, person, LEAVE_LOST);
    resumes(scene, person, GOT_NOTHING);
}

static void bob_is_still_there(struct scene *scene)
{
    assert_int_equal(home_session_count(scene->home), 3);
    assert_int_equal(home_away_count(scene->home), 1);
    forget(scene);
}

static void updates_of_one_do_not_end_another_who_is_away(void **state) /* T-32 */
{
    struct scene *scene = *state;

    for (int i = 0; i < OFTEN; i++)
        updates(scene, ANN);
    flaps(scene, CYD);
    bob_is_still_there(scene);
    resumes(scene, BOB, GOT_NOTHING);

    assert_non_null(strstr(buffer_text(&scene->heard), "peer-updated ann\n"));
    assert_non_null(strstr(buffer_text(&scene->heard), "peer-back cyd\n"));
}

static void who_comes_and_goes_all_the_time_does_not_end_another_who_is_away(void **state) /* T-32 */
{
    struct scene *scene = *state;

    for (int i = 0; i < OFTEN; i++) {
        flaps(scene, ANN);
        updates(scene, ANN);
    }
    bob_is_still_there(scene);
    drops(scene, ANN, LEAVE_LOST);
    forget(scene);
    resumes(scene, BOB, GOT_NOTHING);

    const char *last = strrchr(buffer_text(&scene->heard), '#');
    assert_string_equal(strchr(last, ' '), " peer-away ann\n");
}

static void who_joins_and_leaves_all_the_time_does_not_end_another_who_is_away(void **state) /* T-32 */
{
    struct scene *scene = *state;
    scene->people[DAN].gives_receipts = false;

    for (int i = 0; i < LETTERS_MAX * 3 / 4; i++) { /* that each has left is kept */
        joins(scene, DAN);
        flaps(scene, DAN);
        leaves(scene, DAN);
    }

    bob_is_still_there(scene);
}

static void the_last_words_of_who_left_still_come_after_its_name(void **state)
{
    struct scene *scene = *state;
    scene->people[DAN].gives_receipts = false;
    joins(scene, DAN);
    relays(scene, DAN, BOB, 1);
    for (int i = 0; i < LETTERS_MAX - 2; i++) /* then the mailbox is full, but for what cannot be refused */
        updates(scene, ANN);
    leaves(scene, DAN);
    bob_is_still_there(scene);

    resumes(scene, BOB, GOT_NOTHING);

    const char *heard = buffer_text(&scene->heard);
    const char *joined = strstr(heard, "peer-joined dan");
    assert_non_null(joined);
    const char *said = strstr(joined, "relay dan 1");
    assert_non_null(said);
    assert_non_null(strstr(said, "peer-left dan left"));
}

/* As many as three mailboxes hold: more than one does, beyond its bounds too. */
static void receipts_of_others_do_not_end_who_is_away(void **state) /* T-32 */
{
    struct scene *scene = *state;
    int64_t seq = 0;
    scene_restart(scene);
    for (enum person person = ANN; person <= DAN; person++) {
        scene->people[person].gives_receipts = true;
        joins(scene, person);
    }
    for (enum person to = ANN; to <= DAN; to++)
        receipts(scene, to, DAN - to); /* the joins of the others */
    for (enum person to = ANN; to <= DAN; to++)
        for (int i = 0; to != BOB && i < LETTERS_MAX; i++)
            relays(scene, BOB, to, ++seq);
    drops(scene, BOB, LEAVE_LOST);

    for (int i = 1; i <= LETTERS_MAX; i++)
        for (enum person from = ANN; from <= DAN; from++)
            if (from != BOB)
                receipts(scene, from, DAN - from + i);
    forget(scene);
    resumes(scene, BOB, GOT_NOTHING);

    const char *heard = buffer_text(&scene->heard);
    assert_non_null(strstr(heard, "bob welcome resumed accepted 48\n"));
    assert_non_null(strstr(heard, "receipt ann2 16\n"));
    assert_non_null(strstr(heard, "receipt cyd2 32\n"));
    assert_non_null(strstr(heard, "receipt dan 48\n"));
}

#define WITH_BOB_AWAY(test) cmocka_unit_test_setup_teardown(test, open_with_bob_away, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOB_AWAY(updates_of_one_do_not_end_another_who_is_away),
        WITH_BOB_AWAY(who_comes_and_goes_all_the_time_does_not_end_another_who_is_away),
        WITH_BOB_AWAY(who_joins_and_leaves_all_the_time_does_not_end_another_who_is_away),
        WITH_BOB_AWAY(the_last_words_of_who_left_still_come_after_its_name),
        WITH_BOB_AWAY(receipts_of_others_do_not_end_who_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
