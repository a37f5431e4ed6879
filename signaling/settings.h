/* settings.h - what the configuration means to the server: keys, proxies, ICE servers, limits. */
#ifndef PARLEY_SIGNALING_SETTINGS_H
#define PARLEY_SIGNALING_SETTINGS_H

#include <stdio.h>

#include "auth/keyring.h"
#include "cluster/home.h"
#include "ops/config.h"
#include "signaling/edge.h"
#include "signaling/net_address.h"
#include "turn/ice.h"

#define PROXIES_MAX 64

/* Read-only once made, so that workers may share it. */
struct settings {
    struct keyring *keys;
    struct net_range proxies[PROXIES_MAX];
    size_t proxy_count;
    struct ice_list ice;     /* borrows from the configuration */
    struct edge_config edge; /* without port and metrics; borrows from the configuration and from here */
    struct home_config home;
};

/* Makes *out from `config`, which must outlive it. Returns 0 or a sysexits status, with every reason written to
 * `errors`; settings_fini() is due in either case. */
int settings_make(const struct config *config, FILE *errors, struct settings *out);
void settings_fini(struct settings *settings);

#endif
