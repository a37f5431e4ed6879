/* config_check.h - what must hold between settings, and the form of addresses, origins, networks and URLs.
 *
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_CHECK_H
#define PARLEY_OPS_CONFIG_CHECK_H

#include "ops/config_report.h"

void config_check(const struct config *config, struct config_report *report);

#endif
