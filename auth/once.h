/* once.h - tokens that were used, where each may be used only once (T-10). */
#ifndef PARLEY_AUTH_ONCE_H
#define PARLEY_AUTH_ONCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define ONCE_MAX 100000 /* tokens held; beyond that joins wait */

struct once; /* opaque; one per worker */

struct once *once_create(void);               /* never NULL; caller destroys */
struct once *once_destroy(struct once *once); /* NULL is fine; returns NULL */

/* Notes the use of a token by its issuer and jti, until it has expired.
 * Errors: ERR_AUTH_USED (used before), ERR_AUTH_CLAIMS (it has no jti), ERR_RATE_LIMITED (ONCE_MAX are held). */
enum error once_use(struct once *once, struct slice issuer, struct slice jti, int64_t expires_unix_s);

void once_tick(struct once *once, struct instant now); /* forgets what has expired */

#endif
