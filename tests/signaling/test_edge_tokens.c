/* test_edge_tokens.c - how long a session lasts by its token, and how guessing at tokens and tickets is slowed down. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ops/log.h"
#include "tests/signaling/support/edge_scene.h"
#include "tests/support/cmocka_all.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)

/* The scene's tokens last ten minutes, and its sessions an hour more. */
#define SESSION_MS (HOUR_MS + 600000)

static void a_session_ends_with_its_token_and_the_grace(void **state) /* T-10 */
{
    struct edge_scene *scene = *state;
    struct actor ann, bob;
    actor_join(scene, &ann, "ann", "lobby", NULL);
    edge_scene_wait(scene, 1000);
    actor_join(scene, &bob, "bob", "lobby", NULL);

    edge_scene_wait(scene, SESSION_MS - 1001);
    assert_int_equal(ann.close_code, 0);
    edge_scene_wait(scene, 1);

    assert_int_equal(ann.close_code, 4502);
    assert_has(actor_hear(&ann), "\"code\":\"auth_expired\",\"action\":\"stop\"");
    assert_has(actor_hear(&bob), "\"reason\":\"expired\"");
    assert_int_equal(bob.close_code, 0);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1000);
}

static void say_refresh(struct edge_scene *scene, struct actor *actor, const char *identity,
                        void (*change)(struct claims *))
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_text(&text, "{\"type\":\"refresh\",\"id\":5,\"token\":\"");
    edge_scene_token(scene, identity, "lobby", change, &text);
    buffer_add_text(&text, "\"}");
    actor_say(scene, actor, buffer_text(&text));
    buffer_fini(&text);
}

static void a_fresh_token_lets_the_session_last_longer(void **state) /* T-10 */
{
    struct edge_scene *scene = *state;
    struct actor ann, back;
    char former[ACTOR_TICKET_MAX];
    actor_join(scene, &ann, "ann", "lobby", NULL);
    memcpy(former, ann.ticket, sizeof former);

    edge_scene_wait(scene, HOUR_MS);
    say_refresh(scene, &ann, "ann", NULL);
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"type\":\"ok\",\"re\":5}");
    assert_has(heard, "{\"type\":\"ticket\",\"ticket\":\"");
    assert_string_not_equal(ann.ticket, former);
    edge_scene_wait(scene, SESSION_MS - 1);
    assert_int_equal(ann.close_code, 0);
    actor_resume(scene, &back, &ann, ""); /* with the new ticket: the former is over */

    assert_has(actor_hear(&back), "\"session\":\"resumed\"");
    edge_scene_wait(scene, 1);
    assert_int_equal(back.close_code, 4502);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &back, 1006);
}

static void give_little_time(struct claims *claims)
{
    claims->expires_unix_s -= 590;
}

static void a_refresh_never_shortens(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    say_refresh(scene, &ann, "ann", give_little_time);
    edge_scene_wait(scene, SESSION_MS - 1);

    assert_int_equal(ann.close_code, 0);
    edge_scene_wait(scene, 1);
    assert_int_equal(ann.close_code, 4502);
    actor_vanish(scene, &ann, 1006);
}

static void a_refused_refresh_does_not_end_the_call(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann;
    actor_join(scene, &ann, "ann", "lobby", NULL);

    say_refresh(scene, &ann, "bob", NULL);
    const char *heard = actor_hear(&ann);
    assert_has(heard, "\"re\":5,\"code\":\"not_permitted\"");
    assert_has_not(heard, "\"type\":\"ticket\"");
    actor_say(scene, &ann, "{\"type\":\"refresh\",\"id\":6,\"token\":\"not.a.token\"}");
    assert_has(actor_hear(&ann), "\"re\":6,\"code\":\"auth_malformed\"");

    assert_int_equal(ann.close_code, 0);
    actor_say(scene, &ann, "{\"type\":\"ping\",\"id\":7}");
    assert_string_equal(actor_hear(&ann), "{\"type\":\"pong\",\"re\":7}\n");
    actor_vanish(scene, &ann, 1000);
}

static void give_number(struct claims *claims)
{
    claims->token_id = SLICE_LITERAL("token number one");
}

