/* assets.c - finds embedded files. */
#include "signaling/assets.h"

const struct asset *asset_find(struct slice path)
{
    for (unsigned long i = 0; i < assets_count; i++)
        if (slice_is_text(path, assets[i].path))
            return &assets[i];
    return NULL;
}
