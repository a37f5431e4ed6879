/* link.c - two streams bound to each other; what is not acknowledged goes back to the start of the queue. */
#include "cluster/link.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"

#define RING_FIRST 16

struct saying {
    int64_t said_ms;
    size_t length;
    char bytes[];
};

struct link {
    struct link_limits limits;
    struct link_port port;

    uint64_t stream;   /* ours */
    uint64_t peer;     /* the stream that ours is bound to; 0: none yet */
    uint64_t seen;     /* while it is not bound: the other end's newest stream, as far as we know */
    uint64_t answered; /* whose frame, which did not name our stream, was answered at once */

    struct saying **ring; /* `capacity` places, a power of two; NULL when empty */
    size_t capacity, ring_first, count, bytes;
    uint64_t first;      /* number of the oldest that is kept */
    uint64_t next;       /* number of the next to be sent; below the highest that was ever sent when that is repeated */
    uint64_t sent;       /* the highest that was ever sent */
    size_t flying_bytes; /* from `first` up to `next` */
    size_t window_bytes; /* bound of that while a backlog is sent; SIZE_MAX: there is none */
    int64_t since_ms;    /* when something was last acknowledged, sent again, or asked */
    int64_t resend_ms;
    bool has_asked;
    uint64_t hurried; /* the number that was sent again before its time, because of a gap */

    uint64_t heard; /* the other end's last number */
    size_t owed_frames, owed_bytes;
    bool is_owing;  /* an acknowledgement, within LINK_TICK_MS */
    bool is_urgent; /* now */
    bool has_told_gap;
};

/* --- what is kept --- */

static struct saying **place_of(const struct link *link, uint64_t number)
{
    return &link->ring[(link->ring_first + (size_t)(number - link->first)) & (link->capacity - 1)];
}

static void grow(struct link *link)
{
    size_t capacity = link->capacity ? link->capacity * 2 : RING_FIRST;
    struct saying **ring = memory_new(capacity * sizeof *ring);
    for (size_t i = 0; i < link->count; i++)
        ring[i] = *place_of(link, link->first + i);
    free(link->ring);
    link->ring = ring;
    link->capacity = capacity;
    link->ring_first = 0;
}

static void keep(struct link *link, struct slice payload, struct instant now)
{
    if (link->count == link->capacity)
        grow(link);
    struct saying *saying = memory_new(sizeof *saying + payload.length);
    saying->said_ms = now.mono_ms;
    saying->length = payload.length;
    if (payload.length)
        memcpy(saying->bytes, payload.data, payload.length);
    *place_of(link, link->first + link->count) = saying;
    link->count++;
    link->bytes += payload.length;
}

static void drop_first(struct link *link)
{
    struct saying *saying = *place_of(link, link->first);
    if (link->first < link->next)
        link->flying_bytes -= saying->length;
    else
        link->next = link->first + 1; /* its first sending arrived while it waited for its second */
    link->bytes -= saying->length;
    link->ring_first = (link->ring_first + 1) & (link->capacity - 1);
    link->first++;
    link->count--;
    free(saying);
}

/* Most links are idle most of the time. */
static void shrink_when_empty(struct link *link)
{
    if (link->count || link->capacity <= RING_FIRST)
        return;
    free(link->ring);
    link->ring = NULL;
    link->capacity = 0;
}

/* --- sending --- */

static void transmit(struct link *link, uint64_t number, struct slice payload)
{
    struct link_mark mark = {
        .stream = link->stream,
        .number = number,
        .heard_stream = link->peer ? link->peer : link->seen,
        .heard = link->heard,
    };
    link->owed_frames = link->owed_bytes = 0;
    link->is_owing = link->is_urgent = false;
    link->port.send(link->port.context, &mark, payload);
}

static void ask_who_is_there(struct link *link, struct instant now)
{
    struct link_mark mark = {.stream = link->stream};
    link->has_asked = true;
    link->since_ms = now.mono_ms;
    link->port.send(link->port.context, &mark, SLICE_EMPTY);
}

/* Sends what the window has place for. It is lifted when nothing is held back any more. */
static void pump(struct link *link)
{
    uint64_t end = link->first + link->count;
    while (link->next < end && link->flying_bytes < link->window_bytes) {
        const struct saying *saying = *place_of(link, link->next);
        link->flying_bytes += saying->length;
        if (link->sent < link->next)
            link->sent = link->next;
        transmit(link, link->next++, slice_of(saying->bytes, saying->length));
    }
    if (link->next == end)
        link->window_bytes = SIZE_MAX;
}

/* A whole backlog at once could be what the bus failed to carry. */
static void send_from_first(struct link *link, struct instant now)
{
    link->next = link->first;
    link->flying_bytes = 0;
    link->window_bytes = LINK_RESEND_BYTES;
    link->since_ms = now.mono_ms;
    pump(link);
}

/* --- lives of a link --- */

static void begin(struct link *link, uint64_t stream)
{
    assert(stream && stream != link->stream);
    while (link->count)
        drop_first(link);
    shrink_when_empty(link);
    link->stream = stream;
    link->peer = link->answered = 0;
    link->first = link->next = 1;
    link->sent = link->hurried = link->heard = 0;
    link->flying_bytes = link->owed_frames = link->owed_bytes = 0;
    link->resend_ms = LINK_RESEND_MS;
    link->has_asked = link->is_owing = link->is_urgent = link->has_told_gap = false;
}

struct link *link_create(struct link_limits limits, struct link_port port, uint64_t stream)
{
    struct link *link = memory_new(sizeof *link);
    link->limits = limits;
    link->port = port;
    begin(link, stream);
    return link;
}

