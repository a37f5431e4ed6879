/* planted.h - where the simulator may interfere: rare branches that it makes frequent, and bugs that it must find.
 *
 * Both are constantly false but in the simulator's build (tests/sim), and cost nothing there. */
#ifndef PARLEY_BASE_PLANTED_H
#define PARLEY_BASE_PLANTED_H

#include <stdbool.h>

/* RARE(name, what then happens): all of it is allowed to happen at any time. */
#define RARE_TABLE(RARE)                                                                                               \
    RARE(MAILBOX_FULL, "a mailbox has no place for what a peer said")                                                  \
    RARE(MAILBOX_OVERFULL, "a session is ended, for even roster events do not fit into its mailbox any more")          \
    RARE(GHOST_FULL, "nothing is kept for a peer that has not come back yet")                                          \
    RARE(OUTBOX_FULL, "a connection reads too slowly")                                                                 \
    RARE(HOME_TICK_LATE, "the home's clock skips a second")                                                            \
    RARE(EDGE_TICK_LATE, "the edge's clock skips a second")                                                            \
    RARE(ROOM_LIMIT, "there are too many rooms")                                                                       \
    RARE(TICKET_ENDED, "the session of a ticket is over")                                                              \
    RARE(RATE_LIMITED, "a client has sent too much")                                                                   \
    RARE(JOIN_LATER, "an address has joined too often")                                                                \
    RARE(OPEN_REFUSED, "a connection is not let in")                                                                   \
    RARE(WELCOME_LOST, "a connection dies with its welcome; asked by the simulator itself")

/* BUG(name, what the code then does wrong) */
#define PLANTED_TABLE(BUG)                                                                                             \
    BUG(SKIP_RECEIPT, "whoever has several letters receipted at once is not told")                                     \
    BUG(REPLAY_FROM_GOT, "a resumed client is sent its last message again")                                            \
    BUG(REUSE_NUMBER, "a resumed client is given a number a second time")                                              \
    BUG(FORGET_ACCEPTED, "a resumed session has forgotten what it took")                                               \
    BUG(TAKE_TWICE, "a message that was taken is taken again")                                                         \
    BUG(ACCEPT_GAP, "a message is taken although one before it is missing")                                            \
    BUG(FORGET_FENCE, "a connection that was taken over still speaks for its session")                                 \
    BUG(FORGET_GENERATION, "a spent ticket is taken")                                                                  \
    BUG(FORGET_EPOCH, "a ticket of a former home is taken for one of this home")                                       \
    BUG(STALE_TICKET, "a ticket has the generation of the one before")                                                 \
    BUG(FORGET_REVOCATION, "a kick is not written down")                                                               \
    BUG(KEEP_LETTERS_OF_KICKED, "what a kicked peer said is still delivered")                                          \
    BUG(LEAVE_IN_SILENCE, "what a peer did not receive before it left is not told of")                                 \
    BUG(FULL_IN_SILENCE, "what does not fit into a mailbox is not told of")                                            \
    BUG(OVERTAKE_REFUSED, "what follows a refused message arrives before its sender has heard of that")                \
    BUG(LOSE_GHOST, "what was kept for a peer is not handed over when it comes back")                                  \
    BUG(GHOSTS_IN_SILENCE, "what was kept for a peer that does not come back is not told of")                          \
    BUG(FORGET_ROSTER, "a rebuilt room does not tell who is in it")                                                    \
    BUG(COME_BACK_UNSEEN, "that a peer is back is not told")                                                           \
    BUG(HALF_THE_GRACE, "sessions end after half their grace time")                                                    \
    BUG(DETACH_IS_LEAVE, "a lost connection ends its session")                                                         \
    BUG(OUTBOX_LOSES, "an outbox of some length lets go of what it is given")                                          \
    BUG(CLIENT_FORGETS_SEQ, "a client of the simulator handles what it had handled before")

/* The same, of what only clusters do. */
#define PLANTED_CLUSTER_TABLE(BUG)                                                                                     \
    BUG(KEEP_LOST_ROOM, "a home goes on with a room that another node has taken")                                      \
    BUG(KEEP_LOST_LEASE, "a lease that was lost is believed to be renewed")                                            \
    BUG(SAME_EPOCH, "a room that was lost and comes back takes tickets of its first life")                             \
    BUG(REATTACH_IN_SILENCE, "a session that is taken up again for its client is not said what was kept")              \
    BUG(LINK_SENDS_ONCE, "what a link has sent is not sent again when it got lost")                                    \
    BUG(LINK_REPEATS, "what comes over a link a second time is taken again")                                           \
    BUG(BREAK_IN_SILENCE, "that a link has broken is told to nobody")                                                  \
    BUG(DEAD_NODES_STAY, "the clients of a node that is gone stay attached")                                           \
    BUG(MISSING_COME_BACK, "who was told of as missing comes back from another home")

enum rare {
#define RARE(name, text) RARE_##name,
    RARE_TABLE(RARE)
#undef RARE
        RARE_COUNT
};

enum planted {
#define BUG(name, text) PLANTED_##name,
    PLANTED_TABLE(BUG) PLANTED_CLUSTER_TABLE(BUG)
#undef BUG
        PLANTED_COUNT
};

#ifdef PARLEY_SIM
bool planted_is_rare(enum rare branch);
bool planted_is(enum planted bug);
#define BUGGIFY(name) planted_is_rare(RARE_##name)
#define PLANTED(name) planted_is(PLANTED_##name)
#else
#define BUGGIFY(name) false
#define PLANTED(name) false
#endif

#endif
