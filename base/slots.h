/* slots.h - handles for objects that may be gone by the time the handle is used.
 *
 * A handle is an index with a generation: looking up one whose object was removed gives NULL, also
 * after its slot was taken again. 0 is never a handle. */
#ifndef PARLEY_BASE_SLOTS_H
#define PARLEY_BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slots; /* opaque */

struct slots *slots_create(void);                 /* never NULL; caller destroys */
struct slots *slots_destroy(struct slots *slots); /* NULL is fine; returns NULL; the objects are the caller's */

uint64_t slots_add(struct slots *slots, void *object);
void *slots_find(const struct slots *slots, uint64_t handle); /* NULL when removed */
void slots_remove(struct slots *slots, uint64_t handle);      /* asserted to be there */

#endif
