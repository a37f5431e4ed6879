/* test_ticket.c - tickets bring back what was sealed, to its room, with its key and in its time, and nothing else. */
#include "auth/sealer.h"
#include "base/base64.h"
#include "tests/auth/support/ticket_scene.h"
#include "tests/support/cmocka_all.h"

#define SLICE(text) SLICE_LITERAL(text)

static void assert_slice(struct slice is, struct slice wanted)
{
    if (!slice_is_equal(is, wanted))
        fail_msg("\"" SLICE_FORMAT "\" instead of \"" SLICE_FORMAT "\"", SLICE_ARGS(is), SLICE_ARGS(wanted));
}

static void assert_same(const struct ticket *is, const struct ticket *wanted)
{
    assert_slice(is->room, wanted->room);
    assert_slice(is->peer_id, wanted->peer_id);
    assert_slice(is->identity, wanted->identity);
    assert_slice(is->name, wanted->name);
    assert_slice(is->metadata, wanted->metadata);
    assert_int_equal(is->attributes.count, wanted->attributes.count);
    for (size_t i = 0; i < wanted->attributes.count; i++) {
        assert_slice(is->attributes.items[i].key, wanted->attributes.items[i].key);
        assert_slice(is->attributes.items[i].value, wanted->attributes.items[i].value);
    }
    assert_memory_equal(&is->grants, &wanted->grants, sizeof is->grants);
    assert_true(is->order == wanted->order && is->epoch == wanted->epoch);
    assert_true(is->generation == wanted->generation && is->ends_unix_s == wanted->ends_unix_s);
}

/* Seals and opens; returns how long the text was. */
static size_t assert_round_trip(const struct ticket *ticket)
{
    struct sealer *sealer = sealer_with(TICKET_SECRET);
    struct buffer text = BUFFER_EMPTY;
    struct ticket opened;
    ticket_seal(sealer, ticket, &text);

    enum error error = ticket_open(sealer, buffer_slice(&text), ticket->room, at_s(TICKET_NOW_S), &opened);

    assert_int_equal(error, ERROR_NONE);
    assert_same(&opened, ticket);
    size_t length = text.length;
    ticket_fini(&opened);
    buffer_fini(&text);
    sealer_destroy(sealer);
    return length;
}

static void a_ticket_brings_back_all_that_was_sealed(void **state)
{
    (void)state;
    struct ticket ticket = ticket_of_ann();
    assert_round_trip(&ticket);

    struct ticket bare = {.room = SLICE("r"), .peer_id = ticket.peer_id, .ends_unix_s = TICKET_NOW_S};
    assert_round_trip(&bare);
}

/* Made with Node's crypto: an opinion apart from ours, and a promise to the servers of tomorrow. */
static void a_ticket_that_others_made_with_the_key_is_understood(void **state)
{
    (void)state;
    static const char text[] =
        "Af7JB8IAAQIDBAUGBwgJCgv55IB-dz2HjL7uHkC70r2RFV3_hPymszCu2zf_eCd3-zaY7G-2XM23e93nguQBkZZjyqVoZ-3dsFH20rRXa-0-"
        "EhPvi-2rS7gpC3blS1XYhYgoGWdnNYWnJGbc1rdKF60jHGmMJCvuolcHMh5v5Fv-RlF2LpQ0ZT92QfelIXq8GSqM";
    struct sealer *sealer = sealer_with(TICKET_SECRET);
    struct ticket wanted = ticket_of_ann(), opened;

    enum error error = ticket_open(sealer, slice_from_text(text), wanted.room, at_s(TICKET_NOW_S), &opened);

    assert_int_equal(error, ERROR_NONE);
    assert_same(&opened, &wanted);
    ticket_fini(&opened);
    sealer_destroy(sealer);
}

static void each_grant_is_brought_back_by_itself(void **state)
{
    (void)state;
    struct ticket ticket = ticket_of_ann();
    bool *const grants[] = {&ticket.grants.is_admin,        &ticket.grants.may_publish,
                            &ticket.grants.may_subscribe,   &ticket.grants.may_publish_data,
                            &ticket.grants.may_update_self, &ticket.grants.is_hidden};
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        ticket.grants = (struct grants){0};
        *grants[i] = true;
        assert_round_trip(&ticket);
    }
}

/* The longest that docs/protocol.md allows. */
static void the_longest_ticket_is_within_the_limit(void **state)
{
    (void)state;
    static char text[PEER_METADATA_MAX];
    memset(text, 'x', sizeof text);
    struct ticket ticket = ticket_of_ann();
    ticket.room = slice_of(text, 128);
    ticket.identity = slice_of(text, IDENTITY_MAX);
    ticket.name = slice_of(text, PEER_NAME_MAX);
    ticket.metadata = slice_of(text, PEER_METADATA_MAX);
    ticket.attributes.count = ATTRIBUTES_MAX;
    for (size_t i = 0; i < ATTRIBUTES_MAX; i++)
        ticket.attributes.items[i] = (struct attribute){slice_of(text, 64), slice_of(text, 64)};

    assert_true(assert_round_trip(&ticket) <= TICKET_BYTES_MAX);
}

