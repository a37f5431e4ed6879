/* sim.h - the insides of the simulator: one server, its clients and what lies between, in one process and in simulated
 * time.
 *
 * All that happens is drawn from one seed. The server is the real core: edge, home, rooms, tickets, revocations,
 * outboxes and mailboxes, decoding and encoding; only sockets, clocks and disks are made up. */
#ifndef PARLEY_TESTS_SIM_SIM_H
#define PARLEY_TESTS_SIM_SIM_H

#include "auth/revocation.h"
#include "auth/ticket.h"
#include "base/buffer.h"
#include "cluster/home.h"
#include "cluster/switchboard.h"
#include "ops/metrics.h"
#include "signaling/edge.h"
#include "tests/sim/bus.h"
#include "tests/sim/checker.h"
#include "tests/sim/prng.h"

#define ACTORS_MAX     12
#define SERVERS_MAX    3
#define ROSTER_MAX     64
#define ROOMS_MAX      2
#define REVOKED_MAX    256
#define WELCOMED_MAX   64
#define SIM_MIDNIGHT   INT64_C(1800000000000) /* when every simulation begins */
#define SIM_DAY_MS     INT64_C(86400000)
#define FIRST_ACTOR    2 /* in the history, after the run and the server */
#define NO_MESSAGE     NOBODY
#define PEER_FORMAT    "%08u0000000000000A" /* an id as the edge makes them, from a number */
#define KICK_ID        1000000000u          /* ids of kicks: this and the peer's number */
#define SIM_PING_MS    15000
#define SIM_TIMEOUT_MS 25000

/* FAULT(name, text) */
#define FAULT_TABLE(FAULT)                                                                                             \
    FAULT(DROP, "drop")           /* a connection is reset */                                                          \
    FAULT(CUT, "cut")             /* reset at any byte of what was under way */                                        \
    FAULT(HALF_OPEN, "half-open") /* nothing passes any more, and nobody is told */                                    \
    FAULT(ONE_WAY, "one-way")     /* the same in one direction */                                                      \
    FAULT(ROAM, "roam")           /* the client's network changed: the old connection looks alive */                   \
    FAULT(DELAY, "delay")         /* a connection becomes slow */                                                      \
    FAULT(SLOW, "slow")           /* a client stops reading for a while */                                             \
    FAULT(KILL, "kill")           /* kill -9 */                                                                        \
    FAULT(TERM, "term")           /* SIGTERM: drained, then started again */                                           \
    FAULT(KEY, "key")             /* started again with another key */                                                 \
    FAULT(STALL, "stall")         /* SIGSTOP, later SIGCONT */                                                         \
    FAULT(CLOCK, "clock")         /* the wall clock jumps by a day */                                                  \
    FAULT(DOUBLE, "double")       /* somebody joins with the identity of another */                                    \
    FAULT(KICK, "kick")                                                                                                \
    FAULT(LEAVE, "leave")                                                                                              \
    FAULT(CLOSE, "close")                   /* a page is closed */                                                     \
    FAULT(VANISH, "vanish")                 /* a page is gone without a word */                                        \
    FAULT(THIEF, "thief")                   /* somebody shows a ticket that was spent */                               \
    FAULT(FLOOD, "flood")                   /* a burst of messages, beyond rates and mailboxes */                      \
    FAULT(REDIS_KILL, "redis-kill")         /* nobody reaches it for a while */                                        \
    FAULT(REDIS_FLUSH, "redis-flush")       /* it has forgotten everything */                                          \
    FAULT(REDIS_FAILOVER, "redis-failover") /* it has forgotten the last that it was told */                           \
    FAULT(REDIS_STALL, "redis-stall")                                                                                  \
    FAULT(BUS_CUT, "bus-cut") /* one node does not reach it */

enum fault {
#define FAULT(name, text) FAULT_##name,
    FAULT_TABLE(FAULT)
#undef FAULT
        FAULT_COUNT
};

struct sim;

/* Something that is due. */
struct due {
    int64_t at_ms;
    uint64_t tie; /* drawn: what is due at the same time happens in any order */
    void (*act)(struct sim *sim, void *object, uint64_t argument);
    void *object;
    uint64_t argument;
};

