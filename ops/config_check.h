/* config_check.h - the form of addresses, origins, networks and URLs, and what must hold between settings.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_CHECK_H
#define PARLEY_OPS_CONFIG_CHECK_H

#include "ops/config_report.h"
#include "ops/config_table.h"

/* Reports each item of the value that has not the form of its setting. places[i] is where item i stands; the last one
 * stands for all items after it. */
void config_check_form(const struct config *config, struct config_key key, const struct config_place *places,
                       size_t place_count, struct config_report *report);

void config_check(const struct config *config, struct config_report *report);

#endif
