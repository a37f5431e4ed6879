/* dev_mode.h - `serve --dev`: a server that needs no configuration and hands a token to whoever asks. Insecure. */
#ifndef PARLEY_SIGNALING_DEV_MODE_H
#define PARLEY_SIGNALING_DEV_MODE_H

#include <stdbool.h>
#include <stdio.h>

#include "ops/config.h"
#include "ops/dev_ca.h"
#include "signaling/settings.h"

#define DEV_KEY_ID "dev"

/* For --lan, before the configuration is loaded: adds the certificate of a local authority to `sources`, which borrow
 * from `out`; that is ended with dev_certificate_fini() after loading. Returns 0 or a sysexits status, told on
 * `errors`. */
int dev_mode_certify(struct config_sources *sources, struct dev_certificate *out, FILE *errors);

/* With `is_lan`, gives the configuration a TLS listener on all interfaces unless it has one; without, refuses
 * addresses that are not loopback. Returns 0 or a sysexits status, told on `errors`. */
int dev_mode_prepare(struct config *config, bool is_lan, FILE *errors);

/* Adds a throw-away API key, DEV_KEY_ID, that dies with the process. */
void dev_mode_add_key(struct settings *settings);

/* Prints the links to a ready-made room on `out`, with a QR code for phones, and on `errors` that this is insecure.
 * The ports are those that were really opened; 0: none. */
void dev_mode_greet(bool is_lan, unsigned port, unsigned tls_port, FILE *out, FILE *errors);

#endif
