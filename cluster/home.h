/* home.h - the one place where a room lives: its roster, and the order of its messages.
 *
 * A home belongs to one worker and holds many rooms. It takes requests from edges and yields events for their
 * clients. A session is a peer's stay in its room; it is told apart from the connection that carries it. */
#ifndef PARLEY_CLUSTER_HOME_H
#define PARLEY_CLUSTER_HOME_H

#include "cluster/route.h"

struct home; /* opaque */

struct home_config {
    size_t rooms_max;
    size_t room_capacity;
};

struct home *home_create(struct home_config config, struct listener listener); /* never NULL; caller destroys */
struct home *home_destroy(struct home *home); /* NULL is fine; returns NULL; tells nobody */

/* The same-worker distance: give this to an edge as its route. */
struct route home_route(struct home *home);

size_t home_room_count(const struct home *home);
size_t home_session_count(const struct home *home);

#endif
