/* test_keyring.c - which keys are taken, from where, and which never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjose/util.h>
#include <malloc.h>

#include "auth/key.h"
#include "tests/auth/forge.h"

#define WEAK   "0123456789012345678901234567890" /* 31 bytes */
#define STRONG WEAK "1"

static enum error load(const char *text, mode_t mode, size_t *out_count, int *out_line)
{
    struct keyring *keys = keyring_create();
    char *path = forge_file(slice_from_text(text), mode);
    enum error error = keyring_load_secrets(keys, path, out_line);
    *out_count = keyring_count(keys);
    (void)unlink(path);
    free(path);
    keyring_destroy(keys);
    return error;
}

static void a_secret_under_32_bytes_is_refused(void **state) /* T-09 */
{
    (void)state;
    struct keyring *keys = keyring_create();

    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(WEAK)), ERR_KEY_WEAK);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_EMPTY), ERR_KEY_WEAK);
    assert_int_equal(keyring_count(keys), 0);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_count(keys), 1);
    keyring_destroy(keys);
}

static void an_id_is_needed_and_stands_once(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    static char long_id[KEY_ID_MAX + 1];
    memset(long_id, 'x', sizeof long_id);

    assert_int_equal(keyring_add_secret(keys, SLICE_EMPTY, SLICE_LITERAL(STRONG)), ERR_KEY_INVALID);
    assert_int_equal(keyring_add_secret(keys, slice_of(long_id, KEY_ID_MAX + 1), SLICE_LITERAL(STRONG)),
                     ERR_KEY_INVALID);
    assert_int_equal(keyring_add_secret(keys, slice_of(long_id, KEY_ID_MAX), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERR_KEY_INVALID);
    assert_int_equal(keyring_count(keys), 2);
    keyring_destroy(keys);
}

static bool was_secret_freed;

static void look_and_free(void *block)
{
    if (block && memmem(block, malloc_usable_size(block), STRONG, sizeof STRONG - 1))
        was_secret_freed = true;
    free(block);
}

static void secrets_are_wiped_when_the_ring_goes(void **state)
{
    (void)state;
    cjose_set_alloc_funcs(malloc, realloc, look_and_free);
    struct keyring *keys = keyring_create();
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);

    keyring_destroy(keys);
    cjose_set_alloc_funcs(NULL, NULL, NULL);
    assert_false(was_secret_freed);
}

static void ids_are_opaque_bytes(void **state) /* T-05 */
{
    (void)state;
    struct keyring *keys = keyring_create();
    const struct slice ids[] = {SLICE_LITERAL("a"),    SLICE_LITERAL("a\0"), SLICE_LITERAL("a\0b"), SLICE_LITERAL("A"),
                                SLICE_LITERAL("../a"), SLICE_LITERAL("%s"),  SLICE_LITERAL("\xff")};
    size_t count = sizeof ids / sizeof *ids;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(keyring_add_secret(keys, ids[i], SLICE_LITERAL(STRONG)), ERROR_NONE);

    assert_int_equal(keyring_count(keys), count);
    for (size_t i = 0; i < count; i++)
        assert_non_null(keyring_find_secret(keys, ids[i]));
    assert_null(keyring_find_secret(keys, SLICE_LITERAL("a\0c")));
    assert_null(keyring_find_secret(keys, SLICE_EMPTY));
    assert_null(keyring_find_public(keys, SLICE_LITERAL("a")));
    assert_true(slice_is_text(keyring_first_key_id(keys), "a"));
    keyring_destroy(keys);
}

static void a_ring_without_keys_names_none(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();

    assert_int_equal(keyring_first_key_id(keys).length, 0);
    assert_int_equal(keyring_count(keys), 0);
    assert_null(keyring_destroy(keys));
    assert_null(keyring_destroy(NULL));
}

static void a_keys_file_is_read(void **state)
{
    (void)state;
    size_t count = 0;
    int line = -7;

    assert_int_equal(
        load("# keys\n\nann: " STRONG "\n  bob:" STRONG "  # his\r\n\tcyd :\t" STRONG "#x: y", 0600, &count, &line),
        ERROR_NONE);
    assert_int_equal(count, 3);
}

