/* expiry.c - a map by key, and a binary heap by end over the same entries. */
#include "auth/expiry.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define CAPACITY_FIRST 16

void expiries_fini(struct expiries *expiries)
{
    HASH_CLEAR(hh, expiries->by_key);
    for (size_t i = 0; i < expiries->count; i++)
        free(expiries->heap[i].entry);
    free(expiries->heap);
    *expiries = (struct expiries){0};
}

static void set_place(struct expiries *expiries, struct expiry *entry, size_t place)
{
    expiries->heap[place].entry = entry;
    entry->place = place;
}

static void sift_up(struct expiries *expiries, struct expiry *entry)
{
    size_t place = entry->place;
    while (place > 0) {
        struct expiry *parent = expiries->heap[(place - 1) / 2].entry;
        if (parent->ends_unix_s <= entry->ends_unix_s)
            break;
        size_t above = parent->place;
        set_place(expiries, parent, place);
        place = above;
    }
    set_place(expiries, entry, place);
}

static struct expiry *first_child(const struct expiries *expiries, size_t place)
{
    size_t left = 2 * place + 1;
    if (left >= expiries->count)
        return NULL;
    struct expiry *child = expiries->heap[left].entry;
    if (left + 1 < expiries->count && expiries->heap[left + 1].entry->ends_unix_s < child->ends_unix_s)
        child = expiries->heap[left + 1].entry;
    return child;
}

static void sift_down(struct expiries *expiries, struct expiry *entry)
{
    size_t place = entry->place;
    for (struct expiry *child; (child = first_child(expiries, place));) {
        if (child->ends_unix_s >= entry->ends_unix_s)
            break;
        size_t below = child->place;
        set_place(expiries, child, place);
        place = below;
    }
    set_place(expiries, entry, place);
}

static struct expiry *find(const struct expiries *expiries, struct slice key)
{
    struct expiry *entry;
    HASH_FIND(hh, expiries->by_key, key.data, key.length, entry);
    return entry;
}

const struct expiry *expiries_find(const struct expiries *expiries, struct slice key)
{
    return find(expiries, key);
}

static struct expiry *add(struct expiries *expiries, struct slice key)
{
    assert(key.length > 0 && key.length <= EXPIRY_KEY_MAX);
    if (expiries->count == expiries->capacity) {
        expiries->capacity = expiries->capacity ? expiries->capacity * 2 : CAPACITY_FIRST;
        expiries->heap = memory_resize(expiries->heap, expiries->capacity * sizeof *expiries->heap);
    }
    struct expiry *entry = memory_new(sizeof *entry);
    memcpy(entry->key, key.data, key.length);
    entry->key_length = key.length;
    HASH_ADD_KEYPTR(hh, expiries->by_key, entry->key, entry->key_length, entry);
    set_place(expiries, entry, expiries->count++);
    return entry;
}

void expiries_put(struct expiries *expiries, struct slice key, int value, int64_t ends_unix_s)
{
    struct expiry *entry = find(expiries, key);
    if (!entry)
        entry = add(expiries, key);
    entry->value = value;
    entry->ends_unix_s = ends_unix_s;
    sift_up(expiries, entry);
    sift_down(expiries, entry);
}

void expiries_drop_first(struct expiries *expiries)
{
    assert(expiries->count > 0 && expiries->by_key);
    struct expiry *first = expiries->heap[0].entry;
    struct expiry *last = expiries->heap[--expiries->count].entry;
    HASH_DEL(expiries->by_key, first);
    free(first);
    if (expiries->count == 0)
        return;
    set_place(expiries, last, 0);
    sift_down(expiries, last);
}

void expiries_tick(struct expiries *expiries, int64_t unix_s)
{
    while (expiries->count && expiries->heap[0].entry->ends_unix_s < unix_s)
        expiries_drop_first(expiries);
}
