/* directory_lease.c - the directory's claims, and what their answers change. */
#include "base/planted.h"
#include "cluster/directory_parts.h"

static void claim(struct directory *directory, struct place *place, enum claim_kind kind, uint64_t holder)
{
    bool is_new = kind == CLAIM_TAKE || kind == CLAIM_REPLACE;
    struct claim claim = {.kind = kind,
                          .room = slice_of(place->room, place->length),
                          .holder = holder,
                          .term = is_new ? directory->term : place->term};
    place->awaited++;
    place->since_ms = directory->now.mono_ms;
    directory->port.claim(directory->port.context, &claim);
}

/* A room for which there is no lease, or is none yet. */
static void claim_anew(struct directory *directory, struct place *place)
{
    claim(directory, place, place->unreachable ? CLAIM_REPLACE : CLAIM_TAKE, place->unreachable);
}

static void send_urgent(struct directory *directory, struct place *place)
{
    int64_t asked_ms = place->since_ms;
    list_remove(&place->link_to_send);
    if (place->state == PLACE_ASKED) {
        claim_anew(directory, place);
        place->since_ms = asked_ms;
        return;
    }
    list_remove(&place->link);
    list_append(&directory->leaving, &place->link);
    claim(directory, place, CLAIM_RELEASE, 0);
}

static void send_assertion(struct directory *directory, struct place *place)
{
    list_remove(&place->link);
    list_append(&directory->under_way, &place->link);
    place->is_under_way = true;
    directory->under_way_count++;
    if (place->term)
        claim(directory, place, CLAIM_ASSERT, 0);
    else
        claim_anew(directory, place);
}

void directory_send(struct directory *directory)
{
    struct list_link *link;
    if (!directory->is_up || directory->is_told)
        return;
    while ((link = list_first(&directory->to_send)) != NULL)
        send_urgent(directory, LIST_OWNER(link, struct place, link_to_send));
    while (directory->under_way_count < DIRECTORY_UNDER_WAY_MAX && (link = list_first(&directory->due)) != NULL)
        send_assertion(directory, LIST_OWNER(link, struct place, link));
}

/* One answer, of a room of which something is known. */
struct answer {
    struct slice room;
    uint64_t holder, term;
    bool is_old; /* given before the question that matters was asked */
};

static void answer_asked(struct directory *directory, struct place *place, const struct answer *answer)
{
    if (answer->is_old || !answer->holder)
        return;
    if (answer->holder == place->unreachable) {
        place_send_soon(directory, place);
        return;
    }
    if (answer->holder == directory->self)
        place_become_here(directory, place, answer->term);
    else
        place_become_there(directory, place, answer->holder);
    directory->port.found(directory->port.context, answer->room, answer->holder, directory->now);
}

static void answer_ours(struct directory *directory, struct place *place, const struct answer *answer)
{
    if (answer->term > place->term)
        place_set_term(directory, place, answer->term);
    if (answer->is_old)
        return;
    place_confirm(directory, place);
    if (place->is_again)
        place_make_due(directory, place);
    else if (place->is_under_way)
        place_rest(directory, place);
}

static void answer_here(struct directory *directory, struct place *place, const struct answer *answer)
{
    if (!answer->holder)
        return;
    if (answer->holder == directory->self || PLANTED(KEEP_LOST_LEASE)) {
        answer_ours(directory, place, answer);
        return;
    }
    /* What is older than our own lease was said before we had it. */
    if (answer->term < place->term || answer->holder == place->unreachable) {
        place_make_due(directory, place);
        return;
    }
    place_become_there(directory, place, answer->holder);
    directory->port.lost(directory->port.context, answer->room, answer->holder, directory->now);
}

static void answer_there(struct directory *directory, struct place *place, const struct answer *answer)
{
    if (answer->holder == directory->self)
        place_become_leaving(directory, place, answer->term);
    else if (answer->holder)
        place->node = answer->holder;
}

static void answer_leaving(struct directory *directory, struct place *place, const struct answer *answer)
{
    if (answer->holder == directory->self && answer->term > place->term)
        place_become_leaving(directory, place, answer->term);
    else if (!place->awaited && !list_has_link(&place->link_to_send))
        place_free(directory, place);
}

static void take_answer(struct directory *directory, struct place *place, struct answer *answer)
{
    answer->is_old = place->old > 0;
    place->awaited -= place->awaited > 0;
    place->old -= place->old > 0;
    switch (place->state) {
    case PLACE_ASKED: answer_asked(directory, place, answer); break;
    case PLACE_HERE: answer_here(directory, place, answer); break;
    case PLACE_THERE: answer_there(directory, place, answer); break;
    case PLACE_LEAVING: answer_leaving(directory, place, answer); break;
    }
}

void directory_held(struct directory *directory, struct slice room, uint64_t holder, uint64_t term, struct instant now)
{
    struct place *place = place_find(directory, room);
    struct answer answer = {.room = room};
    directory->now = now;
    directory->is_told = true;
    if (term) { /* else: nobody */
        answer.holder = holder;
        answer.term = term;
        directory_note_term(directory, term);
    }
    if (place)
        take_answer(directory, place, &answer);
    else if (answer.holder == directory->self)
        place_become_leaving(directory, place_create(directory, room), term);
    directory->is_told = false;
}
