/* test_token_signature.c - signatures that were not made for the token by its key (T-09). */
#include <openssl/err.h>

#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

static void a_signature_by_another_key_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {"{\"alg\":\"HS256\"}", "{\"alg\":\"RS256\",\"kid\":\"rs\"}",
                                          "{\"alg\":\"PS256\",\"kid\":\"ps\"}", "{\"alg\":\"ES256\",\"kid\":\"es\"}"};
    for (size_t i = 0; i < 4; i++) {
        struct buffer token = BUFFER_EMPTY;
        forge_input(&token, slice_from_text(headers[i]), SLICE_LITERAL(GOOD_PAYLOAD));
        if (i == 0)
            forge_sign_hmac(&token, EVP_sha256(), SLICE_LITERAL("another secret of over thirty-two bytes"));
        else if (i == 3)
            forge_sign_ec(&token, forge.other_ec, false);
        else
            forge_sign_rsa(&token, forge.other_rsa, i == 2);
        assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, headers[i]);
        buffer_fini(&token);
    }
}

static void a_changed_payload_is_refused(void **state)
{
    (void)state;
    struct buffer mine = BUFFER_EMPTY, token = BUFFER_EMPTY;
    forge_hs256(&mine, SLICE_LITERAL(GOOD_PAYLOAD));
    const char *signature = strrchr(buffer_text(&mine), '.');
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"HS256\"}"),
                SLICE_LITERAL("{\"iss\":\"APIann\",\"sub\":\"bob\",\"exp\":1800000600,\"video\":{\"room\":\"lobby\","
                              "\"roomJoin\":true}}"));
    buffer_add_text(&token, signature);

    assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, "bob");
    buffer_fini(&mine);
    buffer_fini(&token);
}

static void a_signature_of_the_wrong_length_or_form_is_refused(void **state) /* T-09 */
{
    (void)state;
    static const unsigned char zeros[512];
    static const struct {
        const char *header;
        size_t right;
    } kinds[] = {{"{\"alg\":\"HS256\"}", 32},
                 {"{\"alg\":\"ES256\",\"kid\":\"es\"}", 64},
                 {"{\"alg\":\"RS256\",\"kid\":\"rs\"}", 256},
                 {"{\"alg\":\"PS256\",\"kid\":\"ps\"}", 256}};
    for (size_t kind = 0; kind < 4; kind++) {
        size_t right = kinds[kind].right;
        size_t lengths[] = {1,  16, 31,  32,  33,  63,  64,        65,    70,       71,
                            72, 96, 132, 255, 256, 257, right - 1, right, right * 2};
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            struct buffer token = BUFFER_EMPTY;
            forge_input(&token, slice_from_text(kinds[kind].header), SLICE_LITERAL(GOOD_PAYLOAD));
            buffer_add_char(&token, '.');
            forge_add_base64url(&token, zeros, lengths[i]); /* ES256 with r = s = 0 among them */
            assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, kinds[kind].header);
            buffer_fini(&token);
        }
    }
}

static void a_signature_in_der_is_refused(void **state) /* T-09 */
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_input(&token, SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"es\"}"), SLICE_LITERAL(GOOD_PAYLOAD));
    forge_sign_ec(&token, forge.ec, true);

    assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, "DER");
    buffer_fini(&token);
}

/* r and s from the edges of the field and the group: CVE-2022-21449 and its kin. */
static void a_psychic_signature_is_refused(void **state) /* T-09 */
{
    (void)state;
    static const char order[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    static const char field[] = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";
    BIGNUM *edges[5] = {NULL};
    (void)BN_hex2bn(&edges[0], "0");
    (void)BN_hex2bn(&edges[1], "1");
    (void)BN_hex2bn(&edges[2], order);
    (void)BN_hex2bn(&edges[3], order);
    (void)BN_sub_word(edges[3], 1);
    (void)BN_hex2bn(&edges[4], field);
    for (size_t i = 0; i < 25; i++) {
        unsigned char raw[64];
        (void)BN_bn2binpad(edges[i % 5], raw, 32);
        (void)BN_bn2binpad(edges[i / 5], raw + 32, 32);
        struct buffer token = BUFFER_EMPTY;
        forge_input(&token, SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"es\"}"), SLICE_LITERAL(GOOD_PAYLOAD));
        buffer_add_char(&token, '.');
        forge_add_base64url(&token, raw, sizeof raw);
        assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, "r and s at the edges");
        buffer_fini(&token);
    }
    for (size_t i = 0; i < 5; i++)
        BN_free(edges[i]);
}

/* TLS in the same thread would take it for its own error. */
static void a_refusal_leaves_no_error_behind(void **state)
{
    (void)state;
    static const char *const headers[] = {"{\"alg\":\"RS256\",\"kid\":\"rs\"}", "{\"alg\":\"PS256\",\"kid\":\"ps\"}",
                                          "{\"alg\":\"ES256\",\"kid\":\"es\"}"};
    for (size_t i = 0; i < 3; i++) {
        struct buffer token = BUFFER_EMPTY;
        forge_input(&token, slice_from_text(headers[i]), SLICE_LITERAL(GOOD_PAYLOAD));
        if (i == 2)
            forge_sign_ec(&token, forge.other_ec, false);
        else
            forge_sign_rsa(&token, forge.other_rsa, i == 1);
        ERR_clear_error();

        assert_verdict(buffer_slice(&token), ERR_AUTH_SIGNATURE, headers[i]);
        assert_int_equal(ERR_peek_error(), 0);
        buffer_fini(&token);
    }
}

static void a_flipped_bit_anywhere_is_refused(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_hs256(&token, SLICE_LITERAL(GOOD_PAYLOAD));
    for (size_t i = 0; i < token.length * 8; i++) {
        token.data[i / 8] = (char)(token.data[i / 8] ^ 1 << i % 8);
        if (forge_verify(&forge, buffer_slice(&token)) == ERROR_NONE)
            fail_msg("bit %zu", i);
        token.data[i / 8] = (char)(token.data[i / 8] ^ 1 << i % 8);
    }
    assert_verdict(buffer_slice(&token), ERROR_NONE, "the token itself");
    buffer_fini(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(a_changed_payload_is_refused),
        cmocka_unit_test(a_signature_of_the_wrong_length_or_form_is_refused),
        cmocka_unit_test(a_signature_in_der_is_refused),
        cmocka_unit_test(a_psychic_signature_is_refused),
        cmocka_unit_test(a_refusal_leaves_no_error_behind),
        cmocka_unit_test(a_flipped_bit_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
