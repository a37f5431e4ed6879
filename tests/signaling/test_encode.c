/* test_encode.c - every event's JSON text, byte for byte as docs/protocol.md has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/json_check.h"
#include "rooms/room.h"
#include "signaling/message.h"

#define ANN "AAAAAAAAAAAAAAAAAAAAAA"
#define BOB "BBBBBBBBBBBBBBBBBBBBBB"
#define CYD "CCCCCCCCCCCCCCCCCCCCCC"

static struct buffer out;

static void hear_nothing(void *context, struct peer *const *to, size_t count, const struct event *event)
{
    (void)context;
    (void)to;
    (void)count;
    (void)event;
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
    buffer_fini(&out);
    return 0;
}

static struct peer *join(struct room *room, const char *id, struct profile profile)
{
    struct peer *peer;
    struct newcomer newcomer = {.peer_id = slice_from_text(id), .profile = &profile};
    assert_int_equal(room_join(room, &newcomer, &peer), ERROR_NONE);
    return peer;
}

static struct profile profile_of(const char *identity, const char *name)
{
    return (struct profile){
        .identity = slice_from_text(identity),
        .name = slice_from_text(name),
        .media = MEDIA_CAMERA,
        .attributes = {.count = 1, .items = {{SLICE_LITERAL("k\""), SLICE_LITERAL("v\n")}}},
    };
}

static void assert_is_message(struct slice text)
{
    struct json_checker *checker = json_checker_create(1 << 20);
    const struct json_rules rules = {8, true, true};
    if (json_check(checker, text, &rules) != ERROR_NONE)
        fail_msg("not strict JSON: " SLICE_FORMAT, SLICE_ARGS(text));
    (void)json_checker_destroy(checker);
}

static void assert_encoded(const struct event *event, const char *expected)
{
    buffer_clear(&out);
    event_encode(event, &out);
    assert_is_message(buffer_slice(&out));
    assert_string_equal(buffer_text(&out), expected);
}

#define PEER(id, name)                                                                                                 \
    "{\"id\":\"" id "\",\"identity\":\"" name "-1\",\"name\":\"" name "\",\"metadata\":\"\","                          \
    "\"attributes\":{\"k\\\"\":\"v\\n\"},\"media\":{\"mic\":false,\"camera\":true,\"screen\":false},\"receipts\":"     \
    "false}"

static void welcome_tells_the_room_oneself_and_the_others(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct peer *bob = join(*state, BOB, profile_of("bob-1", "bob"));
    (void)join(*state, CYD, profile_of("cyd-1", "cyd"));
    ann->is_away = true;
    struct event event = {.type = EVENT_WELCOME,
                          .re = {true, 3},
                          .welcome = {.room = *state,
                                      .self = bob,
                                      .kind = WELCOME_RESUMED,
                                      .accepted = 0,
                                      .grace_ms = 30000,
                                      .ticket = SLICE_LITERAL("sealed"),
                                      .ice_servers = SLICE_LITERAL("[{\"urls\":[\"turn:t\"]}]"),
                                      .ice_ttl_s = 3600,
                                      .ping_interval_s = 15,
                                      .message_bytes_max = 65536}};

    /* clang-format off */
    assert_encoded(&event,
        "{\"type\":\"welcome\",\"re\":3,\"room\":\"blue@x\",\"self\":" PEER(BOB, "bob") ","
        "\"session\":\"resumed\",\"ticket\":\"sealed\",\"accepted\":0,\"grace\":30000,"
        "\"peers\":[{\"peer\":" PEER(ANN, "ann") ",\"polite\":true,\"away\":true},"
        "{\"peer\":" PEER(CYD, "cyd") ",\"polite\":false,\"away\":false}],"
        "\"iceServers\":[{\"urls\":[\"turn:t\"]}],\"iceTtl\":3600,\"pingInterval\":15,\"messageBytes\":65536,"
        "\"server\":\"parley/" PARLEY_VERSION "\"}");
    /* clang-format on */
}

static void the_first_in_a_room_sees_nobody_and_ice_may_never_expire(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct event event = {.type = EVENT_WELCOME,
                          .welcome = {.room = *state,
                                      .self = ann,
                                      .ticket = SLICE_LITERAL("sealed"),
                                      .ice_ttl_s = -1,
                                      .ping_interval_s = 15,
                                      .message_bytes_max = 1024}};

    /* clang-format off */
    assert_encoded(&event,
        "{\"type\":\"welcome\",\"room\":\"blue@x\",\"self\":" PEER(ANN, "ann") ","
        "\"session\":\"new\",\"ticket\":\"sealed\",\"grace\":0,\"peers\":[],"
        "\"iceServers\":[],\"iceTtl\":null,\"pingInterval\":15,\"messageBytes\":1024,"
        "\"server\":\"parley/" PARLEY_VERSION "\"}");
    /* clang-format on */
}

