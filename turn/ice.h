/* ice.h - the ICE servers a peer is given, with TURN credentials of its own.
 *
 * Credentials are those of draft-uberti-behave-turn-rest-00, which coturn's use-auth-secret takes:
 * username = expiry ":" user, credential = base64(HMAC-SHA1(secret, username)). */
#ifndef PARLEY_TURN_ICE_H
#define PARLEY_TURN_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define ICE_SERVERS_MAX 16
#define ICE_URLS_MAX    8
#define TURN_USER_MAX   256   /* bytes of the part after the expiry */
#define TURN_USERID_MAX 127   /* bytes that turn_user() writes; far below STUN's 508 (RFC 8489 section 14.3) */
#define TURN_TTL_MIN_S  60    /* clock skew eats the rest */
#define TURN_TTL_MAX_S  86400 /* what the draft recommends; a leaked credential is good for no longer */

/* One STUN or TURN server as configured; all slices are borrowed for as long as the list is used. */
struct ice_server {
    size_t url_count;
    struct slice urls[ICE_URLS_MAX]; /* valid ones: stun:, stuns:, turn:, turns: */
    struct slice region;             /* empty: serves all */
    struct slice secret;             /* signs; empty for servers without credentials. The old secret of a
                                        rotation is coturn's affair: it accepts both, we sign with one. */
};

struct ice_list {
    size_t count;
    struct ice_server servers[ICE_SERVERS_MAX];
    int64_t ttl_s;
};

struct turn_credential {
    char username[24 + TURN_USER_MAX];
    char password[32];
    int64_t expires_unix_s;
};

/* Whether `url` is a stun:, stuns:, turn: or turns: URI (RFC 7064, RFC 7065) that every client can use. */
bool ice_url_is_valid(struct slice url);

/* The user part for a peer, "room.peer", at most TURN_USERID_MAX bytes of printable ASCII. A part that is too long
 * or has characters that no room id has is shortened by a hash; different ones stay different. */
void turn_user(struct slice room, struct slice peer, char out[TURN_USER_MAX]);

/* A credential good until now + ttl_s. `user` may be empty; it has at most TURN_USER_MAX - 1 bytes and no NUL, and
 * `secret` and ttl_s are not 0 (asserted). */
void turn_credential_make(struct slice secret, struct slice user, int64_t ttl_s, struct instant now,
                          struct turn_credential *out);

/* Whether any server of the list hands out credentials that expire. */
bool ice_list_expires(const struct ice_list *list);

/* Appends the JSON array that RTCConfiguration takes: servers of `region` first, then those without a region, then
 * the others; each group in the order of configuration. */
void ice_write_json(const struct ice_list *list, struct slice region, struct slice user, struct instant now,
                    struct buffer *out);

/* Appends the answer of the TURN REST draft, {"username","password","ttl","uris"}, for one credential. */
void turn_write_rest_json(const struct turn_credential *credential, int64_t ttl_s, const struct slice *uris,
                          size_t uri_count, struct buffer *out);

/* Appends that answer for the first TURN server in the order above and those that share its secret. Errors:
 * ERR_NOT_FOUND when no TURN server with a secret is configured. */
enum error ice_write_rest_json(const struct ice_list *list, struct slice region, struct slice user, struct instant now,
                               struct buffer *out);

#endif
