/* allocations.c - counts the blocks that the core holds; the linker puts these in the places of malloc() and its kin.
 */
#include <stdlib.h>

#include "tests/sim/sim.h"

long sim_blocks;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    sim_blocks++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    sim_blocks++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    sim_blocks += old == NULL;
    return __real_realloc(old, size);
}

void __wrap_free(void *block)
{
    sim_blocks -= block != NULL;
    __real_free(block);
}
