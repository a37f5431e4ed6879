/* attributes.h - the key-value pairs that a token or a peer carries; limits as docs/protocol.md promises them. */
#ifndef PARLEY_BASE_ATTRIBUTES_H
#define PARLEY_BASE_ATTRIBUTES_H

#include "base/slice.h"

#define ATTRIBUTES_MAX       32
#define ATTRIBUTE_KEY_MAX    64   /* bytes */
#define ATTRIBUTE_VALUE_MAX  1024 /* bytes */
#define ATTRIBUTES_BYTES_MAX 4096 /* keys and values together */

struct attribute {
    struct slice key;
    struct slice value; /* empty removes the attribute in an update */
};

/* Borrowed slices; in the order given. */
struct attributes {
    size_t count;
    struct attribute items[ATTRIBUTES_MAX];
};

#endif
