/* planted.h - where the simulator may interfere: rare branches that it makes frequent, and bugs that it must find.
 *
 * Both are constantly false but in the simulator's build (tests/sim), and cost nothing there. */
#ifndef PARLEY_BASE_PLANTED_H
#define PARLEY_BASE_PLANTED_H

#include <stdbool.h>

/* RARE(name, what then happens): all of it is allowed to happen at any time. */
#define RARE_TABLE(RARE) RARE(MAILBOX_FULL, "a mailbox has no place for what a peer said")

/* BUG(name, what the code then forgets) */
#define PLANTED_TABLE(BUG) BUG(SKIP_RECEIPT, "the last sender of several is given no receipt")

enum rare {
#define RARE(name, text) RARE_##name,
    RARE_TABLE(RARE)
#undef RARE
        RARE_COUNT
};

enum planted {
#define BUG(name, text) PLANTED_##name,
    PLANTED_TABLE(BUG)
#undef BUG
        PLANTED_COUNT
};

#ifdef PARLEY_SIM
bool planted_is_rare(enum rare branch);
bool planted_is(enum planted bug);
#define BUGGIFY(name) planted_is_rare(RARE_##name)
#define PLANTED(name) planted_is(PLANTED_##name)
#else
#define BUGGIFY(name) false
#define PLANTED(name) false
#endif

#endif
