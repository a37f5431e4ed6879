/* home_parts.h - the insides of a home: what its files share, and nobody else sees. */
#ifndef PARLEY_CLUSTER_HOME_PARTS_H
#define PARLEY_CLUSTER_HOME_PARTS_H

#include "base/list.h"
#include "base/map.h"
#include "base/slots.h"
#include "cluster/home.h"

/* What one mailbox holds of one sender, while it is added up. */
struct tally {
    int64_t first, last; /* the sender's numbers */
    uint64_t letters;
    struct list_link link;
};

/* That a peer could not be given what a session said, of which that one was told in `n`. */
struct refusal {
    char peer_id[RANDOM_ID_LENGTH];
    uint64_t n;
};

/* A peer's stay in its room. */
struct session {
    uint64_t handle;
    struct lodging *lodging;
    struct peer *peer;
    bool is_attached;
    bool is_rebuilt; /* made anew from a ticket of another epoch */
    bool is_unused;  /* rebuilt, and its client may not have heard of it yet */
    bool is_fresh;   /* rebuilt, and takes any number as its client's first */
    struct locator client;
    uint64_t next_n;
    int64_t accepted;
    uint64_t issued;    /* generation of its newest ticket */
    uint64_t confirmed; /* the newest generation that is known to be in the client's hands */
    int64_t ends_unix_s;
    int64_t away_since_ms;
    enum leave_reason away_reason;
    size_t ghosts_made;       /* for those whom it spoke to */
    struct refusal *refusals; /* outbox-full, which it has not receipted yet; one for each peer */
    size_t refusal_count;
    struct mailbox mailbox;
    struct tally tally;
    struct list_link away_link;
    struct list_link slow_link;
};

/* What is kept for a peer that has not come back to a rebuilt room yet. */
struct ghost {
    char peer_id[RANDOM_ID_LENGTH];
    uint64_t next_n;
    struct mailbox mailbox;
    UT_hash_handle hh;
};

/* Added to the generation of a session that is made anew: a ticket below it is of the life in which its peer joined. */
#define GENERATION_ANEW (UINT64_C(1) << 32)

/* Which lives of its room the sessions of a rebuilt one come from: their peers know each other. */
#define PAST_MAX 16
struct past {
    uint64_t epochs[PAST_MAX];
    size_t count;   /* may be above PAST_MAX: the others are not known */
    size_t settled; /* so many of them had come when the missing were told of, the last time */
};

/* One room and its place in the home's map. */
struct lodging {
    struct home *home;
    struct room *room;
    uint64_t epoch; /* its tickets are of this one */
    int64_t opened_ms;
    bool has_settled;        /* after a rebuilding: who was missing then is gone */
    int64_t settled_unix_ms; /* the last time */
    struct past past;
    int64_t settles_ms;               /* while it is being rebuilt */
    struct ghost *ghosts;             /* by peer id; uthash keeps them in the order of their making */
    struct departed *departed;        /* by peer id, in the order of their going */
    struct list_link rebuilding_link; /* in no list: it is not being rebuilt */
    UT_hash_handle hh;
};

/* A room that was lost to another node, and its epoch if it comes back. */
struct loss {
    uint64_t epoch;
    size_t length;
    char room[ROOM_ID_MAX];
    UT_hash_handle hh;
};

struct home {
    struct home_config config;
    struct listener listener;
    struct lodging *lodgings;
    struct slots *sessions;
    size_t session_count;
    size_t away_count;
    struct list away;         /* sessions, by when they will have been away too long */
    struct list rebuilding;   /* lodgings, by when they settle */
    struct loss *losses;      /* by room; uthash keeps them in the order in which they were lost */
    struct list slow;         /* sessions to be ended when the call under way ends: objects in use are not freed */
    struct session *speaker;  /* whose relay or broadcast is under way */
    bool is_refused;          /* somebody could not be given it */
    struct delivery *hearers; /* scratch of one delivery */
    size_t hearers_capacity;
    struct home_counts counts;
};

/* say.c */

/* Says something to one session: numbered, kept if need be, delivered if it is attached. */
void session_say(struct session *session, const struct event *event);

/* Says to a client what has no number and is encoded by its edge. */
void home_say_plain(struct home *home, struct locator to, const struct event *event);

/* Says to a client what has no number, as text. */
void home_say_unnumbered(struct home *home, struct locator to, const struct event *event);

/* Delivers once more what is in the mailbox. */
void session_replay(struct session *session);

/* Answers the speaker that its message `seq` does not reach that peer. */
void home_say_undelivered(struct session *speaker, struct slice peer_id, int64_t seq, enum undelivered_reason reason);

/* What the room tells; `context` is the lodging. */
void lodging_on_event(void *context, struct peer *const *to, size_t count, const struct event *event);

/* news.c */

/* What to note of an event in its letter: the peer that it is about, or from. */
uint64_t news_subject(const struct event *event);

