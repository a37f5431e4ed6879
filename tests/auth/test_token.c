/* test_token.c - tokens that are taken, what they are read as, and tokens that we make. */
#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

static struct claims claims_of(const char *payload)
{
    struct buffer token = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();
    struct claims claims = {0};
    forge_hs256(&token, slice_from_text(payload));
    enum error error = token_verify(forge.keys, &rules, buffer_slice(&token), forge_now(), &claims);
    if (error)
        fail_msg("%s: %s", payload, error_code(error));
    buffer_fini(&token);
    return claims;
}

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_is_text(text, expected))
        fail_msg("\"" SLICE_FORMAT "\" instead of \"%s\"", SLICE_ARGS(text), expected);
}

static void a_token_signed_with_an_api_secret_is_taken(void **state)
{
    (void)state;
    struct claims claims = claims_of(GOOD_PAYLOAD);

    assert_text(claims.issuer, "APIann");
    assert_text(claims.identity, "ann");
    assert_text(claims.room, "lobby");
    assert_int_equal(claims.expires_unix_s, NOW_S + 600);
    assert_int_equal(claims.not_before_unix_s, 0);
    assert_true(claims.may_join);
    claims_fini(&claims);
}

static void a_token_signed_with_a_jwks_key_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *kid, *alg;
    } keys[] = {{"rs", "RS256"}, {"ps", "PS256"}, {"es", "ES256"}};
    for (size_t i = 0; i < 3; i++) {
        struct buffer token = BUFFER_EMPTY, header = BUFFER_EMPTY;
        buffer_add_format(&header, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"%s\"}", keys[i].alg, keys[i].kid);
        forge_input(&token, buffer_slice(&header), SLICE_LITERAL(GOOD_PAYLOAD));
        if (i == 2)
            forge_sign_ec(&token, forge.ec, false);
        else
            forge_sign_rsa(&token, forge.rsa, i == 1);

        assert_string_equal(error_code(forge_verify(&forge, buffer_slice(&token))), "ok");
        buffer_fini(&token);
        buffer_fini(&header);
    }
}

static void a_jwks_token_needs_no_issuer(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();
    struct claims claims = {0};
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"e\\u0073\"}"),
                SLICE_LITERAL("{\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}}"));
    forge_sign_ec(&token, forge.ec, false);

    assert_int_equal(token_verify(forge.keys, &rules, buffer_slice(&token), forge_now(), &claims), ERROR_NONE);
    assert_int_equal(claims.issuer.length, 0);
    claims_fini(&claims);
    buffer_fini(&token);
}

static void an_unknown_kid_leaves_the_choice_to_iss(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"HS256\",\"kid\":\"nobody\"}"), SLICE_LITERAL(GOOD_PAYLOAD));
    forge_sign_hmac(&token, EVP_sha256(), SLICE_LITERAL(SECRET));

    assert_int_equal(forge_verify(&forge, buffer_slice(&token)), ERROR_NONE);
    buffer_fini(&token);
}

/* The claims as livekit-server-sdk 2 for Node writes them, with everything switched on. */
static void a_token_in_the_shape_of_livekits_sdk_is_taken(void **state)
{
    (void)state;
    struct claims claims = claims_of(
        "{\"metadata\":\"{\\\"a\\\":1}\",\"attributes\":{\"hand\":\"up\"},\"name\":\"Ann\",\"video\":{\"roomJoin\":"
        "true,"
        "\"room\":\"lobby\",\"canPublish\":true,\"canSubscribe\":true,\"canPublishSources\":[\"camera\",\"microphone\"]"
        "},"
        "\"sip\":{\"admin\":true},\"kind\":\"standard\",\"sha256\":\"abc\",\"roomConfig\":{\"name\":\"x\",\"agents\":"
        "[{\"agentName\":\"y\"}]},\"iss\":\"APIann\",\"exp\":1800000600,\"nbf\":1800000000,\"sub\":\"ann\"}");

    assert_text(claims.name, "Ann");
    assert_text(claims.metadata, "{\"a\":1}");
    assert_int_equal(claims.attributes.count, 1);
    assert_text(claims.attributes.items[0].key, "hand");
    assert_text(claims.attributes.items[0].value, "up");
    assert_int_equal(claims.not_before_unix_s, NOW_S);
    assert_int_equal(claims_admit(&claims, SLICE_LITERAL("lobby")), ERROR_NONE);
    claims_fini(&claims);
}

static void grants_that_are_not_given_have_their_defaults(void **state)
{
    (void)state;
    struct claims claims = claims_of("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}}");

    assert_false(claims.may_join);
    assert_false(claims.may_create);
    assert_int_equal(claims.room.length, 0);
    assert_true(claims.grants.may_publish);
    assert_true(claims.grants.may_subscribe);
    assert_true(claims.grants.may_publish_data);
    assert_false(claims.grants.is_admin);
    assert_false(claims.grants.may_update_self);
    assert_false(claims.grants.is_hidden);
    claims_fini(&claims);
}

