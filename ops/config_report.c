/* config_report.c - lines such as "parley: config.yaml:12:3: unknown key". */
#include "ops/config_report.h"

#include <stdarg.h>

#define MESSAGE_BYTES_MAX 512

/* What a file holds may not steer the terminal that shows the error. */
static void make_printable(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

__attribute__((format(printf, 4, 0))) static void write_line(FILE *out, struct config_place place, const char *kind,
                                                             const char *format, va_list args)
{
    if (!out)
        return;
    char message[MESSAGE_BYTES_MAX];
    (void)vsnprintf(message, sizeof message, format, args);
    make_printable(message);

    (void)fputs("parley: ", out);
    if (place.source)
        (void)fputs(place.source, out);
    if (place.source && place.line)
        (void)fprintf(out, ":%zu:%zu", place.line, place.column);
    (void)fprintf(out, "%s%s%s\n", place.source ? ": " : "", kind, message);
}

void config_fail(struct config_report *report, int status, struct config_place place, const char *format, ...)
{
    if (report->status == CONFIG_OK)
        report->status = status;
    report->count++;
    if (config_report_is_full(report))
        return;
    va_list args;
    va_start(args, format);
    write_line(report->out, place, "", format, args);
    va_end(args);
}

void config_warn(struct config_report *report, struct config_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(report->out, place, "warning: ", format, args);
    va_end(args);
}

bool config_report_is_full(const struct config_report *report)
{
    return report->count > CONFIG_ERRORS_MAX;
}
