/* encode.c - typed events to JSON text: one function per event, as docs/protocol.md shows them. */
#include "rooms/room.h"
#include "signaling/message.h"

#define SERVER_NAME "parley/" PARLEY_VERSION

/* Members. Every object here starts with "type" or a member of its own, so that a comma always leads. */

static void add_name(struct buffer *out, const char *name)
{
    buffer_add_text(out, ",\"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
}

static void add_text(struct buffer *out, const char *name, struct slice text)
{
    add_name(out, name);
    buffer_add_json_string(out, text);
}

static void add_int(struct buffer *out, const char *name, int64_t value)
{
    add_name(out, name);
    buffer_add_int(out, value);
}

static void add_bool(struct buffer *out, const char *name, bool value)
{
    add_name(out, name);
    buffer_add_text(out, value ? "true" : "false");
}

static void add_raw(struct buffer *out, const char *name, struct slice json)
{
    add_name(out, name);
    buffer_add(out, json);
}

static void add_reference(struct buffer *out, struct reference re)
{
    if (re.is_set)
        add_int(out, "re", re.id);
}

static void add_seq(struct buffer *out, const struct event *event)
{
    if (event->seq)
        add_int(out, "seq", event->seq);
}

/* The parts that several events share */

static void add_attributes(struct buffer *out, const struct attributes *attributes)
{
    add_name(out, "attributes");
    buffer_add_char(out, '{');
    for (size_t i = 0; i < attributes->count; i++) {
        if (i)
            buffer_add_char(out, ',');
        buffer_add_json_string(out, attributes->items[i].key);
        buffer_add_char(out, ':');
        buffer_add_json_string(out, attributes->items[i].value);
    }
    buffer_add_char(out, '}');
}

static void add_media(struct buffer *out, unsigned media)
{
    add_name(out, "media");
    buffer_add_text(out, media & MEDIA_MIC ? "{\"mic\":true" : "{\"mic\":false");
    add_bool(out, "camera", media & MEDIA_CAMERA);
    add_bool(out, "screen", media & MEDIA_SCREEN);
    buffer_add_char(out, '}');
}

static void add_peer_value(struct buffer *out, const struct peer *peer)
{
    buffer_add_text(out, "{\"id\":");
    buffer_add_json_string(out, peer_id(peer));
    add_text(out, "identity", peer->profile.identity);
    add_text(out, "name", peer->profile.name);
    add_text(out, "metadata", peer->profile.metadata);
    add_attributes(out, &peer->profile.attributes);
    add_media(out, peer->profile.media);
    add_bool(out, "receipts", peer->gives_receipts);
    buffer_add_char(out, '}');
}

static void add_peer(struct buffer *out, const char *name, const struct peer *peer)
{
    add_name(out, name);
    add_peer_value(out, peer);
}

static void add_ice_servers(struct buffer *out, struct slice servers, int64_t ttl_s)
{
    add_raw(out, "iceServers", servers.length ? servers : SLICE_LITERAL("[]"));
    if (ttl_s < 0)
        add_raw(out, "iceTtl", SLICE_LITERAL("null"));
    else
        add_int(out, "iceTtl", ttl_s);
}

/* Everyone but `self` and those who are hidden. */
void roster_encode(const struct room *room, const struct peer *self, struct buffer *out)
{
    bool is_first = true;
    buffer_add_char(out, '[');
    for (const struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (peer == self || peer->profile.grants.is_hidden)
            continue;
        buffer_add_text(out, is_first ? "{\"peer\":" : ",{\"peer\":");
        add_peer_value(out, peer);
        add_bool(out, "polite", peer_is_polite(self, peer));
        add_bool(out, "away", peer->is_away);
        buffer_add_char(out, '}');
        is_first = false;
    }
    buffer_add_char(out, ']');
}

static void add_roster(struct buffer *out, const struct event *event)
{
    add_name(out, "peers");
    if (event->welcome.room)
        roster_encode(event->welcome.room, event->welcome.self, out);
    else
        buffer_add(out, event->welcome.roster);
}

/* The events. The type is there already, and the closing brace is added after. */

const char *welcome_kind_name(enum welcome_kind kind)
{
    switch (kind) {
    case WELCOME_NEW: return "new";
    case WELCOME_RESUMED: return "resumed";
    case WELCOME_REBUILT: return "rebuilt";
    }
    return "new";
}

static void encode_welcome(const struct event *event, struct buffer *out)
{
    add_reference(out, event->re);
    add_text(out, "room", event->welcome.room ? room_id(event->welcome.room) : event->welcome.room_id);
    add_peer(out, "self", event->welcome.self);
    add_text(out, "session", slice_from_text(welcome_kind_name(event->welcome.kind)));
    add_text(out, "ticket", event->welcome.ticket);
    if (event->welcome.kind == WELCOME_RESUMED)
        add_int(out, "accepted", event->welcome.accepted);
    add_int(out, "grace", event->welcome.grace_ms);
    add_roster(out, event);
    add_ice_servers(out, event->welcome.ice_servers, event->welcome.ice_ttl_s);
    add_int(out, "pingInterval", event->welcome.ping_interval_s);
    add_int(out, "messageBytes", (int64_t)event->welcome.message_bytes_max);
    add_text(out, "server", SLICE_LITERAL(SERVER_NAME));
}

static void encode_answer(const struct event *event, struct buffer *out)
{
    add_reference(out, event->re);
    add_seq(out, event);
}

static void encode_error(const struct event *event, struct buffer *out)
{
    add_reference(out, event->re);
    add_seq(out, event);
    add_text(out, "code", slice_from_text(error_code(event->error.code)));
    add_text(out, "message", slice_from_text(error_text(event->error.code)));
    if (event->error.field)
        add_text(out, "field", slice_from_text(event->error.field));
    if (event->error.retry_after_ms >= 0)
        add_int(out, "retryAfterMs", event->error.retry_after_ms);
}

/* Also of one who is back. */
static void encode_peer_joined(const struct event *event, struct buffer *out)
{
    add_peer(out, "peer", event->peer.peer);
    add_bool(out, "polite", event->peer.is_hearer_polite);
}

static void encode_peer_updated(const struct event *event, struct buffer *out)
{
    add_peer(out, "peer", event->peer.peer);
}

static void encode_peer_left(const struct event *event, struct buffer *out)
{
    add_text(out, "peer", event->left.peer_id);
    add_text(out, "reason", slice_from_text(leave_reason_name(event->left.reason)));
}

static void encode_peer_away(const struct event *event, struct buffer *out)
{
    add_text(out, "peer", event->away.peer_id);
}

/* All who hear this share it, so that each finds itself there. */
static void encode_roster(const struct event *event, struct buffer *out)
{
    const struct room *room = event->roster;
    bool is_first = true;
    add_name(out, "peers");
    buffer_add_char(out, '[');
    for (const struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer)) {
        if (peer->profile.grants.is_hidden)
            continue;
        if (!is_first)
            buffer_add_char(out, ',');
        buffer_add_json_string(out, peer_id(peer));
        is_first = false;
    }
    buffer_add_char(out, ']');
}

