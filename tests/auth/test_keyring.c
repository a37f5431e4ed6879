/* test_keyring.c - which keys are taken, from where, and which never. */
#include <cjose/util.h>
#include <malloc.h>

#include "auth/key.h"
#include "tests/auth/forge.h"
#include "tests/support/cmocka_all.h"

#define WEAK   "0123456789012345678901234567890" /* 31 bytes */
#define STRONG WEAK "1"

static enum error load(const char *text, mode_t mode, size_t *out_count, int *out_line)
{
    struct keyring *keys = keyring_create();
    char *path = forge_file(slice_from_text(text), mode);
    enum error error = keyring_load_secrets(keys, path, out_line);
    *out_count = keyring_count(keys);
    (void)unlink(path);
    free(path);
    keyring_destroy(keys);
    return error;
}

static void a_secret_under_32_bytes_is_refused(void **state) /* T-09 */
{
    (void)state;
    struct keyring *keys = keyring_create();

    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(WEAK)), ERR_KEY_WEAK);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_EMPTY), ERR_KEY_WEAK);
    assert_int_equal(keyring_count(keys), 0);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_count(keys), 1);
    keyring_destroy(keys);
}

static void an_id_is_needed_and_stands_once(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    static char long_id[KEY_ID_MAX + 1];
    memset(long_id, 'x', sizeof long_id);

    assert_int_equal(keyring_add_secret(keys, SLICE_EMPTY, SLICE_LITERAL(STRONG)), ERR_KEY_INVALID);
    assert_int_equal(keyring_add_secret(keys, slice_of(long_id, KEY_ID_MAX + 1), SLICE_LITERAL(STRONG)),
                     ERR_KEY_INVALID);
    assert_int_equal(keyring_add_secret(keys, slice_of(long_id, KEY_ID_MAX), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERR_KEY_INVALID);
    assert_int_equal(keyring_count(keys), 2);
    keyring_destroy(keys);
}

static bool was_secret_freed;

static void look_and_free(void *block)
{
    if (block && memmem(block, malloc_usable_size(block), STRONG, sizeof STRONG - 1))
        was_secret_freed = true;
    free(block);
}

static void secrets_are_wiped_when_the_ring_goes(void **state)
{
    (void)state;
    cjose_set_alloc_funcs(malloc, realloc, look_and_free);
    struct keyring *keys = keyring_create();
    assert_int_equal(keyring_add_secret(keys, SLICE_LITERAL("a"), SLICE_LITERAL(STRONG)), ERROR_NONE);

    keyring_destroy(keys);
    cjose_set_alloc_funcs(NULL, NULL, NULL);
    assert_false(was_secret_freed);
}

static void ids_are_opaque_bytes(void **state) /* T-05 */
{
    (void)state;
    struct keyring *keys = keyring_create();
    const struct slice ids[] = {SLICE_LITERAL("a"),    SLICE_LITERAL("a\0"), SLICE_LITERAL("a\0b"), SLICE_LITERAL("A"),
                                SLICE_LITERAL("../a"), SLICE_LITERAL("%s"),  SLICE_LITERAL("\xff")};
    size_t count = sizeof ids / sizeof *ids;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(keyring_add_secret(keys, ids[i], SLICE_LITERAL(STRONG)), ERROR_NONE);

    assert_int_equal(keyring_count(keys), count);
    for (size_t i = 0; i < count; i++)
        assert_non_null(keyring_find_secret(keys, ids[i]));
    assert_null(keyring_find_secret(keys, SLICE_LITERAL("a\0c")));
    assert_null(keyring_find_secret(keys, SLICE_EMPTY));
    assert_null(keyring_find_public(keys, SLICE_LITERAL("a")));
    assert_true(slice_is_text(keyring_first_key_id(keys), "a"));
    keyring_destroy(keys);
}

static void a_ring_without_keys_names_none(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();

    assert_int_equal(keyring_first_key_id(keys).length, 0);
    assert_int_equal(keyring_count(keys), 0);
    assert_null(keyring_destroy(keys));
    assert_null(keyring_destroy(NULL));
}

static void a_keys_file_is_read(void **state)
{
    (void)state;
    size_t count = 0;
    int line = -7;

    assert_int_equal(
        load("# keys\n\nann: " STRONG "\n  bob:" STRONG "  # his\r\n\tcyd :\t" STRONG "#x: y", 0600, &count, &line),
        ERROR_NONE);
    assert_int_equal(count, 3);
}

static void a_keys_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777, 0660};
    size_t count = 0;
    int line = -7;
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(load("ann: " STRONG "\n", open_modes[i], &count, &line), ERR_FILE_TOO_OPEN);
        assert_int_equal(count, 0);
        assert_int_equal(line, 0);
    }
    assert_int_equal(load("ann: " STRONG "\n", 0400, &count, &line), ERROR_NONE);
    assert_int_equal(load("ann: " STRONG "\n", 0700, &count, &line), ERROR_NONE);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error error;
        int line;
    } cases[] = {
        {"", ERR_KEY_INVALID, 0},
        {"\n# none\n", ERR_KEY_INVALID, 0},
        {"ann: " STRONG "\nbob: " WEAK "\n", ERR_KEY_WEAK, 2},
        {"ann: " STRONG "\nbob:\n", ERR_KEY_WEAK, 2},
        {"\n\nann " STRONG "\n", ERR_KEY_INVALID, 3},
        {": " STRONG "\n", ERR_KEY_INVALID, 1},
        {"ann: " STRONG "\n#\nann: " STRONG "\n", ERR_KEY_INVALID, 3},
        {"ann: #" STRONG "\n", ERR_KEY_WEAK, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 0;
        int line = -7;
        enum error error = load(cases[i].text, 0600, &count, &line);
        if (error != cases[i].error || line != cases[i].line)
            fail_msg("\"%s\": %s in line %d", cases[i].text, error_code(error), line);
    }
}

