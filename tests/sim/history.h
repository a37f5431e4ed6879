/* history.h - what happened in one run, in order; its text is described in history.md. */
#ifndef PARLEY_TESTS_SIM_HISTORY_H
#define PARLEY_TESTS_SIM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* LINE(name, text, form): `form` is what follows, a letter each: m message, p peer, P peer or nothing, w word (a room,
 * a reason, a kind), N number or nothing, L list of peers, C list of counters, * anything, t the word "to", a the word
 * "all". */
#define LINE_TABLE(LINE)                                                                                               \
    LINE(DIAL, "dial", "")                                                                                             \
    LINE(BEGIN, "begin", "pw")                                                                                         \
    LINE(RESUMED, "resumed", "")                                                                                       \
    LINE(REBUILT, "rebuilt", "")                                                                                       \
    LINE(DOWN, "down", "N")                                                                                            \
    LINE(END, "end", "w")                                                                                              \
    LINE(SEND, "send", "mtp")                                                                                          \
    LINE(SEND_ALL, "send", "ma")                                                                                       \
    LINE(TAKEN, "taken", "mL")                                                                                         \
    LINE(HANDLED, "handled", "mp")                                                                                     \
    LINE(SETTLED, "settled", "mP")                                                                                     \
    LINE(UNDELIVERED, "undelivered", "mwP")                                                                            \
    LINE(REFUSED, "refused", "mw")                                                                                     \
    LINE(UNSETTLED, "unsettled", "m")                                                                                  \
    LINE(JOINED, "joined", "p")                                                                                        \
    LINE(BACK, "back", "p")                                                                                            \
    LINE(AWAY, "away", "p")                                                                                            \
    LINE(LEFT, "left", "pw")                                                                                           \
    LINE(SEES, "sees", "L")                                                                                            \
    LINE(KICKS, "kicks", "p")                                                                                          \
    LINE(GRACE, "grace", "N")                                                                                          \
    LINE(FAULT, "fault", "w*")                                                                                         \
    LINE(CALM, "calm", "")                                                                                             \
    LINE(QUIET, "quiet", "")                                                                                           \
    LINE(TOOK, "took", "mN")                                                                                           \
    LINE(DROPPED, "dropped", "mp")                                                                                     \
    LINE(ENDED, "ended", "pw")                                                                                         \
    LINE(RESTED, "rested", "wL")                                                                                       \
    LINE(FROZE, "froze", "NL")                                                                                         \
    LINE(COUNTS, "counts", "C")

enum line_type {
#define LINE(name, text, form) LINE_##name,
    LINE_TABLE(LINE)
#undef LINE
        LINE_TYPE_COUNT
};

#define NOBODY        UINT32_MAX /* no peer, no client */
#define WHO_RUN       0          /* the client number of "-" */
#define WHO_SERVER    1          /* and of "server" */
#define COUNTERS_MAX  16
#define NUMBER_ABSENT INT64_MIN

/* The peers of a list: twice its number, and 1 if it is away. */
#define LISTED(peer, is_away) ((uint32_t)((peer) << 1 | ((is_away) ? 1U : 0U)))

/* One line. Clients, peers, messages and words are numbered by the history's names. */
struct line {
    int64_t at_ms;
    int64_t number;
    enum line_type type;
    uint32_t who, message, peer, word;
    uint32_t list, list_count; /* in history.lists */
};

/* Texts by number. A history of the simulator has names for words only: peer 3 is p3, and so on. */
struct names {
    char **texts;
    uint32_t count, capacity;
    struct name *by_text;
};

struct counter {
    uint32_t name; /* a word */
    int64_t value;
};

struct history {
    struct line *lines;
    size_t count, capacity;
    uint32_t *lists;
    uint32_t list_count, list_capacity;
    struct names clients, peers, messages, words;
    struct counter counters[COUNTERS_MAX];
    size_t counter_count;
};

void history_init(struct history *history);
void history_fini(struct history *history);
void history_clear(struct history *history); /* keeps the memory, and the words */

/* Appends a line and returns it, to be filled in; good until the next one. */
struct line *history_add(struct history *history, int64_t at_ms, uint32_t who, enum line_type type);

/* Adds one entry to the list of the line that was added last. */
void history_list(struct history *history, uint32_t entry);

void history_counter(struct history *history, const char *name, int64_t value);

/* The number of a text, which is new if need be. */
uint32_t names_number(struct names *names, const char *text, size_t length);
uint32_t history_word(struct history *history, const char *text);
const char *history_word_text(const struct history *history, uint32_t word);

/* Reads a text. 0, or the number of the line that cannot be read, with the reason in *out_why. */
size_t history_read(struct history *history, FILE *file, const char **out_why);

void history_print_line(const struct history *history, const struct line *line, FILE *out);
void history_print(const struct history *history, size_t from, FILE *out);

/* A number that differs when anything in the history does (FNV-1a). */
uint64_t history_hash(const struct history *history);

extern const char *const line_texts[LINE_TYPE_COUNT];
extern const char *const line_forms[LINE_TYPE_COUNT];

#endif
