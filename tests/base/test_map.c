/* test_map.c - a hash that nobody outside can predict, and a map on top of it (T-63). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/memory.h"

#define KEYS 100000

struct item {
    char key[16];
    UT_hash_handle hh;
};

static void the_same_bytes_have_the_same_hash(void **state)
{
    static const char bytes[] = "0123456789abcdef0123456789abcdef";
    (void)state;
    for (size_t length = 0; length < sizeof bytes; length++) {
        char copy[64]; /* at another alignment */
        memcpy(copy + 1, bytes, length);
        assert_true(map_hash(bytes, length) == map_hash(copy + 1, length));
        assert_true(length == 0 || map_hash(bytes, length) != map_hash(bytes, length - 1));
    }
}

static void every_bit_of_the_bytes_counts(void **state)
{
    char bytes[24] = {0};
    (void)state;
    uint64_t before = map_hash(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] = (char)(1 << bit % 8);
        int changed = __builtin_popcountll(before ^ map_hash(bytes, sizeof bytes));
        bytes[bit / 8] = 0;
        assert_in_range(changed, 8, 56);
    }
}

/* T-63: what collides in one process does not in the next, so nobody can prepare keys that do. */
static void another_process_hashes_otherwise(void **state)
{
    (void)state;
    uint64_t theirs[2] = {0};
    for (int i = 0; i < 2; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        /* The program anew, not a fork of it: a fork would share the key that is drawn already. */
        pid_t child = fork();
        if (child == 0) {
            (void)dup2(ends[1], STDOUT_FILENO);
            (void)execl("/proc/self/exe", "test_map", "hash", (char *)NULL);
            _exit(1);
        }
        assert_int_equal(close(ends[1]), 0);
        assert_int_equal(read(ends[0], &theirs[i], sizeof theirs[i]), sizeof theirs[i]);
        assert_int_equal(close(ends[0]), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    assert_true(theirs[0] != theirs[1]);
    assert_true(theirs[0] != map_hash("room", 4));
}

static struct item *add_items(struct item *items, uint64_t (*next)(size_t))
{
    struct item *map = NULL;
    for (size_t i = 0; i < KEYS; i++) {
        uint64_t word = next(i);
        memcpy(items[i].key, &word, sizeof word);
        memcpy(items[i].key + 8, &i, sizeof i);
        HASH_ADD_KEYPTR(hh, map, items[i].key, sizeof items[i].key, &items[i]);
    }
    return map;
}

/* The longest chain of any bucket. */
static unsigned longest_chain(const struct item *map)
{
    unsigned longest = 0;
    for (unsigned i = 0; i < map->hh.tbl->num_buckets; i++)
        if (map->hh.tbl->buckets[i].count > longest)
            longest = map->hh.tbl->buckets[i].count;
    return longest;
}

static uint64_t same_beginning(size_t i)
{
    (void)i;
    return 0x4141414141414141;
}

static uint64_t high_bits_only(size_t i)
{
    return (uint64_t)i << 40;
}

/* T-63: 10^5 keys that fool weaker hashes spread like any others. */
static void crafted_keys_do_not_pile_up(void **state)
{
    static uint64_t (*const crafts[])(size_t) = {same_beginning, high_bits_only};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct item *items = memory_new(KEYS * sizeof *items);
        struct item *map = add_items(items, crafts[i]);

        assert_int_equal(HASH_COUNT(map), KEYS);
        assert_in_range(longest_chain(map), 1, 40);

        HASH_CLEAR(hh, map);
        free(items);
    }
}

static int print_hash(void)
{
    uint64_t hash = map_hash("room", 4);
    return write(STDOUT_FILENO, &hash, sizeof hash) == sizeof hash ? 0 : 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return print_hash();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_have_the_same_hash),
        cmocka_unit_test(every_bit_of_the_bytes_counts),
        cmocka_unit_test(another_process_hashes_otherwise),
        cmocka_unit_test(crafted_keys_do_not_pile_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
