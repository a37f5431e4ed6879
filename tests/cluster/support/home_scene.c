/* home_scene.c - a home with people who join it, and a record of what each of them hears. */
#include "tests/cluster/support/home_scene.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

#define CLIENTS_EACH 1000000 /* handles of one person's clients */

static const char *const names[PEOPLE] = {"nobody", "ann", "bob", "cyd", "dan", "eve"};

struct slice id_of(const struct scene *scene, enum person person)
{
    const char *id = scene->people[person].peer_id;
    return *id ? slice_from_text(id) : slice_from_text(names[person]);
}

/* Ids are padded with dots, which nobody wants to read. */
static void add_id(struct buffer *out, struct slice id)
{
    buffer_add_char(out, ' ');
    for (size_t i = 0; i < id.length && id.data[i] != '.'; i++)
        buffer_add_char(out, id.data[i]);
}

static void add_copy(struct buffer *out, const struct event *event)
{
    add_id(out, event->relay.from);
    if (event->seq)
        buffer_add_format(out, " %d", (int)event->seq);
}

static void add_roster(struct buffer *out, const struct room *room)
{
    for (const struct peer *peer = room_first_peer(room); peer; peer = room_next_peer(room, peer))
        add_id(out, peer_id(peer));
}

static void add_answer(struct buffer *out, const struct event *event)
{
    if (event->type == EVENT_ERROR)
        buffer_add_format(out, " %s", error_code(event->error.code));
    if (event->type == EVENT_ERROR && event->error.field)
        buffer_add_format(out, " %s", event->error.field);
    if (event->re.is_set)
        buffer_add_format(out, " re %d", (int)event->re.id);
    if (event->seq)
        buffer_add_format(out, " seq %d", (int)event->seq);
}

static void add_welcome(struct buffer *out, const struct event *event)
{
    static const char *const kinds[] = {" new", " resumed", " rebuilt"};
    buffer_add_text(out, kinds[event->welcome.kind]);
    if (event->welcome.accepted)
        buffer_add_format(out, " accepted %d", (int)event->welcome.accepted);
}

static void add_bye(struct buffer *out, const struct event *event)
{
    static const char *const actions[] = {"resume", "rejoin", "stop"};
    buffer_add_format(out, " %s %s", error_code(event->bye.code), actions[event->bye.action]);
}

static void add_undelivered(struct buffer *out, const struct event *event)
{
    add_id(out, event->undelivered.peer_id);
    buffer_add_format(out, " %d-%d %s", (int)event->undelivered.first, (int)event->undelivered.last,
                      undelivered_reason_name(event->undelivered.reason));
}

static void describe(struct buffer *out, const struct event *event)
{
    buffer_add_text(out, event_type_name(event->type));
    switch ((int)event->type) {
    case EVENT_WELCOME: add_welcome(out, event); break;
    case EVENT_OK:
    case EVENT_ERROR: add_answer(out, event); break;
    case EVENT_PEER_JOINED:
    case EVENT_PEER_UPDATED:
    case EVENT_PEER_BACK:
        add_id(out, peer_id(event->peer.peer));
        buffer_add_text(out, event->peer.is_hearer_polite ? " polite" : "");
        break;
    case EVENT_PEER_LEFT:
        add_id(out, event->left.peer_id);
        buffer_add_format(out, " %s", leave_reason_name(event->left.reason));
        break;
    case EVENT_PEER_AWAY: add_id(out, event->away.peer_id); break;
    case EVENT_ROSTER: add_roster(out, event->roster); break;
    case EVENT_RELAY:
    case EVENT_BROADCAST: add_copy(out, event); break;
    case EVENT_RECEIPT:
        add_id(out, event->receipt.from);
        buffer_add_format(out, " %d", (int)event->receipt.seq);
        break;
    case EVENT_UNDELIVERED: add_undelivered(out, event); break;
    case EVENT_BYE: add_bye(out, event); break;
    default: fail_msg("a home does not say %s", event_type_name(event->type));
    }
}

/* The text of a frame here: the description in braces. */
static struct frame *encode(void *context, const struct event *event)
{
    struct scene *scene = context;
    struct buffer text = BUFFER_EMPTY;
    scene->encoded++;
    buffer_add_char(&text, '{');
    describe(&text, event);
    buffer_add_char(&text, '}');
    struct frame *frame = frame_create(buffer_slice(&text));
    buffer_fini(&text);
    return frame;
}

