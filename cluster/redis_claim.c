/* redis_claim.c - claims of rooms as one Lua script; its table is in docs/decisions/0009-many-instances.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/redis_parts.h"

/* KEYS: the room's entry, the counter. ARGV: kind, self, term, holder, expiry in ms. Answers "<node> <term>". Nodes are
 * text, for Lua's numbers end at 2^53; a value that is no entry counts as none. */
const char redis_claim_script[] =
    "local kind, self, term, holder, expiry = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]\n"
    "local entry = redis.pcall('GET', KEYS[1])\n"
    "local node, at = (type(entry) == 'string' and entry or ''):match('^([0-9a-f]+) (%d+)$')\n"
    "if node and (#node ~= 16 or #at > 16) then node = nil end\n"
    "at = node and tonumber(at) or 0\n"
    "if kind == 'release' then\n"
    "  if node == self and at == term then redis.call('DEL', KEYS[1]) end\n"
    "  return '0 0'\n"
    "end\n"
    "local counter = redis.pcall('GET', KEYS[2])\n"
    "counter = type(counter) == 'string' and #counter <= 16 and tonumber(counter) or 0\n"
    "local function write(new)\n"
    "  local text = string.format('%.0f', new)\n"
    "  if new > counter then redis.call('SET', KEYS[2], text) end\n"
    "  redis.call('SET', KEYS[1], self .. ' ' .. text, 'PX', expiry)\n"
    "  return self .. ' ' .. text\n"
    "end\n"
    "local is_free\n"
    "if kind == 'assert' and term > 0 then\n"
    "  if not node or at < term then return write(term) end\n"
    "else\n"
    "  is_free = not node or (kind == 'replace' and node ~= self and node == holder)\n"
    "end\n"
    "if is_free then\n"
    "  local clock = redis.call('TIME')\n"
    "  return write(math.max(counter + 1, term + 1, at + 1, clock[1] * 1000000 + clock[2]))\n"
    "end\n"
    "if node == self then redis.call('PEXPIRE', KEYS[1], expiry) end\n"
    "return entry\n";

static const char *kind_name(enum claim_kind kind)
{
    switch (kind) {
    case CLAIM_TAKE: return "take";
    case CLAIM_REPLACE: return "replace";
    case CLAIM_ASSERT: return "assert";
    case CLAIM_RELEASE: return "release";
    }
    return "";
}

static struct redis_request *request_create(struct redis_bus *bus, const struct claim *claim)
{
    struct redis_request *request = memory_new(sizeof *request + claim->room.length);
    request->bus = bus;
    request->claim = *claim;
    memcpy(request->room, claim->room.data, claim->room.length);
    request->claim.room.data = request->room;
    return request;
}

/* "<16 hexadecimal digits> <decimal digits>", or "0 0" */
static bool read_entry(const redisReply *reply, uint64_t *out_holder, uint64_t *out_term)
{
    int used = 0;
    if (reply->type != REDIS_REPLY_STRING || strspn(reply->str, "0123456789abcdef ") != reply->len)
        return false;
    uint64_t holder = 0, term = 0;
    if (sscanf(reply->str, "%16" SCNx64 " %19" SCNu64 "%n", &holder, &term, &used) != 2 || (size_t)used != reply->len)
        return false;
    *out_holder = holder;
    *out_term = term;
    return true;
}

static void ask(struct redis_request *request, bool with_script);

static void on_answer(redisAsyncContext *context, void *answer, void *privdata)
{
    (void)context;
    struct redis_request *request = privdata;
    struct redis_bus *bus = request->bus;
    const redisReply *reply = answer;
    uint64_t holder, term;
    redis_answered(request);
    bus->pending_claims--;
    bool is_heard = reply && bus->state == REDIS_UP;
    if (is_heard && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        ask(request, true); /* somebody has flushed the scripts */
        return;
    }
    if (is_heard && read_entry(reply, &holder, &term)) {
        bus->counts.claims++;
        bus->listener.held(bus->listener.context, request->claim.room, holder, term, redis_listener_now(bus));
    } else if (is_heard) {
        redis_fail(bus, reply->type == REDIS_REPLY_ERROR ? reply->str : "a claim was answered with something else");
    }
    free(request);
}

/* `request` is taken. */
static void ask(struct redis_request *request, bool with_script)
{
    struct redis_bus *bus = request->bus;
    const struct claim *claim = &request->claim;
    struct buffer key = BUFFER_EMPTY;
    char term[24], holder[24], expiry[16];
    buffer_add_format(&key, "%s:room:", bus->config.prefix);
    buffer_add(&key, claim->room);
    (void)snprintf(term, sizeof term, "%" PRIu64, claim->term);
    (void)snprintf(holder, sizeof holder, "%016" PRIx64, claim->holder);
    (void)snprintf(expiry, sizeof expiry, "%d", REDIS_LEASE_MS);
    const struct slice words[] = {
        slice_from_text(with_script ? "EVAL" : "EVALSHA"),
        slice_from_text(with_script ? redis_claim_script : bus->script_sha),
        SLICE_LITERAL("2"),
        buffer_slice(&key),
        slice_from_text(bus->term_key),
        slice_from_text(kind_name(claim->kind)),
        slice_from_text(bus->self_text),
        slice_from_text(term),
        slice_from_text(holder),
        slice_from_text(expiry),
    };
    if (redis_send(bus, on_answer, request, sizeof words / sizeof *words, words))
        bus->pending_claims++;
    buffer_fini(&key);
}

void redis_claim(void *context, const struct claim *claim)
{
    struct redis_bus *bus = context;
    if (bus->state != REDIS_UP)
        return;
    if (bus->pending_claims >= REDIS_CLAIMS_MAX)
        redis_fail(bus, "too many claims wait for an answer");
    else
        ask(request_create(bus, claim), false);
}
