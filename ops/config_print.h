/* config_print.h - the table of settings and their values, in the forms that people and editors read.
 *
 * Inside ops/ only; command_config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_PRINT_H
#define PARLEY_OPS_CONFIG_PRINT_H

#include "ops/config_table.h"

/* YAML that loads to `config` again, but for secrets, which are never printed. With `docs`, every key is explained. */
void config_print_yaml(const struct config *config, bool with_docs, struct buffer *out);

void config_print_environment(
    struct buffer *out); /* every variable with its default, as systemd's EnvironmentFile= takes it */
void config_print_reference(struct buffer *out); /* docs/configuration.md */
void config_print_schema(struct buffer *out);    /* JSON Schema 2020-12 */

/* What one row means, and the ways to set it. */
void config_print_row(const struct config_row *row, struct buffer *out);

/* The rows' sections: the part of a path before its last dot, without "[]". */
struct slice config_row_section(const struct config_row *row);
const char *config_row_name(const struct config_row *row); /* the part after it */

#endif
