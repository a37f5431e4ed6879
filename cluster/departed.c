/* departed.c - whose end a room has told of: they must not come back from another home of it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/home_parts.h"

struct departed {
    char peer_id[RANDOM_ID_LENGTH];
    UT_hash_handle hh;
};

static void forget(struct lodging *lodging, struct departed *departed)
{
    HASH_DELETE(hh, lodging->departed, departed);
    free(departed);
}

void lodging_note_departed(struct lodging *lodging, struct slice peer_id)
{
    size_t departed_max = lodging->home->config.departed_max;
    if (!departed_max || peer_id.length != RANDOM_ID_LENGTH || lodging_has_departed(lodging, peer_id))
        return;
    if (HASH_COUNT(lodging->departed) >= departed_max)
        forget(lodging, lodging->departed);
    struct departed *departed = memory_new(sizeof *departed);
    memcpy(departed->peer_id, peer_id.data, sizeof departed->peer_id);
    HASH_ADD(hh, lodging->departed, peer_id, sizeof departed->peer_id, departed);
}

bool lodging_has_departed(const struct lodging *lodging, struct slice peer_id)
{
    struct departed *departed = NULL;
    if (peer_id.length == RANDOM_ID_LENGTH)
        HASH_FIND(hh, lodging->departed, peer_id.data, RANDOM_ID_LENGTH, departed);
    return departed != NULL;
}

void lodging_forget_departed(struct lodging *lodging)
{
    while (lodging->departed)
        forget(lodging, lodging->departed);
}
