/* map.h - uthash with a keyed hash, so that nobody outside can make keys collide.
 *
 * Include this instead of uthash.h. The key is drawn at random when the process starts. */
#ifndef PARLEY_BASE_MAP_H
#define PARLEY_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 of `bytes` under the process's key (Aumasson and Bernstein, 2012; 1-3 as in Rust and Ruby). */
uint64_t map_hash(const void *bytes, size_t length);

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)map_hash((keyptr), (keylen)))
#define HASH_NONFATAL_OOM                    0

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wcast-qual"
#include <uthash.h>
#pragma GCC diagnostic pop

#endif
