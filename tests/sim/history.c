/* history.c - keeping, printing and hashing a history. */
#include "tests/sim/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

struct name {
    uint32_t number;
    UT_hash_handle hh;
    char text[];
};

const char *const line_texts[LINE_TYPE_COUNT] = {
#define LINE(name, text, form) text,
    LINE_TABLE(LINE)
#undef LINE
};

const char *const line_forms[LINE_TYPE_COUNT] = {
#define LINE(name, text, form) form,
    LINE_TABLE(LINE)
#undef LINE
};

uint32_t names_number(struct names *names, const char *text, size_t length)
{
    struct name *name = NULL;
    HASH_FIND(hh, names->by_text, text, length, name);
    if (name)
        return name->number;
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? names->capacity * 2 : 64;
        names->texts = memory_resize(names->texts, names->capacity * sizeof *names->texts);
    }
    name = memory_new(sizeof *name + length + 1);
    memcpy(name->text, text, length);
    name->number = names->count++;
    names->texts[name->number] = name->text;
    HASH_ADD_KEYPTR(hh, names->by_text, name->text, length, name);
    return name->number;
}

static void names_fini(struct names *names)
{
    HASH_CLEAR(hh, names->by_text);
    for (uint32_t i = 0; i < names->count; i++)
        free(names->texts[i] - offsetof(struct name, text));
    free(names->texts);
}

void history_init(struct history *history)
{
    *history = (struct history){0};
}

void history_fini(struct history *history)
{
    names_fini(&history->clients);
    names_fini(&history->peers);
    names_fini(&history->messages);
    names_fini(&history->words);
    free(history->lines);
    free(history->lists);
}

void history_clear(struct history *history)
{
    history->count = 0;
    history->list_count = 0;
    history->counter_count = 0;
}

struct line *history_add(struct history *history, int64_t at_ms, uint32_t who, enum line_type type)
{
    if (history->count == history->capacity) {
        history->capacity = history->capacity ? history->capacity * 2 : 1024;
        history->lines = memory_resize(history->lines, history->capacity * sizeof *history->lines);
    }
    struct line *line = &history->lines[history->count++];
    *line = (struct line){.at_ms = at_ms, .number = NUMBER_ABSENT, .type = type, .who = who};
    line->message = line->peer = line->word = NOBODY;
    line->list = history->list_count;
    return line;
}

void history_list(struct history *history, uint32_t entry)
{
    if (history->list_count == history->list_capacity) {
        history->list_capacity = history->list_capacity ? history->list_capacity * 2 : 1024;
        history->lists = memory_resize(history->lists, history->list_capacity * sizeof *history->lists);
    }
    history->lists[history->list_count++] = entry;
    history->lines[history->count - 1].list_count++;
}

uint32_t history_word(struct history *history, const char *text)
{
    for (uint32_t i = 0; i < history->words.count && i < 32; i++) {
        if (strcmp(history->words.texts[i], text) == 0)
            return i;
    }
    return names_number(&history->words, text, strlen(text));
}

const char *history_word_text(const struct history *history, uint32_t word)
{
    return word < history->words.count ? history->words.texts[word] : "?";
}

void history_counter(struct history *history, const char *name, int64_t value)
{
    if (history->counter_count < COUNTERS_MAX)
        history->counters[history->counter_count++] = (struct counter){history_word(history, name), value};
}

static void print_name(const struct names *names, char prefix, uint32_t number, FILE *out)
{
    if (number < names->count)
        (void)fputs(names->texts[number], out);
    else
        (void)fprintf(out, "%c%u", prefix, number);
}

static void print_who(const struct history *history, uint32_t who, FILE *out)
{
    if (history->clients.count == 0 && who <= WHO_SERVER)
        (void)fputs(who == WHO_RUN ? "-" : "server", out);
    else
        print_name(&history->clients, 'c', who, out);
}

static void print_list(const struct history *history, const struct line *line, FILE *out)
{
    for (uint32_t i = 0; i < line->list_count; i++) {
        uint32_t entry = history->lists[line->list + i];
        (void)fputc(' ', out);
        print_name(&history->peers, 'p', entry >> 1, out);
        if (entry & 1)
            (void)fputc('~', out);
    }
}

static void print_counters(const struct history *history, FILE *out)
{
    for (size_t i = 0; i < history->counter_count; i++) {
        const struct counter *counter = &history->counters[i];
        (void)fprintf(out, " %s=%lld", history_word_text(history, counter->name), (long long)counter->value);
    }
}

static void print_part(const struct history *history, const struct line *line, char part, FILE *out)
{
    if (part == 'L')
        print_list(history, line, out);
    if (part == 'C')
        print_counters(history, out);
    if ((part == 'P' && line->peer == NOBODY) || (part == 'N' && line->number == NUMBER_ABSENT) || strchr("LC*", part))
        return;
    (void)fputc(' ', out);
    switch (part) {
    case 'm': print_name(&history->messages, 'm', line->message, out); break;
    case 'p':
    case 'P': print_name(&history->peers, 'p', line->peer, out); break;
    case 'w': (void)fputs(history_word_text(history, line->word), out); break;
    case 'N': (void)fprintf(out, "%lld", (long long)line->number); break;
    case 't': (void)fputs("to", out); break;
    default: (void)fputs("all", out); break;
    }
}

void history_print_line(const struct history *history, const struct line *line, FILE *out)
{
    (void)fprintf(out, "%lld ", (long long)line->at_ms);
    print_who(history, line->who, out);
    (void)fprintf(out, " %s", line_texts[line->type]);
    for (const char *part = line_forms[line->type]; *part; part++)
        print_part(history, line, *part, out);
    if (line->type == LINE_FAULT && line->peer != NOBODY)
        (void)fprintf(out, " c%u", line->peer);
    (void)fputc('\n', out);
}

void history_print(const struct history *history, size_t from, FILE *out)
{
    for (size_t i = from; i < history->count; i++)
        history_print_line(history, &history->lines[i], out);
}

static uint64_t fnv(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

uint64_t history_hash(const struct history *history)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < history->count; i++) {
        const struct line *line = &history->lines[i];
        hash = fnv(hash, (uint64_t)line->at_ms << 8 | (uint64_t)line->type);
        hash = fnv(hash, (uint64_t)line->who << 32 | line->message);
        hash = fnv(hash, (uint64_t)line->peer << 32 | line->word);
        hash = fnv(hash, (uint64_t)line->number);
        for (uint32_t j = 0; j < line->list_count; j++)
            hash = fnv(hash, history->lists[line->list + j]);
    }
    for (size_t i = 0; i < history->counter_count; i++)
        hash = fnv(hash, (uint64_t)history->counters[i].value);
    return hash;
}
