/* test_edge_slow.c - who reads too slowly costs a bounded amount of memory, and loses nothing that fits it (T-32). */
#include <stdio.h>

#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

#define OUTBOX_FRAMES 16
#define OUTBOX_BYTES  (1 << 14)
#define MAILBOX       100
#define MAILBOX_BYTES (1 << 16)

static void set_limits(struct edge_scene *scene)
{
    scene->config.outbox = (struct outbox_limits){OUTBOX_FRAMES, OUTBOX_BYTES};
    scene->config.limits.session_messages = (struct rate){1000, 10000};
    scene->home_config.mailbox = (struct mailbox_limits){MAILBOX, MAILBOX_BYTES};
    edge_scene_open(scene);
}

static void say_number(struct edge_scene *scene, struct actor *from, const struct actor *to, int seq)
{
    char text[60];
    (void)snprintf(text, sizeof text, "\"seq\":%d,\"body\":\"number %d.\"", seq, seq);
    actor_say_to(scene, from, to, text);
}

static void a_slow_reader_is_sent_away_and_finds_everything_when_it_is_back(void **state)
{
    struct edge_scene *scene = *state;
    set_limits(scene);
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    (void)actor_hear(&ann);

    for (int i = 1; i <= 90; i++)
        say_number(scene, &ann, &bob, i);
    assert_int_equal(bob.close_code, 4001);
    assert_has(actor_hear(&bob), "\"code\":\"slow_consumer\",\"action\":\"resume\"");
    actor_vanish(scene, &bob, 1006);
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"type\":\"peer-away\"");
    assert_has_not(heard, "undelivered");
    actor_resume(scene, &bob, &bob, ",\"got\":0");

    heard = actor_hear(&bob);
    for (int i = 1; i <= 90; i++) { /* more than an outbox holds */
        char text[40];
        (void)snprintf(text, sizeof text, "\"number %d.\"", i);
        assert_int_equal(count_of(heard, text), 1);
    }
    assert_int_equal(bob.close_code, 0);
    say_number(scene, &ann, &bob, 91);
    assert_has(actor_hear(&bob), "\"number 91.\"");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void nothing_overtakes_what_did_not_fit(void **state)
{
    struct edge_scene *scene = *state;
    set_limits(scene);
    struct actor ann, bob;
    static char text[OUTBOX_BYTES];
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    (void)snprintf(text, sizeof text, "\"seq\":1,\"body\":\"%0*d\"", OUTBOX_BYTES - 200, 0);

    actor_say_to(scene, &ann, &bob, text); /* fits, and leaves little room */
    (void)snprintf(text, sizeof text, "\"seq\":2,\"body\":\"%0*d\"", 1000, 0);
    actor_say_to(scene, &ann, &bob, text);
    say_number(scene, &ann, &bob, 3);
    actor_vanish(scene, &bob, 1006);
    actor_resume(scene, &bob, &bob, ",\"got\":1");

    const char *heard = actor_hear(&bob);
    assert_has_not(heard, "\"seq\":1,");
    assert_true(strstr(heard, "\"seq\":2,") < strstr(heard, "\"seq\":3,"));
    assert_has(heard, "\"seq\":2,");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void one_that_never_reads_is_bounded_however_often_it_comes_back(void **state)
{
    struct edge_scene *scene = *state;
    set_limits(scene);
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    actor_enter(scene, &bob, "bob");
    int seq = 0;
    size_t undelivered = 0;
    size_t bound = OUTBOX_BYTES + 2 * MAILBOX_BYTES + 8192; /* of bytes; the rest is its welcome and its last words */

    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++) {
            say_number(scene, &ann, &bob, ++seq);
            undelivered += count_of(actor_hear(&ann), "\"reason\":\"outbox-full\"");
        }
        assert_true(edge_outbox(bob.client)->bytes < bound);
        assert_true(edge_outbox(bob.client)->count < OUTBOX_FRAMES + 2 * MAILBOX + 4);
        actor_vanish(scene, &bob, 1006);
        actor_resume(scene, &bob, &bob, "");
    }

    assert_in_range(undelivered, 1000 - MAILBOX, 1000 - MAILBOX + 10); /* each of the others was told of */
    assert_int_equal(home_counts(scene->home)->accepted, 1000);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void what_was_missed_is_not_charged_to_who_comes_back(void **state)
{
    struct edge_scene *scene = *state;
    scene->config.limits.session_bytes = (struct rate){1, 1000};
    edge_scene_open(scene);
    struct actor ann, bob;
    static char text[900];
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");
    actor_vanish(scene, &bob, 1006);
    (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"body\":\"%0800d\"}", 0);
    actor_say(scene, &ann, text);
    actor_resume(scene, &bob, &bob, "");
    assert_has(actor_hear(&bob), "\"type\":\"broadcast\"");

    actor_say(scene, &bob, text);

    assert_has_not(actor_hear(&bob), "rate_limited");
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNOPENED_SCENE(a_slow_reader_is_sent_away_and_finds_everything_when_it_is_back),
        UNOPENED_SCENE(nothing_overtakes_what_did_not_fit),
        UNOPENED_SCENE(one_that_never_reads_is_bounded_however_often_it_comes_back),
        UNOPENED_SCENE(what_was_missed_is_not_charged_to_who_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
