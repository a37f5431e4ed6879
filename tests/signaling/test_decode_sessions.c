/* test_decode_sessions.c - what tickets, numbers and receipts become, and which of them are refused. */
#include <stdio.h>

#include "cluster/route.h"
#include "tests/signaling/support/decode_scene.h"
#include "tests/support/cmocka_all.h"

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_is_text(text, expected))
        fail_msg("got " SLICE_FORMAT ", not %s", SLICE_ARGS(text), expected);
}

static void a_ticket_stands_for_a_token(void **state)
{
    assert_taken(state, "{\"type\":\"hello\",\"ticket\":\"sealed\",\"got\":17,\"receipts\":true}");

    assert_text(message.hello.ticket, "sealed");
    assert_int_equal(message.hello.token.length, 0);
    assert_int_equal(message.got, 17);
    assert_true(message.hello.gives_receipts);
}

static void with_a_ticket_the_token_is_not_looked_at(void **state)
{
    assert_taken(state, "{\"type\":\"hello\",\"ticket\":\"sealed\",\"token\":{\"not\":\"even text\"}}");

    assert_text(message.hello.ticket, "sealed");
    assert_int_equal(message.hello.token.length, 0);
}

static void receipts_are_not_given_unless_it_is_said(void **state)
{
    assert_taken(state, "{\"type\":\"hello\",\"token\":\"t\"}");
    assert_false(message.hello.gives_receipts);
    assert_true(message.got == GOT_NOTHING);
    assert_refused(state, "{\"type\":\"hello\",\"token\":\"t\",\"receipts\":1}", ERR_BAD_MESSAGE, "receipts");
}

static void a_ticket_is_a_text_of_bounded_length(void **state)
{
    assert_refused(state, "{\"type\":\"hello\",\"ticket\":\"\",\"token\":\"t\"}", ERR_BAD_MESSAGE, "ticket");
    assert_refused(state, "{\"type\":\"hello\",\"ticket\":null,\"token\":\"t\"}", ERR_BAD_MESSAGE, "ticket");
    assert_taken(state, long_text("{\"type\":\"hello\",\"ticket\":\"", TICKET_BYTES_MAX, "\"}"));
    assert_refused(state, long_text("{\"type\":\"hello\",\"ticket\":\"", TICKET_BYTES_MAX + 1, "\"}"), ERR_BAD_MESSAGE,
                   "ticket");
}

static void every_message_may_tell_how_far_its_sender_has_got(void **state)
{
    static const char *const texts[] = {"\"relay\",\"to\":\"x\",\"body\":1",
                                        "\"broadcast\",\"body\":1",
                                        "\"update\"",
                                        "\"kick\",\"peer\":\"x\"",
                                        "\"refresh\",\"token\":\"t\"",
                                        "\"ping\"",
                                        "\"leave\"",
                                        "\"receipt\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":%s,\"got\":9007199254740991}", texts[i]);
        assert_taken(state, text);
        assert_true(message.got == 9007199254740991);
        (void)snprintf(text, sizeof text, "{\"type\":%s,\"got\":-1}", texts[i]);
        assert_refused(state, text, ERR_BAD_MESSAGE, "got");
    }
}

static void a_receipt_may_answer_a_welcome(void **state)
{
    assert_taken(state, "{\"type\":\"receipt\",\"got\":0,\"welcome\":2}");
    assert_int_equal(message.receipt.welcome, 2);
    assert_taken(state, "{\"type\":\"receipt\",\"got\":0}");
    assert_int_equal(message.receipt.welcome, 0);
    assert_refused(state, "{\"type\":\"receipt\",\"got\":0,\"welcome\":0}", ERR_BAD_MESSAGE, "welcome");
}

static void a_receipt_says_something(void **state)
{
    assert_taken(state, "{\"type\":\"receipt\",\"got\":0}");
    assert_refused(state, "{\"type\":\"receipt\"}", ERR_BAD_MESSAGE, "got");
}

static void a_refresh_needs_a_token(void **state)
{
    assert_taken(state, "{\"type\":\"refresh\",\"token\":\"a.b.c\"}");
    assert_text(message.refresh.token, "a.b.c");
    assert_refused(state, "{\"type\":\"refresh\"}", ERR_BAD_MESSAGE, "token");
    assert_refused(state, "{\"type\":\"refresh\",\"token\":\"\"}", ERR_BAD_MESSAGE, "token");
}

