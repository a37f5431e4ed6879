/* profile.c - keeping and changing how a peer presents itself. */
#include "rooms/profile.h"

#include <string.h>

#include "base/memory.h"

static size_t attributes_bytes(const struct attributes *attributes)
{
    size_t bytes = 0;
    for (size_t i = 0; i < attributes->count; i++)
        bytes += attributes->items[i].key.length + attributes->items[i].value.length;
    return bytes;
}

static struct slice pack(char **at, struct slice text)
{
    if (!text.length)
        return SLICE_EMPTY;
    memcpy(*at, text.data, text.length);
    struct slice packed = slice_of(*at, text.length);
    *at += text.length;
    return packed;
}

void *profile_copy(const struct profile *profile, struct profile *out_copy)
{
    size_t bytes = profile->identity.length + profile->name.length + profile->metadata.length +
                   attributes_bytes(&profile->attributes);
    char *memory = memory_new(bytes);
    char *at = memory;
    struct profile copy = *profile;
    copy.identity = pack(&at, profile->identity);
    copy.name = pack(&at, profile->name);
    copy.metadata = pack(&at, profile->metadata);
    for (size_t i = 0; i < copy.attributes.count; i++) {
        struct attribute *item = &copy.attributes.items[i];
        item->key = pack(&at, item->key);
        item->value = pack(&at, item->value);
    }
    *out_copy = copy;
    return memory;
}

static size_t attribute_find(const struct attributes *attributes, struct slice key)
{
    size_t i = 0;
    while (i < attributes->count && !slice_is_equal(attributes->items[i].key, key))
        i++;
    return i;
}

static void attribute_remove(struct attributes *attributes, size_t index)
{
    if (index >= attributes->count)
        return;
    attributes->count--;
    memmove(&attributes->items[index], &attributes->items[index + 1],
            (attributes->count - index) * sizeof attributes->items[0]);
}

static enum error attributes_merge(struct attributes *attributes, const struct attributes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct attribute *change = &changes->items[i];
        size_t at = attribute_find(attributes, change->key);
        if (!change->value.length) {
            attribute_remove(attributes, at);
            continue;
        }
        if (at == ATTRIBUTES_MAX)
            return ERR_BAD_MESSAGE;
        attributes->items[at] = *change;
        if (at == attributes->count)
            attributes->count++;
    }
    return attributes_bytes(attributes) > ATTRIBUTES_BYTES_MAX ? ERR_BAD_MESSAGE : ERROR_NONE;
}

enum error profile_merge(const struct profile *profile, const struct profile_update *update, struct profile *out_merged)
{
    struct profile merged = *profile;
    if (update->has_name)
        merged.name = update->name;
    if (update->has_attributes) {
        enum error error = attributes_merge(&merged.attributes, &update->attributes);
        if (error)
            return error;
    }
    merged.media = (profile->media & ~update->media_mask) | (update->media & update->media_mask);
    *out_merged = merged;
    return ERROR_NONE;
}
