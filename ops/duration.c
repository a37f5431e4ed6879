/* duration.c - reads spans of time. */
#include "ops/duration.h"

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};

/* Zero for a unit that there is not. */
static int64_t unit_ms(struct slice name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is_text(name, units[i].name))
            return units[i].ms;
    return 0;
}

bool duration_parse(struct slice text, int64_t *out_ms)
{
    int64_t count = 0;
    size_t digits = 0;
    for (; digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9'; digits++)
        if (__builtin_mul_overflow(count, 10, &count) || __builtin_add_overflow(count, text.data[digits] - '0', &count))
            return false;
    if (digits == 0)
        return false;

    struct slice unit = slice_from(text, digits);
    int64_t each_ms = unit.length == 0 && digits == 1 && count == 0 ? 1 : unit_ms(unit);
    int64_t ms = 0;
    if (each_ms == 0 || __builtin_mul_overflow(count, each_ms, &ms))
        return false;
    *out_ms = ms;
    return true;
}
