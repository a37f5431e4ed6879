/* test_credential.c - the HMAC of published vectors, credentials of known times, and user parts (T-19, T-20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "turn/credential.h"
#include "turn/ice.h"

static struct instant at_unix_s(int64_t s)
{
    return (struct instant){.mono_ms = 5, .unix_ms = s * 1000 + 999};
}

static struct slice filled(char *bytes, char with, size_t length)
{
    memset(bytes, with, length);
    return slice_of(bytes, length);
}

static void check_hmac(struct slice key, struct slice message, const char *hex)
{
    unsigned char digest[HMAC_SHA1_LENGTH];
    char text[2 * HMAC_SHA1_LENGTH + 1];
    hmac_sha1(key, message, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, hex);
}

/* RFC 2202 section 3, all seven (T-20) */
static void the_hmac_is_that_of_rfc_2202(void **state)
{
    (void)state;
    char key[80];
    char message[50];
    char counting[25];
    for (size_t i = 0; i < sizeof counting; i++)
        counting[i] = (char)(i + 1);

    check_hmac(filled(key, '\x0b', 20), SLICE_LITERAL("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
    check_hmac(SLICE_LITERAL("Jefe"), SLICE_LITERAL("what do ya want for nothing?"),
               "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    check_hmac(filled(key, '\xaa', 20), filled(message, '\xdd', 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
    check_hmac(slice_of(counting, 25), filled(message, '\xcd', 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
    check_hmac(filled(key, '\x0c', 20), SLICE_LITERAL("Test With Truncation"),
               "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04");
    check_hmac(filled(key, '\xaa', 80), SLICE_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
               "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    check_hmac(filled(key, '\xaa', 80),
               SLICE_LITERAL("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
               "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

static void a_credential_is_the_one_that_coturn_computes(void **state)
{
    (void)state;
    struct turn_credential made;

    turn_credential_make(SLICE_LITERAL("north"), SLICE_LITERAL("alice"), 3600, at_unix_s(1893456000 - 3600), &made);

    assert_string_equal(made.username, "1893456000:alice");
    assert_string_equal(made.password, "MME/7rvfb/gOjpkB59+7AxlCLvk=");
    assert_int_equal(made.expires_unix_s, 1893456000);
}

static void a_credential_without_user_has_no_colon(void **state)
{
    (void)state;
    struct turn_credential made;

    turn_credential_make(SLICE_LITERAL("north"), SLICE_EMPTY, 86400, at_unix_s(1893456000 - 86400), &made);

    assert_string_equal(made.username, "1893456000");
    assert_string_equal(made.password, "sqdTDrNuKKg7b57nGt21S56Eu5s=");
}

static void the_longest_user_fits(void **state)
{
    (void)state;
    char user[TURN_USER_MAX - 1];
    struct turn_credential made;

    turn_credential_make(SLICE_LITERAL("north"), filled(user, 'u', sizeof user), 60, at_unix_s(INT64_C(99999999999)),
                         &made);

    assert_int_equal(strlen(made.username), strlen("100000000059:") + sizeof user);
}

static void a_secret_with_a_nul_counts_whole(void **state)
{
    (void)state;
    struct turn_credential one;
    struct turn_credential other;

    turn_credential_make(slice_of("ab\0c", 4), SLICE_LITERAL("ann"), 60, at_unix_s(1000), &one);
    turn_credential_make(slice_of("ab\0d", 4), SLICE_LITERAL("ann"), 60, at_unix_s(1000), &other);

    assert_string_equal(one.username, other.username);
    assert_string_not_equal(one.password, other.password);
}

static void a_user_is_room_dot_peer(void **state)
{
    (void)state;
    char user[TURN_USER_MAX];

    turn_user(SLICE_LITERAL("team.a:b~c@d=f_g-1"), SLICE_LITERAL("Zm9vYmFyYmF6cXV4MTIzNA"), user);

    assert_string_equal(user, "team.a:b~c@d=f_g-1.Zm9vYmFyYmF6cXV4MTIzNA");
}

static void a_room_is_written_out_as_long_as_it_fits(void **state)
{
    (void)state;
    char room[TURN_USERID_MAX];
    char user[TURN_USER_MAX];

    turn_user(filled(room, 'r', TURN_USERID_MAX - 4), SLICE_LITERAL("ann"), user);
    assert_int_equal(strlen(user), TURN_USERID_MAX);
    assert_null(strchr(user, '!'));

    turn_user(filled(room, 'r', TURN_USERID_MAX - 3), SLICE_LITERAL("ann"), user);
    assert_int_equal(strlen(user), TURN_USERID_MAX);
    assert_non_null(strchr(user, '!'));
    assert_string_equal(strrchr(user, '.'), ".ann");
}

static void long_rooms_that_differ_at_the_end_stay_different(void **state)
{
    (void)state;
    char room[128];
    char one[TURN_USER_MAX];
    char other[TURN_USER_MAX];
    char again[TURN_USER_MAX];

    turn_user(filled(room, 'r', sizeof room), SLICE_LITERAL("ann"), one);
    turn_user(slice_of(room, sizeof room), SLICE_LITERAL("ann"), again);
    room[127] = 's';
    turn_user(slice_of(room, sizeof room), SLICE_LITERAL("ann"), other);

    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

/* The short form of one room, asked for as a room of its own, must not share its quota. */
static void a_room_named_like_a_short_form_is_another(void **state)
{
    (void)state;
    char room[128];
    char one[TURN_USER_MAX];
    char other[TURN_USER_MAX];
    turn_user(filled(room, 'r', sizeof room), SLICE_LITERAL("ann"), one);

    size_t short_length = (size_t)(strrchr(one, '.') - one);
    turn_user(slice_of(one, short_length), SLICE_LITERAL("ann"), other);

    assert_string_not_equal(one, other);
}

static void check_is_tame(const char *user)
{
    assert_true(strlen(user) <= TURN_USERID_MAX);
    for (const char *c = user; *c; c++)
        assert_true(*c > ' ' && *c < 0x7f && *c != '"' && *c != '#' && *c != '\'' && *c != '/');
}

static void identities_of_any_bytes_become_tame_users(void **state)
{
    (void)state;
    static const char *const WILD[] = {"",      " ",  "\n",      "a\nb", "ann@example.org", "a.b",
                                       "\"#'/", "é☎", "%n%s%00", "!",    "\xff\xfe"};
    char users[sizeof WILD / sizeof *WILD][TURN_USER_MAX];

    for (size_t i = 0; i < sizeof WILD / sizeof *WILD; i++) {
        turn_user(slice_from_text(WILD[i]), slice_from_text(WILD[i]), users[i]);
        check_is_tame(users[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(users[i], users[j]);
    }
}

static void a_dot_between_room_and_peer_cannot_be_moved(void **state)
{
    (void)state;
    char one[TURN_USER_MAX];
    char other[TURN_USER_MAX];

    turn_user(SLICE_LITERAL("a.b"), SLICE_LITERAL("c"), one);
    turn_user(SLICE_LITERAL("a"), SLICE_LITERAL("b.c"), other);

    assert_string_equal(one, "a.b.c");
    assert_string_not_equal(one, other);
}

static void the_longest_room_and_identity_fit_together(void **state)
{
    (void)state;
    char name[4096];
    char user[TURN_USER_MAX];

    struct slice long_name = filled(name, 'x', sizeof name);
    turn_user(long_name, long_name, user);

    check_is_tame(user);
    assert_int_equal(strlen(user), TURN_USERID_MAX);
}

static void an_odd_character_late_in_a_name_leaves_room_for_its_hash(void **state)
{
    (void)state;
    char name[TURN_USERID_MAX];
    char user[TURN_USER_MAX];

    for (size_t length = 1; length < sizeof name; length++) {
        struct slice odd = filled(name, 'x', length);
        name[length - 1] = '#';
        turn_user(odd, odd, user);
        check_is_tame(user);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hmac_is_that_of_rfc_2202),
        cmocka_unit_test(a_credential_is_the_one_that_coturn_computes),
        cmocka_unit_test(a_credential_without_user_has_no_colon),
        cmocka_unit_test(the_longest_user_fits),
        cmocka_unit_test(a_secret_with_a_nul_counts_whole),
        cmocka_unit_test(a_user_is_room_dot_peer),
        cmocka_unit_test(a_room_is_written_out_as_long_as_it_fits),
        cmocka_unit_test(long_rooms_that_differ_at_the_end_stay_different),
        cmocka_unit_test(a_room_named_like_a_short_form_is_another),
        cmocka_unit_test(identities_of_any_bytes_become_tame_users),
        cmocka_unit_test(a_dot_between_room_and_peer_cannot_be_moved),
        cmocka_unit_test(the_longest_room_and_identity_fit_together),
        cmocka_unit_test(an_odd_character_late_in_a_name_leaves_room_for_its_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
