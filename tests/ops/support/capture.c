/* capture.c - stderr, turned into one end of something for a test. */
#include "tests/ops/support/capture.h"

#include <poll.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

struct capture capture_begin(int reader, int writer)
{
    struct capture capture = {dup(STDERR_FILENO), reader};
    (void)dup2(writer, STDERR_FILENO);
    (void)close(writer);
    return capture;
}

struct capture capture_begin_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    return capture_begin(ends[0], ends[1]);
}

void capture_end(const struct capture *capture)
{
    (void)dup2(capture->saved, STDERR_FILENO);
    (void)close(capture->saved);
}

size_t capture_read(const struct capture *capture, char *out, size_t size)
{
    size_t length = 0;
    struct pollfd fd = {.fd = capture->reader, .events = POLLIN};
    while (length + 1 < size && poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN)) {
        ssize_t count = read(capture->reader, out + length, size - 1 - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    out[length] = '\0';
    return length;
}
