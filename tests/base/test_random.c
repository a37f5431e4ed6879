/* test_random.c - ids that nobody guesses and no two peers share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/random.h"

static void an_id_is_128_bits_of_base64url(void **state)
{
    char id[RANDOM_ID_LENGTH + 1];
    unsigned char bytes[16];
    size_t count;
    (void)state;

    random_id(id);

    assert_int_equal(strlen(id), RANDOM_ID_LENGTH);
    assert_true(base64url_decode(slice_from_text(id), bytes, sizeof bytes, &count));
    assert_int_equal(count, 16);
}

/* Of 1000 draws each of the 128 bits is sometimes set and sometimes not, and no two draws are the same. */
static void every_bit_of_an_id_varies(void **state)
{
    unsigned char ever[16] = {0}, always[16], previous[16] = {0};
    (void)state;
    memset(always, 0xff, sizeof always);
    for (int i = 0; i < 1000; i++) {
        unsigned char bytes[16];
        random_fill(bytes, sizeof bytes);
        assert_memory_not_equal(bytes, previous, sizeof bytes);
        memcpy(previous, bytes, sizeof bytes);
        for (size_t at = 0; at < sizeof bytes; at++) {
            ever[at] |= bytes[at];
            always[at] &= bytes[at];
        }
    }
    for (size_t at = 0; at < sizeof ever; at++) {
        assert_int_equal(ever[at], 0xff);
        assert_int_equal(always[at], 0);
    }
}

static void nothing_beyond_the_size_is_touched(void **state)
{
    char bytes[34];
    (void)state;
    memset(bytes, 'x', sizeof bytes);

    random_fill(bytes + 1, 0);
    assert_int_equal(bytes[1], 'x');
    random_fill(bytes + 1, 32);

    assert_int_equal(bytes[0], 'x');
    assert_int_equal(bytes[33], 'x');
}

static void a_number_is_not_0_and_its_bits_vary(void **state)
{
    uint64_t ever = 0, always = UINT64_MAX;
    (void)state;
    for (int i = 0; i < 200; i++) {
        uint64_t number = random_number();
        assert_true(number != 0);
        ever |= number;
        always &= number;
    }
    assert_true(ever == UINT64_MAX && always == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_128_bits_of_base64url),
        cmocka_unit_test(every_bit_of_an_id_varies),
        cmocka_unit_test(a_number_is_not_0_and_its_bits_vary),
        cmocka_unit_test(nothing_beyond_the_size_is_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
