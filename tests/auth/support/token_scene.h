/* token_scene.h - the keys that the tests of one program share, and what comes of a token made with them. */
#ifndef PARLEY_TESTS_AUTH_SUPPORT_TOKEN_SCENE_H
#define PARLEY_TESTS_AUTH_SUPPORT_TOKEN_SCENE_H

#include "tests/auth/forge.h"

extern struct forge forge; /* from token_scene_start() to token_scene_end() */

/* Setup and teardown of the group: making keys takes long. */
int token_scene_start(void **state);
int token_scene_end(void **state);

/* `what` names the token when it meets another fate. */
void assert_verdict(struct slice token, enum error expected, const char *what);

/* A token with this payload, signed HS256 with the right secret. */
void assert_payload(const char *payload, enum error expected);

/* `members` go into an otherwise good payload that has no times. */
void assert_members(const char *members, enum error expected);

/* `members` go into an otherwise good payload with times. */
void assert_timed(const char *members, enum error expected);

#endif
