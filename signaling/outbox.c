/* outbox.c - a ring of shared frames. */
#include "signaling/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "signaling/framing.h"

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
    struct posting *ring = memory_new(capacity * sizeof *ring);
    for (size_t i = 0; i < outbox->count; i++)
        ring[i] = outbox->ring[(outbox->first + i) & (outbox->capacity - 1)];
    free(outbox->ring);
    outbox->ring = ring;
    outbox->capacity = capacity;
    outbox->first = 0;
}

static void hold(struct outbox *outbox, struct frame *frame, uint64_t n)
{
    if (outbox->count == outbox->capacity)
        grow(outbox);
    outbox->ring[(outbox->first + outbox->count) & (outbox->capacity - 1)] = (struct posting){frame_ref(frame), n};
    outbox->count++;
    outbox->bytes += framing_length(frame, n);
}

void outbox_push_last(struct outbox *outbox, struct frame *frame)
{
    hold(outbox, frame, 0);
}

void outbox_push_first(struct outbox *outbox, struct frame *frame, uint64_t n)
{
    outbox->limits.bytes_max += framing_length(frame, n);
    outbox->limits.frames_max++;
    hold(outbox, frame, n);
}

enum error outbox_push(struct outbox *outbox, struct frame *frame, uint64_t n)
{
    const struct outbox_limits *limits = &outbox->limits;
    if (PLANTED(OUTBOX_LOSES) && outbox->count > 8)
        return ERROR_NONE;
    if (BUGGIFY(OUTBOX_FULL))
        return ERR_OUTBOX_FULL;
    if (outbox->count >= limits->frames_max || outbox->bytes > limits->bytes_max)
        return ERR_OUTBOX_FULL;
    if (framing_length(frame, n) > limits->bytes_max - outbox->bytes)
        return ERR_OUTBOX_FULL;
    hold(outbox, frame, n);
    return ERROR_NONE;
}

const struct posting *outbox_first(const struct outbox *outbox)
{
    return outbox->count ? &outbox->ring[outbox->first] : NULL;
}

void outbox_pop(struct outbox *outbox)
{
    assert(outbox->count > 0);
    struct posting posting = outbox->ring[outbox->first];
    outbox->first = (outbox->first + 1) & (outbox->capacity - 1);
    outbox->count--;
    outbox->bytes -= framing_length(posting.frame, posting.n);
    frame_unref(posting.frame);
}

void outbox_clear(struct outbox *outbox)
{
    while (outbox->count)
        outbox_pop(outbox);
}
