/* main.c - sim: runs many seeds, or one, or looks for each planted bug. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "tests/sim/planted.h"

#define JOBS_MAX      64
#define PLANTED_SEEDS 10000
#define TAIL_LINES    60
#define REPEAT_EVERY  64 /* so many seeds, one is run twice and must have the same history */

struct totals {
    uint64_t seeds, rare, sim_ms;
    uint64_t faults[FAULT_COUNT];
    struct figures figures;
};

/* What a job tells its parent, in memory that both see. */
struct report {
    uint64_t seed; /* under way */
    bool has_failed;
    char rule[32];
    struct totals totals;
};

struct options {
    uint64_t first, seeds;
    unsigned jobs;
    bool is_planted, is_single;
    const char *history;
};

static struct report *reports; /* of all jobs */
static volatile bool *must_stop;

static void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

static void add_figures(struct figures *sum, const struct figures *figures)
{
    size_t *to = (size_t *)sum;
    const size_t *from = (const size_t *)figures;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

static void add_run(struct totals *totals, const struct sim *sim, const struct verdict *verdict)
{
    totals->seeds++;
    totals->sim_ms += (uint64_t)sim->now_ms;
    for (int i = 0; i < FAULT_COUNT; i++)
        totals->faults[i] += sim->faults[i];
    add_figures(&totals->figures, &verdict->figures);
    totals->rare = planted_rare_count();
}

/* Runs one seed, some of them twice; the verdict tells. What was said has to be the same, too: what does not come from
 * the seed changes a ticket before it changes a history. */
static void run_seed(struct stage *stage, uint64_t seed, bool is_repeated, struct verdict *out_verdict)
{
    sim_run(stage, seed, out_verdict);
    if (out_verdict->rule || !is_repeated)
        return;
    uint64_t hash = history_hash(&stage->history), said_hash = stage->sim->said_hash;
    sim_run(stage, seed, out_verdict);
    if (history_hash(&stage->history) == hash && stage->sim->said_hash == said_hash)
        return;
    out_verdict->rule = "determinism";
    (void)snprintf(out_verdict->why, sizeof out_verdict->why, "the same seed gave another history");
}

static void run_job(const struct options *options, unsigned job)
{
    struct stage *stage = stage_create();
    struct report *report = &reports[job];
    struct verdict verdict;
    for (uint64_t i = job; i < options->seeds && !*must_stop; i += options->jobs) {
        report->seed = options->first + i;
        run_seed(stage, report->seed, i / options->jobs % REPEAT_EVERY == 0, &verdict);
        add_run(&report->totals, stage->sim, &verdict);
        if (!verdict.rule)
            continue;
        (void)snprintf(report->rule, sizeof report->rule, "%s", verdict.rule);
        report->has_failed = true;
        *must_stop = true;
    }
    stage_destroy(stage);
}

/* A job that was ended by a signal has failed at the seed that was under way. */
static void wait_for(pid_t pid, struct report *report)
{
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    report->has_failed = true;
    (void)snprintf(report->rule, sizeof report->rule, WIFSIGNALED(status) ? "signal %d" : "exit %d",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    *must_stop = true;
}

static void print_totals(const struct totals *totals, double seconds)
{
    static const char *const texts[FAULT_COUNT] = {
#define FAULT(name, text) text,
        FAULT_TABLE(FAULT)
#undef FAULT
    };
    const struct figures *figures = &totals->figures;
    uint64_t faults = 0;
    for (int i = 0; i < FAULT_COUNT; i++)
        faults += totals->faults[i];
    (void)printf("seeds       %llu in %.1f s, %.0f a second\n", (unsigned long long)totals->seeds, seconds,
                 (double)totals->seeds / seconds);
    (void)printf("simulated   %.1f hours\n", (double)totals->sim_ms / 3600000.0);
    (void)printf("faults      %llu:", (unsigned long long)faults);
    for (int i = 0; i < FAULT_COUNT; i++)
        (void)printf(" %s %llu%s", texts[i], (unsigned long long)totals->faults[i], i + 1 < FAULT_COUNT ? "," : "\n");
    (void)printf("rare        %llu branches taken\n", (unsigned long long)totals->rare);
    (void)printf("sessions    %zu; resumed %zu, rebuilt %zu, ended %zu\n", figures->sessions, figures->resumed,
                 figures->rebuilt, figures->ended);
    (void)printf("messages    %zu; handled %zu, settled %zu, undelivered %zu (handled for all that: %zu), refused %zu, "
                 "sender gone %zu\n",
                 figures->messages, figures->handled, figures->settled, figures->undelivered, figures->unproved,
                 figures->refused, figures->unsettled);
}

static void add_totals(struct totals *sum, const struct totals *totals)
{
    sum->seeds += totals->seeds;
    sum->rare += totals->rare;
    sum->sim_ms += totals->sim_ms;
    for (int i = 0; i < FAULT_COUNT; i++)
        sum->faults[i] += totals->faults[i];
    add_figures(&sum->figures, &totals->figures);
}

static void write_history(const struct history *history, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return;
    }
    history_print(history, 0, file);
    (void)fclose(file);
}

/* One seed, twice; all that is known of it is told. */
static int run_single(const struct options *options)
{
    struct stage *stage = stage_create();
    struct verdict verdict;
    run_seed(stage, options->first, true, &verdict);
    const struct history *history = &stage->history;
    if (options->history)
        write_history(history, options->history);
    else if (verdict.rule)
        history_print(history, history->count > TAIL_LINES ? history->count - TAIL_LINES : 0, stdout);
    (void)printf("seed %llu, history %016llx, %zu lines, %.1f simulated seconds\n", (unsigned long long)options->first,
                 (unsigned long long)history_hash(history), history->count, (double)stage->sim->now_ms / 1000.0);
    verdict_print(&verdict, history, stdout);
    int status = verdict.rule ? 1 : 0;
    stage_destroy(stage);
    return status;
}

static int tell_failure(const struct options *options, const struct report *report)
{
    (void)printf("FAILED: seed %llu (%s); its history:\n", (unsigned long long)report->seed, report->rule);
    (void)fflush(stdout);
    struct options single = *options;
    single.first = report->seed;
    pid_t pid = fork();
    if (pid == 0)
        exit(run_single(&single));
    (void)waitpid(pid, NULL, 0);
    (void)printf("replay it with: ./dev sim --seed %llu [--history FILE]\n", (unsigned long long)report->seed);
    return 1;
}

static int run_many(const struct options *options)
{
    double began = clock_precise_s();
    pid_t pids[JOBS_MAX];
    struct totals sum = {0};
    const struct report *failed = NULL;
    for (unsigned job = 0; job < options->jobs; job++) {
        pids[job] = fork();
        if (pids[job] == 0) {
            run_job(options, job);
            exit(0);
        }
    }
    for (unsigned job = 0; job < options->jobs; job++) {
        wait_for(pids[job], &reports[job]);
        add_totals(&sum, &reports[job].totals);
        if (reports[job].has_failed && (!failed || reports[job].seed < failed->seed))
            failed = &reports[job];
    }
    print_totals(&sum, clock_precise_s() - began);
    if (failed)
        return tell_failure(options, failed);
    (void)printf("verdict     ok\n");
    return 0;
}

/* Planted bugs */

static void seek_bug(const struct options *options, int bug, struct report *report)
{
    struct stage *stage = stage_create();
    struct verdict verdict = {0};
    planted_choose(bug);
    if (!freopen("/dev/null", "w", stderr)) /* an assert may be what finds it */
        exit(2);
    for (uint64_t i = 0; i < options->seeds && !verdict.rule; i++) {
        report->seed = i + 1;
        run_seed(stage, options->first + i, false, &verdict);
    }
    report->has_failed = verdict.rule != NULL;
    (void)snprintf(report->rule, sizeof report->rule, "%s", verdict.rule ? verdict.rule : "");
    exit(0);
}

/* Bugs of one server, and then those that it takes a cluster to find. */
#define BUG(name, text) +1
enum { PLANTED_OF_NODES = 0 PLANTED_TABLE(BUG) };
#undef BUG

static int first_bug(void)
{
    return sim_is_cluster ? PLANTED_OF_NODES : 0;
}

static int end_of_bugs(void)
{
    return sim_is_cluster ? PLANTED_COUNT : PLANTED_OF_NODES;
}

static int tell_bugs(void)
{
    int missed = 0;
    for (int bug = first_bug(); bug < end_of_bugs(); bug++) {
        const struct report *report = &reports[bug];
        missed += !report->has_failed;
        (void)printf("%-22s %5llu seeds  %-12s %s\n", planted_names[bug], (unsigned long long)report->seed,
                     report->has_failed ? report->rule : "NOT FOUND", planted_texts[bug]);
    }
    (void)printf("planted     %d bugs, %d not found\n", end_of_bugs() - first_bug(), missed);
    return missed ? 1 : 0;
}

static int run_planted(const struct options *options)
{
    pid_t pids[PLANTED_COUNT];
    int waited = first_bug();
    for (int bug = first_bug(); bug < end_of_bugs(); bug++) {
        (void)fflush(stdout);
        pids[bug] = fork();
        if (pids[bug] == 0)
            seek_bug(options, bug, &reports[bug]);
        if (bug - waited + 1 >= (int)options->jobs) {
            wait_for(pids[waited], &reports[waited]);
            waited++;
        }
    }
    for (; waited < end_of_bugs(); waited++)
        wait_for(pids[waited], &reports[waited]);
    return tell_bugs();
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: sim [--seeds N] [--seed FIRST] [--jobs N] [--history FILE] [--texts] [--planted]\n"
                          "           [--cluster]\n");
    return 64;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--texts") == 0) {
            sim_prints_texts = true;
            continue;
        }
        if (strcmp(argv[i], "--cluster") == 0) {
            sim_is_cluster = true;
            continue;
        }
        if (strcmp(argv[i], "--planted") == 0) {
            options->is_planted = true;
            continue;
        }
        if (!value)
            return false;
        if (strcmp(argv[i], "--seeds") == 0)
            options->seeds = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options->first = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--jobs") == 0)
            options->jobs = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--history") == 0)
            options->history = value;
        else
            return false;
        i++;
    }
    options->is_single = options->seeds == 0 && options->first != 0 && !options->is_planted;
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.first = 0, .seeds = 0, .jobs = 1};
    if (!read_options(argc, argv, &options) || options.jobs < 1 || options.jobs > JOBS_MAX)
        return usage();
    (void)map_hash("", 0); /* its key is drawn before the first seed */
    if (options.is_single)
        return run_single(&options);
    if (!options.seeds)
        options.seeds = options.is_planted ? PLANTED_SEEDS : 1000;
    if (!options.first)
        options.first = 1;
    reports = shared_memory((JOBS_MAX + PLANTED_COUNT) * sizeof *reports);
    must_stop = shared_memory(sizeof *must_stop);
    return options.is_planted ? run_planted(&options) : run_many(&options);
}