struct agenda {
    struct due *heap;
    size_t count, capacity;
};

/* What a seed chooses before it begins. */
struct plan {
    unsigned actors, rooms, identities, servers;
    bool is_cluster;
    int64_t bus_latency_ms; /* at most, one way */
    struct link_limits link;
    int64_t grace_ms, active_ms;
    int64_t latency_min_ms, latency_max_ms;
    int64_t send_ms, fault_ms; /* on average, of each client, and of all */
    unsigned broadcast_percent, plain_percent;
    size_t body_max, window;
    enum duplicate_policy duplicates;
    struct mailbox_limits mailbox;
    struct outbox_limits outbox;
    struct rate session_rate;
    unsigned capacity;
    bool has_short_tokens;
    unsigned without_receipts; /* how many of the actors */
    uint32_t faults;           /* a bit each */
    uint64_t rare;             /* the rare branches that are frequent, a bit each */
    unsigned rare_percent;
};

/* One connection, with what is on its way. */
struct wire {
    struct sim *sim;
    struct actor *actor;   /* NULL: the client has let go of it */
    struct server *server; /* where it leads to */
    struct client *served; /* NULL: the server has, or has not seen it yet */
    uint32_t life;
    bool is_up_dead, is_down_dead;
    bool is_flush_due;
    bool is_close_sent;
    int close_code; /* what the server closes with; 0: it does not */
    int64_t close_by_ms;
    int64_t latency_ms;
    int64_t up_last_ms, down_last_ms;
    struct buffer up, down;
    size_t up_read, down_arrived, down_read;
    uint64_t down_base;          /* what was read and forgotten before the buffer began */
    size_t up_limit, down_limit; /* where a cut is */
    int64_t server_heard_ms;
    bool is_pinged;
    int64_t reads_from_ms;
    struct wire *next; /* of all */
};

enum actor_state {
    ACTOR_GONE,    /* has no session and wants none */
    ACTOR_WAITING, /* to dial */
    ACTOR_DIALLING,
    ACTOR_GREETING, /* has said hello */
    ACTOR_JOINED,
};

struct seen {
    uint32_t peer;
    bool is_away, gives_receipts;
};

struct addressee {
    uint32_t peer;
    bool is_settled;
    bool is_judged; /* gives receipts: the history knows of it */
};

/* A message that is not settled yet. */
struct sent {
    int64_t seq;
    uint32_t message; /* its number in the history */
    bool is_broadcast, is_filler;
    bool is_known; /* for whom it is */
    bool is_named; /* it says so itself; who is not there is passed over without a word */
    bool is_ok;    /* answered */
    size_t body;
    unsigned count;
    struct addressee to[ROSTER_MAX];
};

/* A client: the half of the protocol that the SDK does, from docs/protocol.md. */
struct actor {
    struct sim *sim;
    unsigned number;
    unsigned identity, room;
    bool gives_receipts, has_short_token, is_retired;
    bool is_sloppy; /* sends again what the home has taken, too */
    enum actor_state state;
    struct wire *wire;
    uint64_t stamp; /* of its next dial; others are void */
    unsigned tries;
    uint32_t peer; /* NOBODY: no session */
    bool has_ticket;
    struct buffer ticket;
    struct buffer spent; /* the ticket before, once the present one was used; empty: there is none */
    uint32_t spent_life;
    int64_t heard_ms;  /* anything, last */
    int64_t ping_ms;   /* when it asked for a pong, last */
    int64_t proved_ms; /* when it said the last thing that was answered: the server heard it then */
    int64_t n, said;   /* handled, and said so */
    int64_t heard_n;   /* the last that was said, which may be said again after a welcome that nobody asked for */
    unsigned welcomes; /* that came over this connection */
    unsigned unsaid;
    bool is_receipt_due;
    bool is_rebuilding;
    int64_t bye_delay_ms; /* -1: none was said */
    int bye_action;       /* enum bye_action */
    char bye_code[32];
    struct seen roster[ROSTER_MAX];
    unsigned roster_count;
    struct {
        uint32_t peer;
        int64_t seq;
    } memory[ROSTER_MAX];
    unsigned memory_count;
    int64_t next_seq, send_from; /* the next number, and the next to be (re)sent */
    int64_t not_before_ms, pace_ms;
    bool is_pump_due;
    struct sent *pending;
    size_t pending_count, pending_capacity;
};

