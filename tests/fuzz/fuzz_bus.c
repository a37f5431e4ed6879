/* fuzz_bus.c - any bytes on the bus: nothing is authentic, and what gets past the tag keeps its limits and is the same
 * when it is said again.
 *
 * Each input is tried as a frame, as what a frame's tag was made for, and as a payload. */
#include <stdlib.h>
#include <string.h>

#include "cluster/wire_parts.h"

#define INPUT_MAX (64 * 1024)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct wire_room *room, *other_room;
static struct wire_key key;

static void hold(bool promise)
{
    if (!promise)
        abort();
}

static void start(void)
{
    if (room)
        return;
    room = wire_room_create();
    other_room = wire_room_create();
    wire_key_derive(SLICE_LITERAL("the fuzzer knows this secret"), &key);
}

#define LATER_BYTES 25 /* of a heartbeat: the fields that older nodes do not know */

/* Frames */

static void hold_heartbeat(const struct wire_heartbeat *heartbeat)
{
    struct slice name = slice_of(heartbeat->name, strnlen(heartbeat->name, sizeof heartbeat->name));
    hold(name.length <= WIRE_NAME_MAX && wire_printable(name) == name.length);
    hold(heartbeat->version_least >= 1 && heartbeat->version_least <= heartbeat->version);
}

static void hold_frame(const struct wire_frame *frame, struct slice bytes)
{
    hold(frame->from != 0 && frame->version >= WIRE_VERSION_LEAST && frame->version <= WIRE_VERSION);
    switch (frame->type) {
    case WIRE_HEARTBEAT: hold_heartbeat(&frame->heartbeat); return;
    case WIRE_TAKEN: hold(room_id_is_valid(frame->taken.room)); return;
    case WIRE_LINK:
        hold(frame->link.mark.stream != 0);
        hold(frame->link.payload.length <= bytes.length);
        return;
    }
    hold(false);
}

/* Shorter where a later version has added something; longer where an earlier one did not know all fields yet. */
static void hold_same(const struct wire_frame *frame, struct slice said, struct slice again)
{
    bool is_older = frame->type == WIRE_HEARTBEAT && again.length == said.length + LATER_BYTES;
    hold(again.length <= said.length || is_older);
    size_t length = again.length < said.length ? again.length : said.length;
    hold(memcmp(again.data, said.data, length) == 0);
}

static void try_frame(struct slice input)
{
    struct buffer bytes = BUFFER_EMPTY, again = BUFFER_EMPTY;
    unsigned char tag[WIRE_TAG_BYTES];
    struct wire_frame frame, second;
    hold(wire_open(&key, 1, input, &frame) == ERR_BAD_MESSAGE);
    wire_tag(&key, input, tag);
    buffer_add(&bytes, input);
    buffer_add(&bytes, slice_of(tag, sizeof tag));
    if (!wire_open(&key, 1, buffer_slice(&bytes), &frame)) {
        hold_frame(&frame, buffer_slice(&bytes));
        wire_seal(&key, &frame, &again);
        hold(!wire_open(&key, 1, buffer_slice(&again), &second) && second.from == frame.from && second.to == frame.to);
        hold_same(&frame, input, slice_of(again.data, again.length - WIRE_TAG_BYTES));
    }
    buffer_fini(&bytes);
    buffer_fini(&again);
}

/* Payloads. What is written again differs at most by what was passed over: it is read as what it was. */

static void try_request(struct slice input)
{
    struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;
    struct request request, again;
    if (wire_get_request(room, input, &request))
        return;
    wire_put_request(&request, &first);
    hold(first.length <= input.length);
    hold(wire_get_request(other_room, buffer_slice(&first), &again) == ERROR_NONE);
    wire_put_request(&again, &second);
    hold(slice_is_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_fini(&first);
    buffer_fini(&second);
}

static void put_delivery(const struct wire_delivery *delivery, struct buffer *out)
{
    struct frame *frame = delivery->text.length ? frame_create(delivery->text) : NULL;
    struct slice roster = delivery->event.type == EVENT_WELCOME ? delivery->event.welcome.roster : SLICE_EMPTY;
    wire_put_delivery(delivery->to, delivery->count, &delivery->event, frame, roster, out);
    if (frame)
        frame_unref(frame);
}

static void try_delivery(struct slice input)
{
    struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;
    struct wire_delivery delivery, again;
    if (wire_get_delivery(room, input, &delivery))
        return;
    put_delivery(&delivery, &first);
    hold(wire_get_delivery(other_room, buffer_slice(&first), &again) == ERROR_NONE);
    put_delivery(&again, &second);
    hold(slice_is_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_fini(&first);
    buffer_fini(&second);
}

static void try_moved(struct slice input)
{
    const struct slice *rooms;
    size_t count;
    if (wire_get_moved(room, input, &rooms, &count))
        return;
    hold(count >= 1 && count <= WIRE_LIST_MAX);
    for (size_t i = 0; i < count; i++)
        hold(room_id_is_valid(rooms[i]));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice input = slice_of(data, size);
    enum wire_payload_type type;
    start();
    if (size > INPUT_MAX)
        return 0;
    try_frame(input);
    if (wire_payload_type(input, &type))
        return 0;
    switch (type) {
    case WIRE_PAYLOAD_REQUEST: try_request(input); break;
    case WIRE_PAYLOAD_DELIVERY: try_delivery(input); break;
    case WIRE_PAYLOAD_MOVED: try_moved(input); break;
    }
    return 0;
}
