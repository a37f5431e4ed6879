/* switchboard_log.c - what a switchboard notes, as lines of the log. */
#include "signaling/switchboard_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "ops/log.h"

void switchboard_log_note(void *context, const struct switchboard_note *note)
{
    char node[17];
    (void)context;
    (void)snprintf(node, sizeof node, "%016" PRIx64, note->node);
    switch (note->kind) {
    case SWITCHBOARD_NOTE_JOINED:
        log_info("cluster.node_joined", LOG_TEXT("node", node), LOG_TEXT("name", note->name));
        break;
    case SWITCHBOARD_NOTE_GONE:
        log_warn("cluster.node_gone", LOG_TEXT("node", node), LOG_TEXT("name", note->name));
        break;
    case SWITCHBOARD_NOTE_PARTED:
        log_warn("cluster.link_broken", LOG_TEXT("node", node), LOG_TEXT("name", note->name));
        break;
    case SWITCHBOARD_NOTE_LOST: log_warn("cluster.rooms_lost", LOG_NUMBER("rooms", note->rooms)); break;
    }
}
