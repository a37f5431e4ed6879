/* redis.c - the bus in Redis: up and down, tries and pauses, frames out. */
#include "cluster/redis.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "cluster/redis_parts.h"

#define PULSE_MS   250
#define RESOLVE_MS 20   /* between two looks at the thread */
#define STEADY_MS  5000 /* up for so long: the next pause is a short one again */

static void arm(struct redis_bus *bus, int64_t ms)
{
    ev_timer_stop(bus->loop, &bus->timer);
    ev_timer_set(&bus->timer, (double)ms / 1000, 0.);
    ev_timer_start(bus->loop, &bus->timer);
}

/* --- notes --- */

static void note(struct redis_bus *bus, enum redis_note_kind kind, int64_t now_ms)
{
    struct buffer server = BUFFER_EMPTY;
    redis_url_write(&bus->config.url, &server);
    const struct redis_note said = {kind, buffer_text(&server), buffer_text(&bus->why), bus->tries,
                                    now_ms - bus->since_ms};
    if (bus->config.note)
        bus->config.note(bus->config.note_context, &said);
    buffer_fini(&server);
}

static void note_failure(struct redis_bus *bus, int64_t now_ms)
{
    if (bus->noted_ms && now_ms - bus->noted_ms < REDIS_NOTE_MS)
        return;
    bus->noted_ms = now_ms;
    note(bus, REDIS_NOTE_DOWN, now_ms);
}

/* Redis repeats the arguments of a command that it does not know, and a password is one of AUTH's. */
static void add_redacted(struct buffer *out, const char *text, const char *password)
{
    size_t length = strlen(password);
    const char *found = length ? strstr(text, password) : NULL;
    for (; found; found = strstr(text, password)) {
        buffer_add(out, slice_of(text, (size_t)(found - text)));
        buffer_add_text(out, "***");
        text = found + length;
    }
    buffer_add_text(out, text);
}

/* --- down --- */

void redis_fail(struct redis_bus *bus, const char *why)
{
    if (bus->state == REDIS_IDLE || bus->state == REDIS_WAITING || bus->state == REDIS_FAILED)
        return;
    bus->was_up = bus->state == REDIS_UP;
    bus->state = REDIS_FAILED;
    buffer_clear(&bus->why);
    add_redacted(&bus->why, why, bus->config.url.password);
    arm(bus, 0);
}

struct instant redis_listener_now(const struct redis_bus *bus)
{
    return bus->config.clock ? bus->config.clock(bus->config.clock_context) : clock_now();
}

/* Between a half and all of it, so that nodes which lost Redis together do not come back together. */
static int64_t next_pause_ms(struct redis_bus *bus)
{
    int64_t pause = (int64_t)REDIS_RETRY_MS << bus->backoff;
    uint32_t chance;
    random_fill(&chance, sizeof chance);
    if (pause < REDIS_RETRY_MS_MAX)
        bus->backoff++;
    else
        pause = REDIS_RETRY_MS_MAX;
    return pause / 2 + chance % (pause / 2);
}

static void take_apart(struct redis_bus *bus, struct instant now)
{
    bool was_up = bus->was_up;
    redis_connection_close(bus);
    bus->lookup = lookup_destroy(bus->lookup);
    bus->is_probing = false;
    bus->was_up = false;
    bus->counts.failures++;
    if (was_up) {
        bus->backoff = now.mono_ms - bus->since_ms >= STEADY_MS ? 0 : bus->backoff;
        bus->since_ms = now.mono_ms;
        bus->tries = 0;
        bus->noted_ms = 0;
    }
    bus->state = REDIS_WAITING;
    arm(bus, next_pause_ms(bus));
    note_failure(bus, now.mono_ms);
    if (was_up)
        bus->listener.down(bus->listener.context, redis_listener_now(bus));
}

/* --- up --- */

