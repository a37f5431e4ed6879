/* wire.h - frames of the bus: versioned, authenticated, decoded as strictly as a client's message.
 *
 * The format is docs/bus.md, with test vectors. */
#ifndef PARLEY_CLUSTER_WIRE_H
#define PARLEY_CLUSTER_WIRE_H

#include "base/buffer.h"
#include "base/error.h"
#include "cluster/link.h"
#include "cluster/route.h"

#define WIRE_VERSION       1 /* what this build writes at most */
#define WIRE_VERSION_LEAST 1 /* what it still reads */
#define WIRE_FRAME_MAX     (16 * 1024 * 1024)
#define WIRE_PAYLOAD_MAX   (WIRE_FRAME_MAX - 1024) /* links must not take longer ones: link_limits.bytes_max */
#define WIRE_NAME_MAX      63
#define WIRE_BODY_MAX      (1024 * 1024) /* what a peer passes to another: as much as limits.message_bytes may be */
#define WIRE_LIST_MAX      1000          /* addressees of a broadcast, rooms that have moved */

/* TYPE(name, number on the wire) */
#define WIRE_TYPE_TABLE(TYPE)                                                                                          \
    TYPE(HEARTBEAT, 1) /* to all */                                                                                    \
    TYPE(LINK, 2)      /* everything else: its mark, and a payload, or none */                                         \
    TYPE(TAKEN, 3)     /* to all: the sender is home to a room from now on */

enum wire_type {
#define TYPE(name, number) WIRE_##name = (number),
    WIRE_TYPE_TABLE(TYPE)
#undef TYPE
};

struct wire_heartbeat {
    char name[WIRE_NAME_MAX + 1]; /* for people: cut off where it is not UTF-8, or a control character stands */
    char software[WIRE_NAME_MAX + 1];
    uint8_t version_least, version; /* that the sender reads */
    uint64_t count;                 /* 1, 2, 3 ...: our own last one, come back, says that the bus works */
    uint64_t term;                  /* the highest that it has seen */
    bool is_draining;
    uint64_t rooms, sessions, connections;
    bool is_goodbye;           /* the sender is leaving: it is gone at once */
    uint64_t leases, unleased; /* of its rooms: those that Redis knows to be its own, and the others */
    uint64_t lag_ms;           /* how long its own last heartbeat took to come back to it */
};

struct wire_frame {
    enum wire_type type;
    uint8_t version;
    uint64_t from, to; /* nodes; to 0: all */
    union {
        struct wire_heartbeat heartbeat;
        struct {
            struct slice room; /* its id; points into the frame */
            uint64_t term;     /* 0: without a lease, as the bus was down */
        } taken;
        struct {
            struct link_mark mark;
            struct slice payload; /* points into the frame; empty: none */
        } link;
    };
};

/* The key of the bus, made of cluster.key. */
struct wire_key {
    unsigned char bytes[32];
};

/* From the secret of cluster.key (at least 16 bytes), by HKDF-SHA-256 with info "parley bus 1". */
void wire_key_derive(struct slice secret, struct wire_key *out_key);

/* Appends the frame with its authentication tag. */
void wire_seal(const struct wire_key *key, const struct wire_frame *frame, struct buffer *out);

/* `out_frame` borrows from `bytes`. A node listens to its own heartbeats too, and has to look at `to` by itself.
 * Errors: ERR_BAD_MESSAGE (not a frame of a version that we read, not well formed, or not under one of the keys). */
enum error wire_open(const struct wire_key *keys, size_t key_count, struct slice bytes, struct wire_frame *out_frame);

/* PAYLOAD(name, number on the wire): what goes over a link. */
#define WIRE_PAYLOAD_TABLE(PAYLOAD)                                                                                    \
    PAYLOAD(REQUEST, 1)                                                                                                \
    PAYLOAD(DELIVERY, 2)                                                                                               \
    PAYLOAD(MOVED, 3) /* rooms that the sender is no longer home to: who has sessions there shows their tickets again  \
                       */

enum wire_payload_type {
#define PAYLOAD(name, number) WIRE_PAYLOAD_##name = (number),
    WIRE_PAYLOAD_TABLE(PAYLOAD)
#undef PAYLOAD
};

/* The payload's type. Errors: ERR_BAD_MESSAGE (empty), ERR_UNKNOWN_TYPE (a type of a later version). */
enum error wire_payload_type(struct slice payload, enum wire_payload_type *out_type);

/* Requests. from.edge, home and now are not sent: the receiver knows who sent it, and its own time. */
void wire_put_request(const struct request *request, struct buffer *out);

/* What a decoded payload needs beside the bytes that it points into; one for each worker, used again and again. */
struct wire_room; /* opaque */
struct wire_room *wire_room_create(void);
struct wire_room *wire_room_destroy(struct wire_room *room); /* NULL is fine; returns NULL */

/* `out_request` borrows from `payload` and `room`, until the next call with that one. Everything is held to the limits
 * that a client's message is held to. Errors: ERR_BAD_MESSAGE. */
enum error wire_get_request(struct wire_room *room, struct slice payload, struct request *out_request);

/* Events for `count` clients of one edge. `frame`: as for listener.deliver. An EVENT_WELCOME is sent with its roster as
 * ready text: `roster` is the JSON array of the peers that the hearer sees, empty for other events. */
void wire_put_delivery(const struct delivery *to, size_t count, const struct event *event, const struct frame *frame,
                       struct slice roster, struct buffer *out);

struct wire_delivery {
    const struct delivery *to; /* to.edge is 0 */
    size_t count;
    struct event event; /* with a text: its type alone */
    struct slice text;  /* empty: none; else checked to be one strict JSON object */
};

/* Errors: ERR_BAD_MESSAGE. A refusal of a code that only a later version knows comes out as ERR_INTERNAL. */
enum error wire_get_delivery(struct wire_room *room, struct slice payload, struct wire_delivery *out_delivery);

/* At least one room, and at most WIRE_LIST_MAX. Errors: ERR_BAD_MESSAGE. */
void wire_put_moved(const struct slice *rooms, size_t count, struct buffer *out);
enum error wire_get_moved(struct wire_room *room, struct slice payload, const struct slice **out_rooms,
                          size_t *out_count);

#endif
