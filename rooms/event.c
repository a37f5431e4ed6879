/* event.c - the wire names of events, kinds and reasons. */
#include "rooms/event.h"

const char *event_type_name(enum event_type type)
{
    static const char *const names[EVENT_COUNT] = {
#define EVENT(name, wire) [EVENT_##name] = wire,
        EVENT_TABLE(EVENT)
#undef EVENT
    };
    return names[type];
}

const char *relay_kind_name(enum relay_kind kind)
{
    static const char *const names[RELAY_KIND_COUNT] = {
#define KIND(name, wire) [RELAY_##name] = wire,
        RELAY_KIND_TABLE(KIND)
#undef KIND
    };
    return names[kind];
}

const char *leave_reason_name(enum leave_reason reason)
{
    static const char *const names[LEAVE_REASON_COUNT] = {
#define REASON(name, wire) [LEAVE_##name] = wire,
        LEAVE_REASON_TABLE(REASON)
#undef REASON
    };
    return names[reason];
}

const char *undelivered_reason_name(enum undelivered_reason reason)
{
    static const char *const names[UNDELIVERED_REASON_COUNT] = {
#define REASON(name, wire) [UNDELIVERED_##name] = wire,
        UNDELIVERED_REASON_TABLE(REASON)
#undef REASON
    };
    return names[reason];
}

bool relay_kind_find(struct slice name, enum relay_kind *out_kind)
{
    for (int kind = 0; kind < RELAY_KIND_COUNT; kind++) {
        if (!slice_is_text(name, relay_kind_name((enum relay_kind)kind)))
            continue;
        *out_kind = (enum relay_kind)kind;
        return true;
    }
    return false;
}
