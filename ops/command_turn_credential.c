/* command_turn_credential.c - `parley turn-credential`. */
#include "ops/command_turn_credential.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "ops/duration.h"
#include "turn/ice.h"

#define SECRET_MIN    32 /* bytes; T-20 */
#define SECRET_MAX    4096
#define TTL_DEFAULT_S 3600

static const char USAGE[] =
    "Usage: parley turn-credential [option ...]\n"
    "Prints a TURN credential as coturn's use-auth-secret takes it.\n"
    "\n"
    "  --secret-file FILE  the secret shared with the TURN server; - reads stdin\n"
    "  --user USER         the part of the username after the expiry; none by default\n"
    "  --ttl TIME          how long the credential is good, 1m to 24h; 1h by default\n"
    "  --url URL           a stun: or turn: URL to print with it; may be repeated\n"
    "  --format FORMAT     text (default), rest (the TURN REST draft) or iceServers (RTCConfiguration)\n"
    "  --json              the same as --format rest\n"
    "  --insecure-short-secret\n"
    "                      accept a secret of less than 32 bytes\n"
    "  -h, --help          print this\n"
    "\n"
    "Without --secret-file the secret is PARLEY_TURN_SECRET, or in the file PARLEY_TURN_SECRET_FILE.\n";

enum format { FORMAT_TEXT, FORMAT_REST, FORMAT_ICE_SERVERS };

struct options {
    const char *secret_file;
    struct slice user;
    int64_t ttl_s;
    size_t url_count;
    struct slice urls[ICE_URLS_MAX];
    enum format format;
    bool may_be_short;
    bool is_help;
};

enum option_id {
    OPTION_HELP = 'h',
    OPTION_SECRET_FILE = 256,
    OPTION_SECRET,
    OPTION_USER,
    OPTION_TTL,
    OPTION_URL,
    OPTION_FORMAT,
    OPTION_JSON,
    OPTION_SHORT_SECRET
};

static const struct option OPTIONS[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {"secret-file", required_argument, NULL, OPTION_SECRET_FILE},
    /* Only to be refused: getopt would take it for --secret-file, and the message would repeat the secret. */
    {"secret", required_argument, NULL, OPTION_SECRET},
    {"user", required_argument, NULL, OPTION_USER},
    {"ttl", required_argument, NULL, OPTION_TTL},
    {"url", required_argument, NULL, OPTION_URL},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"insecure-short-secret", no_argument, NULL, OPTION_SHORT_SECRET},
    {0},
};

static int fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("parley turn-credential: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    return status;
}

/* Printable ASCII: what coturn's configuration, its log and every client's JSON carry unharmed. */
static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    }
    return true;
}

static int set_user(struct options *options, struct slice text)
{
    if (text.length > TURN_USERID_MAX || !is_printable(text))
        return fail(EX_USAGE, "--user takes at most %d printable ASCII characters", TURN_USERID_MAX);
    options->user = text;
    return EX_OK;
}

static int set_ttl(struct options *options, struct slice text)
{
    int64_t ms;
    if (!duration_parse(text, &ms) || ms % 1000 != 0 || ms / 1000 < TURN_TTL_MIN_S || ms / 1000 > TURN_TTL_MAX_S)
        return fail(EX_USAGE, "--ttl takes 1m to 24h in whole seconds, such as 90s or 1h");
    options->ttl_s = ms / 1000;
    return EX_OK;
}

static int add_url(struct options *options, struct slice text)
{
    if (!ice_url_is_valid(text))
        return fail(EX_USAGE, "--url takes a URL such as turn:turn.example.org:3478?transport=udp");
    if (options->url_count == ICE_URLS_MAX)
        return fail(EX_USAGE, "at most %d --url are taken", ICE_URLS_MAX);
    options->urls[options->url_count++] = text;
    return EX_OK;
}

static int set_format(struct options *options, struct slice text)
{
    if (slice_is_text(text, "text"))
        options->format = FORMAT_TEXT;
    else if (slice_is_text(text, "rest"))
        options->format = FORMAT_REST;
    else if (slice_is_text(text, "iceServers"))
        options->format = FORMAT_ICE_SERVERS;
    else
        return fail(EX_USAGE, "--format takes text, rest or iceServers");
    return EX_OK;
}

static int take_option(struct options *options, int id)
{
    struct slice value = slice_from_text(optarg);
    switch (id) {
    case OPTION_HELP: options->is_help = true; return EX_OK;
    case OPTION_SECRET_FILE: options->secret_file = optarg; return EX_OK;
    case OPTION_SECRET: return fail(EX_USAGE, "a secret on the command line is seen by every user: use --secret-file");
    case OPTION_USER: return set_user(options, value);
    case OPTION_TTL: return set_ttl(options, value);
    case OPTION_URL: return add_url(options, value);
    case OPTION_FORMAT: return set_format(options, value);
    case OPTION_JSON: options->format = FORMAT_REST; return EX_OK;
    case OPTION_SHORT_SECRET: options->may_be_short = true; return EX_OK;
    default: return fail(EX_USAGE, "unknown option or missing value; see parley turn-credential --help");
    }
}

