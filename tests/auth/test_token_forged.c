/* test_token_forged.c - what a token may not say, and keys and algorithms that it may not choose (T-03, T-04, T-05,
 * T-07, T-08). */
#include <openssl/pem.h>

#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

struct hostile {
    const char *header;
    const char *payload; /* NULL: a good one */
    enum error error;
};

#define BIG_16 "AAAAAAAAAAAAAAAA"
#define BIG_256                                                                                                        \
    BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16 BIG_16

/* Each is signed HS256 with the right secret: only what it says is wrong. */
static const struct hostile hostiles[] = {
    /* T-03: no algorithm, or none of ours */
    {"{\"alg\":\"none\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"None\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"NONE\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"nOnE\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"\"}", NULL, ERR_AUTH_ALG},
    {"{}", NULL, ERR_AUTH_ALG},
    {"{\"typ\":\"JWT\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":null}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":256}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":true}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":[\"HS256\"]}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":{\"HS256\":1}}", NULL, ERR_AUTH_ALG},
    {"{\"Alg\":\"HS256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"hs256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS256 \"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\" HS256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS384\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS512\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS1\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"ES384\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"ES256K\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"EdDSA\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"RS1\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"dir\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"RSA-OAEP\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483647}", NULL, ERR_AUTH_ALG},
    /* T-04: the key's own algorithm is another */
    {"{\"alg\":\"RS256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"PS256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"ES256\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS256\",\"kid\":\"rs\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS256\",\"kid\":\"ps\"}", NULL, ERR_AUTH_ALG},
    {"{\"alg\":\"HS256\",\"kid\":\"es\"}", NULL, ERR_AUTH_ALG},
    /* T-05: extensions that must be understood, or that change what the parts mean */
    {"{\"alg\":\"HS256\",\"crit\":[]}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"crit\":null}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"\\u0063rit\":[\"x\"],\"x\":1}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"b64\":false}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"zip\":\"DEF\"}", NULL, ERR_AUTH_MALFORMED}, /* T-08 */
    {"{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"kid\":1}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"kid\":null}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"kid\":[\"es\"]}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"kid\":\"\\u0000\"}", NULL, ERR_AUTH_MALFORMED},
    /* A kid is looked up and nothing else; these name no key, and neither does iss. */
    {"{\"alg\":\"HS256\",\"kid\":\"../../../../dev/null\"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"' UNION SELECT 'a' -- \"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"http://evil.com/k\"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"%s%n\"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"" BIG_256 "\"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"APIann\"}", "{\"iss\":\"x\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"RS256\"}", "{\"iss\":\"rs\"}", ERR_AUTH_KEY},
    /* T-07: no such issuer */
    {"{\"alg\":\"HS256\"}", "{}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIAnn\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann \"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIanna\"}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":[\"APIann\"]}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":null}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"iss\":0}", ERR_AUTH_KEY},
    {"{\"alg\":\"HS256\"}", "{\"Iss\":\"APIann\"}", ERR_AUTH_KEY},
    /* T-08: not strict JSON, not an object, too deep */
    {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"none\",\"alg\":\"HS256\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", NULL, ERR_AUTH_MALFORMED},
    {"[\"alg\",\"HS256\"]", NULL, ERR_AUTH_MALFORMED},
    {"\"HS256\"", NULL, ERR_AUTH_MALFORMED},
    {"null", NULL, ERR_AUTH_MALFORMED},
    {"{alg:\"HS256\"}", NULL, ERR_AUTH_MALFORMED},
    {"{'alg':'HS256'}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}{}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"} x", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"", NULL, ERR_AUTH_MALFORMED},
    {"\xef\xbb\xbf{\"alg\":\"HS256\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"x\":\"\\ud800\"}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"x\":[[[[1]]]]}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\",\"x\":NaN}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"/**/}", NULL, ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "[]", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "\"APIann\"", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "1", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", " ", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann\",\"iss\":\"APIann\"}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"x\",\"\\u0069ss\":\"APIann\"}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann\",\"video\":{\"room\":\"a\",\"room\":\"b\"}}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann\",\"sub\":\"a\\u0000b\"}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann\",\"x\":{\"x\":{\"x\":{\"x\":{}}}}}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "{\"iss\":\"APIann\",\"x\":[[[[]]]]}", ERR_AUTH_MALFORMED},
    {"{\"alg\":\"HS256\"}", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", ERR_AUTH_MALFORMED},
};

static void what_a_token_may_not_say_is_refused(void **state) /* T-03, T-04, T-05, T-07, T-08 */
{
    (void)state;
    for (size_t i = 0; i < sizeof hostiles / sizeof *hostiles; i++) {
        struct buffer token = BUFFER_EMPTY;
        const char *payload = hostiles[i].payload ? hostiles[i].payload : GOOD_PAYLOAD;
        forge_input(&token, slice_from_text(hostiles[i].header), slice_from_text(payload));
        forge_sign_hmac(&token, EVP_sha256(), SLICE_LITERAL(SECRET));
        assert_verdict(buffer_slice(&token), hostiles[i].error, hostiles[i].header);
        buffer_fini(&token);
    }
}

static void a_key_that_the_token_brings_along_is_never_used(void **state) /* T-05 */
{
    (void)state;
    struct buffer jwk = BUFFER_EMPTY;
    forge_rsa_jwk(&jwk, forge.other_rsa, "\"kid\":\"rs\",\"alg\":\"RS256\"");
    static const char *const formats[] = {
        "{\"alg\":\"RS256\",\"kid\":\"%s\",\"jwk\":%s}",
        "{\"alg\":\"RS256\",\"kid\":\"%s\",\"jku\":\"https://evil.com/jwks\",\"jwk\":%s}",
        "{\"alg\":\"RS256\",\"kid\":\"%s\",\"x5u\":\"file:///etc/passwd\",\"x5c\":[\"AAAA\"],\"jwk\":%s}",
    };
    for (size_t i = 0; i < 6; i++) {
        struct buffer token = BUFFER_EMPTY;
        char header[2048];
        const char *kid = i % 2 ? "rs" : "mine";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(header, sizeof header, formats[i / 2], kid, buffer_text(&jwk));
#pragma GCC diagnostic pop
        forge_input(&token, slice_from_text(header), SLICE_LITERAL("{\"iss\":\"evil\"}"));
        forge_sign_rsa(&token, forge.other_rsa, false);
        assert_verdict(buffer_slice(&token), i % 2 ? ERR_AUTH_SIGNATURE : ERR_AUTH_KEY, header);
        buffer_fini(&token);
    }
    buffer_fini(&jwk);
}

static void a_key_beside_the_right_one_is_ignored(void **state)
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_input(&token,
                SLICE_LITERAL("{\"alg\":\"ES256\",\"kid\":\"es\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"},"
                              "\"jku\":\"https://evil.com/\",\"x5u\":\"https://evil.com/\",\"x5t\":\"x\"}"),
                SLICE_LITERAL(GOOD_PAYLOAD));
    forge_sign_ec(&token, forge.ec, false);

    assert_verdict(buffer_slice(&token), ERROR_NONE, "jwk and jku");
    buffer_fini(&token);
}

