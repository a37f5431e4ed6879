/* config_report.h - collects what is wrong with a configuration, one line each, and the exit status that follows.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_REPORT_H
#define PARLEY_OPS_CONFIG_REPORT_H

#include "base/buffer.h"
#include "ops/config.h"

#define CONFIG_ERRORS_MAX 50

struct config_report {
    FILE *out;    /* NULL: nothing is written */
    size_t count; /* errors so far */
    int status;   /* of the first error; CONFIG_OK while there is none */
};

/* Where something stands: a file, with a line and a column from 1 on; or, with line 0, a variable or an option. */
struct config_place {
    const char *source; /* NULL: nowhere in particular */
    size_t line;
    size_t column;
};

#define CONFIG_NOWHERE ((struct config_place){0})

void config_fail(struct config_report *report, int status, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void config_warn(struct config_report *report, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether there are so many errors that going on helps nobody. */
bool config_report_is_full(const struct config_report *report);

#endif
