/* config_yaml.h - walks a YAML document and hands over each value with its path and its place.
 *
 * Only what a configuration needs: block or flow maps, lists of text, one list of maps (turn.servers). Anchors,
 * aliases, tags, merge keys and several documents are refused. All values are text; the table gives them a type.
 * Inside ops/ only; config.h is the door. */
#ifndef PARLEY_OPS_CONFIG_YAML_H
#define PARLEY_OPS_CONFIG_YAML_H

#include "ops/config_report.h"
#include "ops/config_table.h"

#define CONFIG_DEPTH_MAX 8

/* What one key of the file holds; all borrowed for the call. */
struct config_yaml_value {
    struct config_key key;
    bool is_list;
    size_t count; /* of items; 1 when it is no list */
    const struct slice *items;
    const struct config_place *places; /* of the items */
    struct config_place place;
};

typedef void config_yaml_visit(void *context, const struct config_yaml_value *value);

/* Reports what is wrong with the text, unknown and repeated keys included, and visits the rest. */
void config_yaml_read(struct slice text, const char *name, struct config_report *report, config_yaml_visit *visit,
                      void *context);

#endif
