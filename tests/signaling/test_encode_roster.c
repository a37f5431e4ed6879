/* test_encode_roster.c - a welcome for a client of another node is the one that it would get at home. */
#include "tests/support/cmocka_all.h"

#include "cluster/wire.h"
#include "signaling/edge.h"
#include "signaling/message.h"

#define ANN "AAAAAAAAAAAAAAAAAAAAAA"
#define BOB "BBBBBBBBBBBBBBBBBBBBBB"
#define CYD "CCCCCCCCCCCCCCCCCCCCCC"

_Static_assert(WIRE_LIST_MAX >= ADDRESSEES_MAX, "whoever may be addressed can be addressed on another node");

static void hear_nothing(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    (void)context, (void)to, (void)count, (void)event;
}

static int create_room(void **state)
{
    const struct room_listener listener = {NULL, hear_nothing};
    *state = room_create(SLICE_LITERAL("blue@x"), 10, listener);
    return 0;
}

static int destroy_room(void **state)
{
    *state = room_destroy(*state);
    return 0;
}

static struct peer *join(struct room *room, const char *id, const char *name, bool is_hidden)
{
    struct profile profile = {.identity = slice_from_text(name),
                              .name = SLICE_LITERAL("\"\\\n\xe2\x80\xa8"),
                              .metadata = SLICE_LITERAL("{\"seat\":3}"),
                              .attributes = {1, {{SLICE_LITERAL("k\""), SLICE_LITERAL("v\n")}}},
                              .media = MEDIA_CAMERA,
                              .grants = {.is_hidden = is_hidden}};
    struct newcomer newcomer = {.peer_id = slice_from_text(id), .profile = &profile};
    struct peer *peer;
    assert_int_equal(room_join(room, &newcomer, &peer), ERROR_NONE);
    return peer;
}

static struct event welcome_of(const struct room *room, const struct peer *self)
{
    return (struct event){.type = EVENT_WELCOME,
                          .re = {true, 3},
                          .welcome = {.room = room,
                                      .self = self,
                                      .kind = WELCOME_RESUMED,
                                      .accepted = 7,
                                      .grace_ms = 30000,
                                      .ticket = SLICE_LITERAL("sealed"),
                                      .ice_servers = SLICE_LITERAL("[{\"urls\":[]}]"),
                                      .ice_ttl_s = 3600,
                                      .ping_interval_s = 15,
                                      .message_bytes_max = 65536}};
}

/* As the home's node writes the roster, and the client's node then the welcome. */
static void encode_there(struct event welcome, struct buffer *out)
{
    struct buffer roster = BUFFER_EMPTY;
    edge_write_roster(NULL, welcome.welcome.room, welcome.welcome.self, &roster);
    welcome.welcome.room_id = room_id(welcome.welcome.room);
    welcome.welcome.room = NULL;
    welcome.welcome.roster = buffer_slice(&roster);
    event_encode(&welcome, out);
    buffer_fini(&roster);
}

static void assert_is_the_same_there(const struct room *room, const struct peer *self)
{
    struct event welcome = welcome_of(room, self);
    struct buffer here = BUFFER_EMPTY, there = BUFFER_EMPTY;

    event_encode(&welcome, &here);
    encode_there(welcome, &there);

    assert_string_equal(buffer_text(&there), buffer_text(&here));
    buffer_fini(&here);
    buffer_fini(&there);
}

static void a_welcome_with_a_ready_roster_is_the_one_of_the_room(void **state)
{
    struct room *room = *state;
    struct peer *ann = join(room, ANN, "ann", false);
    struct peer *bob = join(room, BOB, "bob", true);
    struct peer *cyd = join(room, CYD, "cyd", false);
    ann->is_away = true;
    ann->gives_receipts = true;

    assert_is_the_same_there(room, ann);
    assert_is_the_same_there(room, bob);
    assert_is_the_same_there(room, cyd);
}

static void who_is_alone_has_an_empty_roster_there_too(void **state)
{
    struct peer *ann = join(*state, ANN, "ann", false);
    struct buffer roster = BUFFER_EMPTY;

    edge_write_roster(NULL, *state, ann, &roster);

    assert_string_equal(buffer_text(&roster), "[]");
    assert_is_the_same_there(*state, ann);
    buffer_fini(&roster);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, create_room, destroy_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_welcome_with_a_ready_roster_is_the_one_of_the_room),
        IN_ROOM(who_is_alone_has_an_empty_roster_there_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
