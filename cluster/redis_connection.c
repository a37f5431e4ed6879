/* redis_connection.c - the two connections to Redis: making them, greeting, hearing, the probe. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/adapters/libev.h>

#include "base/memory.h"
#include "cluster/redis_parts.h"

#define CHANNEL_COUNT 3
#define WORDS_MAX     12

/* hiredis 0.14 takes argument vectors, so that no byte of an argument is ever read as anything else (T-50). */
static bool send_words(redisAsyncContext *context, redisCallbackFn *on_answer, void *privdata, int count,
                       const struct slice *words)
{
    const char *texts[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    for (int i = 0; i < count; i++) {
        texts[i] = words[i].data ? words[i].data : "";
        lengths[i] = words[i].length;
    }
    return redisAsyncCommandArgv(context, on_answer, privdata, count, texts, lengths) == REDIS_OK;
}

bool redis_send(struct redis_bus *bus, redisCallbackFn *on_answer, struct redis_request *request, int count,
                const struct slice *words)
{
    if (!bus->commands.context || !send_words(bus->commands.context, on_answer, request, count, words)) {
        free(request);
        redis_fail(bus, "the connection takes no commands");
        return false;
    }
    bus->pending++;
    bus->pending_bytes += request->bytes;
    return true;
}

void redis_answered(struct redis_request *request)
{
    struct redis_bus *bus = request->bus;
    bus->pending--;
    bus->pending_bytes -= request->bytes;
    bus->commands.heard_ms = clock_now().mono_ms;
}

/* --- the greeting --- */

/* A step that has no connection any more, or that is not listened to. */
static bool is_deaf(const redisAsyncContext *context, const redisReply *reply)
{
    const struct redis_connection *connection = context->data;
    return !reply || connection->context != context || connection->bus->state != REDIS_GREETING;
}

static void fail_at(struct redis_bus *bus, const char *step, const redisReply *reply)
{
    struct buffer why = BUFFER_EMPTY;
    buffer_add_format(&why, "%s: %s", step,
                      reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another kind");
    redis_fail(bus, buffer_text(&why));
    buffer_fini(&why);
}

static void count_down(struct redis_bus *bus)
{
    if (--bus->awaited == 0)
        redis_greeted(bus);
}

/* AUTH, SELECT and SET are answered by OK; `step` is their name. */
static void on_ok(redisAsyncContext *context, void *answer, void *step)
{
    struct redis_connection *connection = context->data;
    const redisReply *reply = answer;
    if (is_deaf(context, reply))
        return;
    /* The counter may be there already: SET NX is answered by nil then. */
    if (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_NIL)
        count_down(connection->bus);
    else
        fail_at(connection->bus, step, reply);
}

/* Said before the password: who answers it, answers anybody. */
static void on_open(redisAsyncContext *context, void *answer, void *step)
{
    (void)step;
    struct redis_connection *connection = context->data;
    const redisReply *reply = answer;
    if (is_deaf(context, reply))
        return;
    connection->bus->is_open = reply->type != REDIS_REPLY_ERROR;
    count_down(connection->bus);
}

static void on_script(redisAsyncContext *context, void *answer, void *step)
{
    struct redis_connection *connection = context->data;
    const redisReply *reply = answer;
    if (is_deaf(context, reply))
        return;
    if (reply->type != REDIS_REPLY_STRING || reply->len != REDIS_SHA_LENGTH) {
        fail_at(connection->bus, step, reply);
        return;
    }
    memcpy(connection->bus->script_sha, reply->str, REDIS_SHA_LENGTH);
    count_down(connection->bus);
}

static void greet(struct redis_connection *connection, redisCallbackFn *on_answer, const char *step, int count,
                  const struct slice *words)
{
    connection->bus->awaited++;
    if (!connection->context || !send_words(connection->context, on_answer, (void *)(uintptr_t)step, count, words))
        redis_fail(connection->bus, "the connection takes no commands");
}

static void authenticate(struct redis_connection *connection)
{
    const struct redis_url *url = &connection->bus->config.url;
    const struct slice words[] = {SLICE_LITERAL("AUTH"), slice_from_text(url->user), slice_from_text(url->password)};
    const struct slice short_words[] = {words[0], words[2]};
    if (*url->user)
        greet(connection, on_ok, "AUTH", 3, words);
    else if (*url->password)
        greet(connection, on_ok, "AUTH", 2, short_words);
}

/* That the counter can be written tells a master that works from a replica, and from one whose disk or memory is full.
 */
static void greet_commands(struct redis_bus *bus)
{
    char database[16];
    (void)snprintf(database, sizeof database, "%d", bus->config.url.database);
    const struct slice ping[] = {SLICE_LITERAL("PING")};
    const struct slice select[] = {SLICE_LITERAL("SELECT"), slice_from_text(database)};
    const struct slice load[] = {SLICE_LITERAL("SCRIPT"), SLICE_LITERAL("LOAD"), slice_from_text(redis_claim_script)};
    const struct slice set[] = {SLICE_LITERAL("SET"), slice_from_text(bus->term_key), SLICE_LITERAL("0"),
                                SLICE_LITERAL("NX")};
    greet(&bus->commands, on_open, "PING", 1, ping);
    authenticate(&bus->commands);
    if (bus->config.url.database)
        greet(&bus->commands, on_ok, "SELECT", 2, select);
    greet(&bus->commands, on_script, "SCRIPT LOAD", 3, load);
    greet(&bus->commands, on_ok, "SET", 4, set);
}

/* --- what is heard --- */

static bool is_text(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && slice_is_text(slice_of(reply->str, reply->len), text);
}

static void on_probe(struct redis_bus *bus, const redisReply *number)
{
    if (!bus->is_probing || strtoull(number->str, NULL, 10) != bus->probe)
        return;
    bus->is_probing = false;
    bus->round_trip = clock_precise_s() - bus->probed_s;
}

static void on_message(struct redis_bus *bus, const redisReply *channel, const redisReply *message)
{
    if (bus->state != REDIS_UP || message->type != REDIS_REPLY_STRING)
        return;
    if (is_text(channel, bus->probe_channel)) {
        on_probe(bus, message);
        return;
    }
    bus->counts.received++;
    bus->listener.frame(bus->listener.context, slice_of(message->str, message->len), redis_listener_now(bus));
}

static void on_heard(redisAsyncContext *context, void *answer, void *privdata)
{
    (void)privdata;
    struct redis_connection *connection = context->data;
    const redisReply *reply = answer;
    if (!reply || connection->context != context || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    connection->heard_ms = clock_now().mono_ms;
    if (is_text(reply->element[0], "message"))
        on_message(connection->bus, reply->element[1], reply->element[2]);
    else if (is_text(reply->element[0], "subscribe") && connection->bus->state == REDIS_GREETING)
        count_down(connection->bus);
}

/* Refused, Redis' error ends the connection: hiredis hands it to on_end(). */
static void greet_subscription(struct redis_bus *bus)
{
    const struct slice words[] = {SLICE_LITERAL("SUBSCRIBE"), slice_from_text(bus->node_channel),
                                  slice_from_text(bus->all_channel), slice_from_text(bus->probe_channel)};
    authenticate(&bus->subscription);
    greet(&bus->subscription, on_heard, "SUBSCRIBE", 1 + CHANNEL_COUNT, words);
    bus->awaited += CHANNEL_COUNT - 1;
}

/* --- the probe --- */

static void on_probe_sent(redisAsyncContext *context, void *answer, void *privdata)
{
    (void)context;
    struct redis_request *request = privdata;
    struct redis_bus *bus = request->bus;
    const redisReply *reply = answer;
    redis_answered(request);
    free(request);
    if (!reply || bus->state != REDIS_UP)
        return;
    if (reply->type != REDIS_REPLY_INTEGER)
        fail_at(bus, "PUBLISH", reply);
    else if (reply->integer == 0)
        redis_fail(bus, "this node's subscription is gone");
}

void redis_probe(struct redis_bus *bus, int64_t now_ms)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, ++bus->probe);
    const struct slice words[] = {SLICE_LITERAL("PUBLISH"), slice_from_text(bus->probe_channel),
                                  slice_from_text(number)};
    struct redis_request *request = memory_new(sizeof *request);
    request->bus = bus;
    bus->is_probing = true;
    bus->asked_ms = now_ms;
    bus->probed_s = clock_precise_s();
    (void)redis_send(bus, on_probe_sent, request, 3, words);
}

/* --- coming and going --- */

static void on_end(const redisAsyncContext *context, int status)
{
    (void)status;
    struct redis_connection *connection = context->data;
    if (connection->context != context)
        return; /* closed by us */
    connection->context = NULL;
    redis_fail(connection->bus, *context->c.errstr ? context->c.errstr : "the connection was closed");
}

static void on_connected(const redisAsyncContext *context, int status)
{
    struct redis_connection *connection = context->data;
    if (status != REDIS_OK)
        on_end(context, status);
    else if (connection->context == context)
        connection->heard_ms = clock_now().mono_ms;
}

static bool is_loopback(const char *address)
{
    struct in_addr four;
    if (inet_pton(AF_INET, address, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return strcmp(address, "::1") == 0 || strncmp(address, "::ffff:127.", 11) == 0;
}

static void open_one(struct redis_connection *connection, struct redis_bus *bus, const char *address)
{
    redisAsyncContext *context =
        address ? redisAsyncConnect(address, bus->config.url.port) : redisAsyncConnectUnix(bus->config.url.path);
    if (!context || context->err) {
        redis_fail(bus, context ? context->errstr : "no memory for a connection");
        if (context)
            redisAsyncFree(context);
        return;
    }
    *connection = (struct redis_connection){.bus = bus, .context = context};
    context->data = connection;
    (void)redisLibevAttach(bus->loop, context);
    (void)redisAsyncSetConnectCallback(context, on_connected);
    (void)redisAsyncSetDisconnectCallback(context, on_end);
}

void redis_connection_open(struct redis_bus *bus, const char *address)
{
    bus->state = REDIS_GREETING;
    bus->awaited = 0;
    bus->is_open = false;
    bus->asked_ms = clock_now().mono_ms;
    open_one(&bus->commands, bus, address);
    if (bus->state == REDIS_GREETING)
        open_one(&bus->subscription, bus, address);
    if (bus->state != REDIS_GREETING)
        return;
    bus->is_remote = address && !is_loopback(address);
    greet_commands(bus);
    greet_subscription(bus);
}

static void close_one(struct redis_connection *connection)
{
    redisAsyncContext *context = connection->context;
    connection->context = NULL; /* its callbacks see that it is closed */
    if (context)
        redisAsyncFree(context);
}

void redis_connection_close(struct redis_bus *bus)
{
    close_one(&bus->commands);
    close_one(&bus->subscription);
}