static void only_a_resumed_client_needs_to_know_what_was_accepted(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct event event = {.type = EVENT_WELCOME,
                          .welcome = {.room = *state, .self = ann, .kind = WELCOME_REBUILT, .accepted = 7}};

    buffer_clear(&out);
    event_encode(&event, &out);

    assert_non_null(strstr(buffer_text(&out), "\"session\":\"rebuilt\""));
    assert_null(strstr(buffer_text(&out), "\"accepted\""));
}

static void hidden_peers_see_the_others_and_themselves_but_are_not_seen(void **state)
{
    struct profile hidden = profile_of("bob-1", "bob");
    hidden.grants.is_hidden = true;
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct peer *bob = join(*state, BOB, hidden);
    struct event for_ann = {.type = EVENT_WELCOME,
                            .welcome = {.room = *state, .self = ann, .ice_ttl_s = -1, .ping_interval_s = 15}};
    struct event for_bob = {.type = EVENT_WELCOME,
                            .welcome = {.room = *state, .self = bob, .ice_ttl_s = -1, .ping_interval_s = 15}};

    buffer_clear(&out);
    event_encode(&for_ann, &out);
    assert_null(strstr(buffer_text(&out), BOB));

    buffer_clear(&out);
    event_encode(&for_bob, &out);
    assert_non_null(strstr(buffer_text(&out), "\"self\":{\"id\":\"" BOB));
    assert_non_null(strstr(buffer_text(&out), "{\"peer\":{\"id\":\"" ANN));
}

static void answers_carry_the_number_they_answer(void **state)
{
    (void)state;
    struct event ok = {.type = EVENT_OK, .re = {true, ((int64_t)1 << 53) - 1}};
    struct event pong = {.type = EVENT_PONG, .re = {true, 0}};
    struct event bare = {.type = EVENT_PONG};

    assert_encoded(&ok, "{\"type\":\"ok\",\"re\":9007199254740991}");
    assert_encoded(&pong, "{\"type\":\"pong\",\"re\":0}");
    assert_encoded(&bare, "{\"type\":\"pong\"}");
}

static void answers_name_the_senders_number(void **state)
{
    (void)state;
    struct event ok = {.type = EVENT_OK, .seq = 12};
    struct event error = {.type = EVENT_ERROR, .re = {true, 4}, .seq = 12, .error = {ERR_OUT_OF_ORDER, NULL, -1}};

    assert_encoded(&ok, "{\"type\":\"ok\",\"seq\":12}");
    assert_encoded(&error, "{\"type\":\"error\",\"re\":4,\"seq\":12,\"code\":\"out_of_order\",\"message\":\"A message "
                           "with a lower number was not taken: send that one first, then this one.\"}");
}

static void an_error_has_code_and_sentence_and_what_else_is_known(void **state)
{
    (void)state;
    struct event plain = {.type = EVENT_ERROR, .error = {ERR_NO_SUCH_PEER, NULL, -1}};
    struct event field = {.type = EVENT_ERROR, .re = {true, 4}, .error = {ERR_BAD_MESSAGE, "to", -1}};
    struct event retry = {.type = EVENT_ERROR, .error = {ERR_RATE_LIMITED, NULL, 0}};

    assert_encoded(&plain, "{\"type\":\"error\",\"code\":\"no_such_peer\","
                           "\"message\":\"No peer with that id is in this room.\"}");
    assert_encoded(&field, "{\"type\":\"error\",\"re\":4,\"code\":\"bad_message\",\"message\":\"A field of the message "
                           "is missing, has the wrong type or is too long.\",\"field\":\"to\"}");
    assert_encoded(&retry, "{\"type\":\"error\",\"code\":\"rate_limited\",\"message\":\"Too many messages, bytes or "
                           "joins; retryAfterMs says when to go on.\",\"retryAfterMs\":0}");
}

static void every_error_can_be_said(void **state)
{
    (void)state;
    for (int code = ERROR_NONE + 1; code < ERROR_COUNT; code++) {
        struct event event = {.type = EVENT_ERROR, .error = {(enum error)code, NULL, -1}};
        buffer_clear(&out);
        event_encode(&event, &out);
        assert_is_message(buffer_slice(&out));
    }
}

