/* client.h - the insides of an edge: what its files share, and nobody else sees. */
#ifndef PARLEY_SIGNALING_CLIENT_H
#define PARLEY_SIGNALING_CLIENT_H

#include "base/list.h"
#include "base/slots.h"
#include "signaling/edge.h"
#include "signaling/message.h"

#define CLIENT_NAME_LENGTH 8

enum client_state {
    CLIENT_WAITING, /* for hello */
    CLIENT_JOINING, /* the home has been asked, with a token or a ticket */
    CLIENT_JOINED,
    CLIENT_REATTACHING, /* its home is lost: its ticket is being shown again */
    CLIENT_CLOSING,     /* told, and no longer listened to */
};

struct client {
    struct edge *edge;
    void *connection;
    uint64_t handle;
    uint64_t session; /* the home's handle; 0: in no room */
    uint64_t home;    /* the node of that home; 0: this one */
    enum client_state state;
    bool may_return;     /* within the grace time; where there is none a session ends with its connection */
    bool is_doomed;      /* its outbox ran over; to be closed when the call under way ends */
    int close_code;      /* what we closed with; 0: we did not */
    unsigned hellos;     /* that it has said */
    unsigned refusals;   /* by its own rate limits, less what was taken since */
    bool gives_receipts; /* as its hello said */
    bool owes_answer;    /* to its last welcome, which came unasked: what it says was meant for the home before */
    bool is_asked;       /* for: the home has been shown its ticket, of a client that is re-attaching */
    int64_t welcomes;    /* that it was sent */
    int64_t owes_since_ms;
    int64_t attempt;       /* the number of the request that shows its ticket, by which the answer is known */
    int64_t ask_ms;        /* not before, for it was put off */
    size_t catch_up_bytes; /* of what it missed, which may go beyond its outbox's limits */
    bool has_spoken;       /* to its home, which knows by that that the welcome came through */
    int64_t refused_seq;   /* the lowest number of a message that was refused here and did not come again; 0: none */
    uint64_t said;         /* the highest number of what was put into its outbox */
    int64_t got;           /* the highest of those that it has receipted */
    uint64_t reported;     /* the highest that we have receipted for it, where it does not */
    int64_t opened_ms;
    int64_t due_ms;       /* of hello, later of fresh credentials */
    int64_t patience_ms;  /* for hello */
    int64_t ends_mono_ms; /* when its session ends, whatever becomes of the wall clock meanwhile (T-59) */
    char *room;
    char *region;
    char *ticket;        /* its last one, or the one that it has shown; NULL: none yet */
    bool is_anew;        /* it was told that its session was made anew, and has not said anything since */
    char *former_ticket; /* the last that it surely has, as it has not said anything since it was sent `ticket`; else
                            NULL */
    char name[CLIENT_NAME_LENGTH + 1];
    char peer_id[RANDOM_ID_LENGTH + 1];
    struct net_address address;
    struct address_entry *entry;
    struct bucket messages, bytes;
    struct outbox outbox;
    struct list_link link;     /* among all of the edge's */
    struct list_link due_link; /* in `waiting`, later in `renewing` */
    struct list_link doomed_link;
    struct list_link reattach_link; /* among those whose tickets are to be shown */
    struct list_link report_link;   /* among those for whom we have to give a receipt */
};

/* A client that left while its ticket was being shown. */
struct parting {
    uint64_t client;
    enum leave_reason reason;
};

#define PARTINGS_MAX                                                                                                   \
    256 /* of whom nothing is remembered any more is detached, and leaves when its grace time is over */

struct edge {
    struct edge_config config;
    struct route route;
    struct slots *clients;
    struct decoder *decoder;
    struct address_book *addresses;
    size_t client_count;
    struct queue joins;
    struct instant begun;   /* when it was first told the time; 0: it was not */
    struct instant now;     /* of the call under way */
    struct client *speaker; /* whose message is under way; NULL: nobody's */
    struct client *resumer; /* whose ticket the home has been shown in the call under way; NULL: nobody's */
    struct buffer text;     /* scratch of encoding */
    struct buffer ice;      /* scratch of ICE server lists */
    struct buffer ticket;   /* scratch of sealing */
    struct list all, waiting, renewing, doomed, reattaching, reporting;
    int64_t attempts;
    struct parting partings[PARTINGS_MAX]; /* a ring */
    size_t parting_count;                  /* ever */
    struct buffer sent_away;               /* sessions of those who were told to go elsewhere (drain.c) */
    bool is_shut;
    int64_t shut_ms; /* since when */
};

/* edge.c: each call from outside begins and ends so. */
void edge_begin(struct edge *edge, struct instant now);
void edge_settle(struct edge *edge);

/* client.c: sending. The pieces are for events that many clients share. */
void edge_count_sent(struct edge *edge, const struct event *event, const struct frame *frame, int64_t count);
enum error client_push(struct client *client, struct frame *frame, uint64_t n); /* as client_send() */

/* Encodes `event` for this one client and queues it. Errors: ERR_OUTBOX_FULL; the client is then doomed. */
enum error client_send(struct client *client, const struct event *event);

/* The refusal of that message: an EVENT_ERROR that names neither a field nor a time to wait. */
struct event refusal_of(const struct message *message, enum error error);

