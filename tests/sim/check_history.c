/* check_history.c - the program that judges a history in a file. */
#include <errno.h>
#include <string.h>

#include "tests/sim/checker.h"

static int judge(const struct history *history)
{
    struct checker *checker = checker_create();
    struct verdict verdict;
    checker_judge(checker, history, &verdict);
    verdict_print(&verdict, history, stdout);
    checker_destroy(checker);
    return verdict.rule ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: check_history FILE (- is standard input)\n");
        return 2;
    }
    FILE *file = strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "r");
    if (!file) {
        (void)fprintf(stderr, "check_history: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    struct history history;
    const char *why;
    history_init(&history);
    size_t line = history_read(&history, file, &why);
    (void)fclose(file);
    int status = 2;
    if (line)
        (void)fprintf(stderr, "check_history: %s:%zu: %s\n", argv[1], line, why);
    else
        status = judge(&history);
    history_fini(&history);
    return status;
}
