/* test_wire_frame.c - only who has the key of the cluster is heard on its bus (T-51). */
#include <stdlib.h>

#include "tests/cluster/support/wire_scene.h"
#include "tests/support/cmocka_all.h"

#define OURS        0x1111111111111100
#define THEIRS      0x2222222222222200
#define LONG_NAME   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LATER_BYTES 25 /* of a heartbeat: the fields that older nodes do not know */

static struct wire_key key_of(const char *secret)
{
    struct wire_key key;
    wire_key_derive(slice_from_text(secret), &key);
    return key;
}

static struct wire_key our_key(void)
{
    return key_of("the secret of this cluster, of which nobody knows");
}

static struct wire_frame heartbeat_of(const char *name)
{
    struct wire_frame frame = {.type = WIRE_HEARTBEAT, .version = 1, .from = OURS};
    frame.heartbeat = (struct wire_heartbeat){.version_least = 1,
                                              .version = 2,
                                              .count = 3,
                                              .term = 4,
                                              .is_draining = true,
                                              .rooms = 5,
                                              .sessions = 6,
                                              .connections = 7,
                                              .is_goodbye = true,
                                              .leases = 8,
                                              .unleased = 9,
                                              .lag_ms = 10};
    memcpy(frame.heartbeat.name, name, strnlen(name, WIRE_NAME_MAX));
    memcpy(frame.heartbeat.software, "0.1.0", sizeof "0.1.0");
    return frame;
}

static struct wire_frame link_of(const char *payload)
{
    struct wire_frame frame = {.type = WIRE_LINK, .version = 1, .from = OURS, .to = THEIRS};
    frame.link.mark = (struct link_mark){8, 9, 10, 11};
    frame.link.payload = slice_from_text(payload);
    return frame;
}

static void seal(struct wire_scene *scene, const struct wire_frame *frame)
{
    const struct wire_key key = our_key();
    buffer_clear(&scene->bytes);
    wire_seal(&key, frame, &scene->bytes);
}

/* Authenticates whatever stands before the tag. */
static void seal_again(struct buffer *bytes, size_t length)
{
    const struct wire_key key = our_key();
    unsigned char tag[WIRE_TAG_BYTES];
    wire_tag(&key, slice_of(bytes->data, length), tag);
    bytes->length = length;
    buffer_add(bytes, slice_of(tag, sizeof tag));
}

static enum error open_slice(struct slice bytes, struct wire_frame *out)
{
    const struct wire_key key = our_key();
    return wire_open(&key, 1, bytes, out);
}

static enum error open_bytes(const struct wire_scene *scene, struct wire_frame *out)
{
    return open_slice(buffer_slice(&scene->bytes), out);
}

static void assert_is_refused(const struct wire_scene *scene)
{
    struct wire_frame frame = {.from = 77};
    assert_int_equal(open_bytes(scene, &frame), ERR_BAD_MESSAGE);
    assert_int_equal(frame.from, 77);
}

static void a_heartbeat_comes_out_as_it_went_in(void **state)
{
    struct wire_frame frame = heartbeat_of("n\xc3\xb6rd-1"), found;

    seal(*state, &frame);

    assert_int_equal(open_bytes(*state, &found), ERROR_NONE);
    assert_int_equal(found.type, WIRE_HEARTBEAT);
    assert_int_equal(found.version, 1);
    assert_int_equal(found.from, OURS);
    assert_int_equal(found.to, 0);
    assert_memory_equal(&found.heartbeat, &frame.heartbeat, sizeof frame.heartbeat);
}

static void what_a_link_says_comes_out_as_it_went_in(void **state)
{
    struct wire_frame frame = link_of("payload"), found;

    seal(*state, &frame);

    assert_int_equal(open_bytes(*state, &found), ERROR_NONE);
    assert_int_equal(found.type, WIRE_LINK);
    assert_int_equal(found.to, THEIRS);
    assert_memory_equal(&found.link.mark, &frame.link.mark, sizeof frame.link.mark);
    assert_same_text(found.link.payload, frame.link.payload);
}

