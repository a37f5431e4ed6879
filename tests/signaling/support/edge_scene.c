/* edge_scene.c - an edge with its home and scripted clients. */
#include "tests/signaling/support/edge_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/log.h"
#include "signaling/framing.h"
#include "tests/support/cmocka_all.h"

#define MIDNIGHT_MS INT64_C(1800000000000)

static void wake(void *connection)
{
    (void)connection;
}

static void close_actor(void *connection, int close_code, const char *reason)
{
    struct actor *actor = connection;
    actor->close_code = close_code;
    (void)snprintf(actor->close_reason, sizeof actor->close_reason, "%s", reason);
}

/* Told apart at a glance, and the same at each run. */
static void make_id(char out[RANDOM_ID_LENGTH + 1])
{
    static unsigned number;
    (void)snprintf(out, RANDOM_ID_LENGTH + 1, "%08u-made-for-test", ++number);
}

void edge_scene_init(struct edge_scene *scene)
{
    *scene = (struct edge_scene){.now = {.mono_ms = 1000, .unix_ms = MIDNIGHT_MS}};
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    scene->keys = keyring_create();
    scene->metrics = metrics_create();
    assert_int_equal(keyring_add_secret(scene->keys, SLICE_LITERAL("key"),
                                        SLICE_LITERAL("a secret of the tests, long enough to be used")),
                     ERROR_NONE);
    struct slice secret = SLICE_LITERAL("the secret that seals the tickets of the tests");
    scene->sealer = sealer_create(&secret, 1);
    scene->revocations = revocations_create((struct revocation_log){0});
    scene->home_config = (struct home_config){.rooms_max = 4,
                                              .room_capacity = 3,
                                              .mailbox = {.letters_max = 256, .bytes_max = 1 << 18},
                                              .grace_ms = 30000,
                                              .duplicates = DUPLICATE_ALLOW,
                                              .epoch = 1};
    scene->ice.ttl_s = 3600;
    struct edge_config *config = &scene->config;
    config->token_rules.lifetime_max_s = 86400;
    config->session_grace_s = 3600;
    config->joins = (struct rate){1000, 2000};
    config->limits = (struct limits){.session_messages = {50, 200},
                                     .session_bytes = {1 << 18, 1 << 20},
                                     .address_messages = {1000, 4000},
                                     .address_bytes = {1 << 22, 1 << 24},
                                     .address_joins = {10, 50},
                                     .address_connections_max = 20};
    config->outbox = (struct outbox_limits){.frames_max = 64, .bytes_max = 1 << 17};
    config->message_bytes_max = 1 << 16;
    config->hello_timeout_ms = 5000;
    config->ping_interval_ms = 15000;
    config->make_id = make_id;
    config->port = (struct client_port){wake, close_actor};
}

static void open_home(struct edge_scene *scene)
{
    scene->home_config.revocations = scene->revocations;
    scene->home_config.encode = edge_encode;
    scene->home_config.encode_context = scene->edge;
    scene->home = home_create(&scene->home_config, (struct listener){scene->edge, edge_deliver});
    edge_connect(scene->edge, home_route(scene->home));
}

void edge_scene_open(struct edge_scene *scene)
{
    scene->config.sealer = scene->sealer;
    scene->config.keys = scene->keys;
    scene->config.ice = &scene->ice;
    scene->config.metrics = scene->metrics;
    scene->edge = edge_create(&scene->config);
    open_home(scene);
}

void edge_scene_restart(struct edge_scene *scene)
{
    edge_destroy(scene->edge);
    home_destroy(scene->home);
    scene->home_config.epoch++;
    edge_scene_open(scene);
}

void edge_scene_wait(struct edge_scene *scene, int64_t ms)
{
    scene->now.mono_ms += ms;
    scene->now.unix_ms += ms;
    home_tick(scene->home, scene->now);
    edge_tick(scene->edge, scene->now);
}

void edge_scene_fini(struct edge_scene *scene)
{
    edge_destroy(scene->edge);
    home_destroy(scene->home);
    keyring_destroy(scene->keys);
    sealer_destroy(scene->sealer);
    revocations_destroy(scene->revocations);
    metrics_destroy(scene->metrics);
}

void edge_scene_token(const struct edge_scene *scene, const char *identity, const char *room,
                      void (*change)(struct claims *), struct buffer *out)
{
    struct claims claims = {.identity = slice_from_text(identity), .room = slice_from_text(room), .may_join = true};
    claims.name = claims.identity;
    claims.expires_unix_s = instant_unix_s(scene->now) + 600;
    claims.grants =
        (struct grants){.may_publish = true, .may_subscribe = true, .may_publish_data = true, .may_update_self = true};
    if (change)
        change(&claims);
    assert_int_equal(token_create(scene->keys, SLICE_LITERAL("key"), &claims, scene->now, out), ERROR_NONE);
}

