/* file.h - a small file read whole; its access mode is checked on the open file, so that nobody can swap it in between.
 */
#ifndef PARLEY_AUTH_FILE_H
#define PARLEY_AUTH_FILE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum file_privacy {
    FILE_PUBLIC,
    FILE_PRIVATE, /* no bit of its mode may be set for group or others */
};

/* Appends the content; `path` "-" is standard input. Errors: ERR_FILE_UNREADABLE, errno then says why (EFBIG: over
 * `bytes_max`); ERR_FILE_TOO_OPEN. */
enum error file_read(const char *path, enum file_privacy privacy, size_t bytes_max, struct buffer *out);

#endif
