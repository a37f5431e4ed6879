/* wire_scene.c - random requests, and how to tell that two are the same. */
#include "tests/cluster/support/wire_scene.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tests/support/cmocka_all.h"

int open_wire(void **state)
{
    struct wire_scene *scene = memory_new(sizeof *scene);
    scene->seed = 0x9e3779b97f4a7c15u;
    scene->room = wire_room_create();
    *state = scene;
    return 0;
}

int close_wire(void **state)
{
    struct wire_scene *scene = *state;
    wire_room_destroy(scene->room);
    wire_scene_clear(scene);
    buffer_fini(&scene->bytes);
    free(scene);
    return 0;
}

void wire_scene_clear(struct wire_scene *scene)
{
    while (scene->text_count)
        buffer_fini(&scene->texts[--scene->text_count]);
    buffer_clear(&scene->bytes);
}

/* Random values; xorshift64 (Marsaglia 2003) */

uint64_t any(struct wire_scene *scene)
{
    scene->seed ^= scene->seed << 13;
    scene->seed ^= scene->seed >> 7;
    scene->seed ^= scene->seed << 17;
    return scene->seed;
}

uint64_t any_to(struct wire_scene *scene, uint64_t max)
{
    return any(scene) % (max + 1);
}

int64_t any_integer(struct wire_scene *scene, int64_t min)
{
    switch (any_to(scene, 3)) {
    case 0: return min;
    case 1: return WIRE_INTEGER_MAX;
    case 2: return min + (int64_t)any_to(scene, 1000);
    default: return (int64_t)any_to(scene, (uint64_t)WIRE_INTEGER_MAX);
    }
}

static int64_t any_time_s(struct wire_scene *scene)
{
    return (int64_t)any_to(scene, (uint64_t)WIRE_TIME_S_MAX);
}

static struct buffer *new_text(struct wire_scene *scene)
{
    assert_true(scene->text_count < SCENE_TEXTS);
    struct buffer *text = &scene->texts[scene->text_count++];
    buffer_add_char(text, 'x'); /* so that an empty one has memory, too */
    buffer_clear(text);
    return text;
}

struct slice any_text(struct wire_scene *scene, size_t max)
{
    static const char *const pieces[] = {"a",  "Z",    " ",        "\"",           "\\",
                                         "\n", "\x7f", "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x91\xa9"};
    struct buffer *text = new_text(scene);
    size_t length = any_to(scene, 2) ? any_to(scene, max < 40 ? max : 40) : max;
    while (text->length + 4 <= length)
        buffer_add_text(text, pieces[any_to(scene, sizeof pieces / sizeof *pieces - 1)]);
    while (text->length < length)
        buffer_add_char(text, 'x');
    return buffer_slice(text);
}

static struct slice any_of(struct wire_scene *scene, const char *letters, size_t length)
{
    struct buffer *text = new_text(scene);
    while (text->length < length)
        buffer_add_char(text, letters[any_to(scene, strlen(letters) - 1)]);
    return buffer_slice(text);
}

struct slice any_peer_id(struct wire_scene *scene)
{
    return any_of(scene, "abzABZ019-_", RANDOM_ID_LENGTH);
}

struct slice any_room_id(struct wire_scene *scene)
{
    return any_of(scene, "abzABZ019-_~@:=", 1 + any_to(scene, ROOM_ID_MAX - 1));
}

struct slice any_body(struct wire_scene *scene)
{
    struct buffer *text = new_text(scene);
    buffer_add_text(text, "{ \"k\":[[[[[");
    buffer_add_json_string(text, any_text(scene, 500));
    buffer_add_text(text, "]]]]],\"n\":1.0e+2}");
    return buffer_slice(text);
}

struct reference any_reference(struct wire_scene *scene)
{
    if (any_to(scene, 1))
        return (struct reference){0};
    return (struct reference){true, any_integer(scene, 0)};
}

static struct attributes any_attributes(struct wire_scene *scene)
{
    struct attributes attributes = {.count = any_to(scene, ATTRIBUTES_MAX)};
    for (size_t i = 0; i < attributes.count; i++) {
        struct buffer *key = new_text(scene);
        buffer_add_int(key, (int64_t)i);
        buffer_add(key, any_text(scene, ATTRIBUTE_KEY_MAX - 2));
        attributes.items[i] = (struct attribute){buffer_slice(key), any_text(scene, 60)};
    }
    return attributes;
}

struct profile any_profile(struct wire_scene *scene)
{
    uint64_t bits = any(scene);
    return (struct profile){
        .identity = any_text(scene, IDENTITY_MAX),
        .name = any_text(scene, PEER_NAME_MAX),
        .metadata = any_text(scene, PEER_METADATA_MAX),
        .attributes = any_attributes(scene),
        .media = (unsigned)any_to(scene, 7),
        .grants = {bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, bits & 32},
    };
}

