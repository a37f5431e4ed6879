/* checker.h - judges a history by the rules of history.md; the simulator and the tests of the real binary share it. */
#ifndef PARLEY_TESTS_SIM_CHECKER_H
#define PARLEY_TESTS_SIM_CHECKER_H

#include "tests/sim/history.h"

#define EVIDENCE_MAX 6

struct figures {
    size_t sessions, resumed, rebuilt, ended;
    size_t messages; /* sent with a number */
    size_t handled, settled, undelivered, refused, unsettled;
    size_t unproved; /* handled, and undelivered for want of proof */
    size_t faults, kills;
};

struct verdict {
    const char *rule; /* NULL: all is well */
    char why[160];
    size_t evidence[EVIDENCE_MAX]; /* places in history->lines, upwards */
    size_t evidence_count;
    struct figures figures;
};

struct checker; /* opaque; memory that is used again for the next history */

struct checker *checker_create(void);
struct checker *checker_destroy(struct checker *checker); /* NULL is fine; returns NULL */

void checker_judge(struct checker *checker, const struct history *history, struct verdict *out_verdict);

/* Says what a verdict says, with the lines that prove it. */
void verdict_print(const struct verdict *verdict, const struct history *history, FILE *out);

#endif