static void encode_relay(const struct event *event, struct buffer *out)
{
    add_text(out, "from", event->relay.from);
    add_text(out, "kind", slice_from_text(relay_kind_name(event->relay.kind)));
    add_seq(out, event);
    add_raw(out, "body", event->relay.body);
}

static void encode_broadcast(const struct event *event, struct buffer *out)
{
    add_text(out, "from", event->relay.from);
    add_seq(out, event);
    add_raw(out, "body", event->relay.body);
}

static void encode_receipt(const struct event *event, struct buffer *out)
{
    add_text(out, "from", event->receipt.from);
    add_int(out, "seq", event->receipt.seq);
}

static void encode_undelivered(const struct event *event, struct buffer *out)
{
    add_text(out, "peer", event->undelivered.peer_id);
    add_int(out, "first", event->undelivered.first);
    add_int(out, "last", event->undelivered.last);
    add_text(out, "reason", slice_from_text(undelivered_reason_name(event->undelivered.reason)));
}

static void encode_ticket(const struct event *event, struct buffer *out)
{
    add_text(out, "ticket", event->ticket);
}

static void encode_ice_servers(const struct event *event, struct buffer *out)
{
    add_ice_servers(out, event->ice.servers, event->ice.ttl_s);
}

static const char *bye_action_name(enum bye_action action)
{
    switch (action) {
    case BYE_RESUME: return "resume";
    case BYE_REJOIN: return "rejoin";
    case BYE_STOP: return "stop";
    }
    return "stop";
}

static void encode_bye(const struct event *event, struct buffer *out)
{
    add_text(out, "code", slice_from_text(error_code(event->bye.code)));
    add_text(out, "action", slice_from_text(bye_action_name(event->bye.action)));
    add_int(out, "delayMs", event->bye.delay_ms);
}

static void (*const encode_functions[EVENT_COUNT])(const struct event *, struct buffer *) = {
    [EVENT_WELCOME] = encode_welcome,
    [EVENT_OK] = encode_answer,
    [EVENT_PONG] = encode_answer,
    [EVENT_ERROR] = encode_error,
    [EVENT_PEER_JOINED] = encode_peer_joined,
    [EVENT_PEER_LEFT] = encode_peer_left,
    [EVENT_PEER_UPDATED] = encode_peer_updated,
    [EVENT_PEER_AWAY] = encode_peer_away,
    [EVENT_PEER_BACK] = encode_peer_joined,
    [EVENT_ROSTER] = encode_roster,
    [EVENT_RELAY] = encode_relay,
    [EVENT_BROADCAST] = encode_broadcast,
    [EVENT_RECEIPT] = encode_receipt,
    [EVENT_UNDELIVERED] = encode_undelivered,
    [EVENT_TICKET] = encode_ticket,
    [EVENT_ICE_SERVERS] = encode_ice_servers,
    [EVENT_BYE] = encode_bye,
};

void event_encode(const struct event *event, struct buffer *out)
{
    buffer_add_text(out, "{\"type\":\"");
    buffer_add_text(out, event_type_name(event->type));
    buffer_add_char(out, '"');
    encode_functions[event->type](event, out);
    buffer_add_char(out, '}');
}
