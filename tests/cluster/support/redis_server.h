/* redis_server.h - Debian's redis-server as a fixture: on loopback, on a free port, in a directory of its own. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_REDIS_SERVER_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_REDIS_SERVER_H

#include <sys/types.h>

struct redis_server {
    pid_t pid; /* 0: it does not run */
    int port;
    char directory[64];
    char socket[96];
    const char *password; /* for redis_server_ask() */
};

void redis_server_init(struct redis_server *server);
/* Returns once it takes connections. `options`: more arguments, NULL at the end; NULL: none. */
void redis_server_start(struct redis_server *server, const char *const *options);
void redis_server_signal(struct redis_server *server, int signal);
void redis_server_kill(struct redis_server *server); /* SIGKILL, and waits for its end */
void redis_server_fini(struct redis_server *server);

/* Says something to it, and returns its answer as text in a buffer of this function; the words end with NULL. */
const char *redis_server_ask(const struct redis_server *server, const char *const *words);
#define ASK(server, ...) redis_server_ask((server), (const char *const[]){__VA_ARGS__, NULL})

#endif