static void a_token_for_one_use_admits_once(void **state) /* T-10 */
{
    struct edge_scene *scene = *state;
    struct once *once = once_create();
    scene->config.once = once;
    edge_scene_open(scene);
    struct actor ann, replay, unnumbered;
    struct buffer token = BUFFER_EMPTY, plain = BUFFER_EMPTY;
    actor_join(scene, &ann, "ann", "lobby", give_number);
    edge_scene_token(scene, "ann", "lobby", give_number, &token);
    edge_scene_token(scene, "ann", "lobby", NULL, &plain);
    actor_connect(scene, &replay, "lobby");
    actor_connect(scene, &unnumbered, "lobby");

    actor_hello(scene, &replay, buffer_text(&token));
    actor_hello(scene, &unnumbered, buffer_text(&plain));

    assert_int_equal(replay.close_code, 4501);
    assert_has(actor_hear(&replay), "\"code\":\"auth_used\"");
    assert_has(actor_hear(&unnumbered), "\"code\":\"auth_claims\"");
    assert_int_equal(scene->metrics->values[METRIC_AUTH_FAILURES_USED], 1);
    buffer_fini(&token);
    buffer_fini(&plain);
    actor_vanish(scene, &replay, 1006);
    actor_vanish(scene, &unnumbered, 1006);
    actor_vanish(scene, &ann, 1006);
    actor_resume(scene, &ann, &ann, ""); /* tickets are another matter */
    assert_has(actor_hear(&ann), "\"session\":\"resumed\"");
    actor_vanish(scene, &ann, 1000);
    once_destroy(once);
}

static void a_clock_that_jumps_ends_no_session_and_spoils_no_ticket(void **state) /* T-59 */
{
    struct edge_scene *scene = *state;
    static const int64_t jumps_ms[] = {DAY_MS, -DAY_MS, -DAY_MS, 3 * DAY_MS};
    struct actor ann, bob;
    actor_enter(scene, &ann, "ann");
    actor_enter(scene, &bob, "bob");

    for (size_t i = 0; i < sizeof jumps_ms / sizeof jumps_ms[0]; i++) {
        scene->now.unix_ms += jumps_ms[i];
        edge_scene_wait(scene, 1000);
        assert_int_equal(ann.close_code, 0);
        actor_vanish(scene, &bob, 1006);
        actor_resume(scene, &bob, &bob, "");
        assert_has(actor_hear(&bob), "\"session\":\"resumed\"");
        edge_scene_wait(scene, 1000);
        assert_int_equal(bob.close_code, 0);
    }

    assert_has_not(actor_hear(&ann), "peer-left");
    edge_scene_wait(scene, SESSION_MS);
    assert_int_equal(ann.close_code, 4502); /* and yet it ends */
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &bob, 1006);
}

static void a_clock_that_was_wrong_at_the_start_lets_no_session_last_for_ever(void **state) /* T-10, T-59 */
{
    struct edge_scene *scene = *state;
    struct actor ann, back;
    scene->now.unix_ms -= 10 * 365 * DAY_MS;
    edge_scene_wait(scene, 1000);
    scene->now.unix_ms += 10 * 365 * DAY_MS;
    actor_enter(scene, &ann, "ann");

    actor_resume(scene, &back, &ann, "");
    assert_has(actor_hear(&back), "\"session\":\"resumed\"");
    edge_scene_wait(scene, DAY_MS + HOUR_MS + 30000); /* the longest token, and the grace */

    assert_int_equal(back.close_code, 4502);
    actor_vanish(scene, &ann, 1006);
    actor_vanish(scene, &back, 1006);
}

/* What becomes of one forged ticket: an actor's ticket with one character changed. */
static void forge(struct edge_scene *scene, const struct actor *former, unsigned number, size_t *invalid,
                  size_t *slowed)
{
    struct actor thief, forged = *former;
    size_t at = number % strlen(forged.ticket);
    forged.ticket[at] = forged.ticket[at] == 'A' ? 'B' : 'A';
    actor_resume(scene, &thief, &forged, "");
    const char *heard = actor_hear(&thief);
    *invalid += count_of(heard, "\"code\":\"ticket_invalid\"");
    *slowed += count_of(heard, "\"code\":\"rate_limited\"");
    assert_has_not(heard, "\"welcome\"");
    actor_vanish(scene, &thief, 1006);
}

static void a_hundred_thousand_forged_tickets_open_nothing_and_are_slowed_down(void **state) /* T-11 */
{
    struct edge_scene *scene = *state;
    struct actor ann;
    size_t invalid = 0, slowed = 0;
    actor_enter(scene, &ann, "ann");
    const struct actor former = ann;

    for (unsigned i = 0; i < 100000; i++) {
        scene->now.mono_ms += i % 1000 == 0; /* a tenth of a second for them all */
        forge(scene, &former, i, &invalid, &slowed);
    }

    assert_int_equal(invalid + slowed, 100000);
    assert_in_range(invalid, 1, 60); /* 50 at once and 10 a second are an address's */
    assert_int_equal(ann.close_code, 0);
    assert_int_equal(home_counts(scene->home)->resumed, 0);
    actor_vanish(scene, &ann, 1000);
}

