/* planted.h - what the simulator chooses of base/planted.h. */
#ifndef PARLEY_TESTS_SIM_PLANTED_H
#define PARLEY_TESTS_SIM_PLANTED_H

#include "base/planted.h"
#include "tests/sim/sim.h"

extern const char *const planted_names[PLANTED_COUNT];
extern const char *const planted_texts[PLANTED_COUNT];

void planted_begin(struct sim *sim); /* this simulation's plan decides what is rare */
void planted_choose(int bug);        /* PLANTED_COUNT: none */
uint64_t planted_rare_count(void);   /* rare branches taken */

#endif
