/* config_file.c - configuration files and secret files, read whole and bounded. */
#include "ops/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 4096

static struct config_place place_of(const char *name)
{
    return (struct config_place){.source = name};
}

static bool read_all(int fd, const char *name, size_t bytes_max, struct config_report *report, struct buffer *out)
{
    size_t before = out->length;
    for (;;) {
        buffer_reserve(out, CHUNK);
        ssize_t count = read(fd, out->data + out->length, CHUNK);
        if (count == 0)
            return true;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            config_fail(report, CONFIG_NO_FILE, place_of(name), "%s", strerror(errno));
            return false;
        }
        out->length += (size_t)count;
        if (out->length - before > bytes_max) {
            config_fail(report, CONFIG_WRONG, place_of(name), "is larger than %zu bytes", bytes_max);
            return false;
        }
    }
}

static int open_file(const char *path, const char *name, struct config_report *report)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        config_fail(report, CONFIG_NO_FILE, place_of(name), "%s", strerror(errno));
    return fd;
}

bool config_file_read(const char *path, const char *name, size_t bytes_max, struct config_report *report,
                      struct buffer *out)
{
    int fd = open_file(path, name, report);
    if (fd < 0)
        return false;
    bool is_read = read_all(fd, name, bytes_max, report, out);
    (void)close(fd);
    return is_read;
}

/* A directory is none: reading it gives the better error. */
static bool is_open_to_others(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

bool config_file_read_secret(const char *path, const char *name, bool is_guarded, struct config_report *report,
                             struct buffer *out)
{
    int fd = open_file(path, name, report);
    if (fd < 0)
        return false;
    bool is_closed = is_guarded || !is_open_to_others(fd);
    if (!is_closed)
        config_fail(report, CONFIG_TOO_OPEN, place_of(name), "holds a secret and others can read it: chmod 600 it");
    bool is_read = is_closed && read_all(fd, name, CONFIG_SECRET_BYTES_MAX, report, out);
    (void)close(fd);
    while (is_read && out->length && (out->data[out->length - 1] == '\n' || out->data[out->length - 1] == '\r'))
        out->length--;
    return is_read;
}

bool config_file_is_open(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}
