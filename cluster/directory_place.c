/* directory_place.c - the places of rooms: how one comes out of a state, and into another. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/directory_parts.h"

struct place *place_find(const struct directory *directory, struct slice room)
{
    struct place *place;
    HASH_FIND(hh, directory->places, room.data, room.length, place);
    return place;
}

/* Out of its lists and counts. */
static void withdraw(struct directory *directory, struct place *place)
{
    list_remove(&place->link);
    list_remove(&place->link_to_send);
    directory->here_count -= place->state == PLACE_HERE;
    directory->unleased_count -= place->state == PLACE_HERE && !place->term;
    directory->known_count -= place->state == PLACE_THERE;
    directory->under_way_count -= place->is_under_way;
    directory->unsure_count -= place->is_unsure;
    place->is_under_way = place->is_again = place->is_unsure = place->is_used = false;
    place->node = place->term = place->unreachable = 0;
}

static void enter(struct directory *directory, struct place *place, struct list *list)
{
    list_remove(&place->link);
    list_append(list, &place->link);
    place->since_ms = directory->now.mono_ms;
}

struct place *place_create(struct directory *directory, struct slice room)
{
    struct place *place = memory_new(sizeof *place + room.length);
    memcpy(place->room, room.data, room.length);
    place->length = room.length;
    place->state = PLACE_LEAVING;
    HASH_ADD_KEYPTR(hh, directory->places, place->room, place->length, place);
    enter(directory, place, &directory->leaving);
    return place;
}

void place_free(struct directory *directory, struct place *place)
{
    withdraw(directory, place);
    HASH_DELETE(hh, directory->places, place);
    free(place);
}

void place_drop(struct directory *directory, struct place *place)
{
    if (place->awaited)
        place_become_leaving(directory, place, 0);
    else
        place_free(directory, place);
}

void place_become_asked(struct directory *directory, struct place *place, uint64_t unreachable)
{
    withdraw(directory, place);
    place->state = PLACE_ASKED;
    place->unreachable = unreachable;
    place->old = place->awaited;
    enter(directory, place, &directory->asked);
    place_send_soon(directory, place);
}

void place_become_here(struct directory *directory, struct place *place, uint64_t term)
{
    withdraw(directory, place);
    place->state = PLACE_HERE;
    place->term = term;
    directory->here_count++;
    directory->unleased_count += !term;
    enter(directory, place, term ? &directory->resting : &directory->due);
}

/* A second chance for those that were looked up, as the lookup cannot move them. */
static void forget_least_used(struct directory *directory)
{
    for (;;) {
        struct place *place = LIST_OWNER(list_first(&directory->known), struct place, link);
        if (!place->is_used) {
            place_drop(directory, place);
            return;
        }
        place->is_used = false;
        enter(directory, place, &directory->known);
    }
}

void place_become_there(struct directory *directory, struct place *place, uint64_t node)
{
    withdraw(directory, place);
    if (directory->known_count >= DIRECTORY_KNOWN_MAX)
        forget_least_used(directory);
    place->state = PLACE_THERE;
    place->node = node;
    directory->known_count++;
    enter(directory, place, &directory->known);
}

void place_become_leaving(struct directory *directory, struct place *place, uint64_t term)
{
    withdraw(directory, place);
    place->state = PLACE_LEAVING;
    place->term = term;
    enter(directory, place, &directory->leaving);
    if (term)
        place_send_soon(directory, place);
}

void place_set_term(struct directory *directory, struct place *place, uint64_t term)
{
    assert(place->state == PLACE_HERE && term);
    directory->unleased_count -= !place->term;
    place->term = term;
    place->unreachable = 0;
}

void place_confirm(struct directory *directory, struct place *place)
{
    if (!place->is_unsure)
        return;
    place->is_unsure = false;
    directory->unsure_count--;
    directory->sure_by_ms = directory->now.mono_ms + DIRECTORY_WAIT_MS;
}

static void no_longer_under_way(struct directory *directory, struct place *place)
{
    directory->under_way_count -= place->is_under_way;
    place->is_under_way = place->is_again = false;
}

void place_make_due(struct directory *directory, struct place *place)
{
    assert(place->state == PLACE_HERE);
    no_longer_under_way(directory, place);
    enter(directory, place, &directory->due);
}

void place_rest(struct directory *directory, struct place *place)
{
    assert(place->state == PLACE_HERE);
    no_longer_under_way(directory, place);
    enter(directory, place, &directory->resting);
}

void place_send_soon(struct directory *directory, struct place *place)
{
    list_remove(&place->link_to_send);
    list_append(&directory->to_send, &place->link_to_send);
}
