/* decode_scene.h - one decoder for the tests of a program, and what it made of the last text. */
#ifndef PARLEY_TESTS_SIGNALING_SUPPORT_DECODE_SCENE_H
#define PARLEY_TESTS_SIGNALING_SUPPORT_DECODE_SCENE_H

#include "signaling/message.h"

#define DECODE_TEXT_MAX 65536

extern struct message message;
extern const char *field; /* the one at fault, or NULL */

/* Setup and teardown of the group: *state is the decoder. */
int decode_scene_start(void **state);
int decode_scene_end(void **state);

void assert_taken(void **state, const char *text);
void assert_refused(void **state, const char *text, enum error expected, const char *expected_field);

/* `count` letters between `before` and `after`; good until the next call. */
const char *long_text(const char *before, size_t count, const char *after);

#endif
