/* revocation_file.c - reads, compacts and appends to the list of revoked peers. */
#include "ops/revocation_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/ticket.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "ops/log.h"

#define NEW_NAME       REVOCATION_FILE_NAME ".new" /* under way; renamed when it is whole */
#define FILE_BYTES_MAX (64 << 20)                  /* what lies beyond is not read */
#define LINE_MAX_BYTES 80
#define CHUNK          65536
#define APPEND_TRIES   3 /* a file is replaced when a server starts: never often */
#define END_DIGITS_MAX 15

struct revocation_file {
    int directory_fd; /* borrowed */
    int fd;
    struct buffer kept; /* the good lines that were there at the start */
};

/* One line: peer id, reason, end. */
struct entry {
    struct slice peer_id;
    enum error why;
    int64_t ends_unix_s;
};

static struct slice word_take(struct slice *line)
{
    const char *space = line->length ? memchr(line->data, ' ', line->length) : NULL;
    struct slice word = slice_of(line->data, space ? (size_t)(space - line->data) : line->length);
    *line = slice_from(*line, word.length + 1);
    return word;
}

static bool is_peer_id(struct slice text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '\0' || !strchr(digits, text.data[i]))
            return false;
    return text.length == RANDOM_ID_LENGTH;
}

static bool read_end(struct slice text, int64_t *out)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
        if (i >= END_DIGITS_MAX)
            return false;
    }
    *out = value;
    return text.length > 0;
}

static bool read_entry(struct slice line, struct entry *out)
{
    out->peer_id = word_take(&line);
    struct slice why = word_take(&line);
    if (slice_is_text(why, error_code(ERR_KICKED)))
        out->why = ERR_KICKED;
    else if (slice_is_text(why, error_code(ERR_REPLACED)))
        out->why = ERR_REPLACED;
    else
        return false;
    return is_peer_id(out->peer_id) && read_end(line, &out->ends_unix_s);
}

/* The next line that is not empty; false at the end. The last one counts only with its line feed. */
static bool next_line(struct slice *text, struct slice *out_line, bool *out_is_torn)
{
    while (text->length) {
        const char *end = memchr(text->data, '\n', text->length);
        size_t length = end ? (size_t)(end - text->data) : text->length;
        *out_line = slice_of(text->data, length);
        *out_is_torn = !end;
        *text = slice_from(*text, length + 1);
        if (length)
            return true;
    }
    return false;
}

/* Copies what is still of use; returns how many lines were not understood. */
static size_t sift(struct slice text, int64_t now_s, struct buffer *out_kept)
{
    size_t bad_count = 0;
    struct entry entry;
    struct slice line;
    bool is_torn;
    while (next_line(&text, &line, &is_torn)) {
        if (is_torn || !read_entry(line, &entry)) {
            bad_count++;
        } else if (entry.ends_unix_s >= now_s - TICKET_LEEWAY_S) {
            buffer_add(out_kept, line);
            buffer_add_char(out_kept, '\n');
        }
    }
    return bad_count;
}

