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
#define ICE_URLS_MAX 8
#define TURN_USER_MAX 256     /* bytes of the part after the expiry */
#define TURN_TTL_MIN_S 60     /* clock skew eats the rest */

/* One STUN or TURN server as configured; all slices are borrowed for as long as the list is used. */
struct ice_server {
    size_t url_count;
    struct slice urls[ICE_URLS_MAX]; /* stun:, turn:, turns: */
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

/* Whether `url` is a well-formed stun:, turn: or turns: URI (RFC 7064, RFC 7065). */
bool ice_url_is_valid(struct slice url);

/* The user part for a peer, "room.peer"; a room id that makes it too long is shortened by a hash. */
void turn_user(struct slice room, struct slice peer, char out[TURN_USER_MAX]);

/* A credential good until now + ttl_s. `user` may be empty, at most TURN_USER_MAX - 1 bytes (asserted). */
void turn_credential_make(struct slice secret, struct slice user, int64_t ttl_s, struct instant now,
                          struct turn_credential *out);

/* Whether any server of the list hands out credentials that expire. */
bool ice_list_expires(const struct ice_list *list);

/* Appends the JSON array that RTCConfiguration takes: servers of `region` first, then the rest in the order of
 * configuration. */
void ice_write_json(const struct ice_list *list, struct slice region, struct slice user, struct instant now,
                    struct buffer *out);

/* Appends the answer of the TURN REST draft: {"username","password","ttl","uris"}, from the first TURN server
 * that fits the region and those that share its secret. Errors: ERR_NOT_FOUND when no TURN server is configured. */
enum error ice_write_rest_json(const struct ice_list *list, struct slice region, struct slice user,
                               struct instant now, struct buffer *out);

#endif
