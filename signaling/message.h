/* message.h - the door between JSON text and typed messages; nothing behind it has seen JSON.
 *
 * docs/protocol.md is the contract; a test holds its tables equal to the ones here. */
#ifndef PARLEY_SIGNALING_MESSAGE_H
#define PARLEY_SIGNALING_MESSAGE_H

#include "auth/ticket.h"
#include "auth/token.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "rooms/event.h"
#include "rooms/peer.h"
#include "rooms/room.h"

#define REGION_MAX     64
#define ADDRESSEES_MAX 1000 /* of a broadcast: as many as a room may hold */

/* MESSAGE(name, wire type) */
#define MESSAGE_TABLE(MESSAGE)                                                                                         \
    MESSAGE(HELLO, "hello")                                                                                            \
    MESSAGE(RELAY, "relay")                                                                                            \
    MESSAGE(BROADCAST, "broadcast")                                                                                    \
    MESSAGE(UPDATE, "update")                                                                                          \
    MESSAGE(KICK, "kick")                                                                                              \
    MESSAGE(RECEIPT, "receipt")                                                                                        \
    MESSAGE(REFRESH, "refresh")                                                                                        \
    MESSAGE(PING, "ping")                                                                                              \
    MESSAGE(LEAVE, "leave")

enum message_type {
#define MESSAGE(name, wire) MESSAGE_##name,
    MESSAGE_TABLE(MESSAGE)
#undef MESSAGE
        MESSAGE_COUNT
};

/* One message from a client. Its slices point into the text it was decoded from or into the decoder's
 * scratch memory, and live until the decoder is used again. */
struct message {
    enum message_type type;
    struct reference id;
    int64_t got; /* the last number that the client has handled; GOT_NOTHING: it did not say */
    union {
        struct {
            struct slice token;  /* empty: not given; then there is a ticket */
            struct slice ticket; /* empty: not given */
            bool gives_receipts;
            struct profile_update profile; /* name, attributes and media as far as they were given */
            struct slice region;
        } hello;
        struct {
            struct slice to;
            struct parcel parcel;
        } relay;
        struct {
            struct parcel parcel;
            const struct slice *to; /* NULL: everyone */
            size_t to_count;
        } broadcast;
        struct {
            int64_t welcome; /* the how-many-th of its connection it answers, which came unasked; 0: none */
        } receipt;
        struct {
            struct slice token;
        } refresh;
        struct profile_update update;
        struct {
            struct slice peer_id;
        } kick;
    };
};

/* The scratch memory of decoding; one per worker. */
struct decoder;

struct decoder *decoder_create(size_t message_bytes_max); /* never NULL; caller destroys */
struct decoder *decoder_destroy(struct decoder *decoder); /* NULL is fine; returns NULL */

/* Turns one text message into *out_message.
 *
 * Errors: ERR_BAD_JSON, ERR_BAD_MESSAGE (*out_field then names the field, else it is NULL),
 * ERR_UNKNOWN_TYPE. out_message->id is set even on the latter two, where it could be read. */
enum error message_decode(struct decoder *decoder, struct slice text, struct message *out_message,
                          const char **out_field);

const char *message_type_name(enum message_type type);
const char *welcome_kind_name(enum welcome_kind kind);

/* The sender's number of it; 0: none. */
static inline int64_t message_seq(const struct message *message)
{
    bool is_relay = message->type == MESSAGE_RELAY;
    bool is_broadcast = message->type == MESSAGE_BROADCAST;
    return is_relay ? message->relay.parcel.seq : is_broadcast ? message->broadcast.parcel.seq : 0;
}

/* Appends the JSON text of `event` to `out`. */
void event_encode(const struct event *event, struct buffer *out);

/* Appends the JSON array of the peers that `self` sees, as it stands in its welcome. */
void roster_encode(const struct room *room, const struct peer *self, struct buffer *out);

#endif
