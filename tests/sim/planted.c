/* planted.c - which rare branches are taken, and which planted bug is there. */
#include "tests/sim/planted.h"

static struct sim *present;
static int chosen = PLANTED_COUNT;
static uint64_t rare_count;

const char *const planted_names[PLANTED_COUNT] = {
#define BUG(name, text) #name,
    PLANTED_TABLE(BUG) PLANTED_CLUSTER_TABLE(BUG)
#undef BUG
};

const char *const planted_texts[PLANTED_COUNT] = {
#define BUG(name, text) text,
    PLANTED_TABLE(BUG) PLANTED_CLUSTER_TABLE(BUG)
#undef BUG
};

void planted_begin(struct sim *sim)
{
    present = sim;
}

void planted_choose(int bug)
{
    chosen = bug;
}

uint64_t planted_rare_count(void)
{
    return rare_count;
}

bool planted_is(enum planted bug)
{
    return (int)bug == chosen;
}

/* When faults are over, what is left must work without further ones. */
bool planted_is_rare(enum rare branch)
{
    if (!present || !present->is_active || !(present->plan.rare >> branch & 1))
        return false;
    bool is_taken = prng_chance(&present->rare, present->plan.rare_percent);
    rare_count += is_taken;
    return is_taken;
}
