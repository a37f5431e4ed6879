/* test_token_forged.c - tokens that an attacker would make (T-03, T-04, T-05, T-08, T-09). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tests/auth/forge.h"

static struct forge forge;

static int start(void **state)
{
    (void)state;
    forge_init(&forge);
    return 0;
}

static int end(void **state)
{
    (void)state;
    forge_fini(&forge);
    return 0;
}

static void assert_refused(struct slice token, enum error expected, const char *what)
{
    enum error error = forge_verify(&forge, token);
    if (error != expected)
        fail_msg("%s: %s instead of %s", what, error_code(error), error_code(expected));
}

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
        assert_refused(buffer_slice(&token), hostiles[i].error, hostiles[i].header);
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
        assert_refused(buffer_slice(&token), i % 2 ? ERR_AUTH_SIGNATURE : ERR_AUTH_KEY, header);
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

    assert_refused(buffer_slice(&token), ERROR_NONE, "jwk and jku");
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
        assert_refused(buffer_slice(&token), expected, buffer_text(&header));
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
        assert_refused(buffer_slice(&token), i < 4 ? ERR_AUTH_ALG : ERR_AUTH_SIGNATURE, buffer_text(&header));

        buffer_fini(&token);
        buffer_fini(&header);
        OPENSSL_free(der);
        BIO_free(bio);
    }
}

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
        assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, headers[i]);
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

    assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, "bob");
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
            assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, kinds[kind].header);
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

    assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, "DER");
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
        assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, "r and s at the edges");
        buffer_fini(&token);
    }
    for (size_t i = 0; i < 5; i++)
        BN_free(edges[i]);
}

/* The text of a good token, bent. %H %P %S stand for its three parts. */
static void the_three_parts_are_taken_in_one_spelling_only(void **state) /* T-08 */
{
    (void)state;
    static const struct {
        const char *form;
        enum error error;
    } forms[] = {
        {"H.P.S", ERROR_NONE},
        {"", ERR_AUTH_MALFORMED},
        {".", ERR_AUTH_MALFORMED},
        {"..", ERR_AUTH_MALFORMED},
        {"H", ERR_AUTH_MALFORMED},
        {"H.P", ERR_AUTH_MALFORMED},
        {"H.P.", ERR_AUTH_MALFORMED}, /* the empty signature of T-03 */
        {"H..S", ERR_AUTH_MALFORMED},
        {".P.S", ERR_AUTH_MALFORMED},
        {"H.P.S.", ERR_AUTH_MALFORMED},
        {".H.P.S", ERR_AUTH_MALFORMED},
        {"H.P.S.S", ERR_AUTH_MALFORMED},
        {"H.P.S.S.S", ERR_AUTH_MALFORMED}, /* as many parts as a JWE */
        {"H.P.S=", ERR_AUTH_MALFORMED},
        {"H.P.S==", ERR_AUTH_MALFORMED},
        {"H=.P.S", ERR_AUTH_MALFORMED},
        {"H.P=.S", ERR_AUTH_MALFORMED},
        {" H.P.S", ERR_AUTH_MALFORMED},
        {"H.P.S ", ERR_AUTH_MALFORMED},
        {"H.P.S\n", ERR_AUTH_MALFORMED},
        {"H.P.\nS", ERR_AUTH_MALFORMED},
        {"H.\tP.S", ERR_AUTH_MALFORMED},
        {"H\r\n.P.S", ERR_AUTH_MALFORMED},
        {"+H.P.S", ERR_AUTH_MALFORMED},
        {"H.P.S+///", ERR_AUTH_MALFORMED},
        {"H.P.SA", ERR_AUTH_SIGNATURE},
        {"H.P.SAAAA", ERR_AUTH_SIGNATURE},
        {"H.P.S\xc3\xa4", ERR_AUTH_MALFORMED},
        {"Bearer H.P.S", ERR_AUTH_MALFORMED},
        {"\"H.P.S\"", ERR_AUTH_MALFORMED},
        {"{\"payload\":\"P\",\"protected\":\"H\",\"signature\":\"S\"}", ERR_AUTH_MALFORMED},
        {"H.P.S,H.P.S", ERR_AUTH_MALFORMED},
        {"P.H.S", ERR_AUTH_ALG},
    };
    struct buffer good = BUFFER_EMPTY;
    forge_hs256(&good, SLICE_LITERAL(GOOD_PAYLOAD));
    char *copy = strdup(buffer_text(&good));
    char *payload = strchr(copy, '.') + 1, *signature = strrchr(copy, '.') + 1;
    payload[-1] = signature[-1] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buffer token = BUFFER_EMPTY;
        for (const char *at = forms[i].form; *at; at++) {
            if (*at == 'H' || *at == 'P' || *at == 'S')
                buffer_add_text(&token, *at == 'H' ? copy : *at == 'P' ? payload : signature);
            else
                buffer_add_char(&token, *at);
        }
        assert_refused(buffer_slice(&token), forms[i].error, forms[i].form);
        buffer_fini(&token);
    }
    free(copy);
    buffer_fini(&good);
}

