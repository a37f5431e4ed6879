/* test_ticket_forged.c - more than 10^5 texts that are no tickets of ours, and none of them opens (T-11). */
#include <stdlib.h>

#include "base/base64.h"
#include "base/memory.h"
#include "tests/auth/support/ticket_scene.h"
#include "tests/support/cmocka_all.h"

#define HEAD_BYTES 17 /* version, key id, nonce */
#define TAG_BYTES  16

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t tried; /* by all tests of this program */

struct scene {
    struct sealer *sealer;
    struct buffer text; /* ann's ticket */
    unsigned char bytes[TICKET_BYTES_MAX];
    size_t count;
};

static int set_up(void **state)
{
    struct scene *scene = memory_new(sizeof *scene);
    scene->sealer = sealer_with(TICKET_SECRET);
    scene->text = ann_sealed();
    assert_true(base64url_decode(buffer_slice(&scene->text), scene->bytes, sizeof scene->bytes, &scene->count));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    buffer_fini(&scene->text);
    sealer_destroy(scene->sealer);
    free(scene);
    return 0;
}

static void assert_refused(const struct scene *scene, struct slice text)
{
    tried++;
    enum error error = ticket_verdict(scene->sealer, text, "lobby");
    if (error != ERR_TICKET_INVALID)
        fail_msg("%s for: " SLICE_FORMAT, error_code(error), SLICE_ARGS(text));
}

static void assert_bytes_refused(const struct scene *scene, const unsigned char *bytes, size_t count)
{
    char text[2 * TICKET_BYTES_MAX];
    size_t length = base64url_encode(bytes, count, text, sizeof text);
    assert_refused(scene, slice_of(text, length));
}

static void the_ticket_itself_is_good(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ticket_verdict(scene->sealer, buffer_slice(&scene->text), "lobby"), ERROR_NONE);
}

static void every_change_of_a_bit_is_seen(void **state)
{
    struct scene *scene = *state;
    for (size_t bit = 0; bit < scene->count * 8; bit++) {
        scene->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_bytes_refused(scene, scene->bytes, scene->count);
        scene->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

/* The spare bits of the last character among them, which a loose decoder would pass over. */
static void every_change_of_a_character_is_seen(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < scene->text.length; i++) {
        char was = scene->text.data[i];
        for (const char *digit = digits; *digit; digit++) {
            scene->text.data[i] = *digit;
            if (*digit != was)
                assert_refused(scene, buffer_slice(&scene->text));
        }
        scene->text.data[i] = was;
    }
}

static void every_shortening_is_seen(void **state)
{
    struct scene *scene = *state;
    for (size_t length = 0; length < scene->text.length; length++) {
        assert_refused(scene, slice_of(scene->text.data, length));
        assert_refused(scene, slice_from(buffer_slice(&scene->text), scene->text.length - length));
    }
    for (size_t count = 0; count < scene->count; count++)
        assert_bytes_refused(scene, scene->bytes, count);
}

static void nothing_may_be_added(void **state)
{
    struct scene *scene = *state;
    static const char *const tails[] = {"A", "AA", "AAA", "AAAA", "=", "==", "\n", " ", ".", "%00"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        struct buffer text = BUFFER_EMPTY;
        buffer_add(&text, buffer_slice(&scene->text));
        buffer_add_text(&text, tails[i]);
        assert_refused(scene, buffer_slice(&text));
        buffer_clear(&text);
        buffer_add_text(&text, tails[i]);
        buffer_add(&text, buffer_slice(&scene->text));
        assert_refused(scene, buffer_slice(&text));
        buffer_fini(&text);
    }
    static char long_text[TICKET_BYTES_MAX + 1];
    memset(long_text, 'A', sizeof long_text);
    assert_refused(scene, slice_of(long_text, TICKET_BYTES_MAX));
    assert_refused(scene, slice_of(long_text, sizeof long_text));
}

/* Head, middle and tag of two good tickets. */
static void pieces_of_two_tickets_make_none(void **state)
{
    struct scene *scene = *state;
    unsigned char other[TICKET_BYTES_MAX];
    size_t other_count = 0;
    struct buffer text = ann_sealed();
    assert_true(base64url_decode(buffer_slice(&text), other, sizeof other, &other_count));
    assert_int_equal(other_count, scene->count);
    for (size_t cut = 1; cut < scene->count; cut++) {
        unsigned char mixed[TICKET_BYTES_MAX];
        memcpy(mixed, scene->bytes, cut);
        memcpy(mixed + cut, other + cut, scene->count - cut);
        if (cut > 5 && cut < scene->count) /* before, both are the same: version and key id */
            assert_bytes_refused(scene, mixed, scene->count);
    }
    memmove(other + HEAD_BYTES, scene->bytes + HEAD_BYTES, scene->count - HEAD_BYTES - TAG_BYTES);
    assert_bytes_refused(scene, other, other_count);
    buffer_fini(&text);
}

/* xorshift64*: the same texts in each run. */
static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* Half of them begin as ours do, so that it is the tag which refuses them. */
static void random_texts_are_refused(void **state)
{
    struct scene *scene = *state;
    unsigned char bytes[400];
    uint64_t seed = 11;
    while (tried < 110000) {
        size_t count = draw(&seed) % sizeof bytes;
        for (size_t i = 0; i < count; i++)
            bytes[i] = (unsigned char)(draw(&seed) >> 32);
        if (draw(&seed) >> 63 && count >= 5)
            memcpy(bytes, scene->bytes, 5);
        assert_bytes_refused(scene, bytes, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ticket_itself_is_good),
        cmocka_unit_test(every_change_of_a_bit_is_seen),
        cmocka_unit_test(every_change_of_a_character_is_seen),
        cmocka_unit_test(every_shortening_is_seen),
        cmocka_unit_test(nothing_may_be_added),
        cmocka_unit_test(pieces_of_two_tickets_make_none),
        cmocka_unit_test(random_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
