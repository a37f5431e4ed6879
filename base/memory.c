/* memory.c - allocation that never returns NULL. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *block, size_t size)
{
    if (block)
        return block;
    (void)fprintf(stderr, "parley: no memory for %zu bytes, ending\n", size);
    abort();
}

void *memory_new(size_t size)
{
    return or_die(calloc(1, size ? size : 1), size);
}

void *memory_resize(void *old, size_t size)
{
    return or_die(realloc(old, size ? size : 1), size);
}

char *memory_text(struct slice text)
{
    char *copy = memory_new(text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    return copy;
}

void memory_wipe_free(void *block, size_t size)
{
    if (!block)
        return;
    explicit_bzero(block, size);
    free(block);
}
