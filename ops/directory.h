/* directory.h - makes a directory of our own, with those above it. */
#ifndef PARLEY_OPS_DIRECTORY_H
#define PARLEY_OPS_DIRECTORY_H

/* Makes `path` and what is missing above it, mode 0700; what is there already stays as it is. Returns 0 or errno. */
int directory_make(const char *path);

/* Makes `path` if need be, opens it and holds off other processes that do the same, until the descriptor is unlocked
 * (flock) or closed. Returns 0 or errno. */
int directory_open_locked(const char *path, int *out_fd);

#endif