static void grants_that_are_given_are_taken(void **state)
{
    (void)state;
    struct claims claims = claims_of(
        "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"roomJoin\":true,\"roomCreate\":true,"
        "\"roomAdmin\":true,\"canPublish\":false,\"canSubscribe\":false,\"canUpdateOwnMetadata\":true,\"hidden\":true,"
        "\"\\u0072oom\":\"a\\/b\"}}");

    assert_true(claims.may_join);
    assert_true(claims.may_create);
    assert_text(claims.room, "a/b");
    assert_false(claims.grants.may_publish);
    assert_false(claims.grants.may_subscribe);
    assert_false(claims.grants.may_publish_data); /* follows canPublish */
    assert_true(claims.grants.is_admin);
    assert_true(claims.grants.may_update_self);
    assert_true(claims.grants.is_hidden);
    claims_fini(&claims);

    claims = claims_of("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"canPublish\":false,"
                       "\"canPublishData\":true}}");
    assert_false(claims.grants.may_publish);
    assert_true(claims.grants.may_publish_data);
    claims_fini(&claims);
}

static void null_means_not_given(void **state)
{
    (void)state;
    struct claims claims = claims_of(
        "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"name\":null,\"metadata\":null,\"attributes\":null,"
        "\"video\":{\"room\":null,\"roomJoin\":null,\"canPublish\":null,\"canPublishData\":null,\"hidden\":null}}");

    assert_int_equal(claims.name.length, 0);
    assert_int_equal(claims.attributes.count, 0);
    assert_int_equal(claims.room.length, 0);
    assert_false(claims.may_join);
    assert_true(claims.grants.may_publish);
    assert_true(claims.grants.may_publish_data);
    assert_false(claims.grants.is_hidden);
    claims_fini(&claims);
}

static void escapes_and_other_scripts_arrive_as_utf8(void **state)
{
    (void)state;
    struct claims claims = claims_of(
        "{\"iss\":\"\\u0041PIann\",\"sub\":\"\\u00e4\\ud83d\\ude00\\n\",\"exp\":1800000600,\"name\":\"\xe2\x98\x83\","
        "\"attributes\":{\"k\\u0065y\":\"v\\\\\"},\"video\":{}}");

    assert_text(claims.identity, "\xc3\xa4\xf0\x9f\x98\x80\n");
    assert_text(claims.name, "\xe2\x98\x83");
    assert_text(claims.attributes.items[0].key, "key");
    assert_text(claims.attributes.items[0].value, "v\\");
    claims_fini(&claims);
}

