/* checker.c - the course of a judgement, and its verdict. */
#include "tests/sim/checker.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/checker_parts.h"

static void pool_grow(struct pool *pool, size_t count)
{
    if (count <= pool->count)
        return;
    if (count > pool->capacity) {
        pool->capacity = count * 2 + 16;
        pool->items = memory_resize(pool->items, pool->capacity * pool->size);
    }
    memset((char *)pool->items + pool->count * pool->size, 0, (count - pool->count) * pool->size);
    pool->count = count;
}

void *pool_at(struct pool *pool, uint32_t number)
{
    pool_grow(pool, (size_t)number + 1);
    return (char *)pool->items + number * pool->size;
}

uint32_t pool_add(struct pool *pool)
{
    pool_grow(pool, pool->count + 1);
    return (uint32_t)pool->count - 1;
}

struct client_state *client_at(struct checker *checker, uint32_t client)
{
    size_t known = checker->clients.count;
    struct client_state *state = pool_at(&checker->clients, client);
    for (; known < checker->clients.count; known++) {
        struct client_state *fresh = pool_at(&checker->clients, (uint32_t)known);
        fresh->peer = NOBODY;
        fresh->silent_since = NUMBER_ABSENT;
    }
    return state;
}

struct peer_state *peer_at(struct checker *checker, uint32_t peer)
{
    return pool_at(&checker->peers, peer);
}

struct message_state *message_at(struct checker *checker, uint32_t message)
{
    return pool_at(&checker->messages, message);
}

/* Number 0 of the pools that are lists stands for the end. */
struct delivery_state *delivery_first(struct checker *checker, const struct message_state *message)
{
    return message->first_delivery ? pool_at(&checker->deliveries, message->first_delivery) : NULL;
}

struct delivery_state *delivery_next(struct checker *checker, const struct delivery_state *delivery)
{
    return delivery->next ? pool_at(&checker->deliveries, delivery->next) : NULL;
}

struct delivery_state *delivery_at(struct checker *checker, uint32_t message, uint32_t peer)
{
    struct delivery_state *delivery = delivery_first(checker, message_at(checker, message));
    for (; delivery; delivery = delivery_next(checker, delivery)) {
        if (delivery->peer == peer)
            return delivery;
    }
    uint32_t number = pool_add(&checker->deliveries);
    delivery = pool_at(&checker->deliveries, number);
    delivery->peer = peer;
    delivery->next = message_at(checker, message)->first_delivery;
    message_at(checker, message)->first_delivery = number;
    return delivery;
}

static void add_evidence(struct verdict *verdict, place at)
{
    if (!at || verdict->evidence_count == EVIDENCE_MAX)
        return;
    size_t i = verdict->evidence_count++;
    for (; i > 0 && verdict->evidence[i - 1] > at - 1; i--)
        verdict->evidence[i] = verdict->evidence[i - 1];
    verdict->evidence[i] = at - 1;
}

void violate(struct checker *checker, const char *rule, const char *why, place a, place b)
{
    struct verdict *verdict = checker->verdict;
    if (verdict->rule)
        return;
    verdict->rule = rule;
    (void)snprintf(verdict->why, sizeof verdict->why, "%s", why);
    add_evidence(verdict, a);
    add_evidence(verdict, b);
    if (checker->at != a && checker->at != b)
        add_evidence(verdict, checker->at);
}

bool was_killed_between(struct checker *checker, place from, place to)
{
    for (uint32_t i = 0; i < checker->kills.count; i++) {
        place kill = *(place *)pool_at(&checker->kills, i);
        if (kill > from && kill < to)
            return true;
    }
    return false;
}

static void on_calm(struct checker *checker)
{
    checker->calm = checker->at;
    for (uint32_t i = 0; i < checker->clients.count; i++) {
        if (client_at(checker, i)->peer != NOBODY)
            judge_doubts(checker, client_at(checker, i)->peer);
    }
}

static void judge_run(struct checker *checker, const struct line *line)
{
    struct figures *figures = &checker->verdict->figures;
    if (line->type == LINE_GRACE)
        checker->grace_ms = line->number;
    else if (line->type == LINE_FAULT) {
        figures->faults++;
        checker->calm = checker->quiet = 0;
        const char *kind = history_word_text(checker->history, line->word);
        checker->was_parted |= strncmp(kind, "redis", 5) == 0 || strcmp(kind, "bus-cut") == 0;
        if (strcmp(history_word_text(checker->history, line->word), "kill") == 0) {
            *(place *)pool_at(&checker->kills, pool_add(&checker->kills)) = checker->at;
            figures->kills++;
        }
    } else if (line->type == LINE_CALM)
        on_calm(checker);
    else if (line->type == LINE_QUIET)
        checker->quiet = checker->at;
}

