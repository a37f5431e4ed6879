/* limit.c - token buckets, per session and per address. */
#include "signaling/limit.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#define FORGET_AFTER_MS 60000
#define FORGET_PER_TICK 65536
#define DEBT_MAX        4 /* bursts: nobody is kept silent for longer than it takes to fill so many */

struct address_entry {
    struct net_address subscriber;
    size_t connections;
    struct bucket messages, bytes;
    struct queue joins;
    int64_t idle_since_ms;
    struct list_link link; /* in the list of entries without connections, by when they lost the last */
    UT_hash_handle hh;
};

struct address_book {
    struct limits limits;
    struct address_entry *entries;
    struct list idle;
};

void bucket_init(struct bucket *bucket, const struct rate *rate, int64_t now_ms)
{
    *bucket = (struct bucket){rate->burst, now_ms};
}

static void fill(struct bucket *bucket, const struct rate *rate, int64_t now_ms)
{
    if (now_ms <= bucket->filled_ms)
        return;
    double tokens = bucket->tokens + rate->per_s * (double)(now_ms - bucket->filled_ms) / 1000.0;
    bucket->tokens = tokens < rate->burst ? tokens : rate->burst;
    bucket->filled_ms = now_ms;
}

/* Far less than one token: what rounding may lose on the way from a wait in ms to a bucket that is full enough. */
#define ROUNDING 1e-6

bool bucket_take(struct bucket *bucket, const struct rate *rate, double cost, int64_t now_ms)
{
    fill(bucket, rate, now_ms);
    double needed = cost < rate->burst ? cost : rate->burst;
    if (bucket->tokens < needed - ROUNDING)
        return false;
    bucket->tokens -= cost;
    return true;
}

void bucket_charge(struct bucket *bucket, const struct rate *rate, double cost, int64_t now_ms)
{
    fill(bucket, rate, now_ms);
    double least = -DEBT_MAX * rate->burst;
    bucket->tokens = bucket->tokens - cost > least ? bucket->tokens - cost : least;
}

int64_t bucket_wait_ms(const struct bucket *bucket, const struct rate *rate, double cost)
{
    double needed = (cost < rate->burst ? cost : rate->burst) - bucket->tokens;
    if (needed <= 0)
        return 1;
    return (int64_t)ceil(needed / rate->per_s * 1000.0 - ROUNDING);
}

void queue_init(struct queue *queue, const struct rate *rate, int64_t now_ms)
{
    *queue = (struct queue){0};
    bucket_init(&queue->bucket, rate, now_ms);
}

/* Even steps of the golden section: evenly spread however many they are. */
static int64_t spread(unsigned index, int64_t width)
{
    return (int64_t)(((uint64_t)(index * 2654435769u) * (uint64_t)width) >> 32);
}

bool queue_take(struct queue *queue, const struct rate *rate, int64_t now_ms, int64_t *out_wait_ms)
{
    if (bucket_take(&queue->bucket, rate, 1, now_ms))
        return true;
    double soonest_ms = (double)(now_ms + bucket_wait_ms(&queue->bucket, rate, 1));
    double next_ms = queue->promised_ms + 1000.0 / rate->per_s;
    queue->promised_ms = next_ms > soonest_ms ? next_ms : soonest_ms;
    double wait_ms = ceil(queue->promised_ms - (double)now_ms);
    if (wait_ms <= QUEUE_WAIT_MAX_MS) {
        *out_wait_ms = (int64_t)wait_ms;
        return false;
    }
    queue->promised_ms = (double)now_ms + QUEUE_WAIT_MAX_MS;
    *out_wait_ms = QUEUE_WAIT_MAX_MS - spread(queue->turned_away++, QUEUE_WAIT_MAX_MS / 2);
    return false;
}

struct address_book *address_book_create(const struct limits *limits)
{
    struct address_book *book = memory_new(sizeof *book);
    book->limits = *limits;
    list_init(&book->idle);
    return book;
}

static void forget(struct address_book *book, struct address_entry *entry)
{
    HASH_DELETE(hh, book->entries, entry);
    list_remove(&entry->link);
    free(entry);
}

struct address_book *address_book_destroy(struct address_book *book)
{
    if (!book)
        return NULL;
    struct address_entry *entry, *next;
    HASH_ITER (hh, book->entries, entry, next)
        forget(book, entry);
    free(book);
    return NULL;
}

