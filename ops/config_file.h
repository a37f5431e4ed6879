/* config_file.h - reads a small file whole, and refuses a secret that others can read.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_FILE_H
#define PARLEY_OPS_CONFIG_FILE_H

#include "ops/config_report.h"

#define CONFIG_SECRET_BYTES_MAX 65536

/* Appends the file to `out`. Errors call it `name`. On failure false, and reported as CONFIG_NO_FILE, CONFIG_TOO_OPEN
 * or CONFIG_WRONG. */
bool config_file_read(const char *path, const char *name, size_t bytes_max, struct config_report *report,
                      struct buffer *out);

/* The same for a secret, without the line end that editors leave. It must be its owner's alone unless `is_guarded`:
 * the directory around it is closed already. */
bool config_file_read_secret(const char *path, const char *name, bool is_guarded, struct config_report *report,
                             struct buffer *out);

/* Whether group or others may read or write the file; false where it cannot be told. */
bool config_file_is_open(const char *path);

#endif
