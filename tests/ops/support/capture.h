/* capture.h - stderr, turned into one end of something for a test.
 *
 * The messages of cmocka would be lost meanwhile, so checks come after capture_end(). */
#ifndef PARLEY_TESTS_OPS_SUPPORT_CAPTURE_H
#define PARLEY_TESTS_OPS_SUPPORT_CAPTURE_H

#include <stddef.h>

struct capture {
    int saved;
    int reader; /* the caller closes it */
};

/* Takes `writer`. */
struct capture capture_begin(int reader, int writer);
struct capture capture_begin_pipe(void);
void capture_end(const struct capture *capture);

/* What is there to be read now, with a NUL behind it; returns its length. */
size_t capture_read(const struct capture *capture, char *out, size_t size);

#endif
