/* file.c - reads small files. */
#include "auth/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 4096

static enum error unreadable(int reason)
{
    errno = reason;
    return ERR_FILE_UNREADABLE;
}

static enum error read_all(int fd, size_t bytes_max, struct buffer *out)
{
    size_t start = out->length;
    for (;;) {
        buffer_reserve(out, CHUNK);
        ssize_t got = read(fd, out->data + out->length, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return ERROR_NONE;
        if (got < 0)
            return ERR_FILE_UNREADABLE;
        if (out->length - start + (size_t)got > bytes_max)
            return unreadable(EFBIG);
        out->length += (size_t)got;
    }
}

static enum error read_checked(int fd, enum file_privacy privacy, size_t bytes_max, struct buffer *out)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return ERR_FILE_UNREADABLE;
    if (S_ISDIR(status.st_mode))
        return unreadable(EISDIR); /* its mode is no reason to talk of chmod */
    if (privacy == FILE_PRIVATE && (status.st_mode & (S_IRWXG | S_IRWXO)))
        return ERR_FILE_TOO_OPEN;
    return read_all(fd, bytes_max, out);
}

enum error file_read(const char *path, enum file_privacy privacy, size_t bytes_max, struct buffer *out)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, bytes_max, out);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return ERR_FILE_UNREADABLE;
    enum error error = read_checked(fd, privacy, bytes_max, out);
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return error;
}
