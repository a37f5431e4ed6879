/* test_home.c - a home answers requests, keeps sessions apart and opens and closes rooms by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cluster/home.h"
#include "rooms/room.h"
#include "tests/support/cmocka_all.h"

struct scene {
    struct home *home;
    struct route route;
    struct buffer heard;  /* "client type" lines */
    uint64_t session[10]; /* by client, from its welcome */
    uint64_t deaf;        /* this client takes nothing */
    unsigned joined;
};

static size_t deliver(void *context, const struct locator *to, size_t count, const struct event *event)
{
    struct scene *scene = context;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (to[i].client == scene->deaf)
            continue;
        taken++;
        buffer_add_format(&scene->heard, "%u %s", (unsigned)to[i].client, event_type_name(event->type));
        if (event->type == EVENT_ERROR)
            buffer_add_format(&scene->heard, " %s", error_code(event->error.code));
        if (event->type == EVENT_WELCOME)
            scene->session[to[i].client] = event->welcome.session;
        buffer_add_char(&scene->heard, '\n');
    }
    return taken;
}

static int open_home(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->home =
        home_create((struct home_config){.rooms_max = 2, .room_capacity = 3}, (struct listener){scene, deliver});
    scene->route = home_route(scene->home);
    *state = scene;
    return 0;
}

static int close_home(void **state)
{
    struct scene *scene = *state;
    home_destroy(scene->home);
    buffer_fini(&scene->heard);
    free(scene);
    return 0;
}

static void send(struct scene *scene, struct request request, unsigned client)
{
    request.from.client = client;
    request.session = scene->session[client];
    scene->route.send(scene->route.context, &request);
}

static void join(struct scene *scene, unsigned client, const char *room)
{
    char id[RANDOM_ID_LENGTH + 1];
    struct profile profile = {.identity = SLICE_LITERAL("somebody")};
    profile.grants.may_publish_data = true;
    (void)snprintf(id, sizeof id, "peer-%017u", ++scene->joined);
    struct request request = {.type = REQUEST_JOIN, .id = {true, 1}};
    request.join.room = slice_from_text(room);
    request.join.peer_id = id;
    request.join.profile = &profile;
    send(scene, request, client);
}

static void assert_heard(struct scene *scene, const char *expected)
{
    assert_string_equal(buffer_text(&scene->heard), expected);
    buffer_clear(&scene->heard);
}

static void a_room_opens_with_its_first_peer_and_closes_with_its_last(void **state)
{
    struct scene *scene = *state;

    join(scene, 1, "lobby");
    join(scene, 2, "lobby");
    assert_int_equal(home_room_count(scene->home), 1);
    assert_int_equal(home_session_count(scene->home), 2);
    send(scene, (struct request){.type = REQUEST_LEAVE}, 1);
    assert_int_equal(home_room_count(scene->home), 1);
    send(scene, (struct request){.type = REQUEST_LEAVE}, 2);

    assert_int_equal(home_room_count(scene->home), 0);
    assert_int_equal(home_session_count(scene->home), 0);
    assert_heard(scene, "1 welcome\n1 peer-joined\n2 welcome\n2 peer-left\n");
}

static void one_room_too_many_is_refused_until_another_closes(void **state)
{
    struct scene *scene = *state;
    join(scene, 1, "a");
    join(scene, 2, "b");

    join(scene, 3, "c");
    assert_heard(scene, "1 welcome\n2 welcome\n3 error room_limit\n");
    join(scene, 3, "b");
    send(scene, (struct request){.type = REQUEST_LEAVE}, 1);
    join(scene, 4, "c");

    assert_heard(scene, "2 peer-joined\n3 welcome\n4 welcome\n");
}

static void a_session_that_has_ended_is_not_heard_any_more(void **state)
{
    struct scene *scene = *state;
    join(scene, 1, "lobby");
    join(scene, 2, "lobby");
    send(scene, (struct request){.type = REQUEST_LEAVE}, 2);
    buffer_clear(&scene->heard);

    send(scene, (struct request){.type = REQUEST_BROADCAST, .broadcast = {SLICE_LITERAL("1")}}, 2);
    join(scene, 3, "lobby"); /* takes the place in memory that session 2 had */
    send(scene, (struct request){.type = REQUEST_BROADCAST, .broadcast = {SLICE_LITERAL("1")}}, 2);

    assert_heard(scene, "1 peer-joined\n3 welcome\n");
}

static void success_is_answered_only_when_asked_for_and_failure_always(void **state)
{
    struct scene *scene = *state;
    join(scene, 1, "lobby");
    buffer_clear(&scene->heard);

    send(scene, (struct request){.type = REQUEST_BROADCAST, .broadcast = {SLICE_LITERAL("1")}}, 1);
    send(scene, (struct request){.type = REQUEST_BROADCAST, .id = {true, 2}, .broadcast = {SLICE_LITERAL("1")}}, 1);
    send(scene, (struct request){.type = REQUEST_KICK, .kick = {SLICE_LITERAL("x")}}, 1);

    assert_heard(scene, "1 ok\n1 error not_permitted\n");
}

static void the_sender_hears_that_its_addressee_took_nothing(void **state)
{
    struct scene *scene = *state;
    join(scene, 1, "lobby");
    join(scene, 2, "lobby");
    buffer_clear(&scene->heard);
    struct request relay = {.type = REQUEST_RELAY, .id = {true, 2}};
    relay.relay.to = SLICE_LITERAL("peer-00000000000000002");
    relay.relay.kind = RELAY_DATA;
    relay.relay.body = SLICE_LITERAL("1");

    send(scene, relay, 1);
    scene->deaf = 2;
    send(scene, relay, 1);

    assert_heard(scene, "2 relay\n1 ok\n1 error outbox_full\n");
}

static void rooms_of_thousands_of_names_are_found_again(void **state) /* T-63 */
{
    struct scene *scene = *state;
    home_destroy(scene->home);
    scene->home =
        home_create((struct home_config){.rooms_max = 5000, .room_capacity = 3}, (struct listener){scene, deliver});
    scene->route = home_route(scene->home);
    char name[16];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            (void)snprintf(name, sizeof name, "room-%u", i);
            join(scene, 1, name);
        }
    }
    assert_int_equal(home_room_count(scene->home), 5000);
    assert_int_equal(home_session_count(scene->home), 10000);
    assert_null(strstr(buffer_text(&scene->heard), "error"));
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, open_home, close_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_room_opens_with_its_first_peer_and_closes_with_its_last),
        AT_HOME(one_room_too_many_is_refused_until_another_closes),
        AT_HOME(a_session_that_has_ended_is_not_heard_any_more),
        AT_HOME(success_is_answered_only_when_asked_for_and_failure_always),
        AT_HOME(the_sender_hears_that_its_addressee_took_nothing),
        AT_HOME(rooms_of_thousands_of_names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