static void a_room_that_was_taken_comes_out_as_it_went_in(void **state)
{
    struct wire_frame frame = {.type = WIRE_TAKEN, .version = 1, .from = OURS}, found;
    frame.taken.room = slice_from_text("lobby");
    frame.taken.term = UINT64_C(0x0102030405060708);

    seal(*state, &frame);

    assert_int_equal(open_bytes(*state, &found), ERROR_NONE);
    assert_int_equal(found.type, WIRE_TAKEN);
    assert_int_equal(found.to, 0);
    assert_true(slice_is_equal(found.taken.room, frame.taken.room));
    assert_int_equal(found.taken.term, frame.taken.term);
}

static void an_acknowledgement_needs_no_payload(void **state)
{
    struct wire_frame frame = link_of(""), found;
    frame.link.mark.number = 0;

    seal(*state, &frame);

    assert_int_equal(open_bytes(*state, &found), ERROR_NONE);
    assert_int_equal(found.link.payload.length, 0);
}

static void frames_are_appended(void **state)
{
    struct wire_scene *scene = *state;
    const struct wire_key key = our_key();
    struct wire_frame frame = link_of("payload"), found;
    buffer_add_text(&scene->bytes, "before");

    wire_seal(&key, &frame, &scene->bytes);

    assert_int_equal(open_slice(slice_from(buffer_slice(&scene->bytes), 6), &found), ERROR_NONE);
}

static void each_flipped_bit_is_noticed(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct wire_frame frames[] = {heartbeat_of("ann"), link_of("payload")};
    for (int i = 0; i < 2; i++) {
        seal(scene, &frames[i]);
        for (size_t bit = 0; bit < scene->bytes.length * 8; bit++) {
            char *byte = &scene->bytes.data[bit / 8];
            *byte = (char)(*byte ^ 1 << bit % 8);
            assert_is_refused(scene);
            *byte = (char)(*byte ^ 1 << bit % 8);
        }
    }
}

static void each_changed_byte_is_noticed(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct wire_frame frame = link_of("payload");
    seal(scene, &frame);
    for (size_t at = 0; at < scene->bytes.length; at++) {
        char was = scene->bytes.data[at];
        for (int change = 1; change < 256; change++) {
            scene->bytes.data[at] = (char)(was ^ change);
            assert_is_refused(scene);
        }
        scene->bytes.data[at] = was;
    }
}

static void what_is_cut_off_or_longer_is_refused(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct wire_frame frame = heartbeat_of("ann"), found;
    seal(scene, &frame);
    for (size_t length = 0; length < scene->bytes.length; length++) {
        char *cut = cut_off(buffer_slice(&scene->bytes), length);
        assert_int_equal(open_slice(slice_of(cut, length), &found), ERR_BAD_MESSAGE);
        free(cut);
    }
    buffer_add_char(&scene->bytes, '\0');
    assert_is_refused(scene);
}

/* A node of ours with a fault in it is held to the format, too. */
static void what_is_cut_off_is_refused_although_it_is_authentic(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    struct wire_frame frames[] = {heartbeat_of("ann"), link_of("payload")}, found;
    for (int i = 0; i < 2; i++) {
        seal(scene, &frames[i]);
        size_t whole = scene->bytes.length - WIRE_TAG_BYTES;
        for (size_t length = 0; length < whole; length++) {
            bool is_older = frames[i].type == WIRE_HEARTBEAT && length == whole - LATER_BYTES;
            seal(scene, &frames[i]);
            seal_again(&scene->bytes, length);
            char *cut = cut_off(buffer_slice(&scene->bytes), scene->bytes.length);
            assert_int_equal(open_slice(slice_of(cut, scene->bytes.length), &found),
                             is_older ? ERROR_NONE : ERR_BAD_MESSAGE);
            free(cut);
        }
    }
}

static void what_a_later_version_adds_at_the_end_is_passed_over(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_frame frames[] = {heartbeat_of("ann"), link_of("payload")}, found;
    for (int i = 0; i < 2; i++) {
        seal(scene, &frames[i]);
        scene->bytes.length -= WIRE_TAG_BYTES;
        buffer_add_text(&scene->bytes, "more");
        seal_again(&scene->bytes, scene->bytes.length);
        assert_int_equal(open_bytes(scene, &found), ERROR_NONE);
    }
    assert_same_text(found.link.payload, SLICE_LITERAL("payload"));
}

