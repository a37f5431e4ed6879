/* lease_model.h - the entries of Redis and the script that changes them, as the table in
 * docs/decisions/0009-many-instances.md has it; with what Redis may do to them. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_LEASE_MODEL_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_LEASE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "cluster/bus.h"
#include "rooms/room.h"

struct lease_model; /* opaque */

struct lease {
    char room[ROOM_ID_MAX];
    size_t length;
    uint64_t holder, term; /* 0, 0: nobody */
};

#define LEASE_UNDO_MAX 64 /* writes that can be lost */

struct lease_model *lease_model_create(void);
struct lease_model *lease_model_destroy(struct lease_model *model); /* returns NULL */

/* The script, at once. */
void lease_model_execute(struct lease_model *model, uint64_t self, const struct claim *claim, int64_t now_ms,
                         struct lease *out_answer);

/* What the entry of the room says; false: there is none. */
bool lease_model_find(const struct lease_model *model, struct slice room, int64_t now_ms, struct lease *out_lease);

void lease_model_flush(struct lease_model *model);
void lease_model_lose(struct lease_model *model, size_t writes);         /* the last ones */
void lease_model_set_clock(struct lease_model *model, int64_t ahead_us); /* of the true time; may be negative */

/* A connection for each node: claims are queued, executed and answered in their order, when the test says so. */
void lease_model_claim(struct lease_model *model, uint64_t self, const struct claim *claim);
bool lease_model_step(struct lease_model *model, uint64_t self, int64_t now_ms);      /* executes the next */
bool lease_model_answer(struct lease_model *model, uint64_t self, struct lease *out); /* takes the next answer */
void lease_model_cut(struct lease_model *model, uint64_t self);                       /* forgets all of them */
size_t lease_model_waiting(const struct lease_model *model, uint64_t self);

#endif
