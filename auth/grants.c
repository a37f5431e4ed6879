/* grants.c - grants as bits. */
#include "auth/grants.h"

/* Tickets and frames of other versions have them, too: no bit is ever given to another grant. */
enum grant_bit { BIT_ADMIN, BIT_PUBLISH, BIT_SUBSCRIBE, BIT_PUBLISH_DATA, BIT_UPDATE_SELF, BIT_HIDDEN, BIT_COUNT };

_Static_assert(BIT_COUNT == GRANTS_BITS, "as the header says");

unsigned grants_pack(const struct grants *grants)
{
    return (unsigned)grants->is_admin << BIT_ADMIN | (unsigned)grants->may_publish << BIT_PUBLISH |
           (unsigned)grants->may_subscribe << BIT_SUBSCRIBE | (unsigned)grants->may_publish_data << BIT_PUBLISH_DATA |
           (unsigned)grants->may_update_self << BIT_UPDATE_SELF | (unsigned)grants->is_hidden << BIT_HIDDEN;
}

struct grants grants_unpack(unsigned bits)
{
    return (struct grants){
        .is_admin = bits >> BIT_ADMIN & 1,
        .may_publish = bits >> BIT_PUBLISH & 1,
        .may_subscribe = bits >> BIT_SUBSCRIBE & 1,
        .may_publish_data = bits >> BIT_PUBLISH_DATA & 1,
        .may_update_self = bits >> BIT_UPDATE_SELF & 1,
        .is_hidden = bits >> BIT_HIDDEN & 1,
    };
}