static void a_file_that_is_none_cannot_be_read(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    static const char *const paths[] = {"", "/", "/nowhere/keys", "tests"};
    for (size_t i = 0; i < 4; i++) {
        int line = -7, index = -7;
        enum error error = keyring_load_secrets(keys, paths[i], &line);
        assert_true(error == ERR_FILE_UNREADABLE || error == ERR_FILE_TOO_OPEN);
        assert_int_equal(line, 0);
        assert_int_equal(keyring_load_jwks(keys, paths[i], &index), ERR_FILE_UNREADABLE);
        assert_int_equal(index, -1);
    }
    keyring_destroy(keys);
}

static void a_list_is_parted_by_commas_too(void **state)
{
    (void)state;
    struct keyring *keys = keyring_create();
    int entry = -7;

    assert_int_equal(keyring_add_list(keys, SLICE_LITERAL("ann: " STRONG ", bob: " STRONG "\ncyd:" STRONG), &entry),
                     ERROR_NONE);
    assert_int_equal(keyring_count(keys), 3);
    assert_int_equal(keyring_add_list(keys, SLICE_LITERAL("dan: " STRONG ",eve: " WEAK), &entry), ERR_KEY_WEAK);
    assert_int_equal(entry, 2);
    assert_int_equal(keyring_add_list(keys, SLICE_EMPTY, &entry), ERR_KEY_INVALID);
    assert_int_equal(entry, 0);
    keyring_destroy(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_under_32_bytes_is_refused),
        cmocka_unit_test(an_id_is_needed_and_stands_once),
        cmocka_unit_test(secrets_are_wiped_when_the_ring_goes),
        cmocka_unit_test(ids_are_opaque_bytes),
        cmocka_unit_test(a_ring_without_keys_names_none),
        cmocka_unit_test(a_keys_file_is_read),
        cmocka_unit_test(a_keys_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(a_file_that_is_none_cannot_be_read),
        cmocka_unit_test(a_list_is_parted_by_commas_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