static struct parcel any_parcel(struct wire_scene *scene)
{
    enum relay_kind kind = (enum relay_kind)any_to(scene, RELAY_KIND_COUNT - 1);
    return (struct parcel){any_integer(scene, 0), kind, any_body(scene)};
}

static void fill_arrival(struct wire_scene *scene, struct request *request)
{
    scene->profile = any_profile(scene);
    memcpy(scene->id, any_peer_id(scene).data, RANDOM_ID_LENGTH);
    if (request->type == REQUEST_JOIN) {
        request->join.room = any_room_id(scene);
        request->join.peer_id = scene->id;
        request->join.profile = &scene->profile;
        request->join.gives_receipts = any_to(scene, 1);
        request->join.ends_unix_s = any_time_s(scene);
        return;
    }
    request->resume.room = any_room_id(scene);
    request->resume.peer_id = slice_of(scene->id, RANDOM_ID_LENGTH);
    request->resume.profile = &scene->profile;
    request->resume.gives_receipts = any_to(scene, 1);
    request->resume.order = any(scene);
    request->resume.epoch = any(scene);
    request->resume.generation = any(scene);
    request->resume.ends_unix_s = any_time_s(scene);
    request->resume.is_live = any_to(scene, 1);
}

static void fill_broadcast(struct wire_scene *scene, struct request *request)
{
    request->broadcast.parcel = any_parcel(scene);
    if (any_to(scene, 1))
        return;
    request->broadcast.to = scene->list;
    request->broadcast.to_count = 1 + any_to(scene, 20);
    for (size_t i = 0; i < request->broadcast.to_count; i++)
        scene->list[i] = any_to(scene, 1) ? any_peer_id(scene) : any_text(scene, 300);
}

static void fill_update(struct wire_scene *scene, struct request *request)
{
    struct profile_update *update = &scene->update;
    *update = (struct profile_update){.has_name = any_to(scene, 1), .has_attributes = any_to(scene, 1)};
    if (update->has_name)
        update->name = any_text(scene, PEER_NAME_MAX);
    if (update->has_attributes)
        update->attributes = any_attributes(scene);
    update->media_mask = (unsigned)any_to(scene, 7);
    update->media = (unsigned)any(scene) & update->media_mask;
    request->update = update;
}

struct request any_request(struct wire_scene *scene, enum request_type type)
{
    struct request request = {.type = type, .session = any(scene), .id = any_reference(scene)};
    request.from.client = any(scene);
    request.got = any_integer(scene, type == REQUEST_RECEIPT ? 0 : GOT_NOTHING);
    switch (type) {
    case REQUEST_JOIN:
    case REQUEST_RESUME: fill_arrival(scene, &request); break;
    case REQUEST_RELAY:
        request.relay.to = any_to(scene, 1) ? any_peer_id(scene) : any_text(scene, 5000);
        request.relay.parcel = any_parcel(scene);
        break;
    case REQUEST_BROADCAST: fill_broadcast(scene, &request); break;
    case REQUEST_UPDATE: fill_update(scene, &request); break;
    case REQUEST_KICK: request.kick.peer_id = any_text(scene, 300); break;
    case REQUEST_RECEIPT: break;
    case REQUEST_REFRESH: request.refresh.ends_unix_s = any_time_s(scene); break;
    case REQUEST_DETACH:
    case REQUEST_LEAVE: request.leave.reason = (enum leave_reason)any_to(scene, LEAVE_REASON_COUNT - 1); break;
    }
    return request;
}

/* Sameness */

void assert_same_text(struct slice found, struct slice expected)
{
    assert_int_equal(found.length, expected.length);
    assert_true(slice_is_equal(found, expected));
}

static void assert_same_attributes(const struct attributes *found, const struct attributes *expected)
{
    assert_int_equal(found->count, expected->count);
    for (size_t i = 0; i < found->count; i++) {
        assert_same_text(found->items[i].key, expected->items[i].key);
        assert_same_text(found->items[i].value, expected->items[i].value);
    }
}

void assert_same_profile(const struct profile *found, const struct profile *expected)
{
    assert_same_text(found->identity, expected->identity);
    assert_same_text(found->name, expected->name);
    assert_same_text(found->metadata, expected->metadata);
    assert_same_attributes(&found->attributes, &expected->attributes);
    assert_int_equal(found->media, expected->media);
    assert_memory_equal(&found->grants, &expected->grants, sizeof found->grants);
}

static void assert_same_parcel(const struct parcel *found, const struct parcel *expected)
{
    assert_int_equal(found->seq, expected->seq);
    assert_int_equal(found->kind, expected->kind);
    assert_same_text(found->body, expected->body);
}

