/* test_keyring_jwks.c - which published keys are taken, and which never. */
#include "auth/key.h"
#include "tests/auth/forge.h"
#include "tests/support/cmocka_all.h"

static void assert_set(const char *text, enum error expected, int expected_index)
{
    struct keyring *keys = keyring_create();
    int index = -7;
    enum error error = forge_load_jwks(keys, slice_from_text(text), &index);
    if (error != expected || (error && index != expected_index))
        fail_msg("%.400s: %s at %d", text, error_code(error), index);
    keyring_destroy(keys);
}

#define X             "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define Y             "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EC_KEY_(more) "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "," Y "," more "}"

static void a_file_that_is_no_set_of_keys_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "keys",
        "{\"keys\":[]}",
        "{\"keys\":{}}",
        "{\"keys\":null}",
        "{\"keys\":\"\"}",
        "{\"keys\":[" EC_KEY_("\"kid\":\"a\"") "]",
        "{\"keys\":[" EC_KEY_("\"kid\":\"a\"") ",]}",
        "{\"keys\":[" EC_KEY_("\"kid\":\"a\"") "],\"keys\":[]}",
        EC_KEY_("\"kid\":\"a\""),
        "{\"Keys\":[" EC_KEY_("\"kid\":\"a\"") "]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_set(texts[i], ERR_KEY_INVALID, -1);
    assert_set("{\"keys\":[" EC_KEY_("\"kid\":\"a\"") "]}", ERROR_NONE, 0);
}

/* The point is RFC 7517's example; each row spoils something about it. */
static void a_key_that_is_not_fit_for_es256_is_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "null",
        "1",
        "\"\"",
        "[]",
        "{}",
        EC_KEY_("\"z\":1"),
        EC_KEY_("\"kid\":\"\""),
        EC_KEY_("\"kid\":1"),
        EC_KEY_("\"kid\":null"),
        EC_KEY_("\"kid\":\"b\",\"use\":\"\""),
        EC_KEY_("\"kid\":\"b\",\"use\":null"),
        EC_KEY_("\"kid\":\"b\",\"use\":[\"sig\"]"),
        EC_KEY_("\"kid\":\"b\",\"alg\":\"HS256\""),
        EC_KEY_("\"kid\":\"b\",\"alg\":\"none\""),
        EC_KEY_("\"kid\":\"b\",\"alg\":\"RS256\""),
        EC_KEY_("\"kid\":\"b\",\"alg\":null"),
        EC_KEY_("\"kid\":\"b\",\"key_ops\":[\"sign\"]"),
        EC_KEY_("\"kid\":\"b\",\"key_ops\":[]"),
        EC_KEY_("\"kid\":\"b\",\"key_ops\":\"verify\""),
        EC_KEY_("\"kid\":\"b\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""), /* private */
        EC_KEY_("\"kid\":\"a\""),                                                       /* twice */
        EC_KEY_("\"kid\":\"\\u0061\""),
        "{\"kty\":\"EC\",\"crv\":\"p-256\"," X "," Y ",\"kid\":\"b\"}",
        "{\"kty\":\"EC\"," X "," Y ",\"kid\":\"b\"}",
        "{\"kty\":\"ec\",\"crv\":\"P-256\"," X "," Y ",\"kid\":\"b\"}",
        "{\"crv\":\"P-256\"," X "," Y ",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," Y ",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":\"\",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":1,\"kid\":\"b\"}",
        /* not on the curve; too short; too long; padded; the point 0,0 */
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5Q\",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":\"AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=\",\"kid\":\"b\"}",
        ("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"kid\":\"b\"}"),
        /* symmetric and unknown kinds */
        ("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75\",\"kid\":\"b\",\"alg\":"
         "\"HS256\"}"),
        "{\"kty\":\"\",\"kid\":\"b\"}",
        "{\"kty\":null,\"kid\":\"b\"}",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct buffer set = BUFFER_EMPTY;
        buffer_add_format(&set, "{\"keys\":[%s,%s]}", EC_KEY_("\"kid\":\"a\""), keys[i]);
        assert_set(buffer_text(&set), ERR_KEY_INVALID, 1);
        buffer_fini(&set);
    }
}