/* Only a holder of the key could make these: read with care all the same. */
static enum error verdict_of_plain(const struct sealer *sealer, const char *plain, size_t length)
{
    struct buffer text = BUFFER_EMPTY;
    sealer_seal(sealer, slice_of(plain, length), SLICE("lobby"), &text);
    enum error error = ticket_verdict(sealer, buffer_slice(&text), "lobby");
    buffer_fini(&text);
    return error;
}

#define NUMBERS "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\x7f\xff\xff\xff"
#define ANN     "ann_ann_ann_ann_ann_aA"
#define TEXTS   "\0\3ann\0\1A\0\0"

static void what_is_sealed_and_yet_no_ticket_is_refused(void **state)
{
    (void)state;
    static const char good[] = NUMBERS "\x3f" ANN TEXTS "\1\0\1k\0\1v";
    static const char surplus[] = NUMBERS "\x3f" ANN TEXTS "\1\0\1k\0\1v.";
    static const char grant[] = NUMBERS "\x40" ANN TEXTS "\0";
    static const char identity[] = NUMBERS "\x3f" ANN "\1\1ann\0\1A\0\0\0";
    static const char attributes[] = NUMBERS "\x3f" ANN TEXTS "\xff";
    struct sealer *sealer = sealer_with(TICKET_SECRET);

    assert_int_equal(verdict_of_plain(sealer, good, sizeof good - 1), ERROR_NONE);
    for (size_t length = 0; length < sizeof good - 1; length++)
        assert_int_equal(verdict_of_plain(sealer, good, length), ERR_TICKET_INVALID);
    assert_int_equal(verdict_of_plain(sealer, surplus, sizeof surplus - 1), ERR_TICKET_INVALID);
    assert_int_equal(verdict_of_plain(sealer, grant, sizeof grant - 1), ERR_TICKET_INVALID);
    assert_int_equal(verdict_of_plain(sealer, identity, sizeof identity - 1), ERR_TICKET_INVALID);
    assert_int_equal(verdict_of_plain(sealer, attributes, sizeof attributes - 1), ERR_TICKET_INVALID);
    sealer_destroy(sealer);
}