static void take_welcome(struct scene *scene, struct stay *stay, const struct event *event)
{
    struct request request = {.type = REQUEST_DETACH, .from = {stay->edge, stay->client}, .got = GOT_NOTHING};
    request.session = event->welcome.session;
    request.now = scene->now;
    request.leave.reason = LEAVE_LOST;
    if (stay->leaves_at_once)
        scene->route.send(scene->route.context, &request);
    stay->session = event->welcome.session;
    stay->welcomes++;
    if (stay->leaves_at_once || stay->misses_welcomes)
        return;
    stay->ticket.order = event->welcome.self->order;
    stay->ticket.epoch = event->welcome.epoch;
    stay->ticket.generation = event->welcome.generation;
    stay->ticket.ends_unix_s = event->welcome.ends_unix_s;
    stay->grace_ms = event->welcome.grace_ms;
}

static void write_down(struct scene *scene, const struct delivery *to, const struct event *event,
                       const struct frame *frame)
{
    struct buffer *out = &scene->heard;
    buffer_add_text(out, names[to->to.client / CLIENTS_EACH]);
    if (to->n)
        buffer_add_format(out, " #%d", (int)to->n);
    buffer_add_char(out, ' ');
    if (frame)
        buffer_add(out, slice_of(frame->bytes + 1, frame->length - 2));
    else
        describe(out, event);
    buffer_add_char(out, '\n');
}

static bool is_answered_by_edge(const struct event *event, uint64_t n)
{
    return event->type == EVENT_WELCOME || event->type == EVENT_BYE || (event->type == EVENT_ERROR && n == 0);
}

static size_t deliver(void *context, const struct delivery *to, size_t count, const struct event *event,
                      struct frame *frame)
{
    struct scene *scene = context;
    size_t taken = 0;
    scene->deliveries++;
    for (size_t i = 0; i < count; i++) {
        struct stay *stay = &scene->people[to[i].to.client / CLIENTS_EACH];
        assert_true(frame || is_answered_by_edge(event, to[i].n));
        assert_true(to[i].n > 0 || is_answered_by_edge(event, 0));
        if (stay->is_deaf)
            continue;
        taken++;
        write_down(scene, &to[i], event, frame);
        if (event->type == EVENT_WELCOME)
            take_welcome(scene, stay, event);
    }
    return taken;
}

static void start(struct scene *scene)
{
    scene->home = home_create(&scene->config, (struct listener){scene, deliver});
    scene->route = home_route(scene->home);
}

struct scene *scene_create(size_t capacity)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->revocations = revocations_create((struct revocation_log){0});
    scene->now = (struct instant){.mono_ms = STARTED_MS, .unix_ms = 1700000000000};
    scene->config = (struct home_config){.rooms_max = 2,
                                         .room_capacity = capacity,
                                         .mailbox = {.letters_max = 16, .bytes_max = 10000},
                                         .grace_ms = GRACE_MS,
                                         .epoch = 1,
                                         .revocations = scene->revocations,
                                         .encode = encode,
                                         .encode_context = scene};
    for (int i = 0; i < PEOPLE; i++) {
        scene->people[i].gives_receipts = true;
        scene->people[i].grants = (struct grants){.may_publish = true, .may_publish_data = true};
    }
    start(scene);
    return scene;
}

struct scene *scene_destroy(struct scene *scene)
{
    home_destroy(scene->home);
    revocations_destroy(scene->revocations);
    buffer_fini(&scene->heard);
    free(scene);
    return NULL;
}

int open_scene(void **state)
{
    *state = scene_create(4);
    return 0;
}

int close_scene(void **state)
{
    *state = scene_destroy(*state);
    return 0;
}

void scene_restart(struct scene *scene)
{
    home_destroy(scene->home);
    scene->config.epoch++;
    scene->now.mono_ms += 1000;
    scene->now.unix_ms += 1000;
    start(scene);
}

void asks(struct scene *scene, enum person person, struct request request)
{
    request.now = scene->now;
    request.from = (struct locator){scene->people[person].edge, scene->people[person].client};
    request.session = scene->people[person].session;
    scene->route.send(scene->route.context, &request);
}

static void connects(struct stay *stay, enum person person)
{
    stay->client = (uint64_t)person * CLIENTS_EACH + stay->connections++;
}

static struct profile profile_of(const struct stay *stay, enum person person)
{
    const char *name = names[person];
    struct profile profile = {.name = slice_from_text(name), .grants = stay->grants};
    profile.identity = slice_from_text(stay->identity ? stay->identity : name);
    return profile;
}

/* "ann", the next time "ann2" */
static void take_id(struct stay *stay, enum person person)
{
    struct buffer id = BUFFER_EMPTY;
    buffer_add_text(&id, names[person]);
    if (stay->joins++)
        buffer_add_int(&id, stay->joins);
    memset(stay->peer_id, '.', RANDOM_ID_LENGTH);
    memcpy(stay->peer_id, id.data, id.length);
    buffer_fini(&id);
}