/* Answers with an EVENT_ERROR. Where the error has a close code, the client is also closed and its session ends, or is
 * left to be resumed where the fault was the connection's. */
void client_refuse(struct client *client, const struct event *refusal);

/* The same because of no message in particular. */
void client_cut(struct client *client, enum error error);

/* A client of a server that stops: its session is left as it is. */
void client_send_away(struct client *client, int64_t delay_ms);

/* drain.c: a client that was on its way when the server began to stop. */
void edge_turn_back(struct client *client);

/* The last words: bye, unless `error` is none, and then the port closes. */
void client_end(struct client *client, enum error error, enum bye_action action, int64_t delay_ms);

/* Gives the client its time for hello, `more_ms` on top. */
void client_await_hello(struct client *client, int64_t more_ms);

/* Takes the client out of its room for good, if it is in one. */
void client_leave(struct client *client, enum leave_reason reason);

/* Leaves the session, if there is one, to be resumed. */
void client_detach(struct client *client, enum leave_reason reason);

/* spend.c: whether what this client may send allows this message, `cost` bytes long; if not, it has been told. */
bool client_may_send(struct client *client, const struct message *message, size_t cost);

/* Charges the client for copies that others were sent of what it said. */
void client_pay(struct client *client, size_t bytes);

/* Whether this is a receipt of something new. Those are not counted as messages, for what they answer was. */
bool client_is_advance(const struct client *client, const struct message *message);

/* dispatch.c: does what a message asks for. */
void client_dispatch(struct client *client, const struct message *message);

/* Takes what the client says to have handled, although the message that says so is refused: it will not say so again.
 */
void client_keep_receipt(struct client *client, const struct message *message);

/* Asks the home for what a message of a joined client asks for. */
void client_forward(struct client *client, const struct message *message, struct request *request);

/* hello.c: checks token or ticket and asks the home. */
void client_on_hello(struct client *client, const struct message *message);

/* Whether a token admits to the client's room now. The caller ends *out_claims. */
enum error client_check_token(const struct client *client, struct slice token, struct claims *out_claims);

/* Notes that it was used, where each may be used only once. */
enum error client_use_token(const struct client *client, const struct claims *claims);

/* Logs that a token or ticket was refused. */
void client_log_reject(const struct client *client, enum error error);

/* What a token or ticket says of a peer, changed by what its bearer wishes in its hello as far as it may. `given` is
 * borrowed. False: too many attributes, and the client was told so. */
bool client_make_profile(struct client *client, const struct message *message, const struct profile *given,
                         struct profile *out_profile);

/* Refuses a hello that may be said again on this connection when `wait_ms` are over. */
void client_put_off(struct client *client, const struct message *message, int64_t wait_ms);

/* Asks the home to take the client in: REQUEST_JOIN or REQUEST_RESUME, with all that is their own filled in. */
void client_ask_home(struct client *client, const struct message *message, struct request *request);

/* resume.c: hello with a ticket. */
void client_on_ticket(struct client *client, const struct message *message);

/* Seals the client's ticket for what a welcome says, and notes when the session ends. */
void client_take_ticket(struct client *client, const struct event *welcome);

/* It has said something: so it has had its last welcome, and the ticket in it. */
void client_confirm_ticket(struct client *client);

/* The newest ticket that the client surely has, opened. The caller ends *out_ticket. */
enum error client_open_ticket(const struct client *client, struct ticket *out_ticket);

/* What a ticket says of a peer; borrowed. */
struct profile client_profile_of(const struct ticket *ticket);

/* Fills in a REQUEST_RESUME with what the ticket says, but for the profile. */
void client_fill_resume(const struct client *client, const struct ticket *ticket, struct request *request);

/* reattach.c */

/* Whether what the client says is not for its home: that is being looked for, or it has not heard of the new one. */
bool client_is_apart(const struct client *client);
void client_hear_apart(struct client *client, const struct message *message);

/* Whether this is the answer to the last welcome, which came unasked. */
bool client_is_answer(const struct client *client, const struct message *message);

/* Notes that a welcome is to be sent that it did not ask for. False: its outbox has no place for one. */
bool client_expect_answer(struct client *client, enum welcome_kind kind);

/* The home that was shown its ticket does not take it. */
void client_hear_refused(struct client *client, const struct event *refusal);

/* Leaves a session that is re-attaching: its next home is to hear of it. */
void client_part_apart(struct client *client, enum leave_reason reason);

/* Why that client left while its ticket was being shown. False: it did not, or that was too long ago. */
bool edge_find_parting(const struct edge *edge, uint64_t client, enum leave_reason *out_reason);

/* Its home hears what the client has, where it does not say so itself. */
void client_report(struct client *client);

/* Notes that there is something to report. */
void client_note_unreported(struct client *client);

/* refresh: a fresh token lets the session last longer. */
void client_on_refresh(struct client *client, const struct message *message);

/* ice.c: queues a list of ICE servers, with credentials of its own, as EVENT_ICE_SERVERS. */
void client_renew_ice(struct client *client);

/* Writes the list into edge->ice and notes when it must be renewed. Returns the ttl, -1 when nothing expires. */
int64_t client_write_ice(struct client *client);

#endif
