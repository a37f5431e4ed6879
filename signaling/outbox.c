/* outbox.c - a ring of shared frames. */
#include "signaling/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define RING_FIRST 8

void outbox_init(struct outbox *outbox, struct outbox_limits limits)
{
    *outbox = (struct outbox){.limits = limits};
}

void outbox_fini(struct outbox *outbox)
{
    outbox_clear(outbox);
    free(outbox->ring);
    *outbox = (struct outbox){0};
}

static void grow(struct outbox *outbox)
{
    size_t capacity = outbox->capacity ? outbox->capacity * 2 : RING_FIRST;
    struct frame **ring = memory_new(capacity * sizeof *ring);
    for (size_t i = 0; i < outbox->count; i++)
        ring[i] = outbox->ring[(outbox->first + i) & (outbox->capacity - 1)];
    free(outbox->ring);
    outbox->ring = ring;
    outbox->capacity = capacity;
    outbox->first = 0;
}

void outbox_push_last(struct outbox *outbox, struct frame *frame)
{
    if (outbox->count == outbox->capacity)
        grow(outbox);
    outbox->ring[(outbox->first + outbox->count) & (outbox->capacity - 1)] = frame_ref(frame);
    outbox->count++;
    outbox->bytes += frame->length;
}

void outbox_push_first(struct outbox *outbox, struct frame *frame)
{
    outbox->limits.bytes_max += frame->length;
    outbox->limits.frames_max++;
    outbox_push_last(outbox, frame);
}

enum error outbox_push(struct outbox *outbox, struct frame *frame)
{
    bool is_full = outbox->count >= outbox->limits.frames_max;
    if (is_full || frame->length > outbox->limits.bytes_max - outbox->bytes || outbox->bytes > outbox->limits.bytes_max)
        return ERR_OUTBOX_FULL;
    outbox_push_last(outbox, frame);
    return ERROR_NONE;
}

struct frame *outbox_first(const struct outbox *outbox)
{
    return outbox->count ? outbox->ring[outbox->first] : NULL;
}

void outbox_pop(struct outbox *outbox)
{
    assert(outbox->count > 0);
    struct frame *frame = outbox->ring[outbox->first];
    outbox->first = (outbox->first + 1) & (outbox->capacity - 1);
    outbox->count--;
    outbox->bytes -= frame->length;
    frame_unref(frame);
}

void outbox_clear(struct outbox *outbox)
{
    while (outbox->count)
        outbox_pop(outbox);
}