static struct address_entry *find(const struct address_book *book, const struct net_address *subscriber)
{
    struct address_entry *entry = NULL;
    HASH_FIND(hh, book->entries, subscriber, sizeof *subscriber, entry);
    return entry;
}

enum error address_book_may_connect(struct address_book *book, const struct net_address *address)
{
    struct net_address subscriber = net_address_subscriber(address);
    const struct address_entry *entry = find(book, &subscriber);
    bool is_full = entry && entry->connections >= book->limits.address_connections_max;
    return is_full ? ERR_ADDRESS_LIMIT : ERROR_NONE;
}

static struct address_entry *enter(struct address_book *book, const struct net_address *subscriber, int64_t now_ms)
{
    struct address_entry *entry = memory_new(sizeof *entry);
    entry->subscriber = *subscriber;
    bucket_init(&entry->messages, &book->limits.address_messages, now_ms);
    bucket_init(&entry->bytes, &book->limits.address_bytes, now_ms);
    queue_init(&entry->joins, &book->limits.address_joins, now_ms);
    HASH_ADD(hh, book->entries, subscriber, sizeof entry->subscriber, entry);
    return entry;
}

struct address_entry *address_book_connect(struct address_book *book, const struct net_address *address, int64_t now_ms)
{
    struct net_address subscriber = net_address_subscriber(address);
    struct address_entry *entry = find(book, &subscriber);
    if (!entry)
        entry = enter(book, &subscriber, now_ms);
    list_remove(&entry->link);
    entry->connections++;
    return entry;
}

void address_book_disconnect(struct address_book *book, struct address_entry *entry, int64_t now_ms)
{
    assert(entry->connections > 0);
    if (--entry->connections > 0)
        return;
    entry->idle_since_ms = now_ms;
    list_append(&book->idle, &entry->link);
}

bool address_entry_take_join(const struct address_book *book, struct address_entry *entry, int64_t now_ms,
                             int64_t *out_wait_ms)
{
    return queue_take(&entry->joins, &book->limits.address_joins, now_ms, out_wait_ms);
}

bool address_entry_may_show_ticket(const struct address_book *book, struct address_entry *entry, int64_t now_ms,
                                   int64_t *out_wait_ms)
{
    const struct rate *rate = &book->limits.address_joins;
    struct bucket *bucket = &entry->joins.bucket;
    if (bucket_take(bucket, rate, 0, now_ms))
        return true;
    *out_wait_ms = bucket_wait_ms(bucket, rate, 0);
    return false;
}

void address_entry_charge_ticket(const struct address_book *book, struct address_entry *entry, int64_t now_ms)
{
    bucket_charge(&entry->joins.bucket, &book->limits.address_joins, 1, now_ms);
}

bool address_entry_take_message(const struct address_book *book, struct address_entry *entry, size_t bytes,
                                int64_t now_ms, int64_t *out_wait_ms)
{
    const struct rate *messages = &book->limits.address_messages;
    const struct rate *volume = &book->limits.address_bytes;
    if (!bucket_take(&entry->messages, messages, 1, now_ms)) {
        *out_wait_ms = bucket_wait_ms(&entry->messages, messages, 1);
        return false;
    }
    if (!bucket_take(&entry->bytes, volume, (double)bytes, now_ms)) {
        *out_wait_ms = bucket_wait_ms(&entry->bytes, volume, (double)bytes);
        return false;
    }
    return true;
}

void address_entry_charge_bytes(const struct address_book *book, struct address_entry *entry, size_t bytes,
                                int64_t now_ms)
{
    bucket_charge(&entry->bytes, &book->limits.address_bytes, (double)bytes, now_ms);
}

/* After a minute without a connection every bucket of a sane configuration is full, and the entry tells nothing. */
void address_book_tick(struct address_book *book, int64_t now_ms)
{
    for (int i = 0; i < FORGET_PER_TICK; i++) {
        struct list_link *link = list_first(&book->idle);
        if (!link)
            return;
        struct address_entry *entry = LIST_OWNER(link, struct address_entry, link);
        if (now_ms - entry->idle_since_ms < FORGET_AFTER_MS)
            return;
        forget(book, entry);
    }
}

size_t address_book_count(const struct address_book *book)
{
    return HASH_COUNT(book->entries);
}
