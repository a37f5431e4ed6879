/* command_token_create.c - `parley token create`. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/token.h"
#include "base/random.h"
#include "ops/command_keys.h"
#include "ops/command_token_parts.h"
#include "ops/duration.h"

static const char usage[] =
    "Usage: parley token create --room ROOM --identity ID [OPTION]...\n"
    "\n"
    "Prints a token, signed HS256 with an API key, for one peer to join one room.\n"
    "\n"
    "      --room ROOM             the room it is for\n"
    "      --identity ID           who it is for (sub)\n"
    "      --name NAME             the name to show\n"
    "      --metadata TEXT         passed on to the other peers\n"
    "      --attribute KEY=VALUE   the same, may be repeated\n"
    "      --ttl SPAN              how long it is good: 30s, 10m (the default), 1h, 1d\n"
    "      --admin                 may kick\n"
    "      --hidden                is announced to nobody, and listens only\n"
    "      --no-publish            may not send offers, answers or data\n"
    "      --no-publish-data       may not broadcast or relay data\n"
    "      --update-own-metadata   may change its own name and attributes\n"
    "      --no-join               does not admit: for use with the HTTP interface\n"
    "      --key ID                the API key to sign with (default: the first)\n"
    "      --keys-file FILE        \"id: secret\" lines (default: PARLEY_AUTH_KEYS or PARLEY_AUTH_KEYS_FILE)\n"
    "  -h, --help                  this text\n";

#define TTL_DEFAULT_MS (10 * 60 * 1000)

enum option_code {
    OPTION_ROOM = 256,
    OPTION_IDENTITY,
    OPTION_NAME,
    OPTION_METADATA,
    OPTION_ATTRIBUTE,
    OPTION_TTL,
    OPTION_ADMIN,
    OPTION_HIDDEN,
    OPTION_NO_PUBLISH,
    OPTION_NO_PUBLISH_DATA,
    OPTION_UPDATE_SELF,
    OPTION_NO_JOIN,
    OPTION_KEY,
    OPTION_KEYS_FILE,
};

static const struct option options[] = {
    {"room", required_argument, NULL, OPTION_ROOM},
    {"identity", required_argument, NULL, OPTION_IDENTITY},
    {"name", required_argument, NULL, OPTION_NAME},
    {"metadata", required_argument, NULL, OPTION_METADATA},
    {"attribute", required_argument, NULL, OPTION_ATTRIBUTE},
    {"ttl", required_argument, NULL, OPTION_TTL},
    {"admin", no_argument, NULL, OPTION_ADMIN},
    {"hidden", no_argument, NULL, OPTION_HIDDEN},
    {"no-publish", no_argument, NULL, OPTION_NO_PUBLISH},
    {"no-publish-data", no_argument, NULL, OPTION_NO_PUBLISH_DATA},
    {"update-own-metadata", no_argument, NULL, OPTION_UPDATE_SELF},
    {"no-join", no_argument, NULL, OPTION_NO_JOIN},
    {"key", required_argument, NULL, OPTION_KEY},
    {"keys-file", required_argument, NULL, OPTION_KEYS_FILE},
    {"help", no_argument, NULL, 'h'},
    {0},
};

struct request {
    struct claims claims;
    const char *keys_path;
    struct slice key_id;
    int64_t ttl_ms;
    bool wants_help;
    char token_id[RANDOM_ID_LENGTH + 1]; /* for servers that take each token once */
};

static bool add_attribute(struct attributes *attributes, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || attributes->count == ATTRIBUTES_MAX)
        return false;
    attributes->items[attributes->count++] =
        (struct attribute){slice_of(text, (size_t)(equals - text)), slice_from_text(equals + 1)};
    return true;
}

static bool take_flag(struct request *request, int option)
{
    struct grants *grants = &request->claims.grants;
    switch (option) {
    case 'h': request->wants_help = true; return true;
    case OPTION_ADMIN: grants->is_admin = true; return true;
    case OPTION_HIDDEN: grants->is_hidden = true; return true;
    case OPTION_NO_PUBLISH: grants->may_publish = grants->may_publish_data = false; return true;
    case OPTION_NO_PUBLISH_DATA: grants->may_publish_data = false; return true;
    case OPTION_UPDATE_SELF: grants->may_update_self = true; return true;
    case OPTION_NO_JOIN: request->claims.may_join = false; return true;
    default: return false;
    }
}

