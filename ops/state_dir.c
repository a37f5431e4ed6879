/* state_dir.c - finds the directory, and reads or makes what is in it. */
#include "ops/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/random.h"
#include "ops/cluster_key.h"
#include "ops/directory.h"
#include "ops/log.h"

#define KEY_BYTES    32
#define KEY_DIGITS   43 /* of them as base64url: it can be copied into cluster.key, which is then the same key */
#define KEY_NEW_NAME STATE_KEY_NAME ".new" /* under way; renamed when it is whole */

static bool is_given(const char *text)
{
    return text && *text;
}

struct state_places state_places_of(const struct config *config)
{
    return (struct state_places){.setting = config->server_state_dir,
                                 .state_directory = getenv("STATE_DIRECTORY"),
                                 .xdg_state_home = getenv("XDG_STATE_HOME"),
                                 .home = getenv("HOME")};
}

static char *path_join(const char *directory, const char *name)
{
    struct buffer path = BUFFER_EMPTY;
    buffer_add_format(&path, "%s/%s", directory, name);
    char *text = memory_text(buffer_slice(&path));
    buffer_fini(&path);
    return text;
}

/* NULL when nobody says where. */
static char *find_path(const struct state_places *places)
{
    if (is_given(places->setting))
        return memory_text(slice_from_text(places->setting));
    if (is_given(places->state_directory))
        return memory_text(slice_of(places->state_directory, strcspn(places->state_directory, ":")));
    if (is_given(places->xdg_state_home) && places->xdg_state_home[0] == '/') /* XDG: a relative one is to be ignored */
        return path_join(places->xdg_state_home, "parley");
    return is_given(places->home) ? path_join(places->home, ".local/state/parley") : NULL;
}

static int complain(const struct state_dir *state, FILE *errors, int status, const char *what)
{
    (void)fprintf(errors, "parley: %s/" STATE_KEY_NAME ": %s\n", state->path, what);
    return status;
}

/* The ticket key */

static void draw_key(struct buffer *out)
{
    unsigned char bytes[KEY_BYTES];
    buffer_reserve(out, KEY_DIGITS + 2);
    random_fill(bytes, sizeof bytes);
    out->length = base64url_encode(bytes, sizeof bytes, out->data, out->capacity);
    explicit_bzero(bytes, sizeof bytes);
}

static int write_key(int fd)
{
    struct buffer text = BUFFER_EMPTY;
    draw_key(&text);
    buffer_add_char(&text, '\n');
    ssize_t written = write(fd, text.data, text.length);
    int result = written == (ssize_t)text.length ? 0 : written < 0 ? errno : ENOSPC;
    buffer_fini(&text);
    return result;
}