void redis_greeted(struct redis_bus *bus)
{
    struct instant now = clock_now();
    bus->state = REDIS_UP;
    bus->counts.connects++;
    note(bus, REDIS_NOTE_UP, now.mono_ms);
    if (bus->is_open && bus->is_remote && !bus->is_open_told) {
        bus->is_open_told = true;
        note(bus, REDIS_NOTE_OPEN, now.mono_ms);
    }
    bus->since_ms = now.mono_ms;
    bus->tries = 0;
    redis_probe(bus, now.mono_ms);
    arm(bus, PULSE_MS);
    bus->listener.up(bus->listener.context, redis_listener_now(bus));
}

static void begin_with(struct redis_bus *bus, const char *address)
{
    bus->pulse_ms = clock_now().mono_ms;
    redis_connection_open(bus, address);
    if (bus->state == REDIS_GREETING)
        arm(bus, PULSE_MS);
}

static void begin(struct redis_bus *bus)
{
    const struct redis_url *url = &bus->config.url;
    bus->tries++;
    if (*url->path || lookup_is_address(url->host)) {
        begin_with(bus, *url->path ? NULL : url->host);
        return;
    }
    bus->state = REDIS_RESOLVING;
    bus->lookup = lookup_create(url->host);
    if (bus->lookup)
        arm(bus, RESOLVE_MS);
    else
        redis_fail(bus, "no thread to look the host up");
}

/* Of several addresses each is tried in turn. */
static void go_on_resolving(struct redis_bus *bus)
{
    struct lookup_answer answer;
    if (!lookup_is_done(bus->lookup, &answer)) {
        arm(bus, RESOLVE_MS);
        return;
    }
    bus->lookup = lookup_destroy(bus->lookup);
    if (answer.count)
        begin_with(bus, answer.addresses[(bus->tries - 1) % answer.count]);
    else
        redis_fail(bus, answer.problem);
}

/* --- the pulse --- */

static bool is_silent(const struct redis_bus *bus, const struct redis_connection *connection, int64_t now_ms)
{
    int64_t since_ms = connection->heard_ms > bus->asked_ms ? connection->heard_ms : bus->asked_ms;
    return now_ms - since_ms >= REDIS_SILENT_MS;
}

static void judge_silence(struct redis_bus *bus, int64_t now_ms)
{
    bool is_greeting = bus->state == REDIS_GREETING;
    if (is_greeting && now_ms - bus->asked_ms >= REDIS_SILENT_MS)
        redis_fail(bus, "no answer to the greeting");
    else if (!is_greeting && bus->pending && is_silent(bus, &bus->commands, now_ms))
        redis_fail(bus, "no answer");
    else if (!is_greeting && bus->is_probing && is_silent(bus, &bus->subscription, now_ms))
        redis_fail(bus, "what is published does not come back");
}

static void pulse(struct redis_bus *bus, int64_t now_ms)
{
    int64_t late_ms = now_ms - bus->pulse_ms - PULSE_MS;
    if (late_ms > PULSE_MS)
        bus->asked_ms = now_ms; /* we stood still ourselves: the answer may be there, unread */
    bus->pulse_ms = now_ms;
    arm(bus, PULSE_MS);
    judge_silence(bus, now_ms);
    if (bus->state == REDIS_UP && !bus->is_probing && now_ms - bus->asked_ms >= REDIS_PROBE_MS)
        redis_probe(bus, now_ms);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct redis_bus *bus = timer->data;
    struct instant now = clock_now();
    switch (bus->state) {
    case REDIS_IDLE: break;
    case REDIS_WAITING: begin(bus); break;
    case REDIS_RESOLVING: go_on_resolving(bus); break;
    case REDIS_GREETING:
    case REDIS_UP: pulse(bus, now.mono_ms); break;
    case REDIS_FAILED: take_apart(bus, now); break;
    }
}

/* --- frames out --- */

