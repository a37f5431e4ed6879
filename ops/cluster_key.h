/* cluster_key.h - the setting cluster.key: one secret, or the one in use and the one before. */
#ifndef PARLEY_OPS_CLUSTER_KEY_H
#define PARLEY_OPS_CLUSTER_KEY_H

#include "auth/ticket.h"
#include "base/slice.h"

/* Splits it at commas and line feeds, without the blanks around each; borrowed. Returns how many there are, of which
 * no more than TICKET_KEYS_MAX are written. */
size_t cluster_key_split(struct slice text, struct slice out[TICKET_KEYS_MAX]);

#endif
