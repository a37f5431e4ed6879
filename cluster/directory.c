/* directory.c - asking for rooms and giving them up, and what the bus and the clock do to what is known. */
#include "cluster/directory.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"
#include "cluster/directory_parts.h"
#include "rooms/room.h"

struct directory *directory_create(uint64_t self, struct directory_port port)
{
    struct directory *directory = memory_new(sizeof *directory);
    assert(self);
    directory->self = self;
    directory->port = port;
    directory->again_ms = INT64_MAX;
    struct list *lists[] = {&directory->asked, &directory->due,     &directory->under_way, &directory->resting,
                            &directory->known, &directory->leaving, &directory->to_send};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        list_init(lists[i]);
    return directory;
}

struct directory *directory_destroy(struct directory *directory)
{
    struct place *place, *next;
    if (!directory)
        return NULL;
    HASH_ITER (hh, directory->places, place, next) {
        place_free(directory, place);
    }
    free(directory);
    return NULL;
}

enum whereabouts directory_find(const struct directory *directory, struct slice room, uint64_t *out_node)
{
    struct place *place = place_find(directory, room);
    if (!place)
        return HOME_UNKNOWN;
    switch (place->state) {
    case PLACE_HERE: return HOME_HERE;
    case PLACE_THERE:
        place->is_used = true;
        *out_node = place->node;
        return HOME_THERE;
    case PLACE_ASKED:
    case PLACE_LEAVING: break;
    }
    return HOME_UNKNOWN;
}

/* Asking */

static void tell_found(struct directory *directory, struct slice room, uint64_t node)
{
    directory->port.found(directory->port.context, room, node, directory->now);
}

/* Nobody can be asked. What was not given back to Redis yet is still leased. */
static void take_unasked(struct directory *directory, struct place *place)
{
    char room[ROOM_ID_MAX];
    uint64_t term = place->state == PLACE_LEAVING ? place->term : 0;
    uint64_t unreachable = place->unreachable;
    memcpy(room, place->room, place->length);
    struct slice copy = slice_of(room, place->length);
    place_become_here(directory, place, term);
    place->unreachable = unreachable;
    place_make_due(directory, place);
    tell_found(directory, copy, directory->self);
}

static void ask_anew(struct directory *directory, struct place *place, uint64_t unreachable)
{
    if (!directory->is_up) {
        take_unasked(directory, place);
        return;
    }
    place_become_asked(directory, place, unreachable);
    directory_send(directory);
}

void directory_ask(struct directory *directory, struct slice room, uint64_t unreachable, struct instant now)
{
    struct place *place = place_find(directory, room);
    assert(room.length <= ROOM_ID_MAX);
    directory->now = now;
    if (!place)
        place = place_create(directory, room);
    switch (place->state) {
    case PLACE_ASKED:
        if (unreachable)
            place->unreachable = unreachable;
        return;
    case PLACE_HERE: tell_found(directory, room, directory->self); return;
    case PLACE_THERE:
        if (place->node != unreachable) {
            place->is_used = true;
            tell_found(directory, room, place->node);
            return;
        }
        break;
    case PLACE_LEAVING: break;
    }
    ask_anew(directory, place, unreachable);
}

/* Giving up, and forgetting */

void directory_release(struct directory *directory, struct slice room)
{
    struct place *place = place_find(directory, room);
    if (!place || place->state == PLACE_THERE || place->state == PLACE_LEAVING)
        return;
    if (place->term)
        place_become_leaving(directory, place, place->term);
    else
        place_drop(directory, place);
    directory_send(directory);
}

void directory_release_all(struct directory *directory, void (*each)(void *context, struct slice room), void *context)
{
    struct place *place, *next;
    HASH_ITER (hh, directory->places, place, next) {
        char room[ROOM_ID_MAX];
        struct slice copy = slice_of(room, place->length);
        memcpy(room, place->room, place->length);
        if (place->state == PLACE_HERE)
            each(context, copy);
        directory_release(directory, copy);
    }
}

void directory_forget_node(struct directory *directory, uint64_t node)
{
    struct list_link *link = list_first(&directory->known);
    while (link) {
        struct place *place = LIST_OWNER(link, struct place, link);
        link = list_next(&directory->known, link);
        if (place->node == node)
            place_drop(directory, place);
    }
}

void directory_forget_room(struct directory *directory, struct slice room, uint64_t node)
{
    struct place *place = place_find(directory, room);
    if (place && place->state == PLACE_THERE && place->node == node)
        place_drop(directory, place);
}

uint64_t directory_term_of(const struct directory *directory, struct slice room)
{
    const struct place *place = place_find(directory, room);
    return place && place->state == PLACE_HERE ? place->term : 0;
}