void joins_room(struct scene *scene, enum person person, const char *room)
{
    struct stay *stay = &scene->people[person];
    struct profile profile = profile_of(stay, person);
    take_id(stay, person);
    connects(stay, person);
    struct request request = {.type = REQUEST_JOIN, .got = GOT_NOTHING};
    request.join.room = slice_from_text(room);
    request.join.peer_id = stay->peer_id;
    request.join.profile = &profile;
    request.join.gives_receipts = stay->gives_receipts;
    request.join.ends_unix_s = ENDS_S;
    asks(scene, person, request);
}

void joins(struct scene *scene, enum person person)
{
    joins_room(scene, person, "lobby");
}

static void shows_ticket(struct scene *scene, enum person person, int64_t got, bool is_live)
{
    const struct stay *stay = &scene->people[person];
    struct profile profile = profile_of(stay, person);
    struct request request = {.type = REQUEST_RESUME, .got = got};
    request.resume.is_live = is_live;
    request.resume.room = SLICE_LITERAL("lobby");
    request.resume.peer_id = id_of(scene, person);
    request.resume.profile = &profile;
    request.resume.gives_receipts = stay->gives_receipts;
    request.resume.order = stay->ticket.order;
    request.resume.epoch = stay->ticket.epoch;
    request.resume.generation = stay->ticket.generation;
    request.resume.ends_unix_s = stay->ticket.ends_unix_s;
    asks(scene, person, request);
}

void resumes(struct scene *scene, enum person person, int64_t got)
{
    connects(&scene->people[person], person);
    shows_ticket(scene, person, got, false);
}

void resumes_live(struct scene *scene, enum person person)
{
    shows_ticket(scene, person, GOT_NOTHING, true);
}

void relays(struct scene *scene, enum person from, enum person to, int64_t seq)
{
    struct request request = {.type = REQUEST_RELAY, .got = GOT_NOTHING};
    request.relay.to = id_of(scene, to);
    request.relay.parcel = (struct parcel){.seq = seq, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};
    asks(scene, from, request);
}

static enum person person_named(struct slice name)
{
    int person = PEOPLE - 1;
    while (person && !slice_is_text(name, names[person]))
        person--;
    return (enum person)person;
}

void broadcasts_to(struct scene *scene, enum person from, int64_t seq, const char *list)
{
    struct slice to[PEOPLE * 2];
    struct request request = {.type = REQUEST_BROADCAST, .got = GOT_NOTHING};
    request.broadcast.parcel = (struct parcel){.seq = seq, .kind = RELAY_DATA, .body = SLICE_LITERAL("1")};
    request.broadcast.to = list ? to : NULL;
    for (const char *at = list; at && *at; at += strspn(at, " ")) {
        struct slice name = slice_of(at, strcspn(at, " "));
        to[request.broadcast.to_count++] = id_of(scene, person_named(name));
        at += name.length;
    }
    asks(scene, from, request);
}

void receipts(struct scene *scene, enum person person, int64_t got)
{
    asks(scene, person, (struct request){.type = REQUEST_RECEIPT, .got = got});
}

void drops(struct scene *scene, enum person person, enum leave_reason reason)
{
    asks(scene, person, (struct request){.type = REQUEST_DETACH, .got = GOT_NOTHING, .leave = {reason}});
}

void leaves(struct scene *scene, enum person person)
{
    asks(scene, person, (struct request){.type = REQUEST_LEAVE, .got = GOT_NOTHING, .leave = {LEAVE_LEFT}});
}

void kicks(struct scene *scene, enum person admin, enum person whom)
{
    asks(scene, admin, (struct request){.type = REQUEST_KICK, .got = GOT_NOTHING, .kick = {id_of(scene, whom)}});
}

void two_join(struct scene *scene)
{
    joins(scene, ANN);
    joins(scene, BOB);
    receipts(scene, ANN, 1); /* the join of the other */
    forget(scene);
}

void three_join(struct scene *scene)
{
    joins(scene, ANN);
    joins(scene, BOB);
    joins(scene, CYD);
    receipts(scene, ANN, 2); /* the joins of the others */
    receipts(scene, BOB, 1);
    forget(scene);
}

void time_passes(struct scene *scene, int64_t ms)
{
    scene->now.mono_ms += ms;
    scene->now.unix_ms += ms;
    home_tick(scene->home, scene->now);
}

void forget(struct scene *scene)
{
    buffer_clear(&scene->heard);
}

void assert_heard(struct scene *scene, const char *expected)
{
    assert_string_equal(buffer_text(&scene->heard), expected);
    forget(scene);
}