struct server {
    struct sim *sim;
    unsigned number;
    struct switchboard *switchboard; /* NULL: there is no cluster, or it is down */
    struct bus_end bus;
    bool is_settling; /* a room of its home, now */
    bool is_asleep;   /* stood still, and has not noticed yet */
    int64_t fell_asleep_ms;
    struct home *home;
    struct edge *edge; /* NULL: it is down */
    struct revocations *revocations;
    uint32_t life;
    uint64_t epoch;
    bool is_draining;
    int64_t stalled_until_ms;
    int64_t starts_ms;
    struct wire *open[256];
    unsigned open_count;
    struct {
        char peer_id[RANDOM_ID_LENGTH + 1];
        enum error why;
        int64_t ends_unix_s;
    } disk[REVOKED_MAX];
    unsigned disk_count;
    struct route home_route, onwards;
    uint32_t relaying;    /* the message that the home is asked to take */
    struct wire *hearing; /* whose text is handled */
    struct {
        uint64_t home, session;
        uint32_t peer;
    } welcomed[WELCOMED_MAX]; /* the last ones; their count goes on */
    unsigned welcomed_count;
};

struct sim {
    uint64_t seed;
    struct prng random, rare, noise;
    struct plan plan;
    struct agenda agenda;
    int64_t now_ms;
    int64_t clock_ms; /* how wrong the wall clock is */
    int64_t ended_ms; /* when the server last ended a session */
    struct history *history;
    struct server servers[SERVERS_MAX]; /* plan.servers of them */
    uint32_t lives;                     /* of servers, so far */
    struct redis redis;
    unsigned key;              /* of the tickets */
    struct home_counts counts; /* of the lives before */
    uint64_t told_resumed, told_rebuilt;
    struct actor actors[ACTORS_MAX];
    struct actor thief;
    struct wire *wires;
    struct metrics *metrics;
    uint32_t next_message;
    uint32_t next_id;
    int64_t disturbed_ms; /* when something last happened to a session */
    bool is_active, is_over;
    const char *stuck; /* what did not come to an end */
    uint64_t faults[FAULT_COUNT];
    uint64_t said_hash; /* of every byte that servers said to clients */
    struct buffer scratch;
};

/* What runs all seeds of this process. */
struct stage {
    struct keyring *keys;
    struct sealer *sealers[2];
    struct metrics *metrics;
    struct history history;
    struct checker *checker;
    struct sim *sim;
    bool is_warm; /* has run once: what stays allocated for all seeds is there */
};

/* agenda.c */
void sim_after(struct sim *sim, int64_t delay_ms, void (*act)(struct sim *, void *, uint64_t), void *object,
               uint64_t argument);
bool sim_step(struct sim *sim); /* false: nothing is due any more */
struct instant sim_now(const struct sim *sim);
int64_t sim_about(struct sim *sim, int64_t mean_ms); /* a random time of that mean */
struct line *sim_note(struct sim *sim, uint32_t who, enum line_type type);
void sim_note_fault(struct sim *sim, enum fault fault, const struct actor *actor);

/* server.c */
void server_start(struct server *server);
void server_kill(struct server *server);
void server_end(struct server *server); /* for good, unheard */
void server_on_dial(struct sim *sim, void *wire, uint64_t argument);
void server_on_up(struct sim *sim, void *wire, uint64_t argument);
void server_on_lost(struct sim *sim, void *wire, uint64_t argument);
void server_on_tick(struct sim *sim, void *server, uint64_t argument);
void server_drain(struct server *server);
struct server *server_any(struct sim *sim);
void server_wake(struct server *server); /* before anything else that reaches it */
bool server_is_stalled(const struct server *server);
int64_t server_stall_ms(const struct server *server); /* when to see again whether it still stands still */
void server_add_counts(struct home_counts *sum, const struct home_counts *counts);
void server_take_stage(struct stage *stage);

/* bus.c; the rest of it is in bus.h */
void bus_strike(struct sim *sim, enum fault fault);

