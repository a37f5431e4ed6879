/* random.h - bytes from the kernel's generator, and ids made of them. */
#ifndef PARLEY_BASE_RANDOM_H
#define PARLEY_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `out` from getrandom(2); aborts when the kernel has none to give, which no caller could mend. */
void random_fill(void *out, size_t size);

/* 64 bits of the same, never 0. */
uint64_t random_number(void);

/* A 128-bit id as base64url: 22 characters and a NUL. */
#define RANDOM_ID_LENGTH 22
void random_id(char out[RANDOM_ID_LENGTH + 1]);

#endif