static void frames_of_versions_that_we_do_not_read_are_refused(void **state)
{
    struct wire_frame later = heartbeat_of("ann"), earlier = later;
    later.version = WIRE_VERSION + 1;
    earlier.version = WIRE_VERSION_LEAST - 1;
    seal(*state, &later);
    assert_is_refused(*state);
    seal(*state, &earlier);
    assert_is_refused(*state);
}

static void who_lacks_the_key_is_not_heard(void **state) /* T-51 */
{
    struct wire_scene *scene = *state;
    const struct wire_key theirs = key_of("the secret of another cluster"), ours = our_key();
    struct wire_frame frame = heartbeat_of("ann"), found = {.from = 77};

    wire_seal(&theirs, &frame, &scene->bytes);

    assert_is_refused(scene);
    assert_int_equal(wire_open(&ours, 0, buffer_slice(&scene->bytes), &found), ERR_BAD_MESSAGE);
    assert_int_equal(found.from, 77);
}

static void while_the_key_is_replaced_both_are_heard(void **state)
{
    struct wire_scene *scene = *state;
    const struct wire_key keys[] = {key_of("the new secret of our cluster"), key_of("the old secret of our cluster")};
    const struct wire_key other = key_of("the secret of another cluster");
    struct wire_frame frame = heartbeat_of("ann"), found;
    for (int i = 0; i < 2; i++) {
        buffer_clear(&scene->bytes);
        wire_seal(&keys[i], &frame, &scene->bytes);
        assert_int_equal(wire_open(keys, 2, buffer_slice(&scene->bytes), &found), ERROR_NONE);
    }
    buffer_clear(&scene->bytes);
    wire_seal(&other, &frame, &scene->bytes);
    assert_int_equal(wire_open(keys, 2, buffer_slice(&scene->bytes), &found), ERR_BAD_MESSAGE);
}

static void frames_that_no_node_says_are_refused(void **state) /* T-51 */
{
    struct wire_frame nobody = heartbeat_of("ann"), to_one = nobody, versions = nobody, oldest = nobody;
    struct wire_frame to_all = link_of("payload"), stream = to_all, unnumbered = to_all;
    nobody.from = 0;
    to_one.to = THEIRS;
    versions.heartbeat.version_least = 3;
    oldest.heartbeat.version_least = 0;
    to_all.to = 0;
    stream.link.mark.stream = 0;
    unnumbered.link.mark.number = 0;
    const struct wire_frame *const wrong[] = {&nobody, &to_one, &versions, &oldest, &to_all, &stream, &unnumbered};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        seal(*state, wrong[i]);
        assert_is_refused(*state);
    }
}

static void types_that_we_do_not_know_are_refused(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_frame frame = link_of("payload");
    for (int type = 0; type < 256; type++) {
        seal(scene, &frame);
        scene->bytes.data[3] = (char)type;
        seal_again(&scene->bytes, scene->bytes.length - WIRE_TAG_BYTES);
        if (type != WIRE_LINK)
            assert_is_refused(scene);
    }
}

/* Or a node with an odd name would not hear itself, and believe that the bus is down. */
static void a_name_is_cut_off_where_people_could_not_read_it(void **state)
{
    static const char *const names[][2] = {{"ann\nbob", "ann"},
                                           {"ann\xff", "ann"},
                                           {"\x1b[2J", ""},
                                           {"n\xc3\xb6", "n\xc3\xb6"},
                                           {LONG_NAME "\xc3\xb6", LONG_NAME}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct wire_frame frame = heartbeat_of(names[i][0]), found;
        seal(*state, &frame);
        assert_int_equal(open_bytes(*state, &found), ERROR_NONE);
        assert_string_equal(found.heartbeat.name, names[i][1]);
    }
}

static void a_name_that_would_move_the_cursor_is_refused(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_frame frame = heartbeat_of("ann");
    seal(scene, &frame);
    scene->bytes.data[25] = '\x1b';
    seal_again(&scene->bytes, scene->bytes.length - WIRE_TAG_BYTES);
    assert_is_refused(scene);
}

