/* limit.h - token buckets, per session and per address; an IPv6 /64 counts as one address. */
#ifndef PARLEY_SIGNALING_LIMIT_H
#define PARLEY_SIGNALING_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "signaling/net_address.h"

/* A rate: `burst` at once, and `per_s` a second after that. */
struct rate {
    double per_s;
    double burst;
};

struct bucket {
    double tokens;
    int64_t filled_ms;
};

struct limits {
    struct rate session_messages, session_bytes;
    struct rate address_messages, address_bytes, address_joins;
    size_t address_connections_max;
};

void bucket_init(struct bucket *bucket, const struct rate *rate, int64_t now_ms);

/* Takes `cost`; false, and nothing is taken, when there is not enough. A cost over the burst is let through when
 * the bucket is full, and leaves a debt. */
bool bucket_take(struct bucket *bucket, const struct rate *rate, double cost, int64_t now_ms);

/* Takes `cost` whatever is left, down to a debt of a few bursts; for what was found out too late to refuse. */
void bucket_charge(struct bucket *bucket, const struct rate *rate, double cost, int64_t now_ms);

/* How long until `cost` can be had, at least 1 ms. */
int64_t bucket_wait_ms(const struct bucket *bucket, const struct rate *rate, double cost);

/* A bucket with a queue of promises: who is too many is told when to come, each at a time of its own and as fast as the
 * rate serves them, so that they do not come together again (T-35). */
struct queue {
    struct bucket bucket;
    double promised_ms;   /* when the last of those who were told to wait is to come */
    unsigned turned_away; /* those who came when no more could be promised */
};

void queue_init(struct queue *queue, const struct rate *rate, int64_t now_ms);

/* Takes one; false when there is none, and *out_wait_ms then says for how long: at most QUEUE_WAIT_MAX_MS. Where the
 * queue is longer than that, they are told to try again some time in the second half of it. */
#define QUEUE_WAIT_MAX_MS 30000
bool queue_take(struct queue *queue, const struct rate *rate, int64_t now_ms, int64_t *out_wait_ms);

/* What is counted per address. Addresses are forgotten once they hold no connection and their buckets are full. */
struct address_book;
struct address_entry;

struct address_book *address_book_create(const struct limits *limits); /* never NULL; limits are copied */
struct address_book *address_book_destroy(struct address_book *book);  /* NULL is fine; returns NULL */

/* Errors: ERR_ADDRESS_LIMIT. */
enum error address_book_may_connect(struct address_book *book, const struct net_address *address);

/* Counts a connection of `address`; the entry lives until address_book_disconnect(). */
struct address_entry *address_book_connect(struct address_book *book, const struct net_address *address,
                                           int64_t now_ms);
void address_book_disconnect(struct address_book *book, struct address_entry *entry, int64_t now_ms);

/* All false when over the limit; *out_wait_ms then says for how long. */
bool address_entry_take_join(const struct address_book *book, struct address_entry *entry, int64_t now_ms,
                             int64_t *out_wait_ms);

/* Whether tickets of that address are looked at: not while it is in debt. Each bad one is charged as a join, and may
 * leave a debt, which joins themselves do not (T-11). */
bool address_entry_may_show_ticket(const struct address_book *book, struct address_entry *entry, int64_t now_ms,
                                   int64_t *out_wait_ms);
void address_entry_charge_ticket(const struct address_book *book, struct address_entry *entry, int64_t now_ms);
bool address_entry_take_message(const struct address_book *book, struct address_entry *entry, size_t bytes,
                                int64_t now_ms, int64_t *out_wait_ms);
/* For what it had us say; it may leave a debt, during which messages of that address wait. */
void address_entry_charge_bytes(const struct address_book *book, struct address_entry *entry, size_t bytes,
                                int64_t now_ms);

void address_book_tick(struct address_book *book, int64_t now_ms);
size_t address_book_count(const struct address_book *book);

#endif
