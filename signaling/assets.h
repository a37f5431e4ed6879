/* assets.h - the files below web-demo/, embedded when the server was built: the page and the SDK. */
#ifndef PARLEY_SIGNALING_ASSETS_H
#define PARLEY_SIGNALING_ASSETS_H

#include "base/slice.h"

struct asset {
    const char *path; /* such as /page/style.css */
    const char *type;
    const char *etag;        /* of the plain bytes; quoted */
    const char *packed_etag; /* of the gzip form */
    const char *start, *end;
    const char *packed_start, *packed_end;
};

/* Written by cmake/embed.cmake. */
extern const struct asset assets[];
extern const unsigned long assets_count;

/* NULL when there is no such file. */
const struct asset *asset_find(struct slice path);

#endif
