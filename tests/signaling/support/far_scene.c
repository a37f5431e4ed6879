/* far_scene.c - an edge whose rooms are at home on other nodes. */
#include "tests/signaling/support/far_scene.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"

static size_t deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                      struct frame *frame)
{
    const struct far_home *far = context;
    if (far->scene->is_cut)
        return count; /* the link took it */
    for (size_t i = 0; i < count; i++) {
        struct delivery here = {{0, to[i].to.client}, to[i].n};
        (void)edge_deliver_from(far->scene->edge.edge, far->node, &here, 1, event, frame);
    }
    return count;
}

static void count_request(struct far_scene *scene, const struct request *request)
{
    scene->resumes += request->type == REQUEST_RESUME;
    scene->leaves += request->type == REQUEST_LEAVE;
    if (request->type == REQUEST_RESUME) {
        scene->last_id = request->id;
        scene->last_client = request->from.client;
    }
    if (request->type != REQUEST_RECEIPT)
        return;
    scene->receipts++;
    scene->last_got = request->got;
}

static void refuse(struct far_scene *scene, const struct request *request)
{
    struct event event = {.type = EVENT_ERROR, .re = request->id, .error = {ERR_RATE_LIMITED, NULL, 500}};
    struct delivery delivery = {request->from, 0};
    (void)edge_deliver_from(scene->edge.edge, 0, &delivery, 1, &event, NULL);
}

static void pass(void *context, const struct request *request)
{
    struct far_scene *scene = context;
    struct request copy = *request;
    bool is_arrival = request->type == REQUEST_JOIN || request->type == REQUEST_RESUME;
    uint64_t node = is_arrival ? scene->asked : request->home;
    count_request(scene, request);
    if (scene->is_refusing) {
        refuse(scene, request);
        return;
    }
    if (scene->is_cut || (is_arrival && scene->is_holding))
        return;
    struct home *home = node ? scene->homes[node - 1].home : scene->edge.home;
    copy.from.edge = node ? EDGE_NODE : 0;
    if (home)
        home_route(home).send(home_route(home).context, &copy);
}

static void open_far_home(struct far_scene *scene, uint64_t node)
{
    struct far_home *far = &scene->homes[node - 1];
    struct home_config config = scene->edge.home_config;
    config.epoch = 100 * node;
    *far = (struct far_home){scene, node, NULL};
    far->home = home_create(&config, (struct listener){far, deliver});
}

int open_far_scene(void **state)
{
    struct far_scene *scene = calloc(1, sizeof *scene);
    edge_scene_init(&scene->edge);
    edge_scene_open(&scene->edge);
    edge_connect(scene->edge.edge, (struct route){scene, pass});
    for (uint64_t node = 1; node <= FAR_HOMES; node++)
        open_far_home(scene, node);
    scene->asked = 1;
    *state = scene;
    return 0;
}

int clear_far_scene(void **state)
{
    struct far_scene *scene = *state;
    for (int i = 0; i < FAR_HOMES; i++)
        home_destroy(scene->homes[i].home);
    edge_scene_fini(&scene->edge);
    free(scene);
    return 0;
}

void far_dies(struct far_scene *scene, uint64_t node, uint64_t next)
{
    struct far_home *far = &scene->homes[node - 1];
    far->home = home_destroy(far->home);
    scene->asked = next;
    edge_reattach(scene->edge.edge, node, NULL, 0, scene->edge.now);
}

void far_link_breaks(struct far_scene *scene, uint64_t node)
{
    home_detach_edge(scene->homes[node - 1].home, EDGE_NODE, scene->edge.now);
    edge_reattach(scene->edge.edge, node, NULL, 0, scene->edge.now);
}

void far_beats(struct far_scene *scene, int64_t ms)
{
    scene->edge.now.mono_ms += ms;
    scene->edge.now.unix_ms += ms;
    edge_beat(scene->edge.edge, scene->edge.now);
}

void far_enter(struct far_scene *scene, struct actor *ann, struct actor *bob)
{
    actor_enter(&scene->edge, ann, "ann");
    actor_enter(&scene->edge, bob, "bob");
    (void)actor_hear(ann);
}

void far_vanish(struct far_scene *scene, struct actor *ann, struct actor *bob)
{
    if (ann->client)
        actor_vanish(&scene->edge, ann, 1006);
    if (bob->client)
        actor_vanish(&scene->edge, bob, 1006);
}

void actor_enter_silent(struct far_scene *scene, struct actor *actor, const char *identity)
{
    actor_join(&scene->edge, actor, identity, "lobby", NULL);
}

void actor_answer(struct far_scene *scene, struct actor *actor, int got, int count)
{
    struct buffer text = BUFFER_EMPTY;
    buffer_add_format(&text, "{\"type\":\"receipt\",\"got\":%d,\"welcome\":%d}", got, count);
    actor_say(&scene->edge, actor, buffer_text(&text));
    buffer_fini(&text);
}