struct link *link_destroy(struct link *link)
{
    if (!link)
        return NULL;
    while (link->count)
        drop_first(link);
    free(link->ring);
    free(link);
    return NULL;
}

void link_break(struct link *link, uint64_t stream)
{
    uint64_t former = link->peer ? link->peer : link->seen;
    begin(link, stream);
    link->seen = former;
    link->port.broken(link->port.context);
}

static bool has_been_used(const struct link *link)
{
    return link->heard || link->first + link->count > 1;
}

/* The other end has begun anew, and so do we: what we have said in our stream belongs to its former one. It is told at
 * once; should that be lost, we ask. */
static void follow(struct link *link, uint64_t peer, struct instant now)
{
    bool is_broken = has_been_used(link);
    begin(link, link->stream + 1 ? link->stream + 1 : 1);
    link->seen = peer;
    link->has_asked = link->is_urgent = true;
    link->since_ms = now.mono_ms;
    if (is_broken)
        link->port.broken(link->port.context);
}

/* The other end may not know yet that it is bound: an answer is due. */
static void bind_to(struct link *link, uint64_t peer, struct instant now)
{
    link->peer = peer;
    link->is_urgent = true;
    link->resend_ms = LINK_RESEND_MS;
    send_from_first(link, now);
}

/* --- hearing --- */

/* Its sender does not know our stream. Of those that were under way when a life ended, one is answered at once. */
static void answer(struct link *link, uint64_t stranger)
{
    if (!link->peer)
        link->seen = stranger;
    if (link->answered == stranger) {
        link->is_owing = true;
        return;
    }
    link->answered = stranger;
    transmit(link, 0, SLICE_EMPTY);
}

static void settle(struct link *link, const struct link_mark *mark, struct instant now)
{
    link->resend_ms = LINK_RESEND_MS;
    if (mark->heard >= link->first && mark->heard <= link->sent) {
        size_t before = link->bytes;
        while (link->first <= mark->heard)
            drop_first(link);
        shrink_when_empty(link);
        link->since_ms = now.mono_ms;
        if (link->window_bytes != SIZE_MAX)
            link->window_bytes += before - link->bytes;
        pump(link);
        return;
    }
    bool is_gap = !mark->number && mark->heard + 1 == link->first && link->next > link->first;
    if (is_gap && link->hurried != link->first && !PLANTED(LINK_SENDS_ONCE)) {
        link->hurried = link->first;
        send_from_first(link, now);
    }
}

/* Says what has arrived: if that is news to the other end, the next frame beyond the gap says that there is a gap. */
static void tell_gap(struct link *link)
{
    if (link->is_owing) {
        link->is_urgent = true;
    } else if (!link->has_told_gap) {
        link->has_told_gap = link->is_urgent = true;
    }
}

static void take(struct link *link, uint64_t number, struct slice payload)
{
    if (number <= link->heard) {
        link->is_owing = true;
        if (PLANTED(LINK_REPEATS))
            link->port.receive(link->port.context, payload);
        return;
    }
    if (number > link->heard + 1) {
        tell_gap(link);
        return;
    }
    link->heard = number;
    link->has_told_gap = false;
    link->is_owing = true;
    link->owed_bytes += payload.length;
    if (++link->owed_frames >= LINK_HEARD_FRAMES || link->owed_bytes >= LINK_HEARD_BYTES)
        link->is_urgent = true;
    link->port.receive(link->port.context, payload);
}

void link_hear(struct link *link, const struct link_mark *mark, struct slice payload, struct instant now)
{
    if (!mark->stream)
        return;
    if (mark->heard_stream != link->stream) {
        answer(link, mark->stream);
        return;
    }
    if (link->peer && link->peer != mark->stream) {
        follow(link, mark->stream, now);
    } else {
        if (!link->peer)
            bind_to(link, mark->stream, now);
        settle(link, mark, now);
        if (mark->number)
            take(link, mark->number, payload);
    }
    if (link->is_urgent)
        transmit(link, 0, SLICE_EMPTY);
}

/* --- the owner --- */

enum error link_say(struct link *link, struct slice payload, struct instant now)
{
    if (link->count >= link->limits.frames_max || payload.length > link->limits.bytes_max - link->bytes)
        return ERR_OUTBOX_FULL;
    if (link->peer && !link->count)
        link->since_ms = now.mono_ms;
    keep(link, payload, now);
    if (link->peer)
        pump(link);
    else if (!link->has_asked)
        ask_who_is_there(link, now);
    return ERROR_NONE;
}

static bool is_due(struct link *link, struct instant now)
{
    if (now.mono_ms - link->since_ms < link->resend_ms)
        return false;
    link->resend_ms = link->resend_ms * 2 < LINK_RESEND_MS_MAX ? link->resend_ms * 2 : LINK_RESEND_MS_MAX;
    return true;
}

void link_tick(struct link *link, struct instant now)
{
    if (!link->peer) {
        if (!link->has_asked || is_due(link, now))
            ask_who_is_there(link, now);
    } else if (link->count && is_due(link, now) && !PLANTED(LINK_SENDS_ONCE)) {
        send_from_first(link, now);
    }
    if (link->is_owing)
        transmit(link, 0, SLICE_EMPTY);
}

size_t link_waiting_frames(const struct link *link)
{
    return link->count;
}

size_t link_waiting_bytes(const struct link *link)
{
    return link->bytes;
}

int64_t link_lag_ms(const struct link *link, struct instant now)
{
    return link->count ? now.mono_ms - (*place_of(link, link->first))->said_ms : 0;
}
