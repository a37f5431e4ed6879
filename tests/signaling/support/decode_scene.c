/* decode_scene.c - one decoder for the tests of a program, and what it made of the last text. */
#include "tests/signaling/support/decode_scene.h"

#include "tests/support/cmocka_all.h"

struct message message;
const char *field;

int decode_scene_start(void **state)
{
    *state = decoder_create(DECODE_TEXT_MAX);
    return 0;
}

int decode_scene_end(void **state)
{
    *state = decoder_destroy(*state);
    return 0;
}

static enum error decode(void **state, const char *text)
{
    return message_decode(*state, slice_from_text(text), &message, &field);
}

void assert_taken(void **state, const char *text)
{
    enum error error = decode(state, text);
    if (error != ERROR_NONE)
        fail_msg("%s: %s, field %s", text, error_code(error), field ? field : "none");
    assert_null(field);
}

void assert_refused(void **state, const char *text, enum error expected, const char *expected_field)
{
    enum error error = decode(state, text);
    if (error != expected || (field == NULL) != (expected_field == NULL) ||
        (field && strcmp(field, expected_field) != 0))
        fail_msg("%s: %s, field %s", text, error_code(error), field ? field : "none");
}

const char *long_text(const char *before, size_t count, const char *after)
{
    static struct buffer out;
    buffer_clear(&out);
    buffer_add_text(&out, before);
    while (count--)
        buffer_add_char(&out, 'x');
    buffer_add_text(&out, after);
    return buffer_text(&out);
}