static void one_connection_may_try_only_so_often(void **state) /* T-11 */
{
    struct edge_scene *scene = *state;
    struct actor thief;
    actor_connect(scene, &thief, "lobby");

    for (int i = 0; i < 20; i++)
        actor_say(scene, &thief, "{\"type\":\"hello\",\"ticket\":\"made up\"}");
    assert_int_equal(thief.close_code, 0);
    actor_say(scene, &thief, "{\"type\":\"hello\",\"ticket\":\"made up\"}");

    assert_int_equal(thief.close_code, 4003);
    actor_vanish(scene, &thief, 1006);
}

static void good_tickets_wait_for_nobody(void **state) /* T-35 */
{
    struct edge_scene *scene = *state;
    scene->config.limits.address_joins = (struct rate){0.001, 1};
    scene->config.joins = (struct rate){0.001, 1};
    edge_scene_open(scene);
    struct actor ann, bob;
    struct buffer token = BUFFER_EMPTY;
    actor_enter(scene, &ann, "ann");
    edge_scene_token(scene, "bob", "lobby", NULL, &token);
    actor_connect(scene, &bob, "lobby");
    actor_hello(scene, &bob, buffer_text(&token));
    assert_has(actor_hear(&bob), "\"code\":\"rate_limited\"");

    for (int i = 0; i < 100; i++) {
        actor_vanish(scene, &ann, 1006);
        actor_resume(scene, &ann, &ann, "");
        assert_has(actor_hear(&ann), "\"session\":\"resumed\"");
    }

    buffer_fini(&token);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &bob, 1000);
}

static void neither_token_nor_ticket_is_logged(void **state)
{
    struct edge_scene *scene = *state;
    struct actor ann, thief;
    struct buffer token = BUFFER_EMPTY;
    char log[1 << 14] = "";
    FILE *file = tmpfile();
    int stderr_was = dup(STDERR_FILENO);
    edge_scene_token(scene, "ann", "lobby", NULL, &token);
    log_configure(LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT);
    (void)dup2(fileno(file), STDERR_FILENO);

    actor_connect(scene, &ann, "lobby");
    actor_hello(scene, &ann, buffer_text(&token));
    (void)actor_hear(&ann);
    actor_vanish(scene, &ann, 1006);
    actor_resume(scene, &ann, &ann, "");
    (void)actor_hear(&ann);
    actor_connect(scene, &thief, "lobby");
    actor_say(scene, &thief, "{\"type\":\"hello\",\"ticket\":\"the-ticket-that-was-made-up\"}");

    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    (void)dup2(stderr_was, STDERR_FILENO);
    (void)close(stderr_was);
    rewind(file);
    (void)fread(log, 1, sizeof log - 1, file);
    (void)fclose(file);
    assert_has(log, "peer.join");
    assert_has(log, "peer.away");
    assert_has(log, "peer.resume");
    assert_has(log, "kind=resumed");
    assert_has(log, "code=ticket_invalid");
    assert_has_not(log, ann.ticket);
    assert_has_not(log, buffer_text(&token));
    assert_has_not(log, "the-ticket-that-was-made-up");
    buffer_fini(&token);
    actor_vanish(scene, &ann, 1000);
    actor_vanish(scene, &thief, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(neither_token_nor_ticket_is_logged), /* before the log has had enough of forged ones */
        SCENE(a_session_ends_with_its_token_and_the_grace),
        SCENE(a_fresh_token_lets_the_session_last_longer),
        SCENE(a_refresh_never_shortens),
        SCENE(a_refused_refresh_does_not_end_the_call),
        UNOPENED_SCENE(a_token_for_one_use_admits_once),
        SCENE(a_clock_that_jumps_ends_no_session_and_spoils_no_ticket),
        SCENE(a_clock_that_was_wrong_at_the_start_lets_no_session_last_for_ever),
        SCENE(a_hundred_thousand_forged_tickets_open_nothing_and_are_slowed_down),
        SCENE(one_connection_may_try_only_so_often),
        UNOPENED_SCENE(good_tickets_wait_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
