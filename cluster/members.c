/* members.c - heartbeats heard and missed. */
#include "cluster/members.h"

#include <stdlib.h>

#include "base/memory.h"

#define OWN_MS   2500 /* since our own heartbeat came back, at most: then the bus works */
#define GONE_MAX 256  /* nodes whose old heartbeats are known as such; the oldest goes first */

struct seat {
    struct member member;
    bool is_known; /* has been heard; else only been spoken to in vain */
    int64_t silent_ms;
    int64_t unheard_since_ms;
    unsigned unheard;
};

/* A node that is gone, and the last heartbeat that was heard of it. */
struct gone {
    uint64_t node, count;
};

struct members {
    uint64_t self;
    uint64_t own_count; /* of our newest heartbeat that came back */
    struct members_port port;
    struct seat seats[MEMBERS_MAX];
    size_t count;
    struct gone gone[GONE_MAX];
    size_t gone_next;
    bool is_up;
    int64_t own_ms, stalled_ms;
};

struct members *members_create(uint64_t self, struct members_port port)
{
    struct members *members = memory_new(sizeof *members);
    members->self = self;
    members->port = port;
    members->own_ms = INT64_MIN / 2;
    return members;
}

struct members *members_destroy(struct members *members)
{
    free(members);
    return NULL;
}

void members_bus_up(struct members *members, struct instant now)
{
    members->is_up = true;
    members->own_ms = INT64_MIN / 2;
    members_stalled(members, now);
}

void members_bus_down(struct members *members, struct instant now)
{
    (void)now;
    members->is_up = false;
}

static struct seat *find(const struct members *members, uint64_t node)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->seats[i].member.node == node)
            return (struct seat *)(uintptr_t)&members->seats[i];
    }
    return NULL;
}

/* NULL: full. */
static struct seat *take_place(struct members *members)
{
    return members->count == MEMBERS_MAX ? NULL : &members->seats[members->count++];
}

/* Who is heard takes the place of one who was only spoken to. */
static struct seat *take_place_of_unknown(struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        if (!members->seats[i].is_known)
            return &members->seats[i];
    }
    return NULL;
}

static struct seat *settle_in(struct seat *seat, uint64_t node, struct instant now)
{
    if (seat)
        *seat = (struct seat){.member = {.node = node, .heard_ms = now.mono_ms}};
    return seat;
}

static void note_count(struct members *members, uint64_t node, uint64_t count)
{
    struct gone *gone = NULL;
    for (size_t i = 0; i < GONE_MAX && !gone; i++) {
        if (members->gone[i].node == node)
            gone = &members->gone[i];
    }
    if (!gone) {
        gone = &members->gone[members->gone_next];
        members->gone_next = (members->gone_next + 1) % GONE_MAX;
    }
    *gone = (struct gone){node, count};
}

static void note_gone(struct members *members, const struct seat *seat)
{
    if (!seat->is_known)
        return;
    note_count(members, seat->member.node, seat->member.last.count);
}

/* Of a node that is gone, or of none that we know: 0. */
static uint64_t count_when_gone(const struct members *members, uint64_t node)
{
    uint64_t count = 0;
    for (size_t i = 0; i < GONE_MAX; i++) {
        if (members->gone[i].node == node && members->gone[i].count > count)
            count = members->gone[i].count;
    }
    return count;
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Between two of our own that came back the bus worked, and who was silent was so by himself. What is after the last
 * one is not known yet. */
static void count_silence(struct members *members, struct instant now)
{
    int64_t from_ms = later_of(members->own_ms, members->stalled_ms);
    for (size_t i = 0; i < members->count; i++) {
        struct seat *seat = &members->seats[i];
        seat->silent_ms += now.mono_ms - later_of(from_ms, seat->member.heard_ms);
    }
}

static void forget_unheard(struct members *members)
{
    for (size_t i = 0; i < members->count; i++)
        members->seats[i].unheard = 0;
}

static void hear_own(struct members *members, const struct wire_heartbeat *heartbeat, struct instant now)
{
    if (heartbeat->count <= members->own_count)
        return;
    members->own_count = heartbeat->count;
    if (members_is_bus_working(members, now))
        count_silence(members, now);
    else
        forget_unheard(members);
    members->own_ms = now.mono_ms;
}

static void take_out(struct members *members, struct seat *seat, struct instant now)
{
    uint64_t node = seat->member.node;
    note_gone(members, seat);
    *seat = members->seats[--members->count];
    members->port.gone(members->port.context, node, now);
}

/* Its earlier heartbeats may still be under way, or be played again. */
static void hear_goodbye(struct members *members, uint64_t from, uint64_t count, struct instant now)
{
    struct seat *seat = find(members, from);
    if (seat) {
        seat->is_known = false;
        take_out(members, seat, now);
    }
    note_count(members, from, count);
}

/* Heartbeats are counted: one that was recorded and is played again is no sign of life. */
void members_hear(struct members *members, uint64_t from, const struct wire_heartbeat *heartbeat, struct instant now)
{
    if (from == members->self) {
        hear_own(members, heartbeat, now);
        return;
    }
    struct seat *seat = find(members, from);
    uint64_t heard = seat && seat->is_known ? seat->member.last.count : count_when_gone(members, from);
    if (heartbeat->count <= heard)
        return;
    if (heartbeat->is_goodbye) {
        hear_goodbye(members, from, heartbeat->count, now);
        return;
    }
    if (!seat && (seat = settle_in(take_place(members), from, now)) == NULL)
        seat = settle_in(take_place_of_unknown(members), from, now);
    if (!seat)
        return;
    bool is_new = !seat->is_known;
    seat->is_known = true;
    seat->silent_ms = 0;
    seat->unheard = 0;
    seat->member.last = *heartbeat;
    seat->member.heard_ms = now.mono_ms;
    if (is_new)
        members->port.joined(members->port.context, &seat->member);
}

void members_unheard(struct members *members, uint64_t node, struct instant now)
{
    struct seat *seat = find(members, node);
    if (!seat && (seat = settle_in(take_place(members), node, now)) == NULL)
        return;
    if (seat->unheard++ == 0)
        seat->unheard_since_ms = now.mono_ms;
}

void members_stalled(struct members *members, struct instant now)
{
    members->stalled_ms = now.mono_ms;
    for (size_t i = 0; i < members->count; i++)
        members->seats[i].silent_ms = members->seats[i].unheard = 0;
}

void members_tick(struct members *members, struct instant now)
{
    if (!members_is_bus_working(members, now))
        return;
    for (size_t i = members->count; i-- > 0;) {
        struct seat *seat = &members->seats[i];
        bool is_unheard = seat->unheard >= 2 && now.mono_ms - seat->unheard_since_ms >= MEMBERS_UNHEARD_MS;
        if (is_unheard || seat->silent_ms >= MEMBERS_SILENT_MS)
            take_out(members, seat, now);
    }
}

bool members_is_bus_working(const struct members *members, struct instant now)
{
    return members->is_up && now.mono_ms - members->own_ms < OWN_MS;
}

const struct member *members_find(const struct members *members, uint64_t node)
{
    const struct seat *seat = find(members, node);
    return seat && seat->is_known ? &seat->member : NULL;
}

/* Those who were only spoken to are none. */
size_t members_count(const struct members *members)
{
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++)
        count += members->seats[i].is_known;
    return count;
}

const struct member *members_at(const struct members *members, size_t index)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->seats[i].is_known && index-- == 0)
            return &members->seats[i].member;
    }
    return NULL;
}
