/* main.c - the program: one row for each command. */
#include <json-c/json.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ops/command_config.h"
#include "ops/command_keygen.h"
#include "ops/command_token.h"
#include "ops/command_turn_credential.h"
#include "signaling/serve.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
    const char *summary;
};

static const struct command commands[] = {
    {"serve", command_serve, "serve rooms over WebSocket, and the call page (the default)"},
    {"token", command_token, "create, inspect and verify access tokens"},
    {"keygen", command_keygen, "make API keys and other secrets"},
    {"turn-credential", command_turn_credential, "make a TURN credential"},
    {"config", command_config, "check, show and explain the settings"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    (void)fprintf(out, "Usage: parley [COMMAND] [OPTIONS]\n"
                       "Signalling server for WebRTC calls.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(out, "  %-16s %s\n", commands[i].name, commands[i].summary);
    (void)fprintf(out, "\nparley COMMAND --help says more. To try it out: parley --dev\n");
}

/* What it was built with and what it runs with may differ: both are worth knowing in a bug report. */
static void print_version(void)
{
    (void)printf("parley " PARLEY_VERSION "\n");
    (void)printf("libwebsockets %s, running with %s\n", LWS_LIBRARY_VERSION, lws_get_library_version());
    (void)printf("%s, running with %s\n", OPENSSL_VERSION_TEXT, OpenSSL_version(OPENSSL_VERSION));
    (void)printf("json-c %s, running with %s\n", JSON_C_VERSION, json_c_version());
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        print_help(stdout);
        return EX_OK;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        print_version();
        return EX_OK;
    }
    if (first[0] == '\0' || first[0] == '-')
        return command_serve(argc, argv);
    const struct command *command = find_command(first);
    if (command)
        return command->run(argc - 1, argv + 1);
    (void)fprintf(stderr, "parley: there is no command \"%s\"\n\n", first);
    print_help(stderr);
    return EX_USAGE;
}
