/* json_names.h - the member names of one JSON text: has this object had that name before?
 *
 * Part of json_check. Clearing costs nothing, and no client can make names collide. */
#ifndef PARLEY_BASE_JSON_NAMES_H
#define PARLEY_BASE_JSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct json_names;

/* For texts of up to `bytes_max` bytes. Never NULL; caller destroys. */
struct json_names *json_names_create(size_t bytes_max);
struct json_names *json_names_destroy(struct json_names *names); /* NULL is fine; returns NULL */

/* Forgets the text before; the next one has `text_length` bytes, no more than bytes_max. */
void json_names_begin(struct json_names *names, size_t text_length);

/* The number of one more object of this text; never 0. */
uint32_t json_names_open(struct json_names *names);

/* False when the object has the name already. `name` is borrowed until json_names_begin(). */
bool json_names_add(struct json_names *names, uint32_t object, struct slice name);

#endif
