/* slots.c - an array of objects with generations and a free list through the empty places. */
#include "base/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define SLOTS_FIRST 16
#define NO_SLOT     UINT32_MAX

struct slot {
    void *object; /* NULL: empty */
    uint32_t generation;
    uint32_t next_free;
};

struct slots {
    struct slot *items;
    uint32_t count;
    uint32_t first_free;
};

struct slots *slots_create(void)
{
    struct slots *slots = memory_new(sizeof *slots);
    slots->first_free = NO_SLOT;
    return slots;
}

struct slots *slots_destroy(struct slots *slots)
{
    if (!slots)
        return NULL;
    free(slots->items);
    free(slots);
    return NULL;
}

static void grow(struct slots *slots)
{
    uint32_t count = slots->count ? slots->count * 2 : SLOTS_FIRST;
    slots->items = memory_resize(slots->items, count * sizeof *slots->items);
    for (uint32_t i = count; i-- > slots->count;) {
        slots->items[i] = (struct slot){.generation = 1, .next_free = slots->first_free};
        slots->first_free = i;
    }
    slots->count = count;
}

uint64_t slots_add(struct slots *slots, void *object)
{
    assert(object);
    if (slots->first_free == NO_SLOT)
        grow(slots);
    uint32_t index = slots->first_free;
    struct slot *slot = &slots->items[index];
    slots->first_free = slot->next_free;
    slot->object = object;
    return (uint64_t)slot->generation << 32 | index;
}

static struct slot *slot_of(const struct slots *slots, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= slots->count)
        return NULL;
    struct slot *slot = &slots->items[index];
    return slot->object && slot->generation == handle >> 32 ? slot : NULL;
}

void *slots_find(const struct slots *slots, uint64_t handle)
{
    const struct slot *slot = slot_of(slots, handle);
    return slot ? slot->object : NULL;
}

void slots_remove(struct slots *slots, uint64_t handle)
{
    struct slot *slot = slot_of(slots, handle);
    assert(slot);
    slot->object = NULL;
    slot->generation++;
    if (slot->generation == 0)
        slot->generation = 1;
    slot->next_free = slots->first_free;
    slots->first_free = (uint32_t)handle;
}
