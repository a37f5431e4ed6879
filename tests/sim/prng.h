/* prng.h - the numbers that a seed stands for (splitmix64: Steele, Lea and Flood, 2014). */
#ifndef PARLEY_TESTS_SIM_PRNG_H
#define PARLEY_TESTS_SIM_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t state;
};

static inline uint64_t prng_next(struct prng *prng)
{
    uint64_t z = prng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to `count` - 1; `count` is far below 2^32. */
static inline uint32_t prng_below(struct prng *prng, uint32_t count)
{
    return (uint32_t)(((prng_next(prng) >> 32) * count) >> 32);
}

/* `from` to `to`, both possible. */
static inline int64_t prng_between(struct prng *prng, int64_t from, int64_t to)
{
    return from + (int64_t)prng_below(prng, (uint32_t)(to - from + 1));
}

static inline bool prng_chance(struct prng *prng, unsigned percent)
{
    return prng_below(prng, 100) < percent;
}

#endif
