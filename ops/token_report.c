/* token_report.c - judges a token as the server would, and puts the result in words. */
#include "ops/token_report.h"

#include <time.h>

#include "base/json_scan.h"

#define INTEGER_MAX (INT64_C(1) << 53)

/* The integer claim `name`; false when there is none. */
static bool find_time(struct slice payload, const char *name, int64_t *out_s)
{
    struct json_walk walk = json_walk_start(payload);
    for (struct json_member member; json_walk_next(&walk, &member);)
        if (slice_is_text(member.name, name))
            return member.kind == JSON_NUMBER && json_integer_decode(member.value, INTEGER_MAX, out_s);
    return false;
}

static void add_span(struct buffer *out, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t unit = 0;
    while (unit < 3 && seconds < units[unit].seconds)
        unit++;
    int64_t count = seconds / units[unit].seconds;
    buffer_add_int(out, count);
    buffer_add_format(out, " %s%s", units[unit].name, count == 1 ? "" : "s");
}

static void add_expired(const struct token_report *report, struct instant now, struct buffer *out)
{
    int64_t exp_s = 0;
    (void)find_time(buffer_slice(&report->payload), "exp", &exp_s);
    buffer_add_text(out, "expired ");
    add_span(out, instant_unix_s(now) - exp_s);
    buffer_add_text(out, " ago");
}

static void add_not_yet(const struct token_report *report, struct instant now, struct buffer *out)
{
    int64_t nbf_s = 0, iat_s = 0;
    (void)find_time(buffer_slice(&report->payload), "nbf", &nbf_s);
    (void)find_time(buffer_slice(&report->payload), "iat", &iat_s);
    buffer_add_text(out, "valid only in ");
    add_span(out, (nbf_s > iat_s ? nbf_s : iat_s) - instant_unix_s(now));
    buffer_add_format(out, " (%s): is a clock wrong?", nbf_s > iat_s ? "nbf" : "iat");
}

static void add_lifetime(const struct token_report *report, const struct token_question *question, struct buffer *out)
{
    int64_t exp_s = 0;
    (void)find_time(buffer_slice(&report->payload), "exp", &exp_s);
    buffer_add_text(out, "good for another ");
    add_span(out, exp_s - instant_unix_s(question->now));
    buffer_add_text(out, ", but at most ");
    add_span(out, question->rules.lifetime_max_s);
    buffer_add_text(out, " are allowed (auth.token_lifetime_max)");
}

static void add_rooms(const struct claims *claims, const struct token_question *question, struct buffer *out)
{
    if (claims->room.length == 0) {
        buffer_add_text(out, "token is for no room (video.room)");
        return;
    }
    buffer_add_text(out, "token is for room ");
    buffer_add(out, claims->room);
    buffer_add_text(out, ", you opened ");
    buffer_add(out, question->room);
}

static void add_admitted(const struct claims *claims, struct buffer *out)
{
    buffer_add(out, claims->identity);
    buffer_add_text(out, " would be admitted to room ");
    buffer_add(out, claims->room);
}

static void add_reason(const struct token_report *report, const struct token_question *question,
                       const struct claims *claims, struct buffer *out)
{
    if (!report->error)
        add_admitted(claims, out);
    else if (report->error == ERR_AUTH_EXPIRED)
        add_expired(report, question->now, out);
    else if (report->error == ERR_AUTH_NOT_YET)
        add_not_yet(report, question->now, out);
    else if (report->error == ERR_AUTH_LIFETIME)
        add_lifetime(report, question, out);
    else if (report->error == ERR_AUTH_ROOM)
        add_rooms(claims, question, out);
    else if (report->error == ERR_AUTH_KEY)
        buffer_add_text(out, "not signed by a key given: none has the token's iss or kid");
    else if (report->error == ERR_AUTH_SIGNATURE)
        buffer_add_text(out, "not signed by a key given: the signature does not fit the key that the token names");
    else
        buffer_add_text(out, error_text(report->error));
    if (!report->has_keys && report->is_readable)
        buffer_add_text(out, report->error ? " (signature not checked)"
                                           : " if its signature is right, which was not checked");
}

