/* lease_model.c - leases in memory: a map of entries, a counter, a clock, a log of the last writes, and queues. */
#include "tests/cluster/support/lease_model.h"

#include <assert.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "cluster/directory.h"

struct entry {
    UT_hash_handle hh;
    int64_t expires_ms;
    struct lease lease; /* holder 0: there is none */
};

struct write {
    struct lease before;
    int64_t expires_ms;
    uint64_t counter;
};

struct call {
    struct list_link link;
    uint64_t self;
    struct claim claim; /* its room is answer.room */
    struct lease answer;
    bool is_done;
};

struct lease_model {
    struct entry *entries;
    uint64_t counter;
    int64_t ahead_us, clock_us;
    struct write writes[LEASE_UNDO_MAX];
    size_t write_count;
    struct list calls;
};

struct lease_model *lease_model_create(void)
{
    struct lease_model *model = memory_new(sizeof *model);
    list_init(&model->calls);
    return model;
}

static void forget_entries(struct lease_model *model)
{
    struct entry *entry, *next;
    HASH_ITER (hh, model->entries, entry, next) {
        HASH_DELETE(hh, model->entries, entry);
        free(entry);
    }
}

static void call_destroy(struct call *call)
{
    list_remove(&call->link);
    free(call);
}

struct lease_model *lease_model_destroy(struct lease_model *model)
{
    struct list_link *link;
    while ((link = list_first(&model->calls)) != NULL)
        call_destroy(LIST_OWNER(link, struct call, link));
    forget_entries(model);
    free(model);
    return NULL;
}

/* The script */

