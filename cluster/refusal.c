/* refusal.c - what could not be kept for a peer holds up what follows it, until its sender has heard.
 *
 * An addressee passes over what comes after something later of the same sender. If it had handled a later message than
 * the refused one, and the home died before the sender heard of the refusal, then the sender would send that one again,
 * and the addressee receipt what it never handled. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/home_parts.h"

/* An encoded message is not longer than its body by more than this. */
#define ENVELOPE_BYTES 256

static struct refusal *find(const struct session *speaker, struct slice peer_id)
{
    for (size_t i = 0; i < speaker->refusal_count; i++) {
        struct refusal *refusal = &speaker->refusals[i];
        if (slice_is_equal(slice_of(refusal->peer_id, RANDOM_ID_LENGTH), peer_id))
            return refusal;
    }
    return NULL;
}

void session_note_refusal(struct session *speaker, struct slice peer_id, uint64_t n)
{
    if (!speaker->peer->gives_receipts || peer_id.length != RANDOM_ID_LENGTH) /* such a one never says that it heard */
        return;
    struct refusal *refusal = find(speaker, peer_id);
    if (!refusal) {
        speaker->refusals = memory_resize(speaker->refusals, (speaker->refusal_count + 1) * sizeof *speaker->refusals);
        refusal = &speaker->refusals[speaker->refusal_count++];
        memcpy(refusal->peer_id, peer_id.data, RANDOM_ID_LENGTH);
    }
    refusal->n = n;
}

void session_hear_refusals(struct session *speaker, uint64_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < speaker->refusal_count; i++) {
        if (speaker->refusals[i].n > n)
            speaker->refusals[left++] = speaker->refusals[i];
    }
    speaker->refusal_count = left;
    if (!left) {
        free(speaker->refusals);
        speaker->refusals = NULL;
    }
}

bool session_is_held_up(const struct session *speaker, struct slice peer_id)
{
    return speaker->refusal_count && !PLANTED(OVERTAKE_REFUSED) && find(speaker, peer_id);
}

static bool has_place(const struct session *speaker, struct slice peer_id, size_t body)
{
    const struct mailbox *mailbox = lodging_mailbox(speaker->lodging, peer_id);
    return mailbox && mailbox->count < mailbox->limits.letters_max &&
           mailbox->bytes + body + ENVELOPE_BYTES <= mailbox->limits.bytes_max;
}

static bool is_addressed(const struct request *request, struct slice peer_id)
{
    if (request->type == REQUEST_RELAY)
        return slice_is_equal(request->relay.to, peer_id);
    for (size_t i = 0; request->broadcast.to && i < request->broadcast.to_count; i++) {
        if (slice_is_equal(request->broadcast.to[i], peer_id))
            return true;
    }
    return !request->broadcast.to;
}

/* Who has so many refusals to hear of speaks to nobody until then: that bounds their list. */
bool session_has_to_wait(const struct session *speaker, const struct request *request)
{
    size_t body = request_parcel(request)->body.length;
    if (PLANTED(OVERTAKE_REFUSED))
        return false;
    if (speaker->refusal_count >= speaker->lodging->home->config.room_capacity)
        return true;
    for (size_t i = 0; i < speaker->refusal_count; i++) {
        struct slice peer_id = slice_of(speaker->refusals[i].peer_id, RANDOM_ID_LENGTH);
        if (is_addressed(request, peer_id) && has_place(speaker, peer_id, body))
            return true;
    }
    return false;
}
