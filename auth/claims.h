/* claims.h - what a verified token says; the claims and their limits are in docs/protocol.md, Tokens. */
#ifndef PARLEY_AUTH_CLAIMS_H
#define PARLEY_AUTH_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

/* Bytes */
#define IDENTITY_MAX      256
#define PEER_NAME_MAX     256
#define PEER_METADATA_MAX 2048
#define TOKEN_ID_MAX      256

/* What a token lets its peer do. */
struct grants {
    bool is_admin;         /* roomAdmin: may kick */
    bool may_publish;      /* canPublish: offers and answers */
    bool may_subscribe;    /* canSubscribe */
    bool may_publish_data; /* canPublishData: broadcast, and relay of kind data */
    bool may_update_self;  /* canUpdateOwnMetadata: name and attributes */
    bool is_hidden;        /* hidden: announced to nobody; listens only */
};

struct claims {
    struct slice issuer;   /* API key id; empty for JWKS keys without iss */
    struct slice token_id; /* jti; empty: it has none */
    struct slice identity;
    struct slice name;
    struct slice metadata;
    struct attributes attributes;
    struct slice room;
    int64_t expires_unix_s;
    int64_t not_before_unix_s; /* 0: not given */
    bool may_join;             /* roomJoin */
    bool may_create;           /* roomCreate */
    struct grants grants;
    void *memory; /* what the slices point into, when token_verify() made them; else NULL */
};

void claims_fini(struct claims *claims);

/* Whether these claims admit to `room`; the same answer whether or not that room exists.
 * Errors: ERR_AUTH_GRANT, ERR_AUTH_ROOM. */
enum error claims_admit(const struct claims *claims, struct slice room);

#endif