void actor_connect(struct edge_scene *scene, struct actor *actor, const char *room)
{
    struct net_address address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
    *actor = (struct actor){0};
    actor->client = edge_open(scene->edge, slice_from_text(room), &address, actor, scene->now);
}

void actor_say(struct edge_scene *scene, struct actor *actor, const char *text)
{
    edge_receive(actor->client, slice_from_text(text), scene->now);
}

void actor_say_to(struct edge_scene *scene, struct actor *from, const struct actor *to, const char *rest)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, "{\"type\":\"relay\",\"to\":\"%s\",%s}", to->peer_id, rest);
    actor_say(scene, from, buffer_text(&text));
    buffer_fini(&text);
}

void actor_hello(struct edge_scene *scene, struct actor *actor, const char *token)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, "{\"type\":\"hello\",\"id\":1,\"token\":\"%s\"}", token);
    actor_say(scene, actor, buffer_text(&text));
    buffer_fini(&text);
}

static void note_peer_id(struct actor *actor)
{
    static const char before[] = "\"self\":{\"id\":\"";
    const char *at = strstr(buffer_text(&actor->heard), before);
    if (at)
        memcpy(actor->peer_id, at + strlen(before), RANDOM_ID_LENGTH);
}

static void note_ticket(struct actor *actor)
{
    static const char before[] = "\"ticket\":\"";
    const char *at = buffer_text(&actor->heard);
    while ((at = strstr(at, before))) {
        at += strlen(before);
        size_t length = strcspn(at, "\"");
        assert_true(length < sizeof actor->ticket);
        memcpy(actor->ticket, at, length);
        actor->ticket[length] = '\0';
    }
}

void actor_join(struct edge_scene *scene, struct actor *actor, const char *identity, const char *room,
                void (*change)(struct claims *))
{
    struct buffer token = BUFFER_EMPTY;
    edge_scene_token(scene, identity, room, change, &token);
    actor_connect(scene, actor, room);
    actor_hello(scene, actor, buffer_text(&token));
    buffer_fini(&token);
    assert_has(actor_hear(actor), "\"type\":\"welcome\"");
    buffer_clear(&actor->heard);
}

void actor_enter(struct edge_scene *scene, struct actor *actor, const char *identity)
{
    struct buffer text = BUFFER_EMPTY;
    actor_connect(scene, actor, "lobby");
    buffer_add_text(&text, "{\"type\":\"hello\",\"receipts\":true,\"token\":\"");
    edge_scene_token(scene, identity, "lobby", NULL, &text);
    buffer_add_text(&text, "\"}");
    actor_say(scene, actor, buffer_text(&text));
    buffer_fini(&text);
    assert_has(actor_hear(actor), "\"type\":\"welcome\"");
    buffer_clear(&actor->heard);
}

void actor_resume(struct edge_scene *scene, struct actor *actor, const struct actor *former, const char *more)
{
    struct buffer text = BUFFER_EMPTY;
    const struct actor known = *former;
    buffer_add_format(&text, "{\"type\":\"hello\",\"id\":1,\"receipts\":true,\"ticket\":\"%s\"%s}", known.ticket, more);
    actor_connect(scene, actor, "lobby");
    memcpy(actor->ticket, known.ticket, sizeof known.ticket);
    memcpy(actor->peer_id, known.peer_id, sizeof known.peer_id);
    actor_say(scene, actor, buffer_text(&text));
    buffer_fini(&text);
}

/* What a client reads of a posting, without the header of RFC 6455, 5.2. */
static void add_text_of(const struct posting *posting, struct buffer *out)
{
    unsigned char before[FRAMING_MAX];
    size_t length = framing_write(posting->frame, posting->n, before);
    size_t header = before[1] == 127 ? 10 : before[1] == 126 ? 4 : 2;
    buffer_add(out, slice_of(before + header, length - header));
    buffer_add(out, slice_of(posting->frame->bytes + 1, posting->frame->length - 1));
    buffer_add_char(out, '\n');
}

const char *actor_hear(struct actor *actor)
{
    struct outbox *outbox = edge_outbox(actor->client);
    buffer_clear(&actor->heard);
    for (const struct posting *posting; (posting = outbox_first(outbox)); outbox_pop(outbox))
        add_text_of(posting, &actor->heard);
    note_peer_id(actor);
    note_ticket(actor);
    return buffer_text(&actor->heard);
}

void actor_vanish(struct edge_scene *scene, struct actor *actor, int close_code)
{
    edge_close(actor->client, close_code, scene->now);
    buffer_fini(&actor->heard);
    actor->client = NULL;
}

int set_the_scene(void **state)
{
    struct edge_scene *scene = calloc(1, sizeof *scene);
    edge_scene_init(scene);
    *state = scene;
    return 0;
}

int open_the_scene(void **state)
{
    (void)set_the_scene(state);
    edge_scene_open(*state);
    return 0;
}

int clear_the_scene(void **state)
{
    edge_scene_fini(*state);
    free(*state);
    return 0;
}

size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }
    return count;
}

void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in: %s", part, text);
}
