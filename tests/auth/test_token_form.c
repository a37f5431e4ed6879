/* test_token_form.c - three parts of base64url in one spelling, of 4 KiB at most (T-08). */
#include "tests/auth/support/token_scene.h"
#include "tests/support/cmocka_all.h"

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
        assert_verdict(buffer_slice(&token), forms[i].error, forms[i].form);
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
        assert_verdict(buffer_slice(&token), ERR_AUTH_MALFORMED, "other spelling of the same signature");
    }
    buffer_fini(&token);
}

static void a_nul_byte_ends_no_part(void **state) /* T-08 */
{
    (void)state;
    struct buffer token = BUFFER_EMPTY;
    forge_hs256(&token, SLICE_LITERAL(GOOD_PAYLOAD));
    buffer_add(&token, slice_of("\0x", 2));

    assert_verdict(buffer_slice(&token), ERR_AUTH_MALFORMED, "NUL");
    assert_verdict(slice_of(token.data, token.length - 1), ERR_AUTH_MALFORMED, "NUL");
    assert_verdict(SLICE_EMPTY, ERR_AUTH_MALFORMED, "nothing");
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

    assert_verdict(buffer_slice(&token), ERR_AUTH_MALFORMED, "a megabyte");
    buffer_fini(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_parts_are_taken_in_one_spelling_only),
        cmocka_unit_test(the_unused_bits_of_the_last_character_must_be_zero),
        cmocka_unit_test(a_nul_byte_ends_no_part),
        cmocka_unit_test(a_token_is_at_most_4_kib),
        cmocka_unit_test(a_megabyte_is_refused_before_it_is_read),
    };
    return cmocka_run_group_tests(tests, token_scene_start, token_scene_end);
}
