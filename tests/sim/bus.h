/* bus.h - the simulated Redis, and each node's way to it. */
#ifndef PARLEY_TESTS_SIM_BUS_H
#define PARLEY_TESTS_SIM_BUS_H

#include "cluster/bus.h"
#include "tests/cluster/support/lease_model.h"

struct sim;
struct server;

/* A node's way to Redis. */
struct bus_end {
    struct server *server;
    uint64_t node;
    uint32_t connection; /* which it is; what is under way over another one is lost */
    bool is_up, is_cut;
    int64_t up_last_ms, down_last_ms;
};

struct redis {
    struct lease_model *leases;
    bool is_down;
    int64_t stalled_until_ms;
    struct parcel_under_way *under_way;
};

struct bus bus_of(struct server *server);
void bus_join(struct server *server, uint64_t node);
void bus_leave(struct server *server);
void bus_calm(struct sim *sim); /* nothing is broken any more */
bool bus_is_well(const struct sim *sim);
void bus_fini(struct sim *sim);

#endif
