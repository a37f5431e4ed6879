/* ticket_scene.c - a sealer and a ticket of ann's. */
#include "tests/auth/support/ticket_scene.h"

#include <assert.h>

struct ticket ticket_of_ann(void)
{
    return (struct ticket){
        .room = SLICE_LITERAL("lobby"),
        .peer_id = SLICE_LITERAL("ann_ann_ann_ann_ann_aA"),
        .identity = SLICE_LITERAL("ann@example.org"),
        .name = SLICE_LITERAL("Ann \xc3\x84"),
        .metadata = SLICE_LITERAL("{\"team\":7}"),
        .attributes = {.count = 2,
                       .items = {{SLICE_LITERAL("color"), SLICE_LITERAL("red")},
                                 {SLICE_LITERAL("empty"), SLICE_EMPTY}}},
        .grants = {.is_admin = true, .may_publish = true, .may_publish_data = true},
        .order = UINT64_C(1800000000123),
        .epoch = UINT64_MAX - 5,
        .generation = 3,
        .ends_unix_s = TICKET_NOW_S + 3600,
    };
}

struct sealer *sealer_with(struct slice secret)
{
    struct sealer *sealer = sealer_create(&secret, 1);
    assert(sealer);
    return sealer;
}

struct buffer ann_sealed(void)
{
    struct buffer text = BUFFER_EMPTY;
    struct sealer *sealer = sealer_with(TICKET_SECRET);
    struct ticket ticket = ticket_of_ann();
    ticket_seal(sealer, &ticket, &text);
    sealer_destroy(sealer);
    return text;
}

enum error ticket_verdict(const struct sealer *sealer, struct slice text, const char *room)
{
    struct ticket ticket;
    enum error error = ticket_open(sealer, text, slice_from_text(room), at_s(TICKET_NOW_S), &ticket);
    if (!error)
        ticket_fini(&ticket);
    return error;
}
