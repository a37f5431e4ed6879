/* heard.c - reading what the server says. */
#include "tests/sim/heard.h"

#include "base/json_scan.h"

#define RETRY_ABSENT (-1)

int64_t heard_integer(struct slice value)
{
    int64_t number = 0;
    for (size_t i = 0; i < value.length && value.data[i] >= '0' && value.data[i] <= '9'; i++)
        number = number * 10 + (value.data[i] - '0');
    return number;
}

static void take_text(struct heard *heard, struct slice name, struct slice value)
{
    const struct {
        const char *name;
        struct slice *to;
    } texts[] = {
        {"type", &heard->type},     {"code", &heard->code}, {"reason", &heard->reason}, {"session", &heard->session},
        {"from", &heard->from},     {"peer", &heard->peer}, {"self", &heard->self},     {"peers", &heard->peers},
        {"action", &heard->action}, {"body", &heard->body}, {"ticket", &heard->ticket},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (name.data[0] == texts[i].name[0] && slice_is_text(name, texts[i].name))
            *texts[i].to = value.data[0] == '"' ? json_string_inner(value) : value;
    }
}

static void take_number(struct heard *heard, struct slice name, struct slice value)
{
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {
        {"n", &heard->n},
        {"re", &heard->re},
        {"seq", &heard->seq},
        {"first", &heard->first},
        {"last", &heard->last},
        {"accepted", &heard->accepted},
        {"retryAfterMs", &heard->retry_ms},
        {"delayMs", &heard->delay_ms},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (name.data[0] == numbers[i].name[0] && slice_is_text(name, numbers[i].name))
            *numbers[i].to = heard_integer(value);
    }
}

void heard_read(struct slice text, struct heard *out)
{
    struct json_member member;
    struct json_walk walk = json_walk_start(text);
    *out = (struct heard){.retry_ms = RETRY_ABSENT, .delay_ms = RETRY_ABSENT};
    while (json_walk_next(&walk, &member)) {
        if (member.value.data[0] >= '0' && member.value.data[0] <= '9' && !slice_is_text(member.name, "body"))
            take_number(out, member.name, member.value);
        else
            take_text(out, member.name, member.value);
    }
}

struct slice heard_member(struct slice object, const char *name)
{
    struct json_member member;
    struct json_walk walk = json_walk_start(object);
    while (json_walk_next(&walk, &member)) {
        if (slice_is_text(member.name, name))
            return member.value.data[0] == '"' ? json_string_inner(member.value) : member.value;
    }
    return SLICE_EMPTY;
}
