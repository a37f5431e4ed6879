/* edge.h - the place that holds connections: who may say what and when, up to the room's home.
 *
 * No sockets and no clock: a connection hands over the texts it received and the time; the edge fills
 * the client's outbox and asks the connection, through its port, to send or to close. */
#ifndef PARLEY_SIGNALING_EDGE_H
#define PARLEY_SIGNALING_EDGE_H

#include "auth/once.h"
#include "auth/ticket.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cluster/route.h"
#include "ops/metrics.h"
#include "rooms/event.h"
#include "signaling/limit.h"
#include "signaling/net_address.h"
#include "signaling/outbox.h"
#include "turn/ice.h"

struct edge;   /* one per worker */
struct client; /* one connection, as the edge sees it */

/* What the edge asks of the connection behind a client. Both may be called from within edge_...() calls made by
 * that connection; neither may call back into the edge. */
struct client_port {
    void (*wake)(void *connection); /* the outbox has something to send */
    /* Send what is in the outbox, then close with this code and reason (ASCII, at most 123 bytes). */
    void (*close)(void *connection, int close_code, const char *reason);
};

struct edge_config {
    const struct keyring *keys;
    struct token_rules token_rules;
    struct once *once;           /* NULL: a token may be used more than once */
    const struct sealer *sealer; /* of tickets */
    int64_t session_grace_s;     /* how long a session may outlive its token */
    struct rate joins;           /* of the whole worker; resuming with a good ticket is not counted */
    const struct ice_list *ice;
    struct slice default_region;
    struct limits limits;
    struct outbox_limits outbox;
    size_t message_bytes_max;
    int64_t hello_timeout_ms;
    int64_t ping_interval_ms;
    int64_t drain_spread_ms;                         /* 0: who is sent away is so at once */
    void (*make_id)(char out[RANDOM_ID_LENGTH + 1]); /* random_id(), or a seeded one in tests */
    struct client_port port;
    struct metrics *metrics;
};

struct edge *edge_create(const struct edge_config *config); /* never NULL; config is copied */
void edge_connect(struct edge *edge, struct route route);   /* once, before the first client: where the homes are */
struct edge *edge_destroy(struct edge *edge); /* NULL is fine; returns NULL; every client must be gone (asserted) */

/* What the home says to clients of this edge; given to the home as its listener (context: the edge). Returns how many
 * took the event. A client whose outbox is full is closed at the end of the edge_...() call under way. */
size_t edge_deliver(void *edge, const struct delivery *to, size_t count, const struct event *event,
                    struct frame *frame);

/* As edge_deliver(), of a home on that node (0: this one). What does not come from the home that has a client's
 * session, or that was asked for it, is passed over. */
size_t edge_deliver_from(void *edge, uint64_t home, const struct delivery *to, size_t count, const struct event *event,
                         struct frame *frame);

/* What the home calls to make an event's text (context: the edge). */
struct frame *edge_encode(void *edge, const struct event *event);

/* Whether a connection from `address` may be opened now; to be asked before the upgrade.
 * Errors: ERR_ADDRESS_LIMIT, ERR_RATE_LIMITED, ERR_SHUTTING_DOWN. */
enum error edge_may_open(struct edge *edge, const struct net_address *address, struct instant now);

/* A connection was opened. `room` (a valid room id) is copied. Never NULL; lives until edge_close(). */
struct client *edge_open(struct edge *edge, struct slice room, const struct net_address *address, void *connection,
                         struct instant now);

/* A whole text message came in; at most message_bytes_max long. */
void edge_receive(struct client *client, struct slice text, struct instant now);

/* The connection must end because of `error` (binary frame, too large, silent ...): tells the client why and asks
 * the port to close. */
void edge_refuse(struct client *client, enum error error, struct instant now);

/* The connection is gone: `close_code` is what the client sent, or 1006. Frees the client. */
void edge_close(struct client *client, int close_code, struct instant now);

/* What waits for this client; the connection pops what it has written. */
struct outbox *edge_outbox(struct client *client);

/* The home of some sessions is not there any more, or does not hold their room, or the way to it broke: their clients'
 * tickets are shown again on their behalf, and they hear another welcome. `home`: the node (0: this one); without
 * rooms: all that are there. Nothing is asked before the next edge_beat(). Clients that are joining are left alone: who
 * asks for them on other nodes asks again. */
void edge_reattach(void *edge, uint64_t home, const struct slice *rooms, size_t room_count, struct instant now);

/* Shows the tickets of clients that are re-attaching, some hundred at once, and gives receipts for those who give none
 * and whose home is on another node. To be called about ten times a second where there are other nodes. */
#define EDGE_BEAT_MS 100
void edge_beat(struct edge *edge, struct instant now);

/* Appends the JSON array of the peers that `self` sees in its room, as it stands in a welcome. */
void edge_write_roster(void *edge, const struct room *room, const struct peer *self, struct buffer *out);

/* Does what is due: hello deadlines, credentials to renew, limits to forget. To be called about once a second. */
void edge_tick(struct edge *edge, struct instant now);

/* The server stops: no more opens; every client is told to come back, and is closed once its outbox is sent. Without
 * drain_spread_ms all of them are told so now, each with a delay of its own; with it they are told room by room, by
 * edge_drain(), from the second quarter of that time on: the first is for load balancers to take note. Their sessions
 * are left as they are: they end with the process, and live on in their tickets. */
void edge_shut(struct edge *edge, struct instant now);

/* Sends away those whose time has come; to be called every EDGE_DRAIN_STEP_MS from edge_shut() on. */
#define EDGE_DRAIN_STEP_MS 100
void edge_drain(struct edge *edge, struct instant now);

/* The stop is taken back: who was not sent away stays, and the sessions of those who were are left to be resumed. */
void edge_reopen(struct edge *edge, struct instant now);

#endif
