/* home_scene.h - a home with people who join it, and a record of what each of them hears. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_HOME_SCENE_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_HOME_SCENE_H

#include "base/buffer.h"
#include "cluster/home.h"

enum person { NOBODY, ANN, BOB, CYD, DAN, EVE, PEOPLE };

#define GRACE_MS   30000
#define STARTED_MS 1000000
#define ENDS_S     2000000000

/* What a person knows of its own stay. */
struct stay {
    unsigned joins, connections, welcomes;
    uint64_t edge;   /* where its connections are; 0: here */
    uint64_t client; /* its present one */
    uint64_t session;
    char peer_id[RANDOM_ID_LENGTH + 1];
    struct { /* from its last welcome */
        uint64_t order, epoch, generation;
        int64_t ends_unix_s;
    } ticket;
    const char *identity; /* where it is not the person's name */
    bool gives_receipts;
    bool is_deaf;         /* its edge takes nothing */
    bool misses_welcomes; /* its edge takes them, and they are lost on their way */
    bool leaves_at_once;  /* its client has gone by the time of its welcome */
    struct grants grants;
    int64_t grace_ms; /* as the last welcome said */
    int64_t next_seq; /* for tests that count */
};

struct scene {
    struct home_config config;
    struct home *home;
    struct route route;
    struct revocations *revocations;
    struct instant now;
    struct buffer heard; /* "ann #1 relay bob 1 x": hearer, number and event */
    struct stay people[PEOPLE];
    unsigned encoded;    /* events */
    unsigned deliveries; /* calls */
};

/* A home of `capacity` peers a room. Everybody gives receipts and may send. */
struct scene *scene_create(size_t capacity);
struct scene *scene_destroy(struct scene *scene); /* returns NULL */

/* Setup and teardown for cmocka: rooms of four. */
int open_scene(void **state);
int close_scene(void **state);

/* Makes the home anew, for changes of the configuration; everyone's session is lost. */
void scene_restart(struct scene *scene);

/* The people of the tests, each doing one thing. A person's joins and resumes come over a connection of their own. */
void joins(struct scene *scene, enum person person);
void joins_room(struct scene *scene, enum person person, const char *room);
void resumes(struct scene *scene, enum person person, int64_t got);
void resumes_live(struct scene *scene, enum person person); /* its edge does, over the same connection */
void relays(struct scene *scene, enum person from, enum person to, int64_t seq);
void broadcasts_to(struct scene *scene, enum person from, int64_t seq, const char *names); /* "bob cyd"; NULL: all */
static inline void broadcasts(struct scene *scene, enum person from, int64_t seq)
{
    broadcasts_to(scene, from, seq, NULL);
}

void receipts(struct scene *scene, enum person person, int64_t got);
void drops(struct scene *scene, enum person person, enum leave_reason reason); /* the connection */
void leaves(struct scene *scene, enum person person);
void kicks(struct scene *scene, enum person admin, enum person whom);

/* Anything else a person's present client asks; `from` and `session` are filled in. */
void asks(struct scene *scene, enum person person, struct request request);

/* Two people in a room, or three; what they heard of that is forgotten. */
void two_join(struct scene *scene);
void three_join(struct scene *scene);

void time_passes(struct scene *scene, int64_t ms); /* and the home is told at its end */

struct slice id_of(const struct scene *scene, enum person person);

/* Compares with what was heard since the last call. */
void assert_heard(struct scene *scene, const char *expected);

void forget(struct scene *scene); /* what was heard */

#endif
