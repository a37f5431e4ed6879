/* grants.h - grants as bits, for what is sealed in tickets or sent between nodes. */
#ifndef PARLEY_AUTH_GRANTS_H
#define PARLEY_AUTH_GRANTS_H

#include "auth/claims.h"

#define GRANTS_BITS 6 /* those above are not used yet, and 0 */

unsigned grants_pack(const struct grants *grants);
struct grants grants_unpack(unsigned bits);

#endif
