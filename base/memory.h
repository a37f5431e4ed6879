/* memory.h - allocation that ends the process with a clear line when there is no memory left.
 *
 * Every size a client influences is checked against its _MAX before it gets here, so running out
 * means that the machine is full; sessions resume elsewhere. */
#ifndef PARLEY_BASE_MEMORY_H
#define PARLEY_BASE_MEMORY_H

#include <stddef.h>

#include "base/slice.h"

/* Zeroed; never NULL. */
void *memory_new(size_t size);

/* As realloc(); never NULL. */
void *memory_resize(void *old, size_t size);

/* A NUL-terminated copy; never NULL. */
char *memory_text(struct slice text);

/* Overwrites `size` bytes before free(); for secrets. NULL is fine. */
void memory_wipe_free(void *block, size_t size);

#endif
