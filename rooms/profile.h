/* profile.h - keeping and changing how a peer presents itself. */
#ifndef PARLEY_ROOMS_PROFILE_H
#define PARLEY_ROOMS_PROFILE_H

#include "base/error.h"
#include "rooms/peer.h"

/* Makes *out_copy a copy of `profile` whose slices point into one block of memory, which is returned and freed by
 * the caller with free(). */
void *profile_copy(const struct profile *profile, struct profile *out_copy);

/* Makes *out_merged what `profile` becomes by `update`; its slices are borrowed from both.
 * Errors: ERR_BAD_MESSAGE when the attributes would be too many or too large. */
enum error profile_merge(const struct profile *profile, const struct profile_update *update,
                         struct profile *out_merged);

#endif