static void a_keys_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777, 0660};
    size_t count = 0;
    int line = -7;
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(load("ann: " STRONG "\n", open_modes[i], &count, &line), ERR_FILE_TOO_OPEN);
        assert_int_equal(count, 0);
        assert_int_equal(line, 0);
    }
    assert_int_equal(load("ann: " STRONG "\n", 0400, &count, &line), ERROR_NONE);
    assert_int_equal(load("ann: " STRONG "\n", 0700, &count, &line), ERROR_NONE);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error error;
        int line;
    } cases[] = {
        {"", ERR_KEY_INVALID, 0},
        {"\n# none\n", ERR_KEY_INVALID, 0},
        {"ann: " STRONG "\nbob: " WEAK "\n", ERR_KEY_WEAK, 2},
        {"ann: " STRONG "\nbob:\n", ERR_KEY_WEAK, 2},
        {"\n\nann " STRONG "\n", ERR_KEY_INVALID, 3},
        {": " STRONG "\n", ERR_KEY_INVALID, 1},
        {"ann: " STRONG "\n#\nann: " STRONG "\n", ERR_KEY_INVALID, 3},
        {"ann: #" STRONG "\n", ERR_KEY_WEAK, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 0;
        int line = -7;
        enum error error = load(cases[i].text, 0600, &count, &line);
        if (error != cases[i].error || line != cases[i].line)
            fail_msg("\"%s\": %s in line %d", cases[i].text, error_code(error), line);
    }
}

static void a_file_that_is_none_cannot_be_read(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    static const char *const paths[] = {"", "/", "/nowhere/keys", "tests"};
    for (size_t i = 0; i < 4; i++) {
        int line = -7, index = -7;
        enum error error = keyring_load_secrets(keys, paths[i], &line);
        assert_true(error == ERR_FILE_UNREADABLE || error == ERR_FILE_TOO_OPEN);
        assert_int_equal(line, 0);
        assert_int_equal(keyring_load_jwks(keys, paths[i], &index), ERR_FILE_UNREADABLE);
        assert_int_equal(index, -1);
    }
    keyring_destroy(keys);
}

static void a_list_is_parted_by_commas_too(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    int entry = -7;

    assert_int_equal(keyring_add_list(keys, SLICE_LITERAL("ann: " STRONG ", bob: " STRONG "\ncyd:" STRONG), &entry),
                     ERROR_NONE);
    assert_int_equal(keyring_count(keys), 3);
    assert_int_equal(keyring_add_list(keys, SLICE_LITERAL("dan: " STRONG ",eve: " WEAK), &entry), ERR_KEY_WEAK);
    assert_int_equal(entry, 2);
    assert_int_equal(keyring_add_list(keys, SLICE_EMPTY, &entry), ERR_KEY_INVALID);
    assert_int_equal(entry, 0);
    keyring_destroy(keys);
}

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
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"kid\":\"b\"}",
        /* symmetric and unknown kinds */
        "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75\",\"kid\":\"b\",\"alg\":"
        "\"HS256\"}",
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
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"b\","
        "\"alg\":\"EdDSA\"}",
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
        cmocka_unit_test(a_secret_under_32_bytes_is_refused),
        cmocka_unit_test(an_id_is_needed_and_stands_once),
        cmocka_unit_test(secrets_are_wiped_when_the_ring_goes),
        cmocka_unit_test(ids_are_opaque_bytes),
        cmocka_unit_test(a_ring_without_keys_names_none),
        cmocka_unit_test(a_keys_file_is_read),
        cmocka_unit_test(a_keys_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(a_file_that_is_none_cannot_be_read),
        cmocka_unit_test(a_list_is_parted_by_commas_too),
        cmocka_unit_test(a_file_that_is_no_set_of_keys_is_refused),
        cmocka_unit_test(a_key_that_is_not_fit_for_es256_is_refused),
        cmocka_unit_test(keys_for_other_purposes_are_passed_over),
        cmocka_unit_test(an_rsa_key_has_2048_bits_and_one_algorithm),
        cmocka_unit_test(an_rsa_exponent_or_modulus_that_proves_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
