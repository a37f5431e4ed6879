/* checker_parts.h - what the files of the checker share. */
#ifndef PARLEY_TESTS_SIM_CHECKER_PARTS_H
#define PARLEY_TESTS_SIM_CHECKER_PARTS_H

#include "tests/sim/checker.h"

/* Places in a history, from 1; 0: there is none. */
typedef uint32_t place;

/* Which of the server's lives a connection belongs to, as far as can be known. */
struct lives {
    uint32_t first, last; /* kills before its dial, and before its welcome was heard */
};

struct client_state {
    uint32_t peer; /* NOBODY: not live */
    place dialled;
    struct lives lives;
    int64_t silent_since; /* NUMBER_ABSENT: not down, or unknown */
};

struct peer_state {
    uint32_t client, room;
    place begun, ended;
    place barred;            /* kicked or replaced */
    place kicked;            /* its kicker was told so */
    place expelled;          /* the server has ended its session, whether or not it was away */
    bool is_missed;          /* a home of its room has told that it is missing, in which it was not */
    int64_t frozen_until_ms; /* it may hear so long that it was away; 0: it was not */
    uint32_t first_source, first_told;
};

/* The last message that a peer handled of one sender. */
struct source {
    uint32_t sender, message, next;
};

/* That an observer was told that a peer has left. */
struct told {
    uint32_t observer, next; /* the observing peer */
    place at;
    place doubted; /* the peer came back nevertheless; was it so, or was the observer's session over, too? */
    struct lives lives;
};

struct message_state {
    uint32_t sender, to;                                      /* peers; to is NOBODY for a broadcast */
    place sent, taken, took, refused, unsettled, undelivered; /* the last: to all who are not settled */
    int64_t taker; /* the home that took it last, where the history says which */
    uint32_t first_delivery;
};

struct delivery_state {
    uint32_t peer, next;
    bool is_expected; /* to be settled */
    bool is_reasoned; /* undelivered because its session ended */
    place handled, settled, undelivered, dropped;
};

struct pool {
    void *items;
    size_t size, count, capacity;
};

struct checker {
    const struct history *history;
    struct verdict *verdict;
    place at;                                                                        /* of the line that is judged */
    struct pool clients, peers, messages, sources, tolds, doubts, deliveries, kills; /* doubts: numbers of tolds */
    place calm, quiet;
    size_t live;     /* when the counters were read */
    bool was_parted; /* the nodes of a cluster could not hear each other: there may have been two homes */
    int64_t grace_ms;
};

/* The item of that number, which is made, zeroed, if need be. */
void *pool_at(struct pool *pool, uint32_t number);
uint32_t pool_add(struct pool *pool); /* returns the number of a zeroed one */

struct client_state *client_at(struct checker *checker, uint32_t client);
struct peer_state *peer_at(struct checker *checker, uint32_t peer);
struct message_state *message_at(struct checker *checker, uint32_t message);
struct delivery_state *delivery_at(struct checker *checker, uint32_t message, uint32_t peer);
struct delivery_state *delivery_next(struct checker *checker, const struct delivery_state *delivery);
struct delivery_state *delivery_first(struct checker *checker, const struct message_state *message);

/* The first violation counts. `a` and `b` are places beside the present one; 0: none. */
void violate(struct checker *checker, const char *rule, const char *why, place a, place b);

bool was_killed_between(struct checker *checker, place from, place to);

void judge_session(struct checker *checker, const struct line *line);
void judge_rested(struct checker *checker, const struct line *line);
void judge_froze(struct checker *checker, const struct line *line);
void judge_message(struct checker *checker, const struct line *line);
void judge_roster(struct checker *checker, const struct line *line);
void judge_end(struct checker *checker);

/* The observer's session lives: what it was told of others had to stay true. */
void judge_doubts(struct checker *checker, uint32_t observer);

#endif