/* From where the descriptor stands. Returns 0 or errno. */
static int read_on(int fd, struct buffer *out)
{
    while (out->length < FILE_BYTES_MAX) {
        buffer_reserve(out, CHUNK);
        ssize_t got = read(fd, out->data + out->length, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        out->length += (size_t)got;
    }
    return 0;
}

static int write_all(int fd, struct slice bytes)
{
    while (bytes.length) {
        ssize_t count = write(fd, bytes.data, bytes.length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        bytes = slice_from(bytes, (size_t)count);
    }
    return 0;
}

static int write_file(int directory_fd, const char *name, struct slice bytes)
{
    (void)unlinkat(directory_fd, name, 0);
    int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int result = write_all(fd, bytes);
    if (result == 0 && fsync(fd) != 0)
        result = errno;
    (void)close(fd);
    return result;
}

static int open_for_appending(struct revocation_file *file)
{
    file->fd = openat(file->directory_fd, REVOCATION_FILE_NAME,
                      O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    return file->fd < 0 ? errno : 0;
}

static void set_aside(const struct revocation_file *file, struct slice text, size_t bad_count)
{
    int result = write_file(file->directory_fd, REVOCATION_FILE_BAD_NAME, text);
    log_warn("revocations.bad", LOG_NUMBER("lines", bad_count),
             LOG_TEXT("kept_as", result ? strerror(result) : REVOCATION_FILE_BAD_NAME));
}

/* What another process appended to the old file while it was being replaced; from then on it sees that the file is
 * another one. */
static void carry_over(struct revocation_file *file, int old_fd)
{
    struct buffer late = BUFFER_EMPTY;
    int result = read_on(old_fd, &late);
    if (result == 0)
        result = write_all(file->fd, buffer_slice(&late));
    if (result)
        log_error("revocations.unwritten", LOG_TEXT("reason", strerror(result)));
    (void)sift(buffer_slice(&late), 0, &file->kept);
    buffer_fini(&late);
}

/* Puts the kept lines in the place of the file. */
static int replace(struct revocation_file *file)
{
    int old_fd = file->fd;
    int result = write_file(file->directory_fd, NEW_NAME, buffer_slice(&file->kept));
    if (result == 0 && renameat(file->directory_fd, NEW_NAME, file->directory_fd, REVOCATION_FILE_NAME) != 0)
        result = errno;
    if (result == 0)
        result = open_for_appending(file);
    if (result)
        file->fd = old_fd;
    else
        carry_over(file, old_fd);
    if (result == 0)
        (void)close(old_fd);
    return result;
}

static int load(struct revocation_file *file, int64_t now_s)
{
    struct buffer text = BUFFER_EMPTY;
    int result = open_for_appending(file);
    if (result == 0)
        result = read_on(file->fd, &text);
    size_t bad_count = result == 0 ? sift(buffer_slice(&text), now_s, &file->kept) : 0;
    if (bad_count)
        set_aside(file, buffer_slice(&text), bad_count);
    if (result == 0 && text.length != file->kept.length) {
        int reason = replace(file);
        if (reason) /* say, the disk is full: what is there was read, and that is what matters */
            log_warn("revocations.not_compacted", LOG_TEXT("reason", strerror(reason)));
    }
    buffer_fini(&text);
    return result;
}

struct revocation_file *revocation_file_open(int directory_fd, struct instant now)
{
    struct revocation_file *file = memory_new(sizeof *file);
    file->directory_fd = directory_fd;
    file->fd = -1;
    int result = load(file, instant_unix_s(now));
    if (result == 0)
        return file;
    file = revocation_file_close(file);
    errno = result;
    return file;
}

struct revocation_file *revocation_file_close(struct revocation_file *file)
{
    if (!file)
        return NULL;
    if (file->fd >= 0)
        (void)close(file->fd);
    buffer_fini(&file->kept);
    free(file);
    return NULL;
}

void revocation_file_restore(const struct revocation_file *file, struct revocations *revocations)
{
    struct slice text = buffer_slice(&file->kept), line;
    struct entry entry;
    bool is_torn;
    while (next_line(&text, &line, &is_torn))
        if (read_entry(line, &entry))
            revocations_restore(revocations, entry.peer_id, entry.why, entry.ends_unix_s);
}

/* Whether the file that is open is still the one of that name. */
static bool is_current(const struct revocation_file *file)
{
    struct stat ours, named;
    return fstat(file->fd, &ours) == 0 &&
           fstatat(file->directory_fd, REVOCATION_FILE_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* In one write, and between line feeds: what another process left unfinished spoils no more than itself. */
static int append(struct revocation_file *file, struct slice line)
{
    for (int tries = 0; tries < APPEND_TRIES; tries++) {
        ssize_t count = write(file->fd, line.data, line.length);
        if (count != (ssize_t)line.length)
            return count < 0 ? errno : ENOSPC;
        if (is_current(file))
            return 0;
        (void)close(file->fd);
        int result = open_for_appending(file);
        if (result)
            return result;
    }
    return 0;
}

static void write_entry(void *context, struct slice peer_id, enum error why, int64_t ends_unix_s)
{
    static _Thread_local struct log_gate gate = LOG_GATE(2);
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof line, "\n" SLICE_FORMAT " %s %" PRId64 "\n", SLICE_ARGS(peer_id),
                          error_code(why), ends_unix_s);
    int result = length > 0 && (size_t)length < sizeof line ? append(context, slice_of(line, (size_t)length)) : EINVAL;
    if (result && log_gate_open(&gate, clock_now().mono_ms))
        log_error("revocations.unwritten", LOG_TEXT("reason", strerror(result)));
}

struct revocation_log revocation_file_log(struct revocation_file *file)
{
    return (struct revocation_log){.context = file, .write = write_entry};
}
