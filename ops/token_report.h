/* token_report.h - what a token says and whether it admits, in words; private to `parley token`. */
#ifndef PARLEY_OPS_TOKEN_REPORT_H
#define PARLEY_OPS_TOKEN_REPORT_H

#include <stdbool.h>

#include "auth/keyring.h"
#include "auth/token.h"
#include "base/buffer.h"

struct token_question {
    struct slice token;
    struct slice room; /* empty: the token's own */
    struct token_rules rules;
    const struct keyring *keys; /* without a key the signature is not checked */
    struct instant now;
};

struct token_report {
    enum error error; /* why a join would be refused; ERROR_NONE: it would not */
    bool is_readable; /* header and payload are there */
    bool has_keys;
    struct buffer header;
    struct buffer payload;
    struct buffer reason; /* one line for people */
};

void token_report_init(const struct token_question *question, struct token_report *out);
void token_report_fini(struct token_report *report);

/* Appends it, for people, the last line of that alone, or as one JSON object. */
void token_report_print(const struct token_report *report, struct buffer *out);
void token_report_print_line(const struct token_report *report, struct buffer *out);
void token_report_print_json(const struct token_report *report, struct buffer *out);

#endif