static void sign_by(struct buffer *token, const char *how)
{
    if (strcmp(how, "RS256") == 0)
        forge_sign_rsa(token, forge.rsa, false);
    else if (strcmp(how, "PS256") == 0)
        forge_sign_rsa(token, forge.rsa, true);
    else if (strcmp(how, "ES256") == 0)
        forge_sign_ec(token, forge.ec, false);
    else
        forge_sign_hmac(token, EVP_sha256(), SLICE_LITERAL(SECRET));
}

/* Every alg in the header, with every key named, signed in every way: good only where all three are one. */
static void no_algorithm_passes_for_another(void **state) /* T-04 */
{
    (void)state;
    static const char *const algs[] = {"HS256", "RS256", "PS256", "ES256"};
    static const char *const kids[] = {"", "rs", "ps", "es"};
    for (size_t i = 0; i < 64; i++) {
        size_t alg = i % 4, kid = i / 4 % 4, how = i / 16;
        struct buffer token = BUFFER_EMPTY, header = BUFFER_EMPTY;
        buffer_add_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algs[alg], kids[kid]);
        forge_input(&token, buffer_slice(&header), SLICE_LITERAL(GOOD_PAYLOAD));
        sign_by(&token, algs[how]);
        enum error expected = alg != kid ? ERR_AUTH_ALG : alg != how ? ERR_AUTH_SIGNATURE : ERROR_NONE;
        assert_verdict(buffer_slice(&token), expected, buffer_text(&header));
        buffer_fini(&token);
        buffer_fini(&header);
    }
}

/* The public key, in any form that it is published in, is no HMAC secret. */
static void a_public_key_is_no_secret(void **state) /* T-04 */
{
    (void)state;
    EVP_PKEY *keys[] = {forge.rsa, forge.ec};
    for (size_t i = 0; i < 8; i++) {
        unsigned char *der = NULL;
        char *pem = NULL;
        BIO *bio = BIO_new(BIO_s_mem());
        (void)PEM_write_bio_PUBKEY(bio, keys[i % 2]);
        long pem_length = BIO_get_mem_data(bio, &pem);
        int der_length = i2d_PUBKEY(keys[i % 2], &der);
        struct slice secret = i / 2 % 2 ? slice_of(der, (size_t)der_length) : slice_of(pem, (size_t)pem_length);

        struct buffer token = BUFFER_EMPTY, header = BUFFER_EMPTY;
        buffer_add_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}",
                          i < 4   ? "HS256"
                          : i % 2 ? "ES256"
                                  : "RS256",
                          i % 2 ? "es" : "rs");
        forge_input(&token, buffer_slice(&header), SLICE_LITERAL(GOOD_PAYLOAD));
        forge_sign_hmac(&token, EVP_sha256(), secret);
        assert_verdict(buffer_slice(&token), i < 4 ? ERR_AUTH_ALG : ERR_AUTH_SIGNATURE, buffer_text(&header));

        buffer_fini(&token);
        buffer_fini(&header);
        OPENSSL_free(der);
        BIO_free(bio);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_token_may_not_say_is_refused),
        cmocka_unit_test(a_key_that_the_token_brings_along_is_never_used),
        cmocka_unit_test(a_key_beside_the_right_one_is_ignored),
        cmocka_unit_test(no_algorithm_passes_for_another),
        cmocka_unit_test(a_public_key_is_no_secret),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