static void assert_same_join(const struct request *found, const struct request *expected)
{
    assert_same_text(found->join.room, expected->join.room);
    assert_string_equal(found->join.peer_id, expected->join.peer_id);
    assert_same_profile(found->join.profile, expected->join.profile);
    assert_int_equal(found->join.gives_receipts, expected->join.gives_receipts);
    assert_int_equal(found->join.ends_unix_s, expected->join.ends_unix_s);
}

static void assert_same_resume(const struct request *found, const struct request *expected)
{
    assert_same_text(found->resume.room, expected->resume.room);
    assert_same_text(found->resume.peer_id, expected->resume.peer_id);
    assert_same_profile(found->resume.profile, expected->resume.profile);
    assert_int_equal(found->resume.gives_receipts, expected->resume.gives_receipts);
    assert_int_equal(found->resume.order, expected->resume.order);
    assert_int_equal(found->resume.epoch, expected->resume.epoch);
    assert_int_equal(found->resume.generation, expected->resume.generation);
    assert_int_equal(found->resume.ends_unix_s, expected->resume.ends_unix_s);
    assert_int_equal(found->resume.is_live, expected->resume.is_live);
}

static void assert_same_broadcast(const struct request *found, const struct request *expected)
{
    assert_same_parcel(&found->broadcast.parcel, &expected->broadcast.parcel);
    assert_int_equal(found->broadcast.to != NULL, expected->broadcast.to != NULL);
    assert_int_equal(found->broadcast.to_count, expected->broadcast.to_count);
    for (size_t i = 0; i < found->broadcast.to_count; i++)
        assert_same_text(found->broadcast.to[i], expected->broadcast.to[i]);
}

static void assert_same_update(const struct profile_update *found, const struct profile_update *expected)
{
    assert_int_equal(found->has_name, expected->has_name);
    assert_int_equal(found->has_attributes, expected->has_attributes);
    assert_same_text(found->name, expected->name);
    assert_same_attributes(&found->attributes, &expected->attributes);
    assert_int_equal(found->media_mask, expected->media_mask);
    assert_int_equal(found->media, expected->media);
}

void assert_same_request(const struct request *found, const struct request *expected)
{
    assert_int_equal(found->type, expected->type);
    assert_int_equal(found->from.edge, 0);
    assert_int_equal(found->from.client, expected->from.client);
    assert_int_equal(found->session, expected->session);
    assert_int_equal(found->id.is_set, expected->id.is_set);
    assert_int_equal(found->id.id, expected->id.id);
    assert_int_equal(found->got, expected->got);
    switch (found->type) {
    case REQUEST_JOIN: assert_same_join(found, expected); break;
    case REQUEST_RESUME: assert_same_resume(found, expected); break;
    case REQUEST_RELAY:
        assert_same_text(found->relay.to, expected->relay.to);
        assert_same_parcel(&found->relay.parcel, &expected->relay.parcel);
        break;
    case REQUEST_BROADCAST: assert_same_broadcast(found, expected); break;
    case REQUEST_UPDATE: assert_same_update(found->update, expected->update); break;
    case REQUEST_KICK: assert_same_text(found->kick.peer_id, expected->kick.peer_id); break;
    case REQUEST_RECEIPT: break;
    case REQUEST_REFRESH: assert_int_equal(found->refresh.ends_unix_s, expected->refresh.ends_unix_s); break;
    case REQUEST_DETACH:
    case REQUEST_LEAVE: assert_int_equal(found->leave.reason, expected->leave.reason); break;
    }
}

/* Bytes */

void append_hex(struct buffer *out, const char *hex)
{
    while (*hex) {
        char digits[3] = {hex[0], hex[1], '\0'};
        if (*hex == ' ') {
            hex++;
            continue;
        }
        buffer_add_char(out, (char)strtoul(digits, NULL, 16));
        hex += 2;
    }
}

void assert_is_hex(struct slice bytes, const char *hex)
{
    struct buffer expected = BUFFER_EMPTY, found = BUFFER_EMPTY, wanted = BUFFER_EMPTY;
    append_hex(&expected, hex);
    for (size_t i = 0; i < bytes.length; i++)
        buffer_add_format(&found, "%02x", (unsigned char)bytes.data[i]);
    for (size_t i = 0; i < expected.length; i++)
        buffer_add_format(&wanted, "%02x", (unsigned char)expected.data[i]);
    assert_string_equal(buffer_text(&found), buffer_text(&wanted));
    buffer_fini(&expected);
    buffer_fini(&found);
    buffer_fini(&wanted);
}

char *cut_off(struct slice bytes, size_t length)
{
    char *block = malloc(length ? length : 1);
    assert_non_null(block);
    memcpy(block, bytes.data, length);
    return block;
}