void directory_taken(struct directory *directory, struct slice room, uint64_t node, uint64_t term, struct instant now)
{
    struct place *place = place_find(directory, room);
    directory->now = now;
    directory_note_term(directory, term);
    if (!place || place->state != PLACE_HERE)
        return;
    if (place->term && term > place->term && !PLANTED(KEEP_LOST_LEASE)) {
        place_become_there(directory, place, node);
        directory->port.lost(directory->port.context, room, node, now);
    } else if (directory->is_up) {
        place_make_due(directory, place);
    }
}

/* The bus */

static void make_all_due(struct directory *directory, struct list *list)
{
    struct list_link *link;
    while ((link = list_first(list)) != NULL)
        place_make_due(directory, LIST_OWNER(link, struct place, link));
}

void directory_bus_up(struct directory *directory, struct instant now)
{
    directory->now = now;
    directory->is_up = true;
    directory->again_ms = now.mono_ms + DIRECTORY_AGAIN_MS;
    make_all_due(directory, &directory->resting);
    for (struct list_link *link = list_first(&directory->under_way); link;
         link = list_next(&directory->under_way, link))
        LIST_OWNER(link, struct place, link)->is_again = true;
}

/* Evidence of what another node does is worth nothing now; what was to be given back is, when the bus is there again.
 */
static void expect_no_answers(struct directory *directory)
{
    struct place *place, *next;
    HASH_ITER (hh, directory->places, place, next) {
        place->awaited = place->old = 0;
        place->unreachable = 0;
        if (place->state == PLACE_LEAVING && place->term)
            place_send_soon(directory, place);
        else if (place->state == PLACE_LEAVING)
            place_free(directory, place);
    }
}

void directory_bus_down(struct directory *directory, struct instant now)
{
    struct list_link *link;
    directory->now = now;
    directory->is_up = false;
    directory->again_ms = INT64_MAX;
    expect_no_answers(directory);
    make_all_due(directory, &directory->under_way);
    while ((link = list_first(&directory->asked)) != NULL)
        take_unasked(directory, LIST_OWNER(link, struct place, link));
}

/* The clock */

static void doubt(struct directory *directory, struct place *place)
{
    place->old = place->awaited;
    if (place->state == PLACE_ASKED) {
        place->since_ms = directory->now.mono_ms;
        place_send_soon(directory, place);
    }
    if (place->state != PLACE_HERE)
        return;
    directory->unsure_count += !place->is_unsure;
    place->is_unsure = true;
    place_make_due(directory, place);
}

void directory_stalled(struct directory *directory, struct instant now)
{
    directory->now = now;
    directory->sure_by_ms = now.mono_ms + DIRECTORY_WAIT_MS;
    if (directory->is_up)
        directory->again_ms = now.mono_ms + DIRECTORY_AGAIN_MS;
    for (struct place *place = directory->places; place; place = place->hh.next)
        doubt(directory, place);
    directory_send(directory);
}

/* The first of the list, if it has been there for that long. */
static struct place *first_since(const struct directory *directory, const struct list *list, int64_t ms)
{
    struct list_link *link = list_first(list);
    if (!link)
        return NULL;
    struct place *place = LIST_OWNER(link, struct place, link);
    return directory->now.mono_ms - place->since_ms >= ms ? place : NULL;
}

static void give_up_waiting(struct directory *directory)
{
    struct place *place;
    while ((place = first_since(directory, &directory->asked, DIRECTORY_WAIT_MS)) != NULL)
        take_unasked(directory, place);
    while ((place = first_since(directory, &directory->under_way, DIRECTORY_WAIT_MS)) != NULL)
        place_make_due(directory, place);
    while (directory->is_up && (place = first_since(directory, &directory->leaving, DIRECTORY_WAIT_MS)) != NULL)
        place_free(directory, place);
}

static void give_up_doubting(struct directory *directory)
{
    if (!directory->unsure_count || directory->now.mono_ms < directory->sure_by_ms)
        return;
    for (struct place *place = directory->places; place; place = place->hh.next)
        place_confirm(directory, place);
}

void directory_tick(struct directory *directory, struct instant now)
{
    struct place *place;
    directory->now = now;
    while ((place = first_since(directory, &directory->resting, DIRECTORY_RENEW_MS)) != NULL)
        place_make_due(directory, place);
    if (now.mono_ms >= directory->again_ms) {
        directory->again_ms = INT64_MAX;
        make_all_due(directory, &directory->resting);
    }
    directory_send(directory);
    give_up_waiting(directory);
    give_up_doubting(directory);
}

/* Figures */

bool directory_is_sure(const struct directory *directory)
{
    return !directory->unsure_count;
}

void directory_note_term(struct directory *directory, uint64_t term)
{
    if (term > directory->term && term <= DIRECTORY_TERM_MAX)
        directory->term = term;
}

uint64_t directory_term(const struct directory *directory)
{
    return directory->term;
}

size_t directory_held_count(const struct directory *directory)
{
    return directory->here_count;
}

size_t directory_unleased_count(const struct directory *directory)
{
    return directory->unleased_count;
}

size_t directory_count(const struct directory *directory)
{
    return HASH_COUNT(directory->places);
}