static void two_tickets_of_one_session_differ(void **state)
{
    (void)state;
    struct buffer first = ann_sealed(), second = ann_sealed();
    assert_false(slice_is_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_fini(&first);
    buffer_fini(&second);
}

/* Neither as it stands nor decoded. */
static void a_ticket_tells_nothing_to_whoever_reads_it(void **state)
{
    (void)state;
    unsigned char bytes[TICKET_BYTES_MAX];
    size_t count = 0;
    struct buffer text = ann_sealed();

    bool is_base64url = base64url_decode(buffer_slice(&text), bytes, sizeof bytes, &count);

    assert_true(is_base64url);
    assert_null(memmem(bytes, count, "ann_ann", 7));
    assert_null(memmem(bytes, count, "lobby", 5));
    buffer_fini(&text);
}

static void a_ticket_is_for_its_room_only(void **state)
{
    (void)state;
    struct sealer *sealer = sealer_with(TICKET_SECRET);
    struct buffer text = ann_sealed();
    assert_int_equal(ticket_verdict(sealer, buffer_slice(&text), "lobby"), ERROR_NONE);
    assert_int_equal(ticket_verdict(sealer, buffer_slice(&text), "lobb"), ERR_TICKET_INVALID);
    assert_int_equal(ticket_verdict(sealer, buffer_slice(&text), "Lobby"), ERR_TICKET_INVALID);
    assert_int_equal(ticket_verdict(sealer, buffer_slice(&text), "lobby2"), ERR_TICKET_INVALID);
    assert_int_equal(ticket_verdict(sealer, buffer_slice(&text), ""), ERR_TICKET_INVALID);
    buffer_fini(&text);
    sealer_destroy(sealer);
}

static void a_ticket_of_another_key_is_refused(void **state)
{
    (void)state;
    struct sealer *other = sealer_with(TICKET_OTHER_SECRET);
    struct buffer text = ann_sealed();
    assert_int_equal(ticket_verdict(other, buffer_slice(&text), "lobby"), ERR_TICKET_INVALID);
    buffer_fini(&text);
    sealer_destroy(other);
}

/* Rotation: the new secret first, the old one behind it, and later the new one alone. */
static void while_keys_are_changed_tickets_of_both_are_good(void **state)
{
    (void)state;
    const struct slice both[] = {TICKET_OTHER_SECRET, TICKET_SECRET};
    struct sealer *changing = sealer_create(both, 2), *changed = sealer_with(TICKET_OTHER_SECRET);
    struct buffer old_text = ann_sealed(), new_text = BUFFER_EMPTY;
    struct ticket ticket = ticket_of_ann();

    ticket_seal(changing, &ticket, &new_text);

    assert_int_equal(ticket_verdict(changing, buffer_slice(&old_text), "lobby"), ERROR_NONE);
    assert_int_equal(ticket_verdict(changing, buffer_slice(&new_text), "lobby"), ERROR_NONE);
    assert_int_equal(ticket_verdict(changed, buffer_slice(&new_text), "lobby"), ERROR_NONE);
    assert_int_equal(ticket_verdict(changed, buffer_slice(&old_text), "lobby"), ERR_TICKET_INVALID);
    buffer_fini(&old_text);
    buffer_fini(&new_text);
    sealer_destroy(changing);
    sealer_destroy(changed);
}

static void the_same_secret_opens_tickets_of_a_server_that_died(void **state)
{
    (void)state;
    struct buffer text = ann_sealed(); /* its sealer is gone by now */
    struct sealer *restarted = sealer_with(TICKET_SECRET);
    assert_int_equal(ticket_verdict(restarted, buffer_slice(&text), "lobby"), ERROR_NONE);
    buffer_fini(&text);
    sealer_destroy(restarted);
}

static void short_missing_and_surplus_secrets_are_refused(void **state)
{
    (void)state;
    const struct slice weak[] = {TICKET_SECRET, SLICE("31 bytes are one byte too few..")};
    const struct slice three[] = {TICKET_SECRET, TICKET_SECRET, TICKET_SECRET};
    assert_int_equal(weak[1].length, 31);
    assert_null(sealer_create(weak, 2));
    assert_null(sealer_create(three, 3));
    assert_null(sealer_create(three, 0));
}

/* T-59: what counts is the wall clock, and what was read from the other clock is nothing to a ticket. */
static enum error verdict_at(int64_t ends_unix_s, struct instant now)
{
    struct sealer *sealer = sealer_with(TICKET_SECRET);
    struct buffer text = BUFFER_EMPTY;
    struct ticket ticket = ticket_of_ann(), opened;
    ticket.ends_unix_s = ends_unix_s;
    ticket_seal(sealer, &ticket, &text);
    enum error error = ticket_open(sealer, buffer_slice(&text), ticket.room, now, &opened);
    if (!error)
        ticket_fini(&opened);
    buffer_fini(&text);
    sealer_destroy(sealer);
    return error;
}

static void t_59_a_ticket_ends_by_the_wall_clock_with_30_s_of_tolerance(void **state)
{
    (void)state;
    const int64_t end = TICKET_NOW_S;
    assert_int_equal(TICKET_LEEWAY_S, 30);
    assert_int_equal(verdict_at(end, at_s(end - 1)), ERROR_NONE);
    assert_int_equal(verdict_at(end, at_s(end + 30)), ERROR_NONE);
    assert_int_equal(verdict_at(end, at_s(end + 31)), ERR_SESSION_ENDED);
    assert_int_equal(verdict_at(end, (struct instant){.mono_ms = INT64_MAX, .unix_ms = end * 1000}), ERROR_NONE);
    assert_int_equal(verdict_at(end, (struct instant){.mono_ms = 0, .unix_ms = (end + 31) * 1000}), ERR_SESSION_ENDED);
    assert_int_equal(verdict_at(0, at_s(end)), ERR_SESSION_ENDED);
    assert_int_equal(verdict_at(INT64_MAX, at_s(end)), ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_brings_back_all_that_was_sealed),
        cmocka_unit_test(a_ticket_that_others_made_with_the_key_is_understood),
        cmocka_unit_test(each_grant_is_brought_back_by_itself),
        cmocka_unit_test(the_longest_ticket_is_within_the_limit),
        cmocka_unit_test(what_is_sealed_and_yet_no_ticket_is_refused),
        cmocka_unit_test(two_tickets_of_one_session_differ),
        cmocka_unit_test(a_ticket_tells_nothing_to_whoever_reads_it),
        cmocka_unit_test(a_ticket_is_for_its_room_only),
        cmocka_unit_test(a_ticket_of_another_key_is_refused),
        cmocka_unit_test(while_keys_are_changed_tickets_of_both_are_good),
        cmocka_unit_test(the_same_secret_opens_tickets_of_a_server_that_died),
        cmocka_unit_test(short_missing_and_surplus_secrets_are_refused),
        cmocka_unit_test(t_59_a_ticket_ends_by_the_wall_clock_with_30_s_of_tolerance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
