/* link_scene.h - ann and bob, and what their links have sent to each other and not carried yet. */
#ifndef PARLEY_TESTS_CLUSTER_SUPPORT_LINK_SCENE_H
#define PARLEY_TESTS_CLUSTER_SUPPORT_LINK_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/link.h"

#define FRAMES_MAX 100
#define FLIGHTS    400
#define HEARD_MAX  1000

struct link_flight {
    struct link_mark mark;
    size_t length;
    char bytes[1200];
};

struct link_end {
    struct link *link;
    struct link_flight sent[FLIGHTS]; /* since the last time it was carried */
    size_t sent_count;
    char heard[HEARD_MAX]; /* first letters of what was received */
    size_t heard_count;
    unsigned broken;
    const char *reply;         /* said once from within receive(), or broken() */
    uint64_t break_on_hearing; /* from within receive() */
};

extern struct link_end link_ann, link_bob;
extern struct instant link_now;

void link_end_open(struct link_end *end, uint64_t stream);
int link_scene_open(void **state);
int link_scene_close(void **state);
void link_end_say(struct link_end *end, const char *text);
void link_end_hear(struct link_end *end, const struct link_flight *flight);
void link_end_carry(struct link_end *from, struct link_end *to);
void link_end_lose(struct link_end *end);
void link_scene_carry(void);
void link_scene_tick(int64_t ms);
void link_scene_meet(void);
void link_assert_heard(const struct link_end *end, const char *letters);

#endif
