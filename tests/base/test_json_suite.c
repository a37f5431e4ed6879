/* test_json_suite.c - the 318 files of the JSON parsing test suite, where their folder exists (T-27). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_check.h"
#include "base/memory.h"

#define FOLDER         PARLEY_SOURCE_DIR "/../shared/data/json"
#define FILE_BYTES_MAX (1 << 19)

static const struct json_rules plain_rules = {JSON_DEPTH_MAX, false, false};
static const struct json_rules message_rules = {8, true, true};

/* Right by RFC 8259, but no message: names given twice, and the escape \u0000. */
static const char *const not_for_messages[] = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
    "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json",
};

struct tally {
    size_t accepted, refused, free_to_choose, messages;
};

static struct slice read_file(const char *name, char *bytes)
{
    char path[1024];
    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, FILE_BYTES_MAX, file);
    assert_true(length < FILE_BYTES_MAX);
    assert_int_equal(fclose(file), 0);
    return slice_of(bytes, length);
}

static bool is_for_messages(const char *name)
{
    for (size_t i = 0; i < sizeof not_for_messages / sizeof *not_for_messages; i++)
        if (strcmp(name, not_for_messages[i]) == 0)
            return false;
    return name[0] == 'y';
}

static void judge(struct json_checker *checker, const char *name, struct slice text, struct tally *tally)
{
    bool is_json = json_check(checker, text, &plain_rules) == ERROR_NONE;
    bool is_message = json_check(checker, text, &message_rules) == ERROR_NONE;
    tally->messages += is_message && name[0] == 'y';
    if (name[0] == 'i') {
        tally->free_to_choose++;
        return;
    }
    if (is_json != (name[0] == 'y') || is_message != is_for_messages(name))
        fail_msg("%s: json %d, message %d", name, is_json, is_message);
    tally->accepted += is_json;
    tally->refused += !is_json;
}

static void all_files_are_judged_as_their_names_say(void **state)
{
    (void)state;
    DIR *folder = opendir(FOLDER);
    if (!folder) {
        print_message("skipped: there is no folder %s\n", FOLDER);
        skip();
        return;
    }
    struct json_checker *checker = json_checker_create(FILE_BYTES_MAX);
    char *bytes = memory_new(FILE_BYTES_MAX);
    struct tally tally = {0};

    for (struct dirent *file; (file = readdir(folder)) != NULL;)
        if (strchr("yni", file->d_name[0]) && file->d_name[1] == '_')
            judge(checker, file->d_name, read_file(file->d_name, bytes), &tally);

    assert_int_equal(tally.accepted, 95);
    assert_int_equal(tally.refused, 188);
    assert_int_equal(tally.free_to_choose, 35);
    assert_int_equal(tally.messages, 95 - sizeof not_for_messages / sizeof *not_for_messages);
    free(bytes);
    (void)json_checker_destroy(checker);
    assert_int_equal(closedir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_files_are_judged_as_their_names_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