static bool take_option(struct request *request, int option, const char *text)
{
    switch (option) {
    case OPTION_ROOM: request->claims.room = slice_from_text(text); return true;
    case OPTION_IDENTITY: request->claims.identity = slice_from_text(text); return true;
    case OPTION_NAME: request->claims.name = slice_from_text(text); return true;
    case OPTION_METADATA: request->claims.metadata = slice_from_text(text); return true;
    case OPTION_ATTRIBUTE: return add_attribute(&request->claims.attributes, text);
    case OPTION_TTL: return duration_parse(slice_from_text(text), &request->ttl_ms) && request->ttl_ms >= 1000;
    case OPTION_KEY: request->key_id = slice_from_text(text); return true;
    case OPTION_KEYS_FILE: request->keys_path = text; return true;
    default: return take_flag(request, option);
    }
}

static bool read_options(int argc, char **argv, struct request *out)
{
    optind = 0; /* glibc: scan anew, whoever used getopt before */
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (take_option(out, option, optarg))
            continue;
        if (option != '?')
            (void)fprintf(stderr, "parley: \"%s\" cannot be used there\n", optarg);
        return false;
    }
    if (out->wants_help)
        return true;
    if (optind == argc && out->claims.identity.length && (out->claims.room.length || !out->claims.may_join))
        return true;
    (void)fprintf(stderr, "parley: token create needs --identity and --room\n");
    return false;
}

static int print_token(const struct keyring *keys, struct slice key_id, const struct claims *claims, struct instant now)
{
    struct buffer token = BUFFER_EMPTY;
    enum error error = token_create(keys, key_id, claims, now, &token);
    if (error == ERR_AUTH_KEY)
        (void)fprintf(stderr, "parley: there is no API key \"" SLICE_FORMAT "\"\n", SLICE_ARGS(key_id));
    else if (error)
        (void)fprintf(stderr, "parley: such a token would be refused: a text is too long or no UTF-8\n");
    else
        (void)printf("%s\n", buffer_text(&token));
    buffer_fini(&token);
    if (error)
        return error == ERR_AUTH_KEY ? EX_USAGE : EX_DATAERR;
    return fflush(stdout) == 0 ? EX_OK : EX_CANTCREAT;
}

static int create(struct request *request, struct keyring *keys)
{
    int status = command_keys_load(request->keys_path, NULL, keys);
    if (status != EX_OK)
        return status;
    struct slice key_id = request->key_id.length ? request->key_id : keyring_first_key_id(keys);
    if (key_id.length == 0) {
        (void)fprintf(stderr, "parley: no API key to sign with: give --keys-file, or set PARLEY_AUTH_KEYS_FILE\n");
        return EX_USAGE;
    }
    struct instant now = clock_now();
    random_id(request->token_id);
    request->claims.token_id = slice_from_text(request->token_id);
    if (__builtin_add_overflow(instant_unix_s(now), request->ttl_ms / 1000, &request->claims.expires_unix_s))
        return EX_USAGE;
    return print_token(keys, key_id, &request->claims, now);
}

int token_create_run(int argc, char **argv)
{
    struct request request = {
        .claims = {.may_join = true, .grants = {.may_publish = true, .may_subscribe = true, .may_publish_data = true}},
        .ttl_ms = TTL_DEFAULT_MS,
    };
    if (!read_options(argc, argv, &request)) {
        (void)fprintf(stderr, "Try: parley token create --help\n");
        return EX_USAGE;
    }
    if (request.wants_help)
        return fputs(usage, stdout) < 0 ? EX_CANTCREAT : EX_OK;
    struct keyring *keys = keyring_create();
    int status = create(&request, keys);
    keyring_destroy(keys);
    return status;
}