static struct entry *entry_of(struct lease_model *model, struct slice room)
{
    struct entry *entry;
    HASH_FIND(hh, model->entries, room.data, room.length, entry);
    if (entry)
        return entry;
    entry = memory_new(sizeof *entry);
    memcpy(entry->lease.room, room.data, room.length);
    entry->lease.length = room.length;
    HASH_ADD_KEYPTR(hh, model->entries, entry->lease.room, room.length, entry);
    return entry;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Goes on with each script, as a clock of microseconds does. */
static uint64_t read_clock(struct lease_model *model, int64_t now_ms)
{
    int64_t now_us = now_ms * 1000 + model->ahead_us;
    model->clock_us = now_us > model->clock_us ? now_us : model->clock_us + 1;
    return (uint64_t)model->clock_us;
}

static uint64_t new_term(const struct lease_model *model, const struct entry *entry, const struct claim *claim,
                         uint64_t clock)
{
    uint64_t term = greater(model->counter + 1, claim->term + 1);
    return greater(greater(term, entry->lease.term + 1), clock);
}

static void write_entry(struct lease_model *model, struct entry *entry, uint64_t holder, uint64_t term,
                        int64_t expires_ms)
{
    if (model->write_count == LEASE_UNDO_MAX)
        memmove(model->writes, model->writes + 1, --model->write_count * sizeof *model->writes);
    model->writes[model->write_count++] = (struct write){entry->lease, entry->expires_ms, model->counter};
    entry->lease.holder = holder;
    entry->lease.term = term;
    entry->expires_ms = expires_ms;
    model->counter = greater(model->counter, term);
}

static bool may_write(const struct lease *lease, uint64_t self, const struct claim *claim, enum claim_kind kind)
{
    switch (kind) {
    case CLAIM_TAKE: return !lease->holder;
    case CLAIM_REPLACE: return !lease->holder || (lease->holder == claim->holder && lease->holder != self);
    case CLAIM_ASSERT: return !lease->holder || lease->term < claim->term;
    case CLAIM_RELEASE: break;
    }
    return lease->holder == self && lease->term == claim->term;
}

void lease_model_execute(struct lease_model *model, uint64_t self, const struct claim *claim, int64_t now_ms,
                         struct lease *out_answer)
{
    struct entry *entry = entry_of(model, claim->room);
    enum claim_kind kind = claim->kind == CLAIM_ASSERT && !claim->term ? CLAIM_TAKE : claim->kind;
    int64_t expires_ms = now_ms + DIRECTORY_EXPIRY_MS;
    uint64_t clock = read_clock(model, now_ms);
    if (now_ms >= entry->expires_ms)
        entry->lease.holder = entry->lease.term = 0;
    if (kind == CLAIM_RELEASE) {
        if (may_write(&entry->lease, self, claim, kind))
            write_entry(model, entry, 0, 0, 0);
        *out_answer = entry->lease;
        out_answer->holder = out_answer->term = 0;
        return;
    }
    if (may_write(&entry->lease, self, claim, kind))
        write_entry(model, entry, self, kind == CLAIM_ASSERT ? claim->term : new_term(model, entry, claim, clock),
                    expires_ms);
    if (entry->lease.holder == self)
        entry->expires_ms = expires_ms;
    *out_answer = entry->lease;
}

bool lease_model_find(const struct lease_model *model, struct slice room, int64_t now_ms, struct lease *out_lease)
{
    struct entry *entry;
    HASH_FIND(hh, model->entries, room.data, room.length, entry);
    if (!entry || !entry->lease.holder || now_ms >= entry->expires_ms)
        return false;
    *out_lease = entry->lease;
    return true;
}

/* What happens to Redis */

void lease_model_flush(struct lease_model *model)
{
    forget_entries(model);
    model->counter = 0;
    model->write_count = 0;
}

void lease_model_lose(struct lease_model *model, size_t writes)
{
    while (writes-- && model->write_count) {
        const struct write *write = &model->writes[--model->write_count];
        struct entry *entry = entry_of(model, slice_of(write->before.room, write->before.length));
        entry->lease.holder = write->before.holder;
        entry->lease.term = write->before.term;
        entry->expires_ms = write->expires_ms;
        model->counter = write->counter;
    }
}

void lease_model_set_clock(struct lease_model *model, int64_t ahead_us)
{
    model->ahead_us = ahead_us;
    model->clock_us = 0;
}

/* The connections */

void lease_model_claim(struct lease_model *model, uint64_t self, const struct claim *claim)
{
    struct call *call = memory_new(sizeof *call);
    assert(claim->room.length <= ROOM_ID_MAX);
    *call = (struct call){.self = self, .claim = *claim};
    memcpy(call->answer.room, claim->room.data, claim->room.length);
    call->answer.length = claim->room.length;
    call->claim.room = slice_of(call->answer.room, claim->room.length);
    list_append(&model->calls, &call->link);
}

static struct call *first_call(const struct lease_model *model, uint64_t self, bool is_done)
{
    for (struct list_link *link = list_first(&model->calls); link; link = list_next(&model->calls, link)) {
        struct call *call = LIST_OWNER(link, struct call, link);
        if (call->self == self && call->is_done == is_done)
            return call;
    }
    return NULL;
}

bool lease_model_step(struct lease_model *model, uint64_t self, int64_t now_ms)
{
    struct call *call = first_call(model, self, false);
    struct lease answer;
    if (!call)
        return false;
    lease_model_execute(model, self, &call->claim, now_ms, &answer);
    call->answer.holder = answer.holder;
    call->answer.term = answer.term;
    call->is_done = true;
    return true;
}

bool lease_model_answer(struct lease_model *model, uint64_t self, struct lease *out)
{
    struct call *call = first_call(model, self, true);
    if (!call)
        return false;
    *out = call->answer;
    call_destroy(call);
    return true;
}

void lease_model_cut(struct lease_model *model, uint64_t self)
{
    struct list_link *link = list_first(&model->calls);
    while (link) {
        struct call *call = LIST_OWNER(link, struct call, link);
        link = list_next(&model->calls, link);
        if (call->self == self)
            call_destroy(call);
    }
}

size_t lease_model_waiting(const struct lease_model *model, uint64_t self)
{
    size_t count = 0;
    for (struct list_link *link = list_first(&model->calls); link; link = list_next(&model->calls, link))
        count += LIST_OWNER(link, struct call, link)->self == self;
    return count;
}
