/* directory_parts.h - what the files of the directory share: the places of rooms, and the lists that they stand in. */
#ifndef PARLEY_CLUSTER_DIRECTORY_PARTS_H
#define PARLEY_CLUSTER_DIRECTORY_PARTS_H

#include "base/list.h"
#include "base/map.h"
#include "cluster/directory.h"

enum place_state {
    PLACE_ASKED,   /* somebody waits for the answer */
    PLACE_HERE,    /* this node holds it */
    PLACE_THERE,   /* another node holds it */
    PLACE_LEAVING, /* nobody here wants it, but Redis may say that it is ours, or an answer is to come */
};

struct place {
    UT_hash_handle hh;
    struct list_link link;         /* in one of the lists of its state */
    struct list_link link_to_send; /* in directory->to_send: ASKED and LEAVING */
    enum place_state state;
    bool is_under_way;    /* HERE: in directory->under_way */
    bool is_again;        /* HERE, under way: to be asserted once more when it was answered */
    bool is_unsure;       /* HERE: not confirmed since the process stood still */
    bool is_used;         /* THERE: looked up since it was last about to be forgotten */
    unsigned awaited;     /* claims without an answer; answers come in the order of the claims */
    unsigned old;         /* so many of the next answers were given before the question that matters */
    uint64_t node;        /* THERE */
    uint64_t term;        /* HERE and LEAVING; 0: no lease */
    uint64_t unreachable; /* ASKED, and HERE without a lease: the node that is to be replaced */
    int64_t since_ms;     /* when it came into its list */
    size_t length;
    char room[]; /* not NUL-terminated */
};

struct directory {
    uint64_t self;
    struct directory_port port;
    struct place *places;
    struct list asked, due, under_way, resting; /* the last three are of HERE: to be asserted, being it, and not yet */
    struct list known;                          /* THERE; the first is the next to be forgotten */
    struct list leaving;
    struct list to_send; /* claims that do not wait for the others */
    size_t here_count, unleased_count, under_way_count, unsure_count, known_count;
    struct instant now;
    uint64_t term;       /* the highest seen */
    int64_t sure_by_ms;  /* when what is unsure is believed without an answer */
    int64_t again_ms;    /* when all is asserted once more; INT64_MAX: it was */
    bool is_up, is_told; /* is_told: within a call of the bus */
};

/* Places: directory_place.c */
struct place *place_find(const struct directory *directory, struct slice room); /* NULL: none */
struct place *place_create(struct directory *directory, struct slice room);     /* LEAVING, with nothing to do */
void place_become_asked(struct directory *directory, struct place *place, uint64_t unreachable);
void place_become_here(struct directory *directory, struct place *place, uint64_t term);
void place_become_there(struct directory *directory, struct place *place, uint64_t node); /* may forget another */
void place_become_leaving(struct directory *directory, struct place *place, uint64_t term);
void place_drop(struct directory *directory, struct place *place); /* kept while answers are to come */
void place_free(struct directory *directory, struct place *place);
void place_set_term(struct directory *directory, struct place *place, uint64_t term);
void place_confirm(struct directory *directory, struct place *place);
void place_make_due(struct directory *directory, struct place *place);
void place_rest(struct directory *directory, struct place *place);
void place_send_soon(struct directory *directory, struct place *place);

/* Claims and their answers: directory_lease.c */
void directory_send(struct directory *directory); /* what may be sent now */

#endif