#define GOLDEN_LINK                                                                                                    \
    "5042 01 02 1111111111111100 2222222222222200 "                                                                    \
    "0000000000000008 0000000000000009 000000000000000a 000000000000000b 00000007 7061796c6f6164 "
#define GOLDEN_HEARTBEAT                                                                                               \
    "5042 01 01 1111111111111100 0000000000000000 00000003 616e6e 00000005 302e312e30 01 02 "                          \
    "0000000000000003 0000000000000004 01 0000000000000005 0000000000000006 0000000000000007 "
#define GOLDEN_LATER "01 0000000000000008 0000000000000009 000000000000000a "

/* Older ones end where these fields begin, and pass over them; what is written before them is what they know. */
static void a_heartbeat_of_an_older_node_says_nothing_of_what_it_does_not_know(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_frame frame = heartbeat_of("ann"), found;
    seal(scene, &frame);
    seal_again(&scene->bytes, scene->bytes.length - WIRE_TAG_BYTES - LATER_BYTES);
    assert_is_hex(buffer_slice(&scene->bytes),
                  GOLDEN_HEARTBEAT "ced9f6271607cb05080f431db0338af3c6eec5ee6f0a25eabd5fb9999ae51c5a");

    assert_int_equal(open_bytes(scene, &found), ERROR_NONE);

    assert_int_equal(found.heartbeat.connections, 7);
    assert_false(found.heartbeat.is_goodbye);
    assert_int_equal(found.heartbeat.leases + found.heartbeat.unleased + found.heartbeat.lag_ms, 0);
}

/* Who has to change these bytes has broken the nodes that are a version older. */
static void the_bytes_of_version_1_stay_what_they_are(void **state)
{
    struct wire_scene *scene = *state;
    struct wire_frame link = link_of("payload"), heartbeat = heartbeat_of("ann");
    seal(scene, &link);
    assert_is_hex(buffer_slice(&scene->bytes),
                  GOLDEN_LINK "8f8ad2e3506ed7ebf8490c3ea4f29a30ce67ebbaf60973fe695bdbd3aff14666");
    seal(scene, &heartbeat);
    assert_is_hex(buffer_slice(&scene->bytes),
                  GOLDEN_HEARTBEAT GOLDEN_LATER "02dab69fcbeacc00d914f55886a3edf0ed59610d8551ece590d6fd7c38d45c98");
}

static void the_key_of_version_1_stays_what_it_is(void **state)
{
    (void)state;
    const struct wire_key key = our_key();
    assert_is_hex(slice_of(key.bytes, sizeof key.bytes),
                  "fa2fc252f928672a95f3143a14db4c518089e1fe7482a2c4d0c1205bdf4136a6");
}

#define ON_WIRE(test) cmocka_unit_test_setup_teardown(test, open_wire, close_wire)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_WIRE(a_heartbeat_comes_out_as_it_went_in),
        ON_WIRE(a_heartbeat_of_an_older_node_says_nothing_of_what_it_does_not_know),
        ON_WIRE(what_a_link_says_comes_out_as_it_went_in),
        ON_WIRE(a_room_that_was_taken_comes_out_as_it_went_in),
        ON_WIRE(an_acknowledgement_needs_no_payload),
        ON_WIRE(frames_are_appended),
        ON_WIRE(each_flipped_bit_is_noticed),
        ON_WIRE(each_changed_byte_is_noticed),
        ON_WIRE(what_is_cut_off_or_longer_is_refused),
        ON_WIRE(what_is_cut_off_is_refused_although_it_is_authentic),
        ON_WIRE(what_a_later_version_adds_at_the_end_is_passed_over),
        ON_WIRE(frames_of_versions_that_we_do_not_read_are_refused),
        ON_WIRE(who_lacks_the_key_is_not_heard),
        ON_WIRE(while_the_key_is_replaced_both_are_heard),
        ON_WIRE(frames_that_no_node_says_are_refused),
        ON_WIRE(types_that_we_do_not_know_are_refused),
        ON_WIRE(a_name_is_cut_off_where_people_could_not_read_it),
        ON_WIRE(a_name_that_would_move_the_cursor_is_refused),
        ON_WIRE(the_bytes_of_version_1_stay_what_they_are),
        ON_WIRE(the_key_of_version_1_stays_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