/* joining.c */
void server_join_cluster(struct server *server);
void server_on_bus_tick(struct sim *sim, void *server, uint64_t argument);

/* tap.c: what passes between edge and home is watched. */
struct route tap_home(struct server *server);                       /* on the way into a home */
struct route tap_edge(struct server *server, struct route onwards); /* on the way out of an edge */
size_t tap_deliver(void *server, const struct delivery *to, size_t count, const struct event *event,
                   struct frame *frame);
size_t tap_deliver_from(void *server, uint64_t home, const struct delivery *to, size_t count, const struct event *event,
                        struct frame *frame);
struct frame *tap_encode(void *server, const struct event *event);
uint32_t peer_number(struct slice id);

/* wire.c */
extern bool sim_prints_texts; /* all that is said, to stderr: for looking at one seed */
extern bool sim_is_cluster;   /* every world has nodes, a bus between them, and Redis */
enum up_type { UP_TEXT, UP_CLOSE, UP_PONG };
struct wire *wire_create(struct sim *sim, struct actor *actor);
void wire_say(struct wire *wire, enum up_type type, struct slice payload); /* by the client */
void wire_wake(void *wire);                                                /* by the server */
void wire_close(void *wire, int close_code, const char *reason);
void wire_ping(struct wire *wire);
void wire_on_flush(struct sim *sim, void *wire, uint64_t argument);
void wire_on_down(struct sim *sim, void *wire, uint64_t arrived);
void wire_reset(struct wire *wire, bool is_cut);
bool wire_is_sound(const struct wire *wire);

/* client.c */
void actor_enter(struct actor *actor, int64_t delay_ms); /* wants a session from now on */
void actor_dial(struct actor *actor, int64_t delay_ms);
void actor_on_refused(struct sim *sim, void *wire, uint64_t argument);
void actor_on_open(struct sim *sim, void *wire, uint64_t argument);
void actor_on_lost(struct sim *sim, void *wire, uint64_t argument);
void actor_on_close(struct actor *actor, int close_code);
void actor_on_beat(struct sim *sim, void *actor, uint64_t argument);
void actor_hello(struct actor *actor);
void actor_end(struct actor *actor, const char *reason); /* of the session */
void actor_let_go(struct actor *actor, int close_code);  /* of its connection; 0: without a word */
void actor_roam(struct actor *actor);
void actor_quit(struct actor *actor, const char *how);

/* client_send.c */
void actor_say(struct actor *actor, const char *text);
void actor_send(struct actor *actor, bool is_broadcast, size_t body);
void actor_send_plain(struct actor *actor);
void actor_resend(struct actor *actor, int64_t from_seq);
void actor_rebuild_pending(struct actor *actor);
void actor_pump(struct actor *actor);
void actor_on_app(struct sim *sim, void *actor, uint64_t argument);
void actor_handled(struct actor *actor, int64_t n);
void actor_note_receipt(struct actor *actor, uint32_t peer, int64_t seq);
void actor_note_undelivered(struct actor *actor, uint32_t peer, int64_t first, int64_t last, const char *reason);
void actor_note_left(struct actor *actor, uint32_t peer);
void actor_note_ok(struct actor *actor, int64_t seq);
void actor_note_refused(struct actor *actor, int64_t seq, const char *code);
void actor_forget_pending(struct actor *actor);
struct seen *actor_see(struct actor *actor, uint32_t peer);

/* thief.c */
void thief_strike(struct sim *sim, struct actor *owner);
void thief_hear(struct actor *thief, struct slice text);

/* client_hear.c */
void actor_hear(struct actor *actor, struct slice text);

/* nemesis.c */
void nemesis_on_turn(struct sim *sim, void *object, uint64_t argument);

/* world.c */
void sim_run(struct stage *stage, uint64_t seed, struct verdict *out_verdict);

/* stage.c */
struct stage *stage_create(void);
struct stage *stage_destroy(struct stage *stage);
void stage_seed_noise(uint64_t seed);
struct slice stage_token(unsigned identity, unsigned room, bool is_short);

/* allocations.c */
extern long sim_blocks; /* that are allocated and not freed */

#endif