static void coming_changing_and_going_are_told(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct event joined = {.type = EVENT_PEER_JOINED, .peer = {ann, true}};
    struct event updated = {.type = EVENT_PEER_UPDATED, .peer = {ann, false}};

    assert_encoded(&joined, "{\"type\":\"peer-joined\",\"peer\":" PEER(ANN, "ann") ",\"polite\":true}");
    assert_encoded(&updated, "{\"type\":\"peer-updated\",\"peer\":" PEER(ANN, "ann") "}");
    for (int reason = 0; reason < LEAVE_REASON_COUNT; reason++) {
        char expected[128];
        struct event left = {.type = EVENT_PEER_LEFT, .left = {SLICE_LITERAL(ANN), (enum leave_reason)reason}};
        (void)snprintf(expected, sizeof expected, "{\"type\":\"peer-left\",\"peer\":\"" ANN "\",\"reason\":\"%s\"}",
                       leave_reason_name((enum leave_reason)reason));
        assert_encoded(&left, expected);
    }
}

static void being_away_and_back_are_told(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    struct event away = {.type = EVENT_PEER_AWAY, .away = {SLICE_LITERAL(ANN)}};
    struct event back = {.type = EVENT_PEER_BACK, .peer = {ann, true}};

    assert_encoded(&away, "{\"type\":\"peer-away\",\"peer\":\"" ANN "\"}");
    assert_encoded(&back, "{\"type\":\"peer-back\",\"peer\":" PEER(ANN, "ann") ",\"polite\":true}");
}

static void a_settled_roster_names_all_but_the_hidden(void **state)
{
    struct profile hidden = profile_of("bob-1", "bob");
    hidden.grants.is_hidden = true;
    (void)join(*state, BOB, hidden);
    (void)join(*state, ANN, profile_of("ann-1", "ann"));
    (void)join(*state, CYD, profile_of("cyd-1", "cyd"));
    struct event event = {.type = EVENT_ROSTER, .roster = *state};

    assert_encoded(&event, "{\"type\":\"roster\",\"peers\":[\"" ANN "\",\"" CYD "\"]}");
}

static void who_gives_receipts_is_known(void **state)
{
    struct peer *ann = join(*state, ANN, profile_of("ann-1", "ann"));
    ann->gives_receipts = true;
    struct event event = {.type = EVENT_PEER_UPDATED, .peer = {ann, false}};

    buffer_clear(&out);
    event_encode(&event, &out);

    assert_non_null(strstr(buffer_text(&out), "\"receipts\":true"));
}

static void what_became_of_messages_is_told(void **state)
{
    (void)state;
    struct event receipt = {.type = EVENT_RECEIPT, .receipt = {SLICE_LITERAL(ANN), 12}};

    assert_encoded(&receipt, "{\"type\":\"receipt\",\"from\":\"" ANN "\",\"seq\":12}");
    for (int reason = 0; reason < UNDELIVERED_REASON_COUNT; reason++) {
        char expected[128];
        struct event event = {.type = EVENT_UNDELIVERED,
                              .undelivered = {SLICE_LITERAL(ANN), 13, 15, (enum undelivered_reason)reason}};
        (void)snprintf(expected, sizeof expected,
                       "{\"type\":\"undelivered\",\"peer\":\"" ANN "\",\"first\":13,\"last\":15,\"reason\":\"%s\"}",
                       undelivered_reason_name((enum undelivered_reason)reason));
        assert_encoded(&event, expected);
    }
}

static void a_fresh_ticket_is_pushed(void **state)
{
    (void)state;
    struct event event = {.type = EVENT_TICKET, .ticket = SLICE_LITERAL("sealed")};

    assert_encoded(&event, "{\"type\":\"ticket\",\"ticket\":\"sealed\"}");
}

static void numbered_messages_keep_their_senders_number(void **state)
{
    (void)state;
    struct event relay = {.type = EVENT_RELAY, .seq = 5, .relay = {SLICE_LITERAL(ANN), RELAY_DATA, SLICE_LITERAL("1")}};
    struct event broadcast = {
        .type = EVENT_BROADCAST, .seq = 6, .relay = {SLICE_LITERAL(ANN), RELAY_DATA, SLICE_LITERAL("1")}};

    assert_encoded(&relay, "{\"type\":\"relay\",\"from\":\"" ANN "\",\"kind\":\"data\",\"seq\":5,\"body\":1}");
    assert_encoded(&broadcast, "{\"type\":\"broadcast\",\"from\":\"" ANN "\",\"seq\":6,\"body\":1}");
}

