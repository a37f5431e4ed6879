/* config_value.h - reads, writes and frees the value of one setting, as the type of its row has it.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_VALUE_H
#define PARLEY_OPS_CONFIG_VALUE_H

#include "ops/config_table.h"

/* Replaces the value. False, with what is allowed in `problem`, when `text` is not of the row's type or out of its
 * range; the value is then untouched. A list is comma separated. */
bool config_value_set(const struct config_row *row, void *value, struct slice text, struct buffer *problem);

/* The same for a row that is a list, from its items. */
bool config_value_set_items(void *value, const struct slice *items, size_t count, struct buffer *problem);

/* Appends the value as it would stand in a file, without quotes. Secrets are shown as "(set)". */
void config_value_write(const struct config_row *row, const void *value, struct buffer *out);

/* Appends what the row allows: "1 to 1000", "debug, info, warn or error". Nothing where anything goes. */
void config_row_write_range(const struct config_row *row, struct buffer *out);

bool config_value_is_empty(const struct config_row *row, const void *value); /* texts and lists only */

void config_value_free(const struct config_row *row, void *value);

/* Appends numbers as config files have them: 30s, 64KiB. */
void config_write_duration(int64_t ms, struct buffer *out);
void config_write_size(int64_t bytes, struct buffer *out);

#endif