/* Lets go of what this news, which is to be put into the mailbox, makes needless there. */
void news_make_place(struct mailbox *mailbox, const struct letter *news);

/* refusal.c */

/* `speaker` is told in `n` that nothing could be kept for that peer. */
void session_note_refusal(struct session *speaker, struct slice peer_id, uint64_t n);

/* It has handled everything up to `n`. */
void session_hear_refusals(struct session *speaker, uint64_t n);

/* Whether nothing may be given to that peer from this one yet. */
bool session_is_held_up(const struct session *speaker, struct slice peer_id);

/* Whether this numbered message is not to be taken yet, for then it would arrive. */
bool session_has_to_wait(const struct session *speaker, const struct request *request);

/* receipt.c */

/* Whether the client can have handled `got`. */
bool session_has_said(const struct session *session, int64_t got);

/* Lets go of the letters up to `n`, and tells their senders. */
void session_settle(struct session *session, uint64_t n);

/* Lets go of all letters, and tells their senders that they have not reached the peer with that id. */
void home_return_letters(struct home *home, struct mailbox *mailbox, struct slice peer_id,
                         enum undelivered_reason reason);

/* departed.c */

/* The room has told of that peer's end. The oldest of too many is forgotten. */
void lodging_note_departed(struct lodging *lodging, struct slice peer_id);
bool lodging_has_departed(const struct lodging *lodging, struct slice peer_id);
void lodging_forget_departed(struct lodging *lodging);

/* loss.c */

/* Of that room's next life here. */
uint64_t home_epoch_of(const struct home *home, struct slice room);
void home_forget_losses(struct home *home);

/* home.c */
void home_note(const struct home *home, const struct home_note *note);
void home_end_slow(struct home *home); /* ends the sessions in `slow` */

/* session.c */

/* How a session ends. */
struct ending {
    enum leave_reason leave;
    enum undelivered_reason undelivered;
    enum error bye; /* ERROR_NONE: its client needs no telling */
    enum bye_action action;
};

struct session *session_create(struct lodging *lodging, const struct request *request);
void session_open(struct session *session, struct peer *peer);
void session_discard(struct session *session); /* one that has not been opened */
void session_forget(struct session *session);  /* tells nobody; its peer stays in the room */

void session_attach(struct session *session, struct locator client);
void session_detach(struct session *session, enum leave_reason reason, struct instant now);
bool session_is_of(const struct session *session, struct locator client);
bool session_is_slow(const struct session *session);

/* Whether what it is said is kept until it is receipted: by its client or, where that gives none and is elsewhere, by
 * its edge. */
bool session_is_receipted(const struct session *session);

/* Tells whom it concerns, and frees the session and its peer. */
void session_end(struct session *session, struct ending ending);

/* As session_end(), but an empty room stays open. */
void session_remove(struct session *session, struct ending ending);

/* arrival.c; errors are answered by the caller. */
enum error home_on_join(struct home *home, const struct request *request);
enum error home_on_resume(struct home *home, const struct request *request);

/* lodging.c */
struct lodging *lodging_find(struct home *home, struct slice room);
struct lodging *lodging_open(struct home *home, struct slice room, struct instant now);
void lodging_close(struct lodging *lodging);   /* its sessions must be gone or forgotten */
void lodging_abandon(struct lodging *lodging); /* with its sessions; tells nobody */
bool lodging_is_rebuilding(const struct lodging *lodging);
void lodging_begin_rebuilding(struct lodging *lodging, struct instant now);
void lodging_settle(struct lodging *lodging, struct instant now);

/* A session has come from that life of the room. */
void lodging_note_past(struct lodging *lodging, uint64_t epoch);

/* Whether somebody may have been told that the peer which shows this ticket is missing. It was not if it has joined
 * since, or in a life of the room that nobody here had seen by then. */
bool lodging_may_miss(const struct lodging *lodging, const struct request *request);

/* Whether a peer with this id, which is not in the room, may still come back. */
bool lodging_awaits(const struct lodging *lodging, struct slice peer_id);

/* Sees to it that an awaited peer does not come back: it was kicked. */
void lodging_ban(struct lodging *lodging, struct slice peer_id, struct instant now);

/* Keeps what `speaker` says for an awaited peer; *frame is the event's text, made when it is first needed. */
void lodging_keep(struct lodging *lodging, struct session *speaker, struct slice peer_id, const struct event *event,
                  struct frame **frame);

/* Where what is said to that peer is kept; NULL: it is neither there nor awaited. */
const struct mailbox *lodging_mailbox(const struct lodging *lodging, struct slice peer_id);

/* Hands what was kept for this session's peer over to it. */
void lodging_adopt_ghost(struct lodging *lodging, struct session *session);

/* Takes back everything that a session has said and that was not receipted yet. */
void lodging_withdraw(struct lodging *lodging, uint64_t sender);

#endif
