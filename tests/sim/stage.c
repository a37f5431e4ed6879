/* stage.c - what is made once for all seeds of a process: keys, tokens, names. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/token.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/random.h"
#include "ops/log.h"
#include "tests/sim/sim.h"

static struct buffer tokens[ACTORS_MAX][ROOMS_MAX][2];
static struct prng noise = {1};

/* The linker puts this in the place of random_fill(): what is drawn in the core comes from the seed too. */
void __wrap_random_fill(void *out, size_t size);
void __wrap_random_fill(void *out, size_t size)
{
    unsigned char *at = out;
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(prng_next(&noise) >> 32);
}

void stage_seed_noise(uint64_t seed)
{
    noise.state = seed;
}

struct slice stage_token(unsigned identity, unsigned room, bool is_short)
{
    return buffer_slice(&tokens[identity][room][is_short]);
}

/* Short ones end in the middle of a simulation; the others outlive every jump of the clock. */
static void make_token(const struct keyring *keys, unsigned identity, unsigned room, bool is_short)
{
    char name[8];
    int64_t midnight_s = SIM_MIDNIGHT / 1000, day_s = SIM_DAY_MS / 1000;
    (void)snprintf(name, sizeof name, "user%u", identity);
    struct claims claims = {.identity = slice_from_text(name), .name = slice_from_text(name), .may_join = true};
    claims.room = room ? SLICE_LITERAL("attic") : SLICE_LITERAL("lobby");
    claims.expires_unix_s = is_short ? midnight_s + 5 : midnight_s + 4 * day_s;
    claims.not_before_unix_s = midnight_s - 4 * day_s;
    claims.grants = (struct grants){.is_admin = true,
                                    .may_publish = true,
                                    .may_subscribe = true,
                                    .may_publish_data = true,
                                    .may_update_self = true};
    enum error error = token_create(keys, SLICE_LITERAL("key"), &claims, (struct instant){0, SIM_MIDNIGHT},
                                    &tokens[identity][room][is_short]);
    assert(!error);
}

/* All words that a history may hold: what a simulation allocates is then its own. */
static void name_words(struct history *history)
{
    static const char *const words[] = {
#define FAULT(name, text) text,
        FAULT_TABLE(FAULT)
#undef FAULT
            "lobby",
        "attic",
        "left",
        "closed",
        "sessions",
        "away",
        "resumed",
        "rebuilt",
        "accepted",
        "receipts",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        (void)history_word(history, words[i]);
    for (int i = 0; i < LEAVE_REASON_COUNT; i++)
        (void)history_word(history, leave_reason_name((enum leave_reason)i));
    for (int i = 0; i < UNDELIVERED_REASON_COUNT; i++)
        (void)history_word(history, undelivered_reason_name((enum undelivered_reason)i));
    for (int i = 0; i < ERROR_COUNT; i++)
        (void)history_word(history, error_code((enum error)i));
    (void)history_add(history, 0, WHO_RUN, LINE_SEES);
    history_list(history, LISTED(1, false));
}

struct stage *stage_create(void)
{
    static const char *const secrets[2] = {"the first secret of the simulated server",
                                           "the second secret, after a change"};
    struct stage *stage = memory_new(sizeof *stage);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    stage->keys = keyring_create();
    enum error error = keyring_add_secret(stage->keys, SLICE_LITERAL("key"),
                                          SLICE_LITERAL("a secret of the tests, long enough to be used"));
    assert(!error);
    for (unsigned i = 0; i < 2; i++) {
        struct slice secret = slice_from_text(secrets[i]);
        stage->sealers[i] = sealer_create(&secret, 1);
    }
    for (unsigned i = 0; i < ACTORS_MAX * ROOMS_MAX * 2; i++)
        make_token(stage->keys, i / 4, i / 2 % 2, i % 2);
    stage->metrics = metrics_create();
    history_init(&stage->history);
    name_words(&stage->history);
    stage->checker = checker_create();
    stage->sim = memory_new(sizeof *stage->sim);
    server_take_stage(stage);
    return stage;
}

struct stage *stage_destroy(struct stage *stage)
{
    for (unsigned i = 0; i < ACTORS_MAX * ROOMS_MAX * 2; i++)
        buffer_fini(&tokens[i / 4][i / 2 % 2][i % 2]);
    keyring_destroy(stage->keys);
    sealer_destroy(stage->sealers[0]);
    sealer_destroy(stage->sealers[1]);
    metrics_destroy(stage->metrics);
    history_fini(&stage->history);
    checker_destroy(stage->checker);
    buffer_fini(&stage->sim->scratch);
    free(stage->sim->agenda.heap);
    free(stage->sim);
    free(stage);
    return NULL;
}
