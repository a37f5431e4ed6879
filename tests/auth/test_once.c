/* test_once.c - a token that may be used once is used once (T-10). */
#include "auth/once.h"

#include <stdio.h>

#include "auth/token.h"
#include "tests/support/cmocka_all.h"

#define NOW_S INT64_C(1800000000)
#define API   SLICE_LITERAL("APIann")
#define JTI   SLICE_LITERAL("7")

static struct instant at_s(int64_t unix_s)
{
    return (struct instant){.unix_ms = unix_s * 1000};
}

static void t_10_a_token_is_taken_the_first_time_only(void **state)
{
    (void)state;
    struct once *once = once_create();
    assert_int_equal(once_use(once, API, JTI, NOW_S + 60), ERROR_NONE);
    assert_int_equal(once_use(once, API, JTI, NOW_S + 60), ERR_AUTH_USED);
    assert_int_equal(once_use(once, API, JTI, NOW_S + 3600), ERR_AUTH_USED);
    once_destroy(once);
}

static void ids_of_two_issuers_are_two_ids(void **state)
{
    (void)state;
    struct once *once = once_create();
    assert_int_equal(once_use(once, SLICE_LITERAL("ab"), SLICE_LITERAL("c"), NOW_S), ERROR_NONE);
    assert_int_equal(once_use(once, SLICE_LITERAL("a"), SLICE_LITERAL("bc"), NOW_S), ERROR_NONE);
    assert_int_equal(once_use(once, SLICE_EMPTY, SLICE_LITERAL("abc"), NOW_S), ERROR_NONE);
    assert_int_equal(once_use(once, SLICE_EMPTY, SLICE_LITERAL("abc"), NOW_S), ERR_AUTH_USED);
    once_destroy(once);
}

static void a_token_without_an_id_is_refused(void **state)
{
    (void)state;
    struct once *once = once_create();
    assert_int_equal(once_use(once, API, SLICE_EMPTY, NOW_S), ERR_AUTH_CLAIMS);
    once_destroy(once);
}

static void long_ids_are_told_apart_to_their_last_byte(void **state)
{
    (void)state;
    char id[TOKEN_ID_MAX];
    memset(id, 'x', sizeof id);
    struct once *once = once_create();
    assert_int_equal(once_use(once, API, slice_of(id, sizeof id), NOW_S), ERROR_NONE);
    id[sizeof id - 1] = 'y';
    assert_int_equal(once_use(once, API, slice_of(id, sizeof id), NOW_S), ERROR_NONE);
    assert_int_equal(once_use(once, API, slice_of(id, sizeof id - 1), NOW_S), ERROR_NONE);
    once_destroy(once);
}

/* A token is taken until TOKEN_LEEWAY_S after its exp: for so long it is remembered. */
static void t_10_it_is_remembered_for_as_long_as_it_would_be_taken(void **state)
{
    (void)state;
    struct once *once = once_create();
    (void)once_use(once, API, JTI, NOW_S);

    once_tick(once, at_s(NOW_S + TOKEN_LEEWAY_S));
    assert_int_equal(once_use(once, API, JTI, NOW_S), ERR_AUTH_USED);

    once_tick(once, at_s(NOW_S + TOKEN_LEEWAY_S + 1));
    assert_int_equal(once_use(once, API, JTI, NOW_S + 60), ERROR_NONE);
    once_destroy(once);
}

/* Forgetting one to make room would let it be used again. */
static void when_no_more_can_be_remembered_joins_wait(void **state)
{
    (void)state;
    struct once *once = once_create();
    for (size_t i = 0; i < ONCE_MAX; i++) {
        char id[24];
        int length = snprintf(id, sizeof id, "%zu", i);
        assert_int_equal(once_use(once, API, slice_of(id, (size_t)length), NOW_S), ERROR_NONE);
    }

    assert_int_equal(once_use(once, API, SLICE_LITERAL("one more"), NOW_S + 60), ERR_RATE_LIMITED);
    assert_int_equal(once_use(once, API, SLICE_LITERAL("0"), NOW_S), ERR_AUTH_USED);

    once_tick(once, at_s(NOW_S + TOKEN_LEEWAY_S + 1));
    assert_int_equal(once_use(once, API, SLICE_LITERAL("one more"), NOW_S + 60), ERROR_NONE);
    once_destroy(once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_10_a_token_is_taken_the_first_time_only),
        cmocka_unit_test(ids_of_two_issuers_are_two_ids),
        cmocka_unit_test(a_token_without_an_id_is_refused),
        cmocka_unit_test(long_ids_are_told_apart_to_their_last_byte),
        cmocka_unit_test(t_10_it_is_remembered_for_as_long_as_it_would_be_taken),
        cmocka_unit_test(when_no_more_can_be_remembered_joins_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
