/* sealer.c - AES-256-GCM under keys that are derived from the secrets. */
#include "auth/sealer.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/random.h"

/* Nonces are random, so a key is good for 2^32 tickets (NIST SP 800-38D, 8.3): 100 a second for more than a year. */
#define VERSION     1
#define KEY_BYTES   32
#define ID_BYTES    4
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define HEAD_BYTES  (1 + ID_BYTES + NONCE_BYTES)
#define SEALED_MAX  ((size_t)TICKET_BYTES_MAX / 4 * 3)

struct sealer_key {
    unsigned char key[KEY_BYTES];
    unsigned char id[ID_BYTES]; /* derived as well, and independent of the key */
};

struct sealer {
    size_t count;
    struct sealer_key keys[TICKET_KEYS_MAX];
};

/* One call of HKDF yields key and id. */
static void derive(struct slice secret, struct sealer_key *out)
{
    static const unsigned char info[] = "parley ticket v1";
    unsigned char bytes[KEY_BYTES + ID_BYTES];
    size_t length = sizeof bytes;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    bool is_done = context && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1 &&
                   EVP_PKEY_CTX_set1_hkdf_key(context, (const unsigned char *)secret.data, (int)secret.length) == 1 &&
                   EVP_PKEY_CTX_add1_hkdf_info(context, info, sizeof info - 1) == 1 &&
                   EVP_PKEY_derive(context, bytes, &length) == 1 && length == sizeof bytes;
    EVP_PKEY_CTX_free(context);
    assert(is_done);
    memcpy(out->key, bytes, KEY_BYTES);
    memcpy(out->id, bytes + KEY_BYTES, ID_BYTES);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

struct sealer *sealer_create(const struct slice *secrets, size_t count)
{
    if (count == 0 || count > TICKET_KEYS_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (secrets[i].length < TICKET_SECRET_MIN || secrets[i].length > INT_MAX)
            return NULL;
    struct sealer *sealer = memory_new(sizeof *sealer);
    sealer->count = count;
    for (size_t i = 0; i < count; i++)
        derive(secrets[i], &sealer->keys[i]);
    return sealer;
}

struct sealer *sealer_destroy(struct sealer *sealer)
{
    memory_wipe_free(sealer, sizeof *sealer);
    return NULL;
}

static bool add_bound(EVP_CIPHER_CTX *context, const unsigned char *head, struct slice bound)
{
    int unused = 0;
    return EVP_CipherUpdate(context, NULL, &unused, head, HEAD_BYTES) == 1 &&
           EVP_CipherUpdate(context, NULL, &unused, (const unsigned char *)bound.data, (int)bound.length) == 1;
}

/* The context of one message, with everything in it but the text. */
static EVP_CIPHER_CTX *begin(const struct sealer_key *key, const unsigned char *head, struct slice bound,
                             bool is_sealing)
{
    assert(bound.length > 0 && bound.length <= INT_MAX);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_done =
        context &&
        EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key->key, head + 1 + ID_BYTES, (int)is_sealing) == 1 &&
        add_bound(context, head, bound);
    assert(is_done); /* only a crypto policy without AES could be the reason: nothing could be sealed here */
    return context;
}

/* `sealed` starts with the head and has room for the tag. */
static void encrypt(const struct sealer_key *key, struct slice plain, struct slice bound, unsigned char *sealed)
{
    EVP_CIPHER_CTX *context = begin(key, sealed, bound, true);
    unsigned char *at = sealed + HEAD_BYTES;
    int length = 0, last = 0;
    bool is_done = EVP_EncryptUpdate(context, at, &length, (const unsigned char *)plain.data, (int)plain.length) == 1 &&
                   EVP_EncryptFinal_ex(context, at + length, &last) == 1 &&
                   EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, at + length + last) == 1;
    EVP_CIPHER_CTX_free(context);
    assert(is_done && (size_t)(length + last) == plain.length);
}

void sealer_seal(const struct sealer *sealer, struct slice plain, struct slice bound, struct buffer *out)
{
    const struct sealer_key *key = &sealer->keys[0];
    size_t count = HEAD_BYTES + plain.length + TAG_BYTES;
    unsigned char sealed[SEALED_MAX];
    assert(count <= SEALED_MAX);
    sealed[0] = VERSION;
    memcpy(sealed + 1, key->id, ID_BYTES);
    random_fill(sealed + 1 + ID_BYTES, NONCE_BYTES);
    encrypt(key, plain, bound, sealed);
    buffer_reserve(out, BASE64_LENGTH(count) + 1);
    out->length += base64url_encode(sealed, count, out->data + out->length, out->capacity - out->length);
}

/* Ids are no secrets; two keys with the same one are tried in turn. */
static bool decrypt(const struct sealer_key *key, unsigned char *sealed, size_t count, struct slice bound,
                    unsigned char *out)
{
    EVP_CIPHER_CTX *context = begin(key, sealed, bound, false);
    size_t text = count - HEAD_BYTES - TAG_BYTES;
    int length = 0, last = 0;
    bool is_ours = EVP_DecryptUpdate(context, out, &length, sealed + HEAD_BYTES, (int)text) == 1 &&
                   EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, sealed + HEAD_BYTES + text) == 1 &&
                   EVP_DecryptFinal_ex(context, out + length, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return is_ours;
}

bool sealer_open(const struct sealer *sealer, struct slice text, struct slice bound, struct buffer *out_plain)
{
    unsigned char sealed[SEALED_MAX], plain[SEALED_MAX];
    size_t count = 0;
    if (bound.length == 0 || !base64url_decode(text, sealed, sizeof sealed, &count))
        return false;
    if (count < HEAD_BYTES + TAG_BYTES || sealed[0] != VERSION)
        return false;
    bool is_ours = false;
    for (size_t i = 0; i < sealer->count && !is_ours; i++)
        is_ours = memcmp(sealed + 1, sealer->keys[i].id, ID_BYTES) == 0 &&
                  decrypt(&sealer->keys[i], sealed, count, bound, plain);
    if (is_ours)
        buffer_add(out_plain, slice_of(plain, count - HEAD_BYTES - TAG_BYTES));
    OPENSSL_cleanse(plain, sizeof plain);
    return is_ours;
}
