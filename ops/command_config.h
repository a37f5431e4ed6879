/* command_config.h - `parley config`: shows, checks and explains the settings. */
#ifndef PARLEY_OPS_COMMAND_CONFIG_H
#define PARLEY_OPS_COMMAND_CONFIG_H

/* check | show | default | env | schema | reference | explain KEY, with -c FILE, --set KEY=VALUE and --KEY=VALUE;
 * argv[0] is "config". Returns the exit status (sysexits). */
int command_config(int argc, char **argv);

#endif
