/* redis_scene.c - nodes on a real Redis that write down what they hear. */
#include "tests/cluster/support/redis_scene.h"

#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_S 60. /* then a test hangs, and says at what */

static void on_up(void *context, struct instant now)
{
    (void)now;
    ((struct redis_node *)context)->ups++;
}

static void on_down(void *context, struct instant now)
{
    (void)now;
    ((struct redis_node *)context)->downs++;
}

static void on_frame(void *context, struct slice frame, struct instant now)
{
    (void)now;
    struct redis_node *node = context;
    buffer_clear(&node->last);
    buffer_add(&node->last, frame);
    uint64_t number = strtoull(buffer_text(&node->last), NULL, 10);
    node->is_in_order &= number == node->number + 1;
    node->number = number;
    node->frames++;
}

static void on_unheard(void *context, uint64_t to, struct instant now)
{
    (void)now;
    struct redis_node *node = context;
    node->unheards++;
    node->unheard_by = to;
}

static void on_held(void *context, struct slice room, uint64_t holder, uint64_t term, struct instant now)
{
    (void)now;
    struct redis_node *node = context;
    (void)snprintf(node->room, sizeof node->room, SLICE_FORMAT, SLICE_ARGS(room));
    node->holder = holder;
    node->term = term;
    node->answers++;
}

static void on_note(void *context, const struct redis_note *note)
{
    struct redis_node *node = context;
    switch (note->kind) {
    case REDIS_NOTE_UP: buffer_add_format(&node->notes, "up: %s\n", note->server); break;
    case REDIS_NOTE_DOWN: buffer_add_format(&node->notes, "down: %s: %s\n", note->server, note->why); break;
    case REDIS_NOTE_OPEN: buffer_add_format(&node->notes, "open: %s\n", note->server); break;
    }
}

int redis_scene_set_up(void **state)
{
    struct redis_scene *scene = calloc(1, sizeof *scene);
    (void)signal(SIGPIPE, SIG_IGN);
    scene->loop = ev_loop_new(EVFLAG_AUTO);
    redis_server_init(&scene->server);
    redis_server_start(&scene->server, NULL);
    *state = scene;
    return 0;
}

int redis_scene_tear_down(void **state)
{
    struct redis_scene *scene = *state;
    redis_node_stop(&scene->ann);
    redis_node_stop(&scene->bob);
    redis_server_fini(&scene->server);
    ev_loop_destroy(scene->loop);
    free(scene);
    return 0;
}

void redis_node_start(struct redis_scene *scene, struct redis_node *node, uint64_t self, const char *url)
{
    struct redis_config config = {.prefix = "test", .note = on_note, .note_context = node};
    struct buffer text = BUFFER_EMPTY;
    const char *port = url ? strstr(url, "PORT") : NULL;
    if (!url)
        buffer_add_format(&text, "redis://127.0.0.1:%d", scene->server.port);
    else if (port)
        buffer_add_format(&text, "%.*s%d%s", (int)(port - url), url, scene->server.port, port + 4);
    else
        buffer_add_text(&text, url);
    const char *problem = redis_url_parse(buffer_slice(&text), &config.url);
    if (problem)
        fail_msg("%s %s", buffer_text(&text), problem);
    buffer_fini(&text);
    *node = (struct redis_node){.scene = scene, .is_in_order = true};
    node->handle = redis_bus_create(scene->loop, &config, self);
    node->bus = redis_bus(node->handle);
    redis_bus_connect(
        node->handle,
        (struct bus_listener){
            .context = node, .up = on_up, .down = on_down, .frame = on_frame, .unheard = on_unheard, .held = on_held});
}

void redis_node_stop(struct redis_node *node)
{
    node->handle = redis_bus_destroy(node->handle);
    buffer_fini(&node->last);
    buffer_fini(&node->notes);
}

void redis_scene_start_both(struct redis_scene *scene)
{
    redis_node_start(scene, &scene->ann, ANN, NULL);
    redis_node_start(scene, &scene->bob, BOB, NULL);
    redis_scene_wait(scene, &scene->ann.ups, 1);
    redis_scene_wait(scene, &scene->bob.ups, 1);
}

static void on_impatient(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    *(bool *)timer->data = true;
}

/* One turn after the other, with a timer that ends a wait for what never comes. */
static void turn_until(struct redis_scene *scene, bool (*is_so)(const void *), const void *what)
{
    bool is_over = false;
    ev_timer timer;
    ev_timer_init(&timer, on_impatient, PATIENCE_S, 0.);
    timer.data = &is_over;
    ev_now_update(scene->loop);
    ev_timer_start(scene->loop, &timer);
    while (!is_over && !is_so(what))
        ev_run(scene->loop, EVRUN_ONCE);
    ev_timer_stop(scene->loop, &timer);
    if (is_over)
        fail_msg("waited in vain; ann:\n%s\nbob:\n%s", buffer_text(&scene->ann.notes), buffer_text(&scene->bob.notes));
}

struct goal {
    const size_t *counter;
    size_t wanted;
    struct buffer *notes;
    const char *text;
};

static bool is_reached(const void *what)
{
    const struct goal *goal = what;
    return *goal->counter >= goal->wanted;
}

static bool is_noted(const void *what)
{
    const struct goal *goal = what;
    return strstr(buffer_text(goal->notes), goal->text) != NULL;
}

void redis_scene_wait(struct redis_scene *scene, const size_t *counter, size_t wanted)
{
    turn_until(scene, is_reached, &(struct goal){.counter = counter, .wanted = wanted});
}

void redis_scene_wait_note(struct redis_scene *scene, struct redis_node *node, const char *text)
{
    turn_until(scene, is_noted, &(struct goal){.notes = &node->notes, .text = text});
}

void redis_node_say(struct redis_node *node, uint64_t to, const char *frame)
{
    node->bus.publish(node->bus.context, to, slice_from_text(frame));
}

void redis_node_claim(struct redis_node *node, const struct claim *claim)
{
    size_t before = node->answers;
    node->bus.claim(node->bus.context, claim);
    redis_scene_wait(node->scene, &node->answers, before + 1);
}
