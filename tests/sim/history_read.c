/* history_read.c - a history from its text. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/history.h"

#define NAME_MAX_BYTES 63

/* The words of one line that are still to be read. */
struct words {
    char *at; /* NULL: none is left */
    const char *why;
};

static char *next_word(struct words *words)
{
    return words->at ? strsep(&words->at, " ") : NULL;
}

/* NULL, and a reason, when there is none or it is no name. */
static char *need_word(struct words *words)
{
    char *word = next_word(words);
    if (word && *word && strlen(word) <= NAME_MAX_BYTES)
        return word;
    words->why = word ? "a name is empty or too long" : "the line is too short";
    return NULL;
}

static uint32_t need_name(struct words *words, struct names *names)
{
    char *word = need_word(words);
    return word ? names_number(names, word, strlen(word)) : NOBODY;
}

static int64_t need_number(struct words *words)
{
    char *word = need_word(words), *end = word;
    int64_t number = word ? strtoll(word, &end, 10) : 0;
    if (word && (*end || end == word))
        words->why = "that is no number";
    return number;
}

static void read_list(struct history *history, struct words *words)
{
    char *word;
    while ((word = next_word(words)) && !words->why) {
        size_t length = strlen(word);
        bool is_away = length > 1 && word[length - 1] == '~';
        length -= is_away;
        if (length == 0 || length > NAME_MAX_BYTES)
            words->why = "a peer's name is empty or too long";
        else
            history_list(history, LISTED(names_number(&history->peers, word, length), is_away));
    }
}

static void read_counters(struct history *history, struct words *words)
{
    char *word;
    while ((word = next_word(words)) && !words->why) {
        char *sign = strchr(word, '=');
        if (!sign || history->counter_count == COUNTERS_MAX) {
            words->why = "that is no NAME=VALUE, or one too many";
            return;
        }
        *sign = '\0';
        history_counter(history, word, strtoll(sign + 1, NULL, 10));
    }
}

static void need_literal(struct words *words, const char *literal)
{
    const char *word = need_word(words);
    if (word && strcmp(word, literal) != 0)
        words->why = "it is \"to PEER\" or \"all\"";
}

static void read_part(struct history *history, struct line *line, char part, struct words *words)
{
    switch (part) {
    case 'm': line->message = need_name(words, &history->messages); break;
    case 'P':
        if (words->at)
            line->peer = need_name(words, &history->peers);
        break;
    case 'p': line->peer = need_name(words, &history->peers); break;
    case 'w': line->word = need_name(words, &history->words); break;
    case 'N':
        if (words->at)
            line->number = need_number(words);
        break;
    case 't': need_literal(words, "to"); break;
    case 'a': need_literal(words, "all"); break;
    case 'L': read_list(history, words); break;
    case 'C': read_counters(history, words); break;
    default: words->at = NULL; break;
    }
}

static enum line_type find_type(const char *text, const char *rest)
{
    int type = 0;
    while (type < LINE_TYPE_COUNT && strcmp(line_texts[type], text) != 0)
        type++;
    if (type != LINE_SEND || !rest)
        return (enum line_type)type;
    const char *second = strchr(rest, ' ');
    return second && strcmp(second, " all") == 0 ? LINE_SEND_ALL : LINE_SEND;
}

static const char *read_line(struct history *history, char *text)
{
    struct words words = {text, NULL};
    int64_t at_ms = need_number(&words);
    uint32_t who = need_name(&words, &history->clients);
    const char *name = words.why ? NULL : need_word(&words);
    if (!name)
        return words.why;
    enum line_type type = find_type(name, words.at);
    if (type == LINE_TYPE_COUNT)
        return "there is no such event";
    if (history->count && at_ms < history->lines[history->count - 1].at_ms)
        return "the time goes back";
    struct line *line = history_add(history, at_ms, who, type);
    for (const char *part = line_forms[type]; *part && !words.why; part++)
        read_part(history, line, *part, &words);
    if (!words.why && words.at)
        return "the line is too long";
    return words.why;
}

size_t history_read(struct history *history, FILE *file, const char **out_why)
{
    char *text = NULL;
    size_t size = 0, number = 0;
    const char *why = NULL;
    (void)names_number(&history->clients, "-", 1);
    (void)names_number(&history->clients, "server", 6);
    while (!why && getline(&text, &size, file) >= 0) {
        number++;
        text[strcspn(text, "\r\n")] = '\0';
        if (*text && *text != '#')
            why = read_line(history, text);
    }
    free(text);
    *out_why = why;
    return why ? number : 0;
}
