/* command_token_inspect.c - `parley token inspect` and `parley token verify`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "auth/file.h"
#include "ops/command_keys.h"
#include "ops/command_token_parts.h"
#include "ops/duration.h"
#include "ops/token_report.h"

static const char usage[] =
    "Usage: parley token inspect [OPTION]... FILE\n"
    "       parley token verify --room ROOM [OPTION]... FILE\n"
    "\n"
    "Reads a token from FILE (- is standard input). inspect shows what it says and why a join would fail;\n"
    "verify says the reason only, and exits with 0 if the join would be admitted, else with 65.\n"
    "\n"
    "      --room ROOM           the room that is to be opened\n"
    "      --audience TEXT       what aud must hold (default: PARLEY_AUTH_AUDIENCE)\n"
    "      --lifetime-max SPAN   the furthest away that exp may be (default: 7d)\n"
    "      --keys-file FILE      \"id: secret\" lines (default: PARLEY_AUTH_KEYS or PARLEY_AUTH_KEYS_FILE)\n"
    "      --jwks-file FILE      public keys (default: PARLEY_AUTH_JWKS_FILE)\n"
    "      --json                one JSON object\n"
    "  -h, --help                this text\n";

#define LIFETIME_MAX_DEFAULT_MS INT64_C(604800000)    /* as auth.token_lifetime_max */
#define FILE_MAX                (TOKEN_BYTES_MAX * 4) /* a token that is too long shall be told so */

struct request {
    const char *path;
    const char *room;
    const char *audience;
    const char *keys_path;
    const char *jwks_path;
    int64_t lifetime_max_ms;
    bool is_verify;
    bool is_json;
    bool wants_help;
};

static const struct option options[] = {
    {"room", required_argument, NULL, 'r'},
    {"audience", required_argument, NULL, 'a'},
    {"keys-file", required_argument, NULL, 'k'},
    {"jwks-file", required_argument, NULL, 'w'},
    {"json", no_argument, NULL, 'j'},
    {"lifetime-max", required_argument, NULL, 'l'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool take_option(struct request *request, int option, const char *text)
{
    switch (option) {
    case 'r': request->room = text; return true;
    case 'a': request->audience = text; return true;
    case 'k': request->keys_path = text; return true;
    case 'w': request->jwks_path = text; return true;
    case 'l': return duration_parse(slice_from_text(text), &request->lifetime_max_ms);
    case 'j': request->is_json = true; return true;
    case 'h': request->wants_help = true; return true;
    default: return false;
    }
}

static bool is_like_token(const char *text)
{
    const char *dot = strchr(text, '.');
    return strncmp(text, "ey", 2) == 0 && dot && strchr(dot + 1, '.');
}

static bool is_sound(const struct request *request, int count)
{
    if (request->wants_help)
        return true;
    if (count == 1 && is_like_token(request->path)) {
        (void)fprintf(stderr,
                      "parley: a token does not belong in the arguments, where every user of this machine can read "
                      "it: put it in a file, or pipe it in and say -\n");
        return false;
    }
    if (count != 1)
        (void)fprintf(stderr, "parley: name one file with a token, or - for standard input\n");
    else if (request->is_verify && !(request->room && *request->room))
        (void)fprintf(stderr, "parley: token verify needs --room\n");
    else
        return true;
    return false;
}

static bool read_options(int argc, char **argv, struct request *out)
{
    optind = 0; /* glibc: scan anew, whoever used getopt before */
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (take_option(out, option, optarg))
            continue;
        if (option != '?')
            (void)fprintf(stderr, "parley: \"%s\" is no span of time such as 10m\n", optarg);
        return false;
    }
    out->path = argv[optind];
    return is_sound(out, argc - optind);
}

/* Files end in a newline; the token does not. */
static struct slice without_space(struct slice text)
{
    while (text.length && strchr(" \t\r\n", text.data[text.length - 1]) && text.data[text.length - 1])
        text.length--;
    while (text.length && strchr(" \t\r\n", text.data[0]) && text.data[0])
        text = slice_from(text, 1);
    return text;
}

static int print_report(const struct request *request, const struct token_report *report)
{
    struct buffer out = BUFFER_EMPTY;
    if (request->is_json)
        token_report_print_json(report, &out);
    else if (request->is_verify)
        token_report_print_line(report, &out);
    else
        token_report_print(report, &out);
    bool is_done = fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    buffer_fini(&out);
    if (!is_done)
        return EX_CANTCREAT;
    bool is_good = request->is_verify ? !report->error && report->has_keys : report->is_readable;
    return is_good ? EX_OK : EX_DATAERR;
}

static int judge(const struct request *request, const struct keyring *keys, struct slice token)
{
    const char *audience = request->audience ? request->audience : getenv("PARLEY_AUTH_AUDIENCE");
    struct token_question question = {
        .token = without_space(token),
        .room = slice_from_text(request->room),
        .rules = {.audience = slice_from_text(audience), .lifetime_max_s = request->lifetime_max_ms / 1000},
        .keys = keys,
        .now = clock_now(),
    };
    struct token_report report;
    token_report_init(&question, &report);
    int status = print_report(request, &report);
    token_report_fini(&report);
    return status;
}

static int load_and_judge(const struct request *request, struct keyring *keys)
{
    int status = command_keys_load(request->keys_path, request->jwks_path, keys);
    if (status != EX_OK)
        return status;
    if (request->is_verify && keyring_count(keys) == 0) {
        (void)fprintf(stderr, "parley: token verify needs a key: give --keys-file or --jwks-file\n");
        return EX_USAGE;
    }
    struct buffer token = BUFFER_EMPTY;
    enum error error = file_read(request->path, FILE_PUBLIC, FILE_MAX, &token);
    if (error)
        (void)fprintf(stderr, "parley: %s: %s\n", request->path,
                      error == ERR_FILE_UNREADABLE ? strerror(errno) : error_text(error));
    status = error ? EX_NOINPUT : judge(request, keys, buffer_slice(&token));
    buffer_fini(&token);
    return status;
}

static int run(int argc, char **argv, bool is_verify)
{
    struct request request = {.is_verify = is_verify, .lifetime_max_ms = LIFETIME_MAX_DEFAULT_MS};
    if (!read_options(argc, argv, &request)) {
        (void)fprintf(stderr, "Try: parley token %s --help\n", is_verify ? "verify" : "inspect");
        return EX_USAGE;
    }
    if (request.wants_help)
        return fputs(usage, stdout) < 0 ? EX_CANTCREAT : EX_OK;
    struct keyring *keys = keyring_create();
    int status = load_and_judge(&request, keys);
    keyring_destroy(keys);
    return status;
}

int token_inspect_run(int argc, char **argv)
{
    return run(argc, argv, false);
}

int token_verify_run(int argc, char **argv)
{
    return run(argc, argv, true);
}
