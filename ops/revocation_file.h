/* revocation_file.h - the revoked peers on disk, so that a kick outlives its server.
 *
 * The file `revoked` is only appended to, each entry by one write(2): kill -9 tears none, and several processes may
 * write to it. It is compacted when a server starts. Power failing may cost the last entries. */
#ifndef PARLEY_OPS_REVOCATION_FILE_H
#define PARLEY_OPS_REVOCATION_FILE_H

#include "auth/revocation.h"
#include "base/clock.h"

#define REVOCATION_FILE_NAME     "revoked"
#define REVOCATION_FILE_BAD_NAME "revoked.bad"

struct revocation_file; /* opaque; of one thread */

/* Reads and compacts the file of a directory that is locked (directory_open_locked()) and stays open. What cannot be
 * understood is set aside as `revoked.bad`, with a warning in the log, and what can be is kept (T-66). NULL, with errno
 * set, when the file can be neither read nor written. */
struct revocation_file *revocation_file_open(int directory_fd, struct instant now);
struct revocation_file *revocation_file_close(struct revocation_file *file); /* NULL is fine; returns NULL */

/* Tells `revocations` what was in the file when it was opened. */
void revocation_file_restore(const struct revocation_file *file, struct revocations *revocations);

/* Appends to `file`: a log for revocations_create(). Failures are logged. */
struct revocation_log revocation_file_log(struct revocation_file *file);

#endif
