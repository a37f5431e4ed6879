/* credential.c - the user part and the password of a TURN credential. */
#include "turn/credential.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "turn/ice.h"

/* What stands for a name that is too long or that has characters of its own: some of its start, for the person who
 * reads coturn's log, '!' and a hash. No room id and no peer id has a '!', so none can pose as another's short form. */
#define HASH_BYTES    16
#define HASH_DIGITS   (2 * HASH_BYTES)
#define SHORT_MARK    '!'
#define SHORT_TAIL    (1 + HASH_DIGITS)
#define PEER_PART_MAX 48

_Static_assert(TURN_USERID_MAX < TURN_USER_MAX, "the user part and its NUL fit");
_Static_assert(TURN_USERID_MAX > PEER_PART_MAX + 1 + SHORT_TAIL, "a short room id fits beside any peer");

void hmac_sha1(struct slice key, struct slice message, unsigned char out[HMAC_SHA1_LENGTH])
{
    assert(key.length > 0 && key.length <= INT_MAX);
    unsigned int length = 0;
    if (!HMAC(EVP_sha1(), key.data, (int)key.length, (const unsigned char *)message.data, message.length, out,
              &length) ||
        length != HMAC_SHA1_LENGTH)
        abort(); /* out of memory, or a crypto policy without HMAC-SHA1: no credential can be made on this machine */
}

static bool is_plain(char c, const char *marks)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || (c != '\0' && strchr(marks, c));
}

static size_t plain_run(struct slice name, const char *marks)
{
    size_t run = 0;
    while (run < name.length && is_plain(name.data[run], marks))
        run++;
    return run;
}

static void write_hash(struct slice name, char out[HASH_DIGITS + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(name.data, name.length, digest, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* as above */
    for (size_t i = 0; i < HASH_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* Writes `name`, or its short form, in at most `max` bytes; returns how many. */
static size_t write_part(struct slice name, const char *marks, size_t max, char *out)
{
    size_t plain = plain_run(name, marks);
    if (plain == name.length && plain <= max) {
        if (plain)
            memcpy(out, name.data, plain);
        return plain;
    }
    size_t head = plain < max - SHORT_TAIL ? plain : max - SHORT_TAIL;
    char hash[HASH_DIGITS + 1];
    write_hash(name, hash);
    if (head)
        memcpy(out, name.data, head);
    out[head] = SHORT_MARK;
    memcpy(out + head + 1, hash, HASH_DIGITS);
    return head + SHORT_TAIL;
}

void turn_user(struct slice room, struct slice peer, char out[TURN_USER_MAX])
{
    char peer_part[PEER_PART_MAX];
    /* No dot in the peer's part: the last dot of the whole is where it begins. */
    size_t peer_length = write_part(peer, "-_", sizeof peer_part, peer_part);
    size_t room_length = write_part(room, "-._~@:=", TURN_USERID_MAX - 1 - peer_length, out);
    out[room_length] = '.';
    memcpy(out + room_length + 1, peer_part, peer_length);
    out[room_length + 1 + peer_length] = '\0';
}

void turn_credential_make(struct slice secret, struct slice user, int64_t ttl_s, struct instant now,
                          struct turn_credential *out)
{
    assert(user.length < TURN_USER_MAX && (!user.length || !memchr(user.data, '\0', user.length)));
    assert(ttl_s > 0);
    out->expires_unix_s = instant_unix_s(now) + ttl_s;
    int length = snprintf(out->username, sizeof out->username, "%" PRId64 "%s" SLICE_FORMAT, out->expires_unix_s,
                          user.length ? ":" : "", SLICE_ARGS(user));
    assert(length > 0 && (size_t)length < sizeof out->username);
    unsigned char digest[HMAC_SHA1_LENGTH];
    hmac_sha1(secret, slice_of(out->username, (size_t)length), digest);
    (void)base64_encode(digest, sizeof digest, out->password, sizeof out->password);
}