/* As signaling/ judges a hello, one step after the other. */
static enum error judge(const struct token_question *question, bool has_keys, struct claims *out_claims)
{
    enum error error = has_keys
                           ? token_verify(question->keys, &question->rules, question->token, question->now, out_claims)
                           : token_check_unsigned(&question->rules, question->token, question->now, out_claims);
    if (error)
        return error;
    return claims_admit(out_claims, question->room.length ? question->room : out_claims->room);
}

void token_report_init(const struct token_question *question, struct token_report *out)
{
    *out = (struct token_report){.has_keys = keyring_count(question->keys) > 0};
    out->is_readable = token_peek(question->token, &out->header, &out->payload) == ERROR_NONE;
    struct claims claims = {0};
    out->error = judge(question, out->has_keys, &claims);
    add_reason(out, question, &claims, &out->reason);
    claims_fini(&claims);
}

void token_report_fini(struct token_report *report)
{
    buffer_fini(&report->header);
    buffer_fini(&report->payload);
    buffer_fini(&report->reason);
}

/* A token may hold what moves a terminal's cursor: control characters, and those of U+0080 to U+009F. */
static void add_harmless(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_c1 = c == 0xc2 && i + 1 < text.length && (unsigned char)text.data[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || is_c1)
            buffer_add_char(out, '?');
        else
            buffer_add_char(out, (char)c);
        i += is_c1;
    }
}

static void add_time_in_words(struct buffer *out, struct slice number)
{
    int64_t unix_s = 0;
    struct tm parts;
    char text[64];
    if (!json_integer_decode(number, INTEGER_MAX, &unix_s))
        return;
    time_t time = (time_t)unix_s;
    if (gmtime_r(&time, &parts) && strftime(text, sizeof text, "  %Y-%m-%d %H:%M:%S UTC", &parts))
        buffer_add_text(out, text);
}

static void add_members(struct buffer *out, const char *title, struct slice object)
{
    buffer_add_format(out, "%s\n", title);
    struct json_walk walk = json_walk_start(object);
    for (struct json_member member; json_walk_next(&walk, &member);) {
        buffer_add_text(out, "  ");
        add_harmless(out, member.name);
        for (size_t width = member.name.length; width < 12; width++)
            buffer_add_char(out, ' ');
        add_harmless(out, member.value);
        if (slice_is_text(member.name, "exp") || slice_is_text(member.name, "nbf") || slice_is_text(member.name, "iat"))
            add_time_in_words(out, member.value);
        buffer_add_char(out, '\n');
    }
}

void token_report_print(const struct token_report *report, struct buffer *out)
{
    if (report->is_readable) {
        add_members(out, "header", buffer_slice(&report->header));
        add_members(out, "claims", buffer_slice(&report->payload));
    }
    token_report_print_line(report, out);
}

void token_report_print_line(const struct token_report *report, struct buffer *out)
{
    buffer_add_text(out, report->error ? "refused: " : report->has_keys ? "good: " : "unproved: ");
    add_harmless(out, buffer_slice(&report->reason));
    buffer_add_char(out, '\n');
}

void token_report_print_json(const struct token_report *report, struct buffer *out)
{
    buffer_add_char(out, '{');
    if (report->is_readable) {
        buffer_add_text(out, "\"header\":");
        buffer_add(out, buffer_slice(&report->header));
        buffer_add_text(out, ",\"claims\":");
        buffer_add(out, buffer_slice(&report->payload));
        buffer_add_char(out, ',');
    }
    buffer_add_format(out, "\"signature_checked\":%s,\"admitted\":%s,\"code\":\"%s\",\"reason\":",
                      report->has_keys ? "true" : "false", !report->error && report->has_keys ? "true" : "false",
                      error_code(report->error));
    buffer_add_json_string(out, buffer_slice(&report->reason));
    buffer_add_text(out, "}\n");
}