static void a_join_needs_the_grant_and_the_room(void **state) /* T-07 */
{
    (void)state;
    static const struct {
        bool may_join;
        const char *room, *opened;
        enum error error;
    } cases[] = {
        {true, "a", "a", ERROR_NONE},      {true, "a", "b", ERR_AUTH_ROOM},  {true, "a", "A", ERR_AUTH_ROOM},
        {true, "a", "aa", ERR_AUTH_ROOM},  {true, "aa", "a", ERR_AUTH_ROOM}, {true, "", "a", ERR_AUTH_ROOM},
        {true, "", "", ERR_AUTH_ROOM},     {true, "*", "a", ERR_AUTH_ROOM},  {false, "a", "a", ERR_AUTH_GRANT},
        {false, "a", "b", ERR_AUTH_GRANT}, {false, "", "a", ERR_AUTH_GRANT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claims claims = {.may_join = cases[i].may_join, .room = slice_from_text(cases[i].room)};
        if (claims_admit(&claims, slice_from_text(cases[i].opened)) != cases[i].error)
            fail_msg("case %zu", i);
    }
}

static struct claims full_claims(void)
{
    return (struct claims){
        .identity = SLICE_LITERAL("bob \"the\" \xc3\xa4"),
        .name = SLICE_LITERAL("Bob\n"),
        .metadata = SLICE_LITERAL("{}"),
        .attributes = {.count = 2,
                       .items = {{SLICE_LITERAL("a"), SLICE_LITERAL("1")}, {SLICE_LITERAL("b"), SLICE_LITERAL("2\"")}}},
        .room = SLICE_LITERAL("lobby"),
        .expires_unix_s = NOW_S + 60,
        .may_join = true,
        .may_create = true,
        .grants = {.is_admin = true, .may_publish_data = true, .may_update_self = true, .is_hidden = true},
    };
}

static void a_token_that_we_make_says_what_it_was_asked_to(void **state)
{
    (void)state;
    struct claims wanted = full_claims(), got = {0};
    struct buffer token = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();

    assert_int_equal(token_create(forge.keys, SLICE_LITERAL("APIann"), &wanted, forge_now(), &token), ERROR_NONE);
    assert_int_equal(token_verify(forge.keys, &rules, buffer_slice(&token), forge_now(), &got), ERROR_NONE);

    assert_text(got.issuer, "APIann");
    assert_true(slice_is_equal(got.identity, wanted.identity));
    assert_true(slice_is_equal(got.name, wanted.name));
    assert_true(slice_is_equal(got.metadata, wanted.metadata));
    assert_int_equal(got.attributes.count, 2);
    assert_text(got.attributes.items[1].value, "2\"");
    assert_text(got.room, "lobby");
    assert_int_equal(got.expires_unix_s, NOW_S + 60);
    assert_int_equal(got.not_before_unix_s, NOW_S);
    assert_true(got.may_join && got.may_create);
    assert_memory_equal(&got.grants, &wanted.grants, sizeof got.grants);
    claims_fini(&got);
    buffer_fini(&token);
}

static void a_token_that_would_be_refused_is_not_made(void **state)
{
    (void)state;
    static char long_text[PEER_METADATA_MAX + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    struct claims cases[8];
    for (size_t i = 0; i < 8; i++)
        cases[i] = full_claims();
    cases[0].identity = SLICE_EMPTY;
    cases[1].identity = slice_of(long_text, IDENTITY_MAX + 1);
    cases[2].name = slice_of(long_text, PEER_NAME_MAX + 1);
    cases[3].metadata = slice_of(long_text, PEER_METADATA_MAX + 1);
    cases[4].name = SLICE_LITERAL("\xff");
    cases[5].name = SLICE_LITERAL("a\0b");
    cases[6].expires_unix_s = NOW_S - 60;
    cases[7].attributes.items[1].key = SLICE_LITERAL("a"); /* twice */
    for (size_t i = 0; i < 8; i++) {
        struct buffer token = BUFFER_EMPTY;
        if (token_create(forge.keys, SLICE_LITERAL("APIann"), &cases[i], forge_now(), &token) != ERR_AUTH_CLAIMS ||
            token.length != 0)
            fail_msg("case %zu was made", i);
        buffer_fini(&token);
    }
}

static void only_an_api_key_signs(void **state)
{
    (void)state;
    struct claims claims = full_claims();
    struct buffer token = BUFFER_EMPTY;
    static const char *const ids[] = {"", "APIbob", "rs", "es"};

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(token_create(forge.keys, slice_from_text(ids[i]), &claims, forge_now(), &token), ERR_AUTH_KEY);
    assert_int_equal(token.length, 0);
    buffer_fini(&token);
}

static void a_token_without_a_key_can_be_looked_at(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY, header = BUFFER_EMPTY, payload = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();
    struct claims claims = {0};
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"HS256\"}"), SLICE_LITERAL(GOOD_PAYLOAD));
    buffer_add_text(&token, ".AAAA");

    assert_int_equal(token_peek(buffer_slice(&token), &header, &payload), ERROR_NONE);
    assert_int_equal(token_check_unsigned(&rules, buffer_slice(&token), forge_now(), &claims), ERROR_NONE);

    assert_text(buffer_slice(&header), "{\"alg\":\"HS256\"}");
    assert_text(buffer_slice(&payload), GOOD_PAYLOAD);
    assert_text(claims.identity, "ann");
    assert_int_equal(forge_verify(&forge, buffer_slice(&token)), ERR_AUTH_SIGNATURE);
    claims_fini(&claims);
    buffer_fini(&token);
    buffer_fini(&header);
    buffer_fini(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_signed_with_an_api_secret_is_taken),
        cmocka_unit_test(a_token_signed_with_a_jwks_key_is_taken),
        cmocka_unit_test(a_jwks_token_needs_no_issuer),
        cmocka_unit_test(an_unknown_kid_leaves_the_choice_to_iss),
        cmocka_unit_test(a_token_in_the_shape_of_livekits_sdk_is_taken),
        cmocka_unit_test(grants_that_are_not_given_have_their_defaults),
        cmocka_unit_test(grants_that_are_given_are_taken),
        cmocka_unit_test(null_means_not_given),
        cmocka_unit_test(escapes_and_other_scripts_arrive_as_utf8),
        cmocka_unit_test(a_join_needs_the_grant_and_the_room),
        cmocka_unit_test(a_token_that_we_make_says_what_it_was_asked_to),
        cmocka_unit_test(a_token_that_would_be_refused_is_not_made),
        cmocka_unit_test(only_an_api_key_signs),
        cmocka_unit_test(a_token_without_a_key_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
