/* home.h - the one place where a room lives: its roster, and the order of its messages.
 *
 * A home belongs to one worker and holds many rooms. It takes requests from edges and yields events for their
 * clients. A session is a peer's stay in its room; it is told apart from the connection that carries it, and
 * outlives it by the grace time.
 *
 * Each session has a mailbox: what was said to it and not receipted yet, numbered. A session whose peer gives no
 * receipts keeps only what is said while it is away. What a sender numbers is taken without gaps, once and in order;
 * it is answered by EVENT_RECEIPT when the addressee has handled it, or by EVENT_UNDELIVERED. */
#ifndef PARLEY_CLUSTER_HOME_H
#define PARLEY_CLUSTER_HOME_H

#include "auth/revocation.h"
#include "cluster/mailbox.h"
#include "cluster/route.h"

struct home; /* opaque */

/* What becomes of a join whose identity is in the room already. */
enum duplicate_policy { DUPLICATE_REPLACE, DUPLICATE_REJECT, DUPLICATE_ALLOW };

/* What is worth a line in a log. */
enum home_note_kind {
    NOTE_ENDED,   /* a session; told once of each, but for those that end with the home */
    NOTE_KICKED,  /* just before its NOTE_ENDED; or a peer that is not back yet */
    NOTE_SETTLED, /* a rebuilt room */
    NOTE_CLOSED,  /* a room is empty, and gone */
};

struct home_note {
    enum home_note_kind kind;
    struct slice room;
    struct slice peer_id;     /* whose session ended, or who was kicked */
    struct slice by;          /* the peer that kicked it */
    enum leave_reason reason; /* of the end */
    bool is_asked;            /* its edge asked for the end, and knows of it */
    size_t back;              /* peers in the settled room */
    size_t missing;           /* that were spoken to there and did not come back */
};

struct home_config {
    size_t rooms_max;
    size_t room_capacity;
    struct mailbox_limits mailbox;
    int64_t grace_ms;    /* 0: a session ends with its connection */
    size_t departed_max; /* of each room, whose end was told and who may still be at another home; 0: there is none */
    enum duplicate_policy duplicates;
    uint64_t epoch; /* of the rooms that this home opens: differs from that of every other home, earlier ones too */
    uint64_t (*make_epoch)(void);    /* random, of a room that it has lost before; NULL: from the kernel's generator */
    int64_t prolonged_s;             /* by so much another ticket of a peer may end later than the one that it showed */
    struct revocations *revocations; /* borrowed */
    /* Makes an event's text; the caller takes the reference. */
    struct frame *(*encode)(void *context, const struct event *event);
    void *encode_context;
    void (*note)(void *context, const struct home_note *note); /* may be NULL */
    void *note_context;
    /* Whether another node may have become home to a room of ours without our hearing of it; NULL: never. */
    bool (*is_cut_off)(void *context);
    void *is_cut_off_context;
};

/* What has happened since the home was made. Letters are counted when what became of them is told to their sender; not
 * when it is no longer there, or must not know that their hearer, a hidden peer, exists. */
struct home_counts {
    uint64_t resumed, rebuilt, resumes_refused;
    uint64_t accepted;                              /* numbered messages */
    uint64_t repeated;                              /* numbered messages that had been accepted before */
    uint64_t receipts;                              /* letters receipted that a sender waited for */
    uint64_t undelivered[UNDELIVERED_REASON_COUNT]; /* letters */
};

struct home *home_create(const struct home_config *config, struct listener listener); /* copied; never NULL */
struct home *home_destroy(struct home *home); /* NULL is fine; returns NULL; tells nobody */

/* The same-worker distance: give this to an edge as its route. */
struct route home_route(struct home *home);

/* Another node is home to the room now: forgets it with its sessions, and tells nobody - their edges show their tickets
 * there. Should the room come back here, it has another epoch. */
void home_lose(struct home *home, struct slice room);
#define HOME_LOSSES_MAX 4096 /* that are remembered; the oldest goes first */

bool home_has_room(const struct home *home, struct slice room);

/* That edge is out of reach: its sessions are away. */
void home_detach_edge(struct home *home, uint64_t edge, struct instant now);

/* Ends the sessions that did not come back in time, and settles rebuilt rooms. To be called about once a second. */
void home_tick(struct home *home, struct instant now);

size_t home_room_count(const struct home *home);
size_t home_session_count(const struct home *home); /* those that are away too */
size_t home_away_count(const struct home *home);
const struct home_counts *home_counts(const struct home *home);

#endif
