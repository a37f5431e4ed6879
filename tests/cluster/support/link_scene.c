/* link_scene.c - two links, and a bus that carries, loses or repeats what it is told to. */
#include "tests/cluster/support/link_scene.h"

#include <string.h>

#include "tests/support/cmocka_all.h"

struct link_end link_ann, link_bob;
struct instant link_now;

static void on_send(void *context, const struct link_mark *mark, struct slice payload)
{
    struct link_end *end = context;
    assert_true(end->sent_count < FLIGHTS && payload.length <= sizeof end->sent->bytes);
    struct link_flight *flight = &end->sent[end->sent_count++];
    flight->mark = *mark;
    flight->length = payload.length;
    if (payload.length)
        memcpy(flight->bytes, payload.data, payload.length);
}

static void reply(struct link_end *end)
{
    const char *text = end->reply;
    end->reply = NULL;
    if (text)
        assert_int_equal(link_say(end->link, slice_of(text, strlen(text)), link_now), ERROR_NONE);
}

static void on_receive(void *context, struct slice payload)
{
    struct link_end *end = context;
    end->heard[end->heard_count++] = payload.data[0];
    reply(end);
    if (end->break_on_hearing) {
        uint64_t stream = end->break_on_hearing;
        end->break_on_hearing = 0;
        link_break(end->link, stream);
    }
}

static void on_broken(void *context)
{
    struct link_end *end = context;
    end->broken++;
    reply(end);
}

void link_end_open(struct link_end *end, uint64_t stream)
{
    struct link_port port = {.context = end, .send = on_send, .receive = on_receive, .broken = on_broken};
    memset(end, 0, sizeof *end);
    end->link = link_create((struct link_limits){.frames_max = FRAMES_MAX, .bytes_max = 100000}, port, stream);
}

int link_scene_open(void **state)
{
    (void)state;
    link_now.mono_ms = 1000;
    link_end_open(&link_ann, 100);
    link_end_open(&link_bob, 200);
    return 0;
}

int link_scene_close(void **state)
{
    (void)state;
    link_ann.link = link_destroy(link_ann.link);
    link_bob.link = link_destroy(link_bob.link);
    return 0;
}

void link_end_say(struct link_end *end, const char *text)
{
    assert_int_equal(link_say(end->link, slice_of(text, strlen(text)), link_now), ERROR_NONE);
}

void link_end_hear(struct link_end *end, const struct link_flight *flight)
{
    link_hear(end->link, &flight->mark, slice_of(flight->bytes, flight->length), link_now);
}

/* All of it, in its order. */
void link_end_carry(struct link_end *from, struct link_end *to)
{
    static struct link_flight flights[FLIGHTS];
    size_t count = from->sent_count;
    memcpy(flights, from->sent, count * sizeof *flights);
    from->sent_count = 0;
    for (size_t i = 0; i < count; i++)
        link_end_hear(to, &flights[i]);
}

void link_end_lose(struct link_end *end)
{
    end->sent_count = 0;
}

void link_scene_carry(void)
{
    while (link_ann.sent_count || link_bob.sent_count) {
        link_end_carry(&link_ann, &link_bob);
        link_end_carry(&link_bob, &link_ann);
    }
}

void link_scene_tick(int64_t ms)
{
    link_now.mono_ms += ms;
    link_tick(link_ann.link, link_now);
    link_tick(link_bob.link, link_now);
}

/* Both know each other, and nothing is under way. */
void link_scene_meet(void)
{
    link_end_say(&link_ann, "a");
    link_scene_carry();
    link_scene_tick(LINK_TICK_MS);
    link_scene_carry();
    assert_int_equal(link_waiting_frames(link_ann.link), 0);
    link_ann.heard_count = link_bob.heard_count = 0;
}

void link_assert_heard(const struct link_end *end, const char *letters)
{
    assert_int_equal(end->heard_count, strlen(letters));
    assert_memory_equal(end->heard, letters, strlen(letters));
}