static int parse_options(int argc, char **argv, struct options *options)
{
    optind = 0; /* glibc: start afresh; the program has read its own options before */
    opterr = 0;
    int id;
    while ((id = getopt_long(argc, argv, "+h", OPTIONS, NULL)) != -1) {
        int status = take_option(options, id);
        if (status != EX_OK || options->is_help)
            return status;
    }
    if (optind < argc)
        return fail(EX_USAGE, "nothing is expected after the options");
    if (options->format == FORMAT_ICE_SERVERS && !options->url_count)
        return fail(EX_USAGE, "--format iceServers needs a --url");
    return EX_OK;
}

static int read_all(int fd, const char *path, struct buffer *out)
{
    char chunk[512];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
        buffer_add(out, slice_of(chunk, (size_t)got));
        if (out->length > SECRET_MAX)
            return fail(EX_CONFIG, "%s: longer than any secret", path);
    }
    explicit_bzero(chunk, sizeof chunk);
    return EX_OK;
}

static int read_private(int fd, const char *path, struct buffer *out)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return fail(EX_NOPERM, "%s: others may open this file; chmod 600 it", path);
    return read_all(fd, path, out);
}

static int read_secret_file(const char *path, struct buffer *out)
{
    if (slice_is_text(slice_from_text(path), "-"))
        return read_all(STDIN_FILENO, "stdin", out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
    int status = read_private(fd, path, out);
    (void)close(fd);
    return status;
}

static int read_secret(const char *file, struct buffer *out)
{
    const char *text = getenv("PARLEY_TURN_SECRET");
    const char *named = getenv("PARLEY_TURN_SECRET_FILE");
    if (file)
        return read_secret_file(file, out);
    if (text && named)
        return fail(EX_CONFIG, "both PARLEY_TURN_SECRET and PARLEY_TURN_SECRET_FILE are set: which one?");
    if (named)
        return read_secret_file(named, out);
    if (!text)
        return fail(EX_USAGE, "a secret is needed: --secret-file FILE, or PARLEY_TURN_SECRET in the environment");
    buffer_add_text(out, text);
    return EX_OK;
}

/* An editor's line end is no part of the secret; coturn's configuration has it without. */
static struct slice without_line_end(struct slice text)
{
    if (text.length && text.data[text.length - 1] == '\n')
        text.length--;
    if (text.length && text.data[text.length - 1] == '\r')
        text.length--;
    return text;
}

static int check_secret(struct slice secret, bool may_be_short)
{
    if (!secret.length)
        return fail(EX_CONFIG, "the secret is empty");
    if (!is_printable(secret))
        return fail(EX_CONFIG, "the secret is not one line of printable ASCII, which coturn could not be given");
    if (secret.length < SECRET_MIN && !may_be_short)
        return fail(EX_CONFIG, "the secret is shorter than %d bytes: make one with: parley keygen --turn", SECRET_MIN);
    return EX_OK;
}

static void write_text(const struct options *options, const struct turn_credential *credential, struct buffer *out)
{
    char expires[32];
    time_t at = (time_t)credential->expires_unix_s;
    struct tm utc;
    if (!gmtime_r(&at, &utc) || !strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", &utc))
        expires[0] = '\0';
    buffer_add_format(out, "username:   %s\ncredential: %s\nexpires:    %s\n", credential->username,
                      credential->password, expires);
    for (size_t i = 0; i < options->url_count; i++)
        buffer_add_format(out, "url:        " SLICE_FORMAT "\n", SLICE_ARGS(options->urls[i]));
}

static void write_ice_servers(const struct options *options, struct slice secret, struct instant now,
                              struct buffer *out)
{
    struct ice_list list = {.count = 1, .ttl_s = options->ttl_s};
    struct ice_server *server = &list.servers[0];
    server->secret = secret;
    server->url_count = options->url_count;
    for (size_t i = 0; i < options->url_count; i++)
        server->urls[i] = options->urls[i];
    buffer_add_text(out, "{\"iceServers\":");
    ice_write_json(&list, SLICE_EMPTY, options->user, now, out);
    buffer_add_text(out, "}\n");
}

static void write_credential(const struct options *options, struct slice secret, struct buffer *out)
{
    struct instant now = clock_now();
    struct turn_credential credential;
    turn_credential_make(secret, options->user, options->ttl_s, now, &credential);
    switch (options->format) {
    case FORMAT_TEXT: write_text(options, &credential, out); break;
    case FORMAT_REST:
        turn_write_rest_json(&credential, options->ttl_s, options->urls, options->url_count, out);
        buffer_add_char(out, '\n');
        break;
    case FORMAT_ICE_SERVERS: write_ice_servers(options, secret, now, out); break;
    }
}

static int print(struct slice text)
{
    if (fwrite(text.data, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
        return fail(EX_IOERR, "stdout: %s", strerror(errno));
    return EX_OK;
}

int command_turn_credential(int argc, char **argv)
{
    struct options options = {.ttl_s = TTL_DEFAULT_S};
    int status = parse_options(argc, argv, &options);
    if (status != EX_OK)
        return status;
    if (options.is_help)
        return print(slice_from_text(USAGE));

    struct buffer secret = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    status = read_secret(options.secret_file, &secret);
    struct slice key = without_line_end(buffer_slice(&secret));
    if (status == EX_OK)
        status = check_secret(key, options.may_be_short);
    if (status == EX_OK) {
        write_credential(&options, key, &out);
        status = print(buffer_slice(&out));
    }
    buffer_fini(&secret);
    buffer_fini(&out);
    return status;
}
