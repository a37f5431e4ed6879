/* redis_url.h - the URL of a Redis server, taken apart.
 *
 *   redis://[[user]:password@]host[:port][/database]
 *   rediss://...                                        over TLS, where this build can
 *   unix://[[user]:password@]/path[?db=database]
 *
 * User and password are percent-decoded. A URL may hold a password, so no message repeats it. */
#ifndef PARLEY_BASE_REDIS_URL_H
#define PARLEY_BASE_REDIS_URL_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"

#define REDIS_URL_HOST_MAX     253 /* RFC 1035, 2.3.4, as text */
#define REDIS_URL_PATH_MAX     107 /* sun_path of Linux, unix(7) */
#define REDIS_URL_USER_MAX     127
#define REDIS_URL_PASSWORD_MAX 511
#define REDIS_URL_PORT         6379
#define REDIS_URL_DATABASE_MAX 65535

struct redis_url {
    char host[REDIS_URL_HOST_MAX + 1]; /* a name or an address, IPv6 without brackets; "": a unix socket */
    char path[REDIS_URL_PATH_MAX + 1]; /* of the unix socket */
    char user[REDIS_URL_USER_MAX + 1]; /* "": Redis' default user */
    char password[REDIS_URL_PASSWORD_MAX + 1];
    int port;
    int database;
    bool is_tls;
};

/* NULL, and *out is filled; or a sentence on what is wrong, to be put behind the name of the setting. */
const char *redis_url_parse(struct slice text, struct redis_url *out);

/* Appends it without its password, for people. */
void redis_url_write(const struct redis_url *url, struct buffer *out);

#endif
