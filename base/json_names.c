/* json_names.c - an open-addressing table of (object, name), keyed with the process's SipHash. */
#include "base/json_names.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"

/* The least that a member takes: `"":0` and a comma or a brace. */
#define MEMBER_BYTES_MIN 5

struct entry {
    uint32_t object; /* less than names->first: a leftover of an earlier text, free to take */
    uint32_t hash;
    struct slice name;
};

struct json_names {
    struct entry *entries;
    size_t bytes_max;
    uint32_t mask; /* for this text: a short one uses few entries, which stay in the cache */
    uint32_t first;
    uint32_t next;
};

/* At most half of the entries are ever in use. */
static size_t entries_for(size_t text_length)
{
    size_t count = 8;
    while (count < text_length / MEMBER_BYTES_MIN * 2 + 2)
        count *= 2;
    return count;
}

struct json_names *json_names_create(size_t bytes_max)
{
    assert(bytes_max < UINT32_MAX / 2);
    struct json_names *names = memory_new(sizeof *names);
    names->entries = memory_new(entries_for(bytes_max) * sizeof *names->entries);
    names->bytes_max = bytes_max;
    names->next = 1;
    return names;
}

struct json_names *json_names_destroy(struct json_names *names)
{
    if (!names)
        return NULL;
    free(names->entries);
    free(names);
    return NULL;
}

void json_names_begin(struct json_names *names, size_t text_length)
{
    assert(text_length <= names->bytes_max);
    /* The numbers of objects are used up after some 10^5 texts of nothing but objects. */
    if (names->next > UINT32_MAX - text_length) {
        memset(names->entries, 0, entries_for(names->bytes_max) * sizeof *names->entries);
        names->next = 1;
    }
    names->first = names->next;
    names->mask = (uint32_t)entries_for(text_length) - 1;
}

uint32_t json_names_open(struct json_names *names)
{
    return names->next++;
}

bool json_names_add(struct json_names *names, uint32_t object, struct slice name)
{
    uint32_t hash = (uint32_t)map_hash(name.data, name.length) + object * 0x9e3779b9u;
    for (uint32_t at = hash & names->mask;; at = (at + 1) & names->mask) {
        struct entry *entry = &names->entries[at];
        if (entry->object < names->first) {
            *entry = (struct entry){object, hash, name};
            return true;
        }
        if (entry->object == object && entry->hash == hash && slice_is_equal(entry->name, name))
            return false;
    }
}
