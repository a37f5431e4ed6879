/* settings.h - what the configuration means to the server: keys, state, proxies, ICE servers, limits. */
#ifndef PARLEY_SIGNALING_SETTINGS_H
#define PARLEY_SIGNALING_SETTINGS_H

#include <stdio.h>

#include "auth/keyring.h"
#include "cluster/home.h"
#include "ops/config.h"
#include "ops/state_dir.h"
#include "signaling/edge.h"
#include "signaling/net_address.h"
#include "signaling/worker_cluster.h"
#include "turn/ice.h"

#define PROXIES_MAX 64

/* Read-only once made, so that workers may share it. */
struct settings {
    struct keyring *keys;
    struct state_dir state;
    struct sealer *sealer; /* of tickets; NULL until settings_open_state() */
    struct net_range proxies[PROXIES_MAX];
    size_t proxy_count;
    struct ice_list ice;     /* borrows from the configuration */
    struct edge_config edge; /* without what the worker makes; borrows from the configuration and from here */
    struct home_config home; /* the same */
    bool is_clustered;
    struct worker_cluster_config cluster; /* where is_clustered; its keys come with the state */
    char node_name[WIRE_NAME_MAX + 1];
};

/* Makes *out from `config`, which must outlive it. Returns 0 or a sysexits status, with every reason written to
 * `errors`; settings_fini() is due in either case. */
int settings_make(const struct config *config, FILE *errors, struct settings *out);
void settings_fini(struct settings *settings);

/* Opens the state directory and makes the sealer of tickets. Where `is_throwaway_fine`, a key that dies with the
 * process will do if there is no place for one. Returns as settings_make(). */
int settings_open_state(struct settings *settings, const struct config *config, bool is_throwaway_fine, FILE *errors);

#endif
