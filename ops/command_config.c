/* command_config.c - `parley config`: one row per subcommand. */
#include "ops/command_config.h"

#include <time.h>
#include <unistd.h>

#include "ops/config.h"
#include "ops/config_print.h"
#include "ops/keys_load.h"
#include "ops/tls_files.h"

static const char usage[] = "Usage: parley config COMMAND [-c FILE] [--set KEY=VALUE]... [--KEY=VALUE]...\n"
                            "\n"
                            "  check        say whether the configuration is right\n"
                            "  show         print what is in effect; secrets are not printed\n"
                            "  default      print a file with every setting, its default and what it does\n"
                            "  env          print every environment variable\n"
                            "  explain KEY  print what one setting means\n"
                            "  schema       print a JSON Schema of the file\n"
                            "  reference    print docs/configuration.md\n";

struct request {
    struct config_sources sources;
    const char *operand; /* NULL: none */
};

/* Each appends to `out` and returns the exit status. */
typedef int command_run(const struct request *request, struct buffer *out);

/* Files are not settings, but a check that leaves out what `serve` would refuse promises too much. */
static int check_keys(const struct config *config)
{
    struct keyring *keys = keyring_create();
    int status = keys_load_configured(config, stderr, keys);
    if (status == CONFIG_OK)
        status = keys_require(keys, stderr);
    keyring_destroy(keys);
    return status;
}

static int check_tls(const struct config *config)
{
    int64_t expiry_unix_s = 0;
    int status = tls_files_check(config, stderr, &expiry_unix_s);
    if (status == CONFIG_OK)
        tls_files_warn(config, expiry_unix_s, (int64_t)time(NULL), stderr);
    return status;
}

static int run_check(const struct request *request, struct buffer *out)
{
    struct config *config = NULL;
    int status = config_load(&config, &request->sources);
    if (status == CONFIG_OK)
        status = check_keys(config);
    if (status == CONFIG_OK)
        status = check_tls(config);
    config_destroy(config);
    if (status == CONFIG_OK)
        buffer_add_format(out, "%s: ok\n", request->sources.file ? request->sources.file : "configuration");
    return status;
}

static int run_show(const struct request *request, struct buffer *out)
{
    struct config *config = NULL;
    int status = config_load(&config, &request->sources);
    if (status == CONFIG_OK)
        config_print_yaml(config, false, out);
    config_destroy(config);
    return status;
}

static int run_default(const struct request *request, struct buffer *out)
{
    (void)request;
    struct config *config = config_create_default();
    buffer_add_text(out, "# Parley's settings and their defaults. Keep what you change; the rest may go.\n\n");
    config_print_yaml(config, true, out);
    config_destroy(config);
    return CONFIG_OK;
}

static int run_env(const struct request *request, struct buffer *out)
{
    (void)request;
    config_print_environment(out);
    return CONFIG_OK;
}

static int run_schema(const struct request *request, struct buffer *out)
{
    (void)request;
    config_print_schema(out);
    return CONFIG_OK;
}

static int run_reference(const struct request *request, struct buffer *out)
{
    (void)request;
    config_print_reference(out);
    return CONFIG_OK;
}

/* The row of "turn.servers[].urls" as well as of "turn.servers[3].urls"; NULL when there is none. */
static const struct config_row *row_named(const char *path)
{
    for (size_t i = 0; i < CONFIG_ROW_COUNT; i++)
        if (strcmp(config_rows[i].path, path) == 0)
            return &config_rows[i];
    struct config_key key;
    return config_key_find(slice_from_text(path), &key) ? key.row : NULL;
}

static int run_explain(const struct request *request, struct buffer *out)
{
    const struct config_row *row = request->operand ? row_named(request->operand) : NULL;
    if (row) {
        config_print_row(row, out);
        return CONFIG_OK;
    }
    struct buffer scratch = BUFFER_EMPTY;
    const char *operand = request->operand ? request->operand : "";
    const char *nearest = config_nearest_key(slice_from_text(operand), &scratch);
    (void)fprintf(stderr, "parley: config explain: no key \"%s\"", operand);
    (void)fprintf(stderr, nearest ? " (did you mean \"%s\"?)\n" : "; parley config reference lists them%s\n",
                  nearest ? nearest : "");
    buffer_fini(&scratch);
    return CONFIG_USAGE;
}

static const struct {
    const char *name;
    command_run *run;
} commands[] = {
    {"check", run_check},   {"show", run_show},       {"default", run_default},     {"env", run_env},
    {"schema", run_schema}, {"explain", run_explain}, {"reference", run_reference},
};

static command_run *command_named(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
    return NULL;
}

static bool read_arguments(int argc, char **argv, bool takes_key, struct request *request)
{
    for (int i = 2; i < argc;) {
        int used = 1;
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool is_option = config_take_option(&request->sources, argv[i], next, &used);
        if (!is_option && (argv[i][0] == '-' || !takes_key || request->operand)) {
            (void)fprintf(stderr, "parley: config: unknown argument \"%s\"\n%s", argv[i], usage);
            return false;
        }
        if (!is_option)
            request->operand = argv[i];
        i += used;
    }
    return true;
}

static int run_and_print(command_run *run, const struct request *request)
{
    struct buffer out = BUFFER_EMPTY;
    int status = run(request, &out);
    bool is_written = fwrite(buffer_text(&out), 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    buffer_fini(&out);
    return is_written ? status : 74; /* EX_IOERR */
}

int command_config(int argc, char **argv)
{
    bool wants_help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    command_run *run = argc >= 2 ? command_named(argv[1]) : NULL;
    if (!run) {
        (void)fputs(usage, wants_help ? stdout : stderr);
        return wants_help ? CONFIG_OK : CONFIG_USAGE;
    }
    struct request request = {.sources = {.environment = environ, .errors = stderr}};
    if (!read_arguments(argc, argv, run == run_explain, &request))
        return CONFIG_USAGE;
    return run_and_print(run, &request);
}