static void bodies_are_passed_on_byte_for_byte(void **state)
{
    (void)state;
    struct slice body = SLICE_LITERAL("{ \"sdp\" : \"v=0\\r\\n\\u00e9\\/\", \"n\":1.0e+2 }");
    struct event relay = {.type = EVENT_RELAY, .relay = {SLICE_LITERAL(ANN), RELAY_CANDIDATE, body}};
    struct event broadcast = {.type = EVENT_BROADCAST, .relay = {SLICE_LITERAL(ANN), RELAY_DATA, body}};

    assert_encoded(&relay, "{\"type\":\"relay\",\"from\":\"" ANN "\",\"kind\":\"candidate\","
                           "\"body\":{ \"sdp\" : \"v=0\\r\\n\\u00e9\\/\", \"n\":1.0e+2 }}");
    assert_encoded(&broadcast, "{\"type\":\"broadcast\",\"from\":\"" ANN "\","
                               "\"body\":{ \"sdp\" : \"v=0\\r\\n\\u00e9\\/\", \"n\":1.0e+2 }}");
}

static void fresh_ice_servers_are_pushed(void **state)
{
    (void)state;
    struct event event = {.type = EVENT_ICE_SERVERS, .ice = {SLICE_LITERAL("[{\"urls\":[]}]"), 0}};

    assert_encoded(&event, "{\"type\":\"ice-servers\",\"iceServers\":[{\"urls\":[]}],\"iceTtl\":0}");
}

static void bye_says_what_to_do_next(void **state)
{
    (void)state;
    struct event resume = {.type = EVENT_BYE, .bye = {ERR_SHUTTING_DOWN, BYE_RESUME, 0}};
    struct event rejoin = {.type = EVENT_BYE, .bye = {ERR_SLOW_CONSUMER, BYE_REJOIN, 250}};
    struct event stop = {.type = EVENT_BYE, .bye = {ERR_KICKED, BYE_STOP, 0}};

    assert_encoded(&resume, "{\"type\":\"bye\",\"code\":\"shutting_down\",\"action\":\"resume\",\"delayMs\":0}");
    assert_encoded(&rejoin, "{\"type\":\"bye\",\"code\":\"slow_consumer\",\"action\":\"rejoin\",\"delayMs\":250}");
    assert_encoded(&stop, "{\"type\":\"bye\",\"code\":\"kicked\",\"action\":\"stop\",\"delayMs\":0}");
}

/* Whatever a name is made of, it is the same name after the journey. */
static void names_arrive_as_they_were_sent(void **state)
{
    static const char *const names[] = {"<script>alert(1)</script>",
                                        "\"\\/\b\f\n\r\t\x01\x1f\x7f",
                                        "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae",
                                        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
                                        "\xef\xbf\xbf\xef\xbb\xbf",
                                        "%s%n ${x} {{y}} '; DROP TABLE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct peer *ann = join(*state, ANN, profile_of(names[i], names[i]));
        struct event event = {.type = EVENT_PEER_JOINED, .peer = {ann, false}};
        buffer_clear(&out);
        event_encode(&event, &out);
        assert_is_message(buffer_slice(&out));

        struct json_object *root = json_tokener_parse(buffer_text(&out));
        struct json_object *peer = json_object_object_get(root, "peer");
        assert_string_equal(json_object_get_string(json_object_object_get(peer, "name")), names[i]);
        assert_string_equal(json_object_get_string(json_object_object_get(peer, "identity")), names[i]);

        (void)json_object_put(root);
        room_leave(*state, ann, LEAVE_LEFT);
    }
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, create_room, destroy_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(welcome_tells_the_room_oneself_and_the_others),
        IN_ROOM(the_first_in_a_room_sees_nobody_and_ice_may_never_expire),
        IN_ROOM(only_a_resumed_client_needs_to_know_what_was_accepted),
        IN_ROOM(hidden_peers_see_the_others_and_themselves_but_are_not_seen),
        IN_ROOM(answers_carry_the_number_they_answer),
        IN_ROOM(answers_name_the_senders_number),
        IN_ROOM(an_error_has_code_and_sentence_and_what_else_is_known),
        IN_ROOM(every_error_can_be_said),
        IN_ROOM(coming_changing_and_going_are_told),
        IN_ROOM(being_away_and_back_are_told),
        IN_ROOM(a_settled_roster_names_all_but_the_hidden),
        IN_ROOM(who_gives_receipts_is_known),
        IN_ROOM(what_became_of_messages_is_told),
        IN_ROOM(a_fresh_ticket_is_pushed),
        IN_ROOM(numbered_messages_keep_their_senders_number),
        IN_ROOM(bodies_are_passed_on_byte_for_byte),
        IN_ROOM(fresh_ice_servers_are_pushed),
        IN_ROOM(bye_says_what_to_do_next),
        IN_ROOM(names_arrive_as_they_were_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
