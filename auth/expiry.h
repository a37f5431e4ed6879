/* expiry.h - keys that are remembered until a time of the wall clock, at most so many; private to auth/. */
#ifndef PARLEY_AUTH_EXPIRY_H
#define PARLEY_AUTH_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/slice.h"

#define EXPIRY_KEY_MAX 64 /* bytes */

struct expiry {
    UT_hash_handle hh; /* by key */
    int64_t ends_unix_s;
    size_t place; /* in the heap */
    int value;
    size_t key_length;
    char key[EXPIRY_KEY_MAX];
};

struct expiry_place {
    struct expiry *entry;
};

struct expiries {
    struct expiry *by_key;
    struct expiry_place *heap; /* that which ends first on top */
    size_t count, capacity;
};

void expiries_fini(struct expiries *expiries); /* zeroed is empty; no init is needed */

/* NULL when there is none; borrowed until the next change. */
const struct expiry *expiries_find(const struct expiries *expiries, struct slice key);

/* Adds a key of 1 to EXPIRY_KEY_MAX bytes, or changes what is there. */
void expiries_put(struct expiries *expiries, struct slice key, int value, int64_t ends_unix_s);

void expiries_drop_first(struct expiries *expiries); /* the one that ends first; asserted to be there */

/* Drops what ended before `unix_s`. */
void expiries_tick(struct expiries *expiries, int64_t unix_s);

#endif
