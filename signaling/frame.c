/* frame.c - the header of RFC 6455 before the text. */
#include "signaling/frame.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

#define FINAL_TEXT 0x81
#define HEADER_MAX 10

static size_t write_header(unsigned char *out, uint64_t length)
{
    out[0] = FINAL_TEXT;
    if (length < 126) {
        out[1] = (unsigned char)length;
        return 2;
    }
    size_t digits = length <= UINT16_MAX ? 2 : 8;
    out[1] = digits == 2 ? 126 : 127;
    for (size_t i = 0; i < digits; i++)
        out[2 + i] = (unsigned char)(length >> 8 * (digits - 1 - i));
    return 2 + digits;
}

struct frame *frame_create(struct slice text)
{
    unsigned char header[HEADER_MAX];
    size_t header_length = write_header(header, text.length);
    struct frame *frame = memory_new(sizeof *frame + header_length + text.length);
    frame->holders = 1;
    frame->length = header_length + text.length;
    memcpy(frame->bytes, header, header_length);
    if (text.length)
        memcpy(frame->bytes + header_length, text.data, text.length);
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