static size_t count_live(struct checker *checker)
{
    size_t count = 0;
    for (uint32_t i = 0; i < checker->clients.count; i++)
        count += client_at(checker, i)->peer != NOBODY;
    return count;
}

static void judge_line(struct checker *checker, const struct line *line)
{
    switch (line->type) {
    case LINE_DIAL:
    case LINE_BEGIN:
    case LINE_RESUMED:
    case LINE_REBUILT:
    case LINE_DOWN:
    case LINE_END: judge_session(checker, line); break;
    case LINE_SEND:
    case LINE_SEND_ALL:
    case LINE_TAKEN:
    case LINE_HANDLED:
    case LINE_SETTLED:
    case LINE_UNDELIVERED:
    case LINE_REFUSED:
    case LINE_UNSETTLED:
    case LINE_TOOK:
    case LINE_DROPPED: judge_message(checker, line); break;
    case LINE_RESTED: judge_rested(checker, line); break;
    case LINE_FROZE: judge_froze(checker, line); break;
    case LINE_ENDED: peer_at(checker, line->peer)->expelled = checker->at; break;
    case LINE_JOINED:
    case LINE_BACK:
    case LINE_AWAY:
    case LINE_LEFT:
    case LINE_SEES:
    case LINE_KICKS: judge_roster(checker, line); break;
    case LINE_COUNTS: checker->live = count_live(checker); break;
    case LINE_GRACE:
    case LINE_FAULT:
    case LINE_CALM:
    case LINE_QUIET:
    case LINE_TYPE_COUNT: judge_run(checker, line); break;
    }
}

struct checker *checker_create(void)
{
    struct checker *checker = memory_new(sizeof *checker);
    checker->clients.size = sizeof(struct client_state);
    checker->peers.size = sizeof(struct peer_state);
    checker->messages.size = sizeof(struct message_state);
    checker->sources.size = sizeof(struct source);
    checker->tolds.size = sizeof(struct told);
    checker->doubts.size = sizeof(uint32_t);
    checker->deliveries.size = sizeof(struct delivery_state);
    checker->kills.size = sizeof(place);
    return checker;
}

struct checker *checker_destroy(struct checker *checker)
{
    if (!checker)
        return NULL;
    free(checker->clients.items);
    free(checker->peers.items);
    free(checker->messages.items);
    free(checker->sources.items);
    free(checker->tolds.items);
    free(checker->doubts.items);
    free(checker->deliveries.items);
    free(checker->kills.items);
    free(checker);
    return NULL;
}

static void clear(struct checker *checker)
{
    checker->clients.count = checker->peers.count = checker->messages.count = checker->kills.count = 0;
    checker->sources.count = checker->tolds.count = checker->deliveries.count = checker->doubts.count = 0;
    (void)pool_add(&checker->sources);
    (void)pool_add(&checker->tolds);
    (void)pool_add(&checker->deliveries);
    checker->calm = checker->quiet = 0;
    checker->was_parted = false;
    checker->grace_ms = 0;
}

void checker_judge(struct checker *checker, const struct history *history, struct verdict *out_verdict)
{
    *out_verdict = (struct verdict){0};
    checker->history = history;
    checker->verdict = out_verdict;
    clear(checker);
    for (size_t i = 0; i < history->count && !out_verdict->rule; i++) {
        checker->at = (place)i + 1;
        judge_line(checker, &history->lines[i]);
    }
    checker->at = 0;
    if (!out_verdict->rule)
        judge_end(checker);
}

void verdict_print(const struct verdict *verdict, const struct history *history, FILE *out)
{
    const struct figures *figures = &verdict->figures;
    if (!verdict->rule) {
        (void)fprintf(
            out,
            "ok: %zu messages, %zu handled, %zu settled, %zu undelivered, %zu refused, %zu unsettled, %zu unproved; ",
            figures->messages, figures->handled, figures->settled, figures->undelivered, figures->refused,
            figures->unsettled, figures->unproved);
        (void)fprintf(out, "%zu sessions, %zu resumed, %zu rebuilt, %zu ended; %zu faults, %zu kills\n",
                      figures->sessions, figures->resumed, figures->rebuilt, figures->ended, figures->faults,
                      figures->kills);
        return;
    }
    (void)fprintf(out, "violated: %s: %s\n", verdict->rule, verdict->why);
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        (void)fprintf(out, "%8zu: ", verdict->evidence[i] + 1);
        history_print_line(history, &history->lines[verdict->evidence[i]], out);
    }
}
