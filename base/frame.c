/* frame.c - counted holders of one text. */
#include "base/frame.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct frame *frame_create(struct slice text)
{
    assert(text.length > 2 && text.data[0] == '{');
    struct frame *frame = memory_new(sizeof *frame + text.length);
    frame->holders = 1;
    frame->length = text.length;
    memcpy(frame->bytes, text.data, text.length);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->holders++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    assert(frame->holders > 0);
    if (--frame->holders == 0)
        free(frame);
}
