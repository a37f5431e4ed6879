/* directory.c - makes a directory of our own, with those above it. */
#include "ops/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static int make_one(const char *path)
{
    return mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
}

int directory_make(const char *path)
{
    if (!*path)
        return ENOENT;
    char *copy = memory_text(slice_from_text(path));
    int result = 0;
    for (char *at = copy + 1; result == 0 && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        result = make_one(copy);
        *at = '/';
    }
    if (result == 0)
        result = make_one(copy);
    free(copy);
    return result;
}

int directory_open_locked(const char *path, int *out_fd)
{
    int result = directory_make(path);
    if (result)
        return result;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    while (flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        result = errno;
        (void)close(fd);
        return result;
    }
    *out_fd = fd;
    return 0;
}
