/* home_log.c - what a home notes, as lines of the log. */
#include "signaling/home_log.h"

#include "ops/log.h"

/* An end that an edge asked for stands in the log already, with its connection. */
static void log_end(const struct home_note *note)
{
    if (!note->is_asked)
        log_info("peer.leave", LOG_SLICE("room", note->room), LOG_SLICE("peer", note->peer_id),
                 LOG_TEXT("reason", leave_reason_name(note->reason)));
}

void home_log_note(void *context, const struct home_note *note)
{
    (void)context;
    switch (note->kind) {
    case NOTE_ENDED: log_end(note); break;
    case NOTE_KICKED:
        log_info("peer.kick", LOG_SLICE("room", note->room), LOG_SLICE("peer", note->peer_id),
                 LOG_SLICE("by", note->by));
        break;
    case NOTE_CLOSED: break;
    case NOTE_SETTLED:
        log_info("room.settled", LOG_SLICE("room", note->room), LOG_NUMBER("peers", note->back),
                 LOG_NUMBER("missing", note->missing));
        break;
    }
}
