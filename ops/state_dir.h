/* state_dir.h - the little that a server keeps on disk: the key that seals tickets, and the revoked peers. */
#ifndef PARLEY_OPS_STATE_DIR_H
#define PARLEY_OPS_STATE_DIR_H

#include <stdbool.h>
#include <stdio.h>

#include "auth/ticket.h"
#include "base/clock.h"
#include "ops/config.h"
#include "ops/revocation_file.h"

#define STATE_KEY_NAME "ticket.key"

/* Where it may be, in this order; each may be NULL or "". */
struct state_places {
    const char *setting;         /* server.state_dir */
    const char *state_directory; /* $STATE_DIRECTORY: systemd's, perhaps several between colons */
    const char *xdg_state_home;
    const char *home;
    bool is_throwaway_fine; /* a key that dies with the process is better than none */
};

struct state_dir {
    char *path; /* NULL: there is none */
    int fd;     /* -1: there is none */
    struct buffer key;
    struct slice secrets[TICKET_KEYS_MAX]; /* of sealer_create(); from the configuration or from the directory */
    size_t secret_count;
    struct revocation_file *revoked; /* NULL: kicks do not outlive a restart */
};

#define STATE_DIR_NONE ((struct state_dir){.fd = -1})

/* As the configuration and the environment of this process say. */
struct state_places state_places_of(const struct config *config);

/* Opens the directory, made if need be, and reads the ticket key, made at the first start. With a `cluster_key` (the
 * setting; "": none), which must be good, that is the key, and a directory that cannot be used is no more than a
 * warning. Returns 0 or a sysexits status, told on `errors`; state_dir_fini() is due in either case. */
int state_dir_open(const struct state_places *places, const char *cluster_key, struct instant now, FILE *errors,
                   struct state_dir *out);
void state_dir_fini(struct state_dir *state);

#endif