static void on_published(redisAsyncContext *context, void *answer, void *privdata)
{
    (void)context;
    struct redis_request *request = privdata;
    struct redis_bus *bus = request->bus;
    const redisReply *reply = answer;
    uint64_t to = request->to;
    redis_answered(request);
    free(request);
    if (!reply || bus->state != REDIS_UP)
        return;
    if (reply->type != REDIS_REPLY_INTEGER) {
        redis_fail(bus, reply->type == REDIS_REPLY_ERROR ? reply->str : "PUBLISH was answered with something else");
    } else if (reply->integer == 0 && to != BUS_TO_ALL) {
        bus->counts.unheard++;
        bus->listener.unheard(bus->listener.context, to, redis_listener_now(bus));
    }
}

static bool has_place(const struct redis_bus *bus, size_t bytes)
{
    return bus->state == REDIS_UP && bus->pending - bus->pending_claims < REDIS_PENDING_MAX &&
           bus->pending_bytes + bytes <= REDIS_PENDING_BYTES_MAX;
}

static void publish(void *context, uint64_t to, struct slice frame)
{
    struct redis_bus *bus = context;
    if (!has_place(bus, frame.length)) {
        bus->counts.dropped++;
        return;
    }
    char channel[REDIS_NAME_SIZE];
    (void)snprintf(channel, sizeof channel, "%s:n:%016" PRIx64, bus->config.prefix, to);
    struct redis_request *request = memory_new(sizeof *request);
    request->bus = bus;
    request->bytes = frame.length;
    request->to = to;
    const struct slice words[] = {SLICE_LITERAL("PUBLISH"),
                                  slice_from_text(to == BUS_TO_ALL ? bus->all_channel : channel), frame};
    if (redis_send(bus, on_published, request, 3, words))
        bus->counts.published++;
}

/* --- the outside --- */

static void name_channels(struct redis_bus *bus)
{
    const char *prefix = bus->config.prefix;
    (void)snprintf(bus->self_text, sizeof bus->self_text, "%016" PRIx64, bus->self);
    (void)snprintf(bus->node_channel, sizeof bus->node_channel, "%s:n:%s", prefix, bus->self_text);
    (void)snprintf(bus->probe_channel, sizeof bus->probe_channel, "%s:p:%s", prefix, bus->self_text);
    (void)snprintf(bus->all_channel, sizeof bus->all_channel, "%s:all", prefix);
    (void)snprintf(bus->term_key, sizeof bus->term_key, "%s:term", prefix);
}

struct redis_bus *redis_bus_create(struct ev_loop *loop, const struct redis_config *config, uint64_t self)
{
    assert(self != BUS_TO_ALL);
    struct redis_bus *bus = memory_new(sizeof *bus);
    bus->loop = loop;
    bus->config = *config;
    bus->self = self;
    name_channels(bus);
    ev_timer_init(&bus->timer, on_timer, 0., 0.);
    ev_set_priority(&bus->timer, EV_MINPRI); /* what was answered in time is read before the time is judged */
    bus->timer.data = bus;
    return bus;
}

struct redis_bus *redis_bus_destroy(struct redis_bus *bus)
{
    if (!bus)
        return NULL;
    bus->state = REDIS_IDLE;
    ev_timer_stop(bus->loop, &bus->timer);
    redis_connection_close(bus);
    bus->lookup = lookup_destroy(bus->lookup);
    buffer_fini(&bus->why);
    memory_wipe_free(bus, sizeof *bus);
    return NULL;
}

struct bus redis_bus(struct redis_bus *bus)
{
    return (struct bus){.context = bus, .publish = publish, .claim = redis_claim};
}

void redis_bus_connect(struct redis_bus *bus, struct bus_listener listener)
{
    assert(bus->state == REDIS_IDLE);
    bus->listener = listener;
    bus->since_ms = clock_now().mono_ms;
    bus->state = REDIS_WAITING;
    arm(bus, 0);
}

const struct redis_counts *redis_bus_counts(const struct redis_bus *bus)
{
    return &bus->counts;
}

bool redis_bus_is_up(const struct redis_bus *bus)
{
    return bus->state == REDIS_UP;
}

double redis_bus_round_trip_s(const struct redis_bus *bus)
{
    return bus->round_trip;
}

size_t redis_bus_pending(const struct redis_bus *bus)
{
    return bus->pending;
}
