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
    CLIENT_JOINING, /* the home has been asked */
    CLIENT_JOINED,
    CLIENT_CLOSING, /* told, and no longer listened to */
};

struct client {
    struct edge *edge;
    void *connection;
    uint64_t handle;
    uint64_t session; /* the home's handle; 0: in no room */
    enum client_state state;
    bool is_doomed;    /* its outbox ran over; to be closed when the call under way ends */
    int close_code;    /* what we closed with; 0: we did not */
    unsigned refusals; /* by its own rate limits, less what was taken since */
    int64_t opened_ms;
    int64_t due_ms; /* of hello, later of fresh credentials */
    char *room;
    char *region;
    char name[CLIENT_NAME_LENGTH + 1];
    char peer_id[RANDOM_ID_LENGTH + 1];
    struct net_address address;
    struct address_entry *entry;
    struct bucket messages, bytes;
    struct outbox outbox;
    struct list_link link;     /* among all of the edge's */
    struct list_link due_link; /* in `waiting`, later in `renewing` */
    struct list_link doomed_link;
};

struct edge {
    struct edge_config config;
    struct route route;
    struct slots *clients;
    struct decoder *decoder;
    struct address_book *addresses;
    struct instant now;     /* of the call under way */
    struct client *speaker; /* whose message is under way; NULL: nobody's */
    struct buffer text;     /* scratch of encoding */
    struct buffer ice;      /* scratch of ICE server lists */
    struct list all, waiting, renewing, doomed;
    bool is_shut;
};

/* The pieces of sending, for events that many clients share. */
struct frame *edge_encode(struct edge *edge, const struct event *event); /* the caller's reference */
void edge_count_sent(struct edge *edge, const struct event *event, const struct frame *frame, int64_t count);
enum error client_push(struct client *client, struct frame *frame); /* as client_send() */

/* Encodes `event` for this one client and queues it. Errors: ERR_OUTBOX_FULL; the client is then doomed. */
enum error client_send(struct client *client, const struct event *event);

/* Answers that the message `re` was refused. Where the error has a close code, the client also leaves its room and is
 * closed. `field` may be NULL, `wait_ms` -1. */
void client_refuse(struct client *client, struct reference re, enum error error, const char *field, int64_t wait_ms);

/* The last words: bye, then the port closes. The room hears `reason`. */
void client_end(struct client *client, enum error error, enum bye_action action);

/* Gives the client its time for hello, `more_ms` on top. */
void client_await_hello(struct client *client, int64_t more_ms);

/* Takes the client out of its room, if it is in one. */
void client_leave(struct client *client, enum leave_reason reason);

/* Whether what this client may send allows one more message of that cost; if not, it has been told. */
bool client_may_send(struct client *client, struct reference id, size_t cost);

/* Charges the client for copies that others were sent of what it said. */
void client_pay(struct client *client, size_t bytes);

/* Queues a list of ICE servers, with credentials of its own, as EVENT_ICE_SERVERS. */
void client_renew_ice(struct client *client);

/* Writes the list into edge->ice and notes when it must be renewed. Returns the ttl, -1 when nothing expires. */
int64_t client_write_ice(struct client *client);

/* hello: checks the token and asks the home. */
void client_on_hello(struct client *client, const struct message *message);

#endif
