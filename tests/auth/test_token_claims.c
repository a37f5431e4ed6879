/* test_token_claims.c - audiences, and the types and lengths of claims (T-07). */
#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

static enum error verify_for(const char *audience, const char *aud)
{
    struct buffer token = BUFFER_EMPTY, payload = BUFFER_EMPTY;
    struct token_rules rules = forge_rules();
    rules.audience = slice_from_text(audience);
    buffer_add_text(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}");
    if (aud)
        buffer_add_format(&payload, ",\"aud\":%s", aud);
    buffer_add_char(&payload, '}');
    forge_hs256(&token, buffer_slice(&payload));
    struct claims claims = {0};
    enum error error = token_verify(forge.keys, &rules, buffer_slice(&token), forge_now(), &claims);
    if (!error)
        claims_fini(&claims);
    buffer_fini(&token);
    buffer_fini(&payload);
    return error;
}

static void a_token_is_for_the_configured_audience_only(void **state) /* T-07 */
{
    (void)state;
    static const struct {
        const char *audience, *aud;
        enum error error;
    } cases[] = {
        {"", NULL, ERROR_NONE},
        {"", "\"calls\"", ERR_AUTH_AUDIENCE},
        {"", "\"\"", ERR_AUTH_AUDIENCE},
        {"", "[]", ERR_AUTH_AUDIENCE},
        {"", "[\"calls\"]", ERR_AUTH_AUDIENCE},
        {"", "null", ERR_AUTH_CLAIMS},
        {"calls", NULL, ERR_AUTH_AUDIENCE},
        {"calls", "\"calls\"", ERROR_NONE},
        {"calls", "\"c\\u0061lls\"", ERROR_NONE},
        {"calls", "[\"calls\"]", ERROR_NONE},
        {"calls", "[\"mail\",\"calls\"]", ERROR_NONE},
        {"calls", "[\"calls\",\"mail\"]", ERROR_NONE},
        {"calls", "\"mail\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"Calls\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"calls \"", ERR_AUTH_AUDIENCE},
        {"calls", "\"call\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"calls,mail\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"*\"", ERR_AUTH_AUDIENCE},
        {"calls", "\"\"", ERR_AUTH_AUDIENCE},
        {"calls", "[]", ERR_AUTH_AUDIENCE},
        {"calls", "[\"mail\"]", ERR_AUTH_AUDIENCE},
        {"calls", "[[\"calls\"]]", ERR_AUTH_CLAIMS},
        {"calls", "[\"calls\",1]", ERR_AUTH_CLAIMS},
        {"calls", "[1,\"calls\"]", ERR_AUTH_CLAIMS},
        {"calls", "[null]", ERR_AUTH_CLAIMS},
        {"calls", "{\"calls\":true}", ERR_AUTH_CLAIMS},
        {"calls", "true", ERR_AUTH_CLAIMS},
        {"calls", "0", ERR_AUTH_CLAIMS},
        {"calls", "null", ERR_AUTH_CLAIMS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = verify_for(cases[i].audience, cases[i].aud);
        if (error != cases[i].error)
            fail_msg("aud %s at \"%s\": %s", cases[i].aud, cases[i].audience, error_code(error));
    }
}

static void sub_is_needed_and_is_a_text(void **state) /* T-07 */
{
    (void)state;
    static const char *const subs[] = {"",
                                       "\"sub\":\"\",",
                                       "\"sub\":null,",
                                       "\"sub\":1,",
                                       "\"sub\":true,",
                                       "\"sub\":[\"ann\"],",
                                       "\"sub\":{\"ann\":1},",
                                       "\"Sub\":\"ann\","};
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{%s\"iss\":\"APIann\",\"exp\":1800000600,\"video\":{}}", subs[i]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void video_is_needed_and_is_an_object(void **state)
{
    (void)state;
    static const char *const videos[] = {"",
                                         ",\"video\":null",
                                         ",\"video\":true",
                                         ",\"video\":\"lobby\"",
                                         ",\"video\":[]",
                                         ",\"video\":[{\"room\":\"lobby\"}]",
                                         ",\"video\":1",
                                         ",\"Video\":{}",
                                         ",\"room\":\"lobby\",\"roomJoin\":true"};
    for (size_t i = 0; i < sizeof videos / sizeof *videos; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600%s}", videos[i]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void a_grant_is_true_or_false_and_nothing_like_it(void **state) /* T-07 */
{
    (void)state;
    static const char *const names[] = {
        "roomJoin",       "roomCreate",           "roomAdmin", "canPublish", "canSubscribe",
        "canPublishData", "canUpdateOwnMetadata", "hidden"};
    static const char *const values[] = {"\"true\"", "\"\"", "1", "0", "[]", "[true]", "{}", "1.0"};
    for (size_t i = 0; i < 64; i++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"%s\":%s}}",
                          names[i / 8], values[i % 8]);
        assert_payload(buffer_text(&payload), ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void a_claim_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = {
        ",\"name\":1",
        ",\"name\":[\"Ann\"]",
        ",\"name\":{}",
        ",\"name\":true",
        ",\"metadata\":{}",
        ",\"metadata\":{\"a\":1}",
        ",\"metadata\":1",
        ",\"metadata\":false",
        ",\"attributes\":\"\"",
        ",\"attributes\":[]",
        ",\"attributes\":1",
        ",\"attributes\":true",
        ",\"attributes\":{\"a\":1}",
        ",\"attributes\":{\"a\":null}",
        ",\"attributes\":{\"a\":{}}",
        ",\"attributes\":{\"a\":\"b\",\"c\":[\"d\"]}",
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_timed(members[i], ERR_AUTH_CLAIMS);
    assert_payload("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"room\":1}}", ERR_AUTH_CLAIMS);
    assert_payload("{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{\"room\":[\"lobby\"]}}",
                   ERR_AUTH_CLAIMS);
}

static void iss_of_a_jwks_token_is_a_text_too(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"es\"}"),
                SLICE_LITERAL("{\"iss\":1,\"sub\":\"ann\",\"exp\":1800000600,\"video\":{}}"));
    forge_sign_ec(&token, forge.ec, false);

    assert_int_equal(forge_verify(&forge, buffer_slice(&token)), ERR_AUTH_CLAIMS);
    buffer_fini(&token);
}

static void add_many(struct buffer *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_add_text(out, text);
}

static void assert_long(const char *before, const char *text, size_t count, const char *after, enum error expected)
{
    struct buffer members = BUFFER_EMPTY;
    buffer_add_text(&members, before);
    add_many(&members, text, count);
    buffer_add_text(&members, after);
    assert_timed(buffer_text(&members), expected);
    buffer_fini(&members);
}

static void lengths_are_counted_in_bytes_and_have_an_end(void **state)
{
    (void)state;
    assert_long(",\"name\":\"", "x", PEER_NAME_MAX, "\"", ERROR_NONE);
    assert_long(",\"name\":\"", "x", PEER_NAME_MAX + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"name\":\"", "\\u00e4", PEER_NAME_MAX / 2, "\"", ERROR_NONE);
    assert_long(",\"name\":\"", "\\u00e4", PEER_NAME_MAX / 2 + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"metadata\":\"", "x", PEER_METADATA_MAX, "\"", ERROR_NONE);
    assert_long(",\"metadata\":\"", "x", PEER_METADATA_MAX + 1, "\"", ERR_AUTH_CLAIMS);
    assert_long(",\"attributes\":{\"", "k", ATTRIBUTE_KEY_MAX, "\":\"\"}", ERROR_NONE);
    assert_long(",\"attributes\":{\"", "k", ATTRIBUTE_KEY_MAX + 1, "\":\"\"}", ERR_AUTH_CLAIMS);
    assert_long(",\"attributes\":{\"k\":\"", "v", ATTRIBUTE_VALUE_MAX, "\"}", ERROR_NONE);
    assert_long(",\"attributes\":{\"k\":\"", "v", ATTRIBUTE_VALUE_MAX + 1, "\"}", ERR_AUTH_CLAIMS);
}

static void an_identity_has_1_to_256_bytes(void **state) /* T-07 */
{
    (void)state;
    for (size_t length = 1; length <= 260; length++) {
        struct buffer payload = BUFFER_EMPTY;
        buffer_add_text(&payload, "{\"iss\":\"APIann\",\"exp\":1800000600,\"video\":{},\"sub\":\"");
        add_many(&payload, "x", length);
        buffer_add_text(&payload, "\"}");
        assert_payload(buffer_text(&payload), length <= IDENTITY_MAX ? ERROR_NONE : ERR_AUTH_CLAIMS);
        buffer_fini(&payload);
    }
}

static void there_are_at_most_32_attributes(void **state)
{
    (void)state;
    for (int count = 31; count <= 34; count++) {
        struct buffer members = BUFFER_EMPTY;
        buffer_add_text(&members, ",\"attributes\":{");
        for (int i = 0; i < count; i++)
            buffer_add_format(&members, "%s\"k%d\":\"v\"", i ? "," : "", i);
        buffer_add_char(&members, '}');
        assert_timed(buffer_text(&members), count <= ATTRIBUTES_MAX ? ERROR_NONE : ERR_AUTH_CLAIMS);
        buffer_fini(&members);
    }
}

static void claims_that_nobody_knows_are_ignored(void **state)
{
    (void)state;
    assert_timed(",\"sip\":{\"call\":true},\"kind\":7,\"roomConfig\":{\"agents\":[{\"agentName\":\"x\"}]},"
                 "\"__proto__\":{\"roomAdmin\":true},\"constructor\":null,\"\":\"\"",
                 ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_for_the_configured_audience_only),
        cmocka_unit_test(sub_is_needed_and_is_a_text),
        cmocka_unit_test(video_is_needed_and_is_an_object),
        cmocka_unit_test(a_grant_is_true_or_false_and_nothing_like_it),
        cmocka_unit_test(a_claim_of_another_type_is_refused),
        cmocka_unit_test(iss_of_a_jwks_token_is_a_text_too),
        cmocka_unit_test(lengths_are_counted_in_bytes_and_have_an_end),
        cmocka_unit_test(an_identity_has_1_to_256_bytes),
        cmocka_unit_test(there_are_at_most_32_attributes),
        cmocka_unit_test(claims_that_nobody_knows_are_ignored),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
