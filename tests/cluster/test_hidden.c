/* test_hidden.c - nothing that is told to senders gives a hidden peer away. */
#include "tests/cluster/support/home_scene.h"
#include "tests/support/cmocka_all.h"

/* ann, and cyd whom nobody sees. */
static struct scene *with_hidden_cyd(void **state, bool gives_receipts)
{
    struct scene *scene = *state;
    scene->people[CYD].grants.is_hidden = true;
    scene->people[CYD].gives_receipts = gives_receipts;
    joins(scene, ANN);
    joins(scene, CYD);
    forget(scene);
    return scene;
}

static void a_hidden_peers_receipt_is_told_to_nobody(void **state)
{
    struct scene *scene = with_hidden_cyd(state, true);

    broadcasts(scene, ANN, 1);
    receipts(scene, CYD, 1);

    assert_heard(scene, "ann #1 ok seq 1\ncyd #1 broadcast ann 1\n");
}

static void a_hidden_peer_that_gives_no_receipts_is_not_receipted_for_either(void **state)
{
    struct scene *scene = with_hidden_cyd(state, false);

    broadcasts(scene, ANN, 1);

    assert_heard(scene, "ann #1 ok seq 1\ncyd #1 broadcast ann 1\n");
}

static void that_a_hidden_peer_leaves_with_unread_letters_is_told_to_nobody(void **state)
{
    struct scene *scene = with_hidden_cyd(state, true);
    broadcasts(scene, ANN, 1);
    forget(scene);

    leaves(scene, CYD);

    assert_heard(scene, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hidden_peers_receipt_is_told_to_nobody, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_hidden_peer_that_gives_no_receipts_is_not_receipted_for_either, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(that_a_hidden_peer_leaves_with_unread_letters_is_told_to_nobody, open_scene,
                                        close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