static void relays_and_broadcasts_have_numbers_from_one(void **state)
{
    assert_taken(state, "{\"type\":\"relay\",\"to\":\"x\",\"body\":1}");
    assert_true(message_seq(&message) == 0);
    assert_taken(state, "{\"type\":\"relay\",\"to\":\"x\",\"body\":1,\"seq\":1}");
    assert_true(message.relay.parcel.seq == 1);
    assert_taken(state, "{\"type\":\"broadcast\",\"body\":1,\"seq\":9007199254740991}");
    assert_true(message.broadcast.parcel.seq == 9007199254740991);
    assert_refused(state, "{\"type\":\"relay\",\"to\":\"x\",\"body\":1,\"seq\":0}", ERR_BAD_MESSAGE, "seq");
    assert_refused(state, "{\"type\":\"broadcast\",\"body\":1,\"seq\":\"1\"}", ERR_BAD_MESSAGE, "seq");
}

static void the_number_of_a_refused_message_is_still_known(void **state)
{
    assert_refused(state, "{\"type\":\"relay\",\"seq\":5,\"to\":1,\"body\":1}", ERR_BAD_MESSAGE, "to");
    assert_true(message_seq(&message) == 5);
    assert_refused(state, "{\"type\":\"relay\",\"seq\":6,\"to\":\"x\",\"body\":1,\"got\":\"x\"}", ERR_BAD_MESSAGE,
                   "got");
    assert_true(message_seq(&message) == 6);
    assert_refused(state, "{\"type\":\"update\",\"seq\":7,\"media\":1}", ERR_BAD_MESSAGE, "media");
    assert_true(message_seq(&message) == 0);
}

static void a_broadcast_may_name_its_addressees(void **state)
{
    assert_taken(state, "{\"type\":\"broadcast\",\"to\":[\"ann\",\"b\\u006fb\"],\"body\":1}");
    assert_int_equal(message.broadcast.to_count, 2);
    assert_text(message.broadcast.to[0], "ann");
    assert_text(message.broadcast.to[1], "bob");

    assert_taken(state, "{\"type\":\"broadcast\",\"body\":1}");
    assert_null(message.broadcast.to);
}

static void addressees_are_texts_and_not_none(void **state)
{
    static const char *const lists[] = {"[]", "{}", "\"ann\"", "null", "[1]", "[\"ann\",null]", "[[\"ann\"]]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"type\":\"broadcast\",\"to\":%s,\"body\":1}", lists[i]);
        assert_refused(state, text, ERR_BAD_MESSAGE, "to");
    }
}

static void add_addressees(struct buffer *text, int count)
{
    buffer_clear(text);
    buffer_add_text(text, "{\"type\":\"broadcast\",\"body\":1,\"to\":[\"x\"");
    for (int i = 1; i < count; i++)
        buffer_add_text(text, ",\"x\"");
    buffer_add_text(text, "]}");
}

static void there_are_as_many_addressees_as_a_room_may_hold(void **state)
{
    struct buffer text = BUFFER_EMPTY;

    add_addressees(&text, ADDRESSEES_MAX);
    assert_taken(state, buffer_text(&text));
    assert_int_equal(message.broadcast.to_count, ADDRESSEES_MAX);
    add_addressees(&text, ADDRESSEES_MAX + 1);
    assert_refused(state, buffer_text(&text), ERR_BAD_MESSAGE, "to");

    buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_stands_for_a_token),
        cmocka_unit_test(with_a_ticket_the_token_is_not_looked_at),
        cmocka_unit_test(receipts_are_not_given_unless_it_is_said),
        cmocka_unit_test(a_ticket_is_a_text_of_bounded_length),
        cmocka_unit_test(every_message_may_tell_how_far_its_sender_has_got),
        cmocka_unit_test(a_receipt_says_something),
        cmocka_unit_test(a_receipt_may_answer_a_welcome),
        cmocka_unit_test(a_refresh_needs_a_token),
        cmocka_unit_test(relays_and_broadcasts_have_numbers_from_one),
        cmocka_unit_test(the_number_of_a_refused_message_is_still_known),
        cmocka_unit_test(a_broadcast_may_name_its_addressees),
        cmocka_unit_test(addressees_are_texts_and_not_none),
        cmocka_unit_test(there_are_as_many_addressees_as_a_room_may_hold),
    };
    return cmocka_run_group_tests(tests, decode_scene_start, decode_scene_end);
}