/* The directory is locked, so nobody else makes one now; a file that a killed server left under way is of no use. */
static int make_key(const struct state_dir *state)
{
    (void)unlinkat(state->fd, KEY_NEW_NAME, 0);
    int fd = openat(state->fd, KEY_NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int result = write_key(fd);
    if (result == 0 && fsync(fd) != 0)
        result = errno;
    if (close(fd) != 0 && result == 0)
        result = errno;
    if (result == 0 && renameat(state->fd, KEY_NEW_NAME, state->fd, STATE_KEY_NAME) != 0)
        result = errno;
    if (result == 0 && fsync(state->fd) != 0)
        result = errno;
    return result;
}

static bool is_key(struct slice text)
{
    unsigned char bytes[KEY_BYTES];
    size_t count = 0;
    bool is_good = text.length == KEY_DIGITS && base64url_decode(text, bytes, sizeof bytes, &count);
    explicit_bzero(bytes, sizeof bytes);
    return is_good && count == KEY_BYTES;
}

static int read_key(struct state_dir *state, int fd, FILE *errors)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return complain(state, errors, EX_IOERR, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return complain(state, errors, EX_CONFIG, "is not a file");
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return complain(state, errors, EX_NOPERM,
                        "belongs to another user: chown it to the one that the server runs as");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return complain(state, errors, EX_NOPERM, "others can read it, and could make tickets: chmod 600 it");
    buffer_reserve(&state->key, KEY_DIGITS + 2);
    ssize_t length = read(fd, state->key.data, KEY_DIGITS + 2);
    if (length < 0)
        return complain(state, errors, EX_IOERR, strerror(errno));
    state->key.length = (size_t)length;
    if (length > 0 && state->key.data[length - 1] == '\n')
        state->key.length--;
    if (!is_key(buffer_slice(&state->key)))
        return complain(
            state, errors, EX_CONFIG,
            "is no ticket key, which would be 43 characters of base64url: put the right one there, or remove "
            "the file and have a new one made (whoever is in a call then has to join anew)");
    return EX_OK;
}

static int load_key(struct state_dir *state, FILE *errors)
{
    int fd = openat(state->fd, STATE_KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        int result = make_key(state);
        if (result) {
            (void)complain(state, errors, EX_CANTCREAT, strerror(result));
            (void)fprintf(errors, "parley: set server.state_dir to a directory that can be written, or set "
                                  "cluster.key_file (parley keygen --cluster makes one)\n");
            return EX_CANTCREAT;
        }
        log_info("state.key_made", LOG_TEXT("directory", state->path));
        fd = openat(state->fd, STATE_KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    if (fd < 0)
        return complain(state, errors, errno == EACCES ? EX_NOPERM : EX_NOINPUT, strerror(errno));
    int status = read_key(state, fd, errors);
    (void)close(fd);
    state->secrets[0] = buffer_slice(&state->key);
    state->secret_count = 1;
    return status;
}

/* The directory */

/* What is needed no more than for kicks: the server runs without. */
static void do_without(const struct state_dir *state, const char *reason)
{
    log_warn("state.none", LOG_TEXT("directory", state->path ? state->path : ""), LOG_TEXT("reason", reason),
             LOG_TEXT("effect", "who was kicked may come back after a restart"));
}

static int refuse(const struct state_dir *state, FILE *errors, const char *reason)
{
    if (state->path)
        (void)fprintf(errors, "parley: %s: the ticket key cannot be kept there: %s\n", state->path, reason);
    else
        (void)fprintf(errors, "parley: there is no place for the ticket key: %s\n", reason);
    (void)fprintf(errors, "parley: set server.state_dir to a directory that can be written, or set cluster.key_file "
                          "(parley keygen --cluster makes one)\n");
    return EX_CANTCREAT;
}

static void use_throwaway_key(struct state_dir *state, const char *reason)
{
    log_warn("state.throwaway_key", LOG_TEXT("directory", state->path ? state->path : ""), LOG_TEXT("reason", reason),
             LOG_TEXT("effect", "calls do not survive a restart"));
    draw_key(&state->key);
    state->secrets[0] = buffer_slice(&state->key);
    state->secret_count = 1;
}

static void open_revoked(struct state_dir *state, struct instant now)
{
    state->revoked = revocation_file_open(state->fd, now);
    if (!state->revoked)
        do_without(state, strerror(errno));
}

int state_dir_open(const struct state_places *places, const char *cluster_key, struct instant now, FILE *errors,
                   struct state_dir *out)
{
    *out = STATE_DIR_NONE;
    out->path = find_path(places);
    out->secret_count = cluster_key_split(slice_from_text(cluster_key), out->secrets);
    const char *reason = "neither server.state_dir nor HOME is set";
    int result = out->path ? directory_open_locked(out->path, &out->fd) : ENOENT;
    if (result && out->path)
        reason = strerror(result);
    bool has_key = out->secret_count > 0;
    if (result && !has_key && !places->is_throwaway_fine)
        return refuse(out, errors, reason);
    if (result && !has_key)
        use_throwaway_key(out, reason);
    else if (result)
        do_without(out, reason);
    if (result)
        return EX_OK;
    int status = !has_key ? load_key(out, errors) : EX_OK;
    if (!status)
        open_revoked(out, now);
    (void)flock(out->fd, LOCK_UN);
    return status;
}

void state_dir_fini(struct state_dir *state)
{
    revocation_file_close(state->revoked);
    buffer_fini(&state->key);
    if (state->path && state->fd >= 0) /* one that is all zero was never opened */
        (void)close(state->fd);
    free(state->path);
    *state = STATE_DIR_NONE;
}
