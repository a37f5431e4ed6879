/* dev_mode.c - `serve --dev`: no configuration, a throw-away key, a link to open. */
#include "signaling/dev_mode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/memory.h"
#include "base/random.h"
#include "ops/lan_address.h"
#include "ops/qr.h"
#include "signaling/net_address.h"

#define DEV_ROOM "demo"

static bool is_loopback(const char *address)
{
    static const char *const ranges[] = {"127.0.0.0/8", "::1/128"};
    struct net_address parsed;
    if (strncmp(address, "localhost:", strlen("localhost:")) == 0 || strncmp(address, "unix:", strlen("unix:")) == 0)
        return true;
    if (!net_address_parse(slice_from_text(address), &parsed))
        return false;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct net_range range;
        bool is_range = net_range_parse(slice_from_text(ranges[i]), &range);
        assert(is_range);
        if (net_range_has(&range, &parsed))
            return true;
    }
    return false;
}

static int refuse_others(const struct text_list *addresses, FILE *errors)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (is_loopback(addresses->items[i]))
            continue;
        (void)fprintf(errors,
                      "parley: --dev hands a token to whoever asks, so it listens on loopback only, not on %s; "
                      "for phones on your network use --dev --lan\n",
                      addresses->items[i]);
        return EX_USAGE;
    }
    return EX_OK;
}

static void assign(struct config_sources *sources, const char *path, const char *value)
{
    assert(sources->assignment_count < CONFIG_ASSIGNMENTS_MAX);
    sources->assignments[sources->assignment_count++] = (struct config_assignment){slice_from_text(path), value};
}

int dev_mode_certify(struct config_sources *sources, struct dev_certificate *out, FILE *errors)
{
    char *directory = dev_ca_directory(getenv("XDG_STATE_HOME"), getenv("HOME"));
    if (!directory || sources->assignment_count + 2 > CONFIG_ASSIGNMENTS_MAX) {
        (void)fprintf(errors, "parley: --lan needs a directory for its certificate: set HOME or XDG_STATE_HOME\n");
        free(directory);
        return EX_USAGE;
    }
    enum error error = dev_ca_make(directory, clock_now(), errors, out);
    free(directory);
    if (error)
        return EX_CANTCREAT;
    assign(sources, "server.tls_cert_file", out->cert_file);
    assign(sources, "server.tls_key_file", out->key_file);
    (void)fprintf(errors, "parley: phones trust this server once they have installed %s\n", out->ca_file);
    return EX_OK;
}

/* On the family of addresses that a phone can be told of. */
static void listen_on_all(struct text_list *list)
{
    char **addresses = NULL;
    size_t count = lan_addresses(1, &addresses);
    const char *listen = count && strchr(addresses[0], ':') ? "[::]:8443" : "0.0.0.0:8443";
    list->items = memory_resize(list->items, sizeof *list->items);
    list->items[0] = memory_text(slice_from_text(listen));
    list->count = 1;
    lan_addresses_free(addresses, count);
}

int dev_mode_prepare(struct config *config, bool is_lan, FILE *errors)
{
    int status = refuse_others(&config->server_listen, errors);
    if (!status && !is_lan)
        status = refuse_others(&config->server_tls_listen, errors);
    if (!status && is_lan && !config->server_tls_listen.count)
        listen_on_all(&config->server_tls_listen);
    return status;
}

void dev_mode_add_key(struct settings *settings)
{
    char secret[2 * RANDOM_ID_LENGTH + 1];
    random_id(secret);
    random_id(secret + RANDOM_ID_LENGTH);
    enum error error = keyring_add_secret(settings->keys, SLICE_LITERAL(DEV_KEY_ID), slice_from_text(secret));
    assert(!error || error == ERR_KEY_INVALID); /* invalid: the configuration has a key of that name, which will do */
    explicit_bzero(secret, sizeof secret);
}

static void greet_phones(unsigned tls_port, FILE *out)
{
    char **addresses = NULL;
    size_t count = lan_addresses(1, &addresses);
    if (count) {
        bool is_ipv6 = strchr(addresses[0], ':') != NULL;
        char url[128];
        (void)snprintf(url, sizeof url, is_ipv6 ? "https://[%s]:%u/r/" DEV_ROOM : "https://%s:%u/r/" DEV_ROOM,
                       addresses[0], tls_port);
        (void)fprintf(out, "On a phone in the same network, accept the certificate's warning once:\n\n    %s\n\n", url);
        (void)qr_print(url, out);
    } else {
        (void)fprintf(out, "This machine has no address in a local network for phones to reach.\n");
    }
    lan_addresses_free(addresses, count);
}

void dev_mode_greet(bool is_lan, unsigned port, unsigned tls_port, FILE *out, FILE *errors)
{
    (void)fprintf(errors, "parley: INSECURE: --dev gives a token to anybody who can reach this server. "
                          "It is for trying things out, never for production.\n");
    if (port)
        (void)fprintf(
            out, "Open this link in two tabs, and they are in a call:\n\n    http://127.0.0.1:%u/r/" DEV_ROOM "\n\n",
            port);
    if (is_lan && tls_port)
        greet_phones(tls_port, out);
    (void)fflush(out);
}
