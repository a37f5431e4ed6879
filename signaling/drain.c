/* drain.c - a server that stops sends its clients away, all at once or room by room, and may think better of it. */
#include "base/map.h"
#include "signaling/client.h"

/* Clients that are sent away all at once come back over so long: see docs/decisions/0008. */
#define COMEBACK_MS_EACH 1
#define COMEBACK_MS_MIN  200
#define COMEBACK_MS_MAX  10000

/* Nobody is sent away in this first part of a spread: load balancers need a few looks to see that we are not ready. */
#define LEAD_SHARE 4

/* A session whose client was sent away. Nobody hears that it is away, unless the drain is taken back. */
struct sent_away {
    uint64_t session, home, client;
};

/* The how-many-th of those who are sent away is to come back after this; even steps are the best spread there is. */
static int64_t comeback_delay_ms(int64_t spread_ms, size_t index, size_t count)
{
    return spread_ms * (int64_t)index / (int64_t)count;
}

static int64_t spread_of_all_ms(const struct edge *edge)
{
    int64_t spread_ms = (int64_t)edge->client_count * COMEBACK_MS_EACH;
    spread_ms = spread_ms < COMEBACK_MS_MIN ? COMEBACK_MS_MIN : spread_ms;
    return spread_ms > COMEBACK_MS_MAX ? COMEBACK_MS_MAX : spread_ms;
}

static void send_away(struct client *client, int64_t delay_ms)
{
    const struct sent_away entry = {client->session, client->home, client->handle};
    if (client->session && client->state != CLIENT_REATTACHING) /* that one's home is lost */
        buffer_add(&client->edge->sent_away, slice_of((const char *)&entry, sizeof entry));
    client_send_away(client, delay_ms);
}

void edge_turn_back(struct client *client)
{
    struct edge *edge = client->edge;
    bool is_by_room = edge->config.drain_spread_ms > 0;
    send_away(client,
              is_by_room ? 0 : comeback_delay_ms(spread_of_all_ms(edge), edge->client_count - 1, edge->client_count));
}

/* Rooms are kept whole: half a room elsewhere would be another room. Each has its place after the lead. */
static bool is_due(const struct client *client)
{
    const struct edge *edge = client->edge;
    uint64_t spread_ms = (uint64_t)edge->config.drain_spread_ms;
    uint64_t lead_ms = spread_ms / LEAD_SHARE;
    if (client->state == CLIENT_CLOSING)
        return false;
    uint64_t place_ms = lead_ms + ((map_hash(client->room, strlen(client->room)) >> 32) * (spread_ms - lead_ms) >> 32);
    return edge->now.mono_ms - edge->shut_ms >= (int64_t)place_ms;
}

static size_t count_due(const struct edge *edge)
{
    size_t count = 0;
    for (struct list_link *link = list_first(&edge->all); link; link = list_next(&edge->all, link))
        count += is_due(LIST_OWNER(link, struct client, link));
    return count;
}

void edge_drain(struct edge *edge, struct instant now)
{
    edge_begin(edge, now);
    if (!edge->is_shut)
        return;
    bool is_by_room = edge->config.drain_spread_ms > 0;
    int64_t spread_ms = is_by_room ? EDGE_DRAIN_STEP_MS : spread_of_all_ms(edge);
    size_t count = count_due(edge);
    size_t index = 0;
    for (struct list_link *link = list_first(&edge->all); link; link = list_next(&edge->all, link)) {
        struct client *client = LIST_OWNER(link, struct client, link);
        if (is_due(client))
            send_away(client, comeback_delay_ms(spread_ms, index++, count));
    }
}

void edge_shut(struct edge *edge, struct instant now)
{
    edge->is_shut = true;
    edge->shut_ms = now.mono_ms;
    metrics_set(edge->config.metrics, METRIC_DRAINING, 1);
    edge_drain(edge, now);
}

/* They may be on another node by now, or never come back: from here on they have the grace time, like all who went. */
static void detach_sent_away(struct edge *edge)
{
    struct request request = {.type = REQUEST_DETACH, .now = edge->now, .got = GOT_NOTHING, .leave = {LEAVE_LOST}};
    for (size_t at = 0; at < edge->sent_away.length; at += sizeof(struct sent_away)) {
        struct sent_away entry;
        memcpy(&entry, edge->sent_away.data + at, sizeof entry);
        request.session = entry.session;
        request.home = entry.home;
        request.from = (struct locator){0, entry.client};
        edge->route.send(edge->route.context, &request);
    }
    buffer_clear(&edge->sent_away);
}

void edge_reopen(struct edge *edge, struct instant now)
{
    edge_begin(edge, now);
    edge->is_shut = false;
    metrics_set(edge->config.metrics, METRIC_DRAINING, 0);
    detach_sent_away(edge);
    edge_settle(edge);
}
