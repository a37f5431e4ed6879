/* duration.h - spans of time as people write them: 500ms, 30s, 10m, 1h, 7d. */
#ifndef PARLEY_OPS_DURATION_H
#define PARLEY_OPS_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* One whole number and one unit (ms, s, m, h, d); only 0 may go without. False for anything else, a span
 * that does not fit included. */
bool duration_parse(struct slice text, int64_t *out_ms);

#endif
