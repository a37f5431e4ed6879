/* keyring.c - two tables of keys, by API key id and by kid, and the API keys' text form. */
#include "auth/keyring.h"

#include <stdlib.h>

#include "auth/file.h"
#include "auth/key.h"
#include "base/memory.h"

#define KEYS_FILE_MAX (256 * 1024) /* bytes */

struct keyring {
    struct key *secrets; /* by API key id, in the order added */
    struct key *publics; /* by kid */
};

struct keyring *keyring_create(void)
{
    return memory_new(sizeof(struct keyring));
}

static void table_destroy(struct key **table)
{
    struct key *key, *next;
    HASH_ITER (hh, *table, key, next) {
        HASH_DELETE(hh, *table, key);
        key_destroy(key);
    }
}

struct keyring *keyring_destroy(struct keyring *keyring)
{
    if (!keyring)
        return NULL;
    table_destroy(&keyring->secrets);
    table_destroy(&keyring->publics);
    free(keyring);
    return NULL;
}

size_t keyring_count(const struct keyring *keyring)
{
    return HASH_COUNT(keyring->secrets) + HASH_COUNT(keyring->publics);
}

struct slice keyring_first_key_id(const struct keyring *keyring)
{
    const struct key *first = keyring->secrets;
    return first ? slice_of(first->id, first->id_length) : SLICE_EMPTY;
}

static struct key *table_find(struct key *table, struct slice id)
{
    struct key *key = NULL;
    if (id.length)
        HASH_FIND(hh, table, id.data, id.length, key);
    return key;
}

const struct key *keyring_find_secret(const struct keyring *keyring, struct slice key_id)
{
    return table_find(keyring->secrets, key_id);
}

const struct key *keyring_find_public(const struct keyring *keyring, struct slice kid)
{
    return table_find(keyring->publics, kid);
}

static enum error table_take(struct key **table, struct key *key)
{
    struct slice id = slice_of(key->id, key->id_length);
    if (id.length == 0 || id.length > KEY_ID_MAX || table_find(*table, id)) {
        key_destroy(key);
        return ERR_KEY_INVALID;
    }
    HASH_ADD_KEYPTR(hh, *table, key->id, key->id_length, key);
    return ERROR_NONE;
}

enum error keyring_take_secret(struct keyring *keyring, struct key *key)
{
    return table_take(&keyring->secrets, key);
}

enum error keyring_take_public(struct keyring *keyring, struct key *key)
{
    return table_take(&keyring->publics, key);
}

enum error keyring_add_secret(struct keyring *keyring, struct slice key_id, struct slice secret)
{
    if (secret.length < SECRET_BYTES_MIN)
        return ERR_KEY_WEAK;
    cjose_jwk_t *jwk = cjose_jwk_create_oct_spec((const uint8_t *)secret.data, secret.length, NULL);
    if (!jwk)
        return ERR_KEY_INVALID;
    return keyring_take_secret(keyring, key_create(key_id, ALGORITHM_HS256, 32, jwk));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice text)
{
    while (text.length && is_space(text.data[0]))
        text = slice_from(text, 1);
    while (text.length && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* As in YAML, a # within a word is part of the word. */
static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] == '#' && (i == 0 || is_space(line.data[i - 1])))
            return slice_of(line.data, i);
    return line;
}

static enum error add_line(struct keyring *keyring, struct slice line)
{
    line = trim(without_comment(line));
    if (line.length == 0)
        return ERROR_NONE;
    const char *colon = memchr(line.data, ':', line.length);
    if (!colon || memchr(line.data, '\0', line.length))
        return ERR_KEY_INVALID;
    size_t id_length = (size_t)(colon - line.data);
    return keyring_add_secret(keyring, trim(slice_of(line.data, id_length)), trim(slice_from(line, id_length + 1)));
}

static size_t line_length(struct slice text, const char *ends)
{
    size_t length = 0;
    while (length < text.length && (!text.data[length] || !strchr(ends, text.data[length])))
        length++;
    return length;
}

static enum error add_lines(struct keyring *keyring, struct slice text, const char *ends, int *out_line)
{
    size_t before = keyring_count(keyring);
    for (int line = 1; text.length; line++) {
        size_t length = line_length(text, ends);
        enum error error = add_line(keyring, slice_of(text.data, length));
        if (error) {
            *out_line = line;
            return error;
        }
        text = slice_from(text, length + 1);
    }
    if (keyring_count(keyring) > before)
        return ERROR_NONE;
    *out_line = 0;
    return ERR_KEY_INVALID;
}

enum error keyring_add_list(struct keyring *keyring, struct slice text, int *out_entry)
{
    return add_lines(keyring, text, "\n,", out_entry);
}

enum error keyring_load_secrets(struct keyring *keyring, const char *path, int *out_line)
{
    struct buffer text = BUFFER_EMPTY;
    enum error error = file_read(path, FILE_PRIVATE, KEYS_FILE_MAX, &text);
    if (error)
        *out_line = 0;
    else
        error = add_lines(keyring, buffer_slice(&text), "\n", out_line);
    buffer_fini(&text);
    return error;
}