/* As the published sets of Keycloak and others have them beside the keys for tokens. */
static void keys_for_other_purposes_are_passed_over(void **state)
{
    (void)state;
    static const char *const keys[] = {
        EC_KEY_("\"kid\":\"b\",\"use\":\"enc\""),
        EC_KEY_("\"kid\":\"b\",\"alg\":\"ES384\""),
        EC_KEY_("\"kid\":\"b\",\"alg\":\"ECDH-ES\""),
        "{\"kty\":\"EC\",\"crv\":\"P-384\"," X "," Y ",\"kid\":\"b\"}",
        "{\"kty\":\"EC\",\"crv\":\"secp256k1\"," X "," Y ",\"kid\":\"b\"}",
        ("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"b\","
         "\"alg\":\"EdDSA\"}"),
        "{\"kty\":\"RSA\",\"kid\":\"b\",\"use\":\"enc\",\"alg\":\"RSA-OAEP\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"kid\":\"b\",\"alg\":\"RS512\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct buffer both = BUFFER_EMPTY, alone = BUFFER_EMPTY;
        buffer_add_format(&both, "{\"keys\":[%s,%s]}", keys[i], EC_KEY_("\"kid\":\"a\""));
        buffer_add_format(&alone, "{\"keys\":[%s]}", keys[i]);
        assert_set(buffer_text(&both), ERROR_NONE, 0);
        assert_set(buffer_text(&alone), ERR_KEY_INVALID, -1);
        buffer_fini(&both);
        buffer_fini(&alone);
    }
}

static void assert_rsa(int bits, unsigned exponent, const char *more, enum error expected)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    BIGNUM *e = BN_new();
    (void)BN_set_word(e, exponent);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e), 1);
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);

    struct buffer set = BUFFER_EMPTY;
    buffer_add_text(&set, "{\"keys\":[");
    forge_rsa_jwk(&set, key, more);
    buffer_add_text(&set, "]}");
    assert_set(buffer_text(&set), expected, 0);
    buffer_fini(&set);
    BN_free(e);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
}

static void an_rsa_key_has_2048_bits_and_one_algorithm(void **state)
{
    (void)state;
    assert_rsa(2048, 65537, "\"kid\":\"a\",\"alg\":\"RS256\"", ERROR_NONE);
    assert_rsa(2048, 65537, "\"kid\":\"a\",\"alg\":\"PS256\",\"use\":\"sig\",\"x5t\":\"x\",\"x5c\":[\"x\"]",
               ERROR_NONE);
    assert_rsa(2048, 65537, "\"kid\":\"a\"", ERROR_NONE);
    assert_rsa(2048, 3, "\"kid\":\"a\",\"alg\":\"RS256\"", ERROR_NONE);
    assert_rsa(1024, 65537, "\"kid\":\"a\",\"alg\":\"RS256\"", ERR_KEY_INVALID);
    assert_rsa(2040, 65537, "\"kid\":\"a\",\"alg\":\"RS256\"", ERR_KEY_INVALID);
    assert_rsa(2047, 65537, "\"kid\":\"a\",\"alg\":\"RS256\"", ERR_KEY_INVALID);
    static const char *const spoilt[] = {
        "\"kid\":\"a\",\"alg\":\"HS256\"",
        "\"kid\":\"a\",\"alg\":\"ES256\"",
        "\"kid\":\"a\",\"alg\":null",
        "\"kid\":\"a\",\"alg\":\"\"",
        "\"alg\":\"RS256\"",
        "\"kid\":\"a\",\"alg\":\"RS256\",\"d\":\"AQAB\"",
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++)
        assert_rsa(2048, 65537, spoilt[i], ERR_KEY_INVALID);
}

static void an_rsa_exponent_or_modulus_that_proves_nothing_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    struct buffer jwk = BUFFER_EMPTY;
    forge_rsa_jwk(&jwk, key, "\"kid\":\"a\",\"alg\":\"RS256\"");
    char *modulus = strstr(buffer_text(&jwk), "\"n\":\"") + 5;
    struct slice n = slice_of(modulus, strcspn(modulus, "\""));
    static const char *const exponents[] = {"", "AA", "AQ", "Ag", "AAEAAQ", "AQAA", "AQAB=", "!", "AQABAQABAQABAQAB"};
    for (size_t i = 0; i < 9; i++) {
        struct buffer set = BUFFER_EMPTY;
        buffer_add_format(
            &set,
            "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"alg\":\"RS256\",\"e\":\"%s\",\"n\":\"" SLICE_FORMAT "\"}]}",
            exponents[i], SLICE_ARGS(n));
        assert_set(buffer_text(&set), ERR_KEY_INVALID, 0);
        buffer_fini(&set);
    }
    /* an even modulus: the last of 256 bytes is the last character's upper two bits and the one before */
    modulus[n.length - 2] = 'A';
    modulus[n.length - 1] = 'A';
    struct buffer set = BUFFER_EMPTY;
    buffer_add_format(&set, "{\"keys\":[%s]}", buffer_text(&jwk));
    assert_set(buffer_text(&set), ERR_KEY_INVALID, 0);
    buffer_fini(&set);
    buffer_fini(&jwk);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_no_set_of_keys_is_refused),
        cmocka_unit_test(a_key_that_is_not_fit_for_es256_is_refused),
        cmocka_unit_test(keys_for_other_purposes_are_passed_over),
        cmocka_unit_test(an_rsa_key_has_2048_bits_and_one_algorithm),
        cmocka_unit_test(an_rsa_exponent_or_modulus_that_proves_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
