/* metrics_process.c - what the kernel knows of this process. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ops/log.h"
#include "ops/metrics.h"

#define START_FIELD 22 /* starttime in /proc/self/stat, proc(5) */

static double cpu_seconds(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return -1;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    int64_t pages = -1;
    if (file && fscanf(file, "%*d %" SCNd64, &pages) != 1)
        pages = -1;
    if (file)
        (void)fclose(file);
    return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    if (!directory)
        return -1;
    int64_t count = -1; /* the directory itself is one of them */
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    return count;
}

static int64_t max_fds(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return -1;
    return (int64_t)limit.rlim_cur;
}

/* In seconds since boot; -1 when unknown. The name in the second field may hold spaces and brackets. */
static double start_since_boot(void)
{
    char text[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < START_FIELD; field++)
        at = strchr(at + 1, ' ');
    long long ticks = 0;
    return at && sscanf(at, "%lld", &ticks) == 1 ? (double)ticks / (double)sysconf(_SC_CLK_TCK) : -1;
}

static double boot_unix_s(void)
{
    char line[256];
    long long boot = -1;
    FILE *file = fopen("/proc/stat", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "btime %lld", &boot) == 1)
            break;
    if (file)
        (void)fclose(file);
    return (double)boot;
}

static double start_unix_s(void)
{
    double since_boot = start_since_boot();
    double boot = boot_unix_s();
    return since_boot < 0 || boot < 0 ? -1 : boot + since_boot;
}

void metrics_read_process(struct metrics_process *out)
{
    out->log_dropped = (int64_t)log_dropped();
    out->cpu_s = cpu_seconds();
    out->resident_bytes = resident_bytes();
    out->open_fds = open_fds();
    out->max_fds = max_fds();
    out->start_unix_s = start_unix_s();
}