static void the_unused_bits_of_the_last_character_must_be_zero(void **state) /* T-08 */
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_hs256(&token, SLICE_LITERAL(GOOD_PAYLOAD));
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *last = token.data + token.length - 1; /* 32 bytes leave 2 bits of it unused */
    size_t value = (size_t)(strchr(digits, *last) - digits);
    for (size_t bits = 1; bits < 4; bits++) {
        *last = digits[value | bits];
        assert_refused(buffer_slice(&token), ERR_AUTH_MALFORMED, "other spelling of the same signature");
    }
    buffer_fini(&token);
}

static void a_nul_byte_ends_no_part(void **state) /* T-08 */
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_hs256(&token, SLICE_LITERAL(GOOD_PAYLOAD));
    buffer_add(&token, slice_of("\0x", 2));

    assert_refused(buffer_slice(&token), ERR_AUTH_MALFORMED, "NUL");
    assert_refused(slice_of(token.data, token.length - 1), ERR_AUTH_MALFORMED, "NUL");
    assert_refused(SLICE_EMPTY, ERR_AUTH_MALFORMED, "nothing");
    buffer_fini(&token);
}

/* Fills the name of an ignored claim until the token has `length` bytes; false when no filling gives that. */
static enum error verify_of_length(size_t length)
{
    for (size_t fill = length / 2; fill < length; fill++) {
        struct buffer token = BUFFER_EMPTY, payload = BUFFER_EMPTY;
        buffer_add_text(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"exp\":1800000600,\"video\":{},\"x\":\"");
        for (size_t i = 0; i < fill; i++)
            buffer_add_char(&payload, 'x');
        buffer_add_text(&payload, "\"}");
        forge_hs256(&token, buffer_slice(&payload));
        bool is_it = token.length == length;
        enum error error = is_it ? forge_verify(&forge, buffer_slice(&token)) : ERROR_NONE;
        bool is_over = token.length >= length;
        buffer_fini(&token);
        buffer_fini(&payload);
        if (is_it)
            return error;
        if (is_over)
            break;
    }
    fail_msg("no token of %zu bytes could be made", length);
    return ERR_INTERNAL;
}

static void a_token_is_at_most_4_kib(void **state) /* T-08 */
{
    (void)state;
    assert_int_equal(verify_of_length(4096), ERROR_NONE);
    assert_int_equal(verify_of_length(4097), ERR_AUTH_MALFORMED);
    assert_int_equal(verify_of_length(8192), ERR_AUTH_MALFORMED);
}

static void a_megabyte_is_refused_before_it_is_read(void **state) /* T-08 */
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    for (size_t i = 0; i < 1 << 20; i++)
        buffer_add_char(&token, i % 3 ? 'e' : '.');

    assert_refused(buffer_slice(&token), ERR_AUTH_MALFORMED, "a megabyte");
    buffer_fini(&token);
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

        assert_refused(buffer_slice(&token), ERR_AUTH_SIGNATURE, headers[i]);
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
    assert_refused(buffer_slice(&token), ERROR_NONE, "the token itself");
    buffer_fini(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_token_may_not_say_is_refused),
        cmocka_unit_test(a_key_that_the_token_brings_along_is_never_used),
        cmocka_unit_test(a_key_beside_the_right_one_is_ignored),
        cmocka_unit_test(no_algorithm_passes_for_another),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(a_changed_payload_is_refused),
        cmocka_unit_test(a_signature_of_the_wrong_length_or_form_is_refused),
        cmocka_unit_test(a_signature_in_der_is_refused),
        cmocka_unit_test(a_psychic_signature_is_refused),
        cmocka_unit_test(the_three_parts_are_taken_in_one_spelling_only),
        cmocka_unit_test(the_unused_bits_of_the_last_character_must_be_zero),
        cmocka_unit_test(a_nul_byte_ends_no_part),
        cmocka_unit_test(a_token_is_at_most_4_kib),
        cmocka_unit_test(a_megabyte_is_refused_before_it_is_read),
        cmocka_unit_test(a_refusal_leaves_no_error_behind),
        cmocka_unit_test(a_flipped_bit_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, start, end);
}
