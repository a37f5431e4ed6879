/* token_scene.c - the keys that the tests of one program share, and what comes of a token made with them. */
#include "tests/auth/support/token_scene.h"

#include "tests/support/cmocka_all.h"

struct forge forge;

int token_scene_start(void **state)
{
    (void)state;
    forge_init(&forge);
    return 0;
}

int token_scene_end(void **state)
{
    (void)state;
    forge_fini(&forge);
    return 0;
}

void assert_verdict(struct slice token, enum error expected, const char *what)
{
    enum error error = forge_verify(&forge, token);
    if (error != expected)
        fail_msg("%s: %s instead of %s", what, error_code(error), error_code(expected));
}

void assert_payload(const char *payload, enum error expected)
{
    enum error error = forge_verify_payload(&forge, slice_from_text(payload));
    if (error != expected)
        fail_msg("%.300s: %s instead of %s", payload, error_code(error), error_code(expected));
}

void assert_members(const char *members, enum error expected)
{
    struct buffer payload = BUFFER_EMPTY;
    buffer_add_format(&payload, "{\"iss\":\"APIann\",\"sub\":\"ann\",\"video\":{\"room\":\"lobby\"}%s}", members);
    assert_payload(buffer_text(&payload), expected);
    buffer_fini(&payload);
}

void assert_timed(const char *members, enum error expected)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, ",\"exp\":%lld%s", (long long)(NOW_S + 600), members);
    assert_members(buffer_text(&text), expected);
    buffer_fini(&text);
}
