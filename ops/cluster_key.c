/* cluster_key.c - the secrets of the setting cluster.key. */
#include "ops/cluster_key.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice text)
{
    while (text.length && is_blank(text.data[0]))
        text = slice_from(text, 1);
    while (text.length && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

size_t cluster_key_split(struct slice text, struct slice out[TICKET_KEYS_MAX])
{
    size_t count = 0;
    while (text.length) {
        size_t length = 0;
        while (length < text.length && text.data[length] != ',' && text.data[length] != '\n')
            length++;
        struct slice secret = trim(slice_of(text.data, length));
        text = slice_from(text, length + 1);
        if (secret.length && count++ < TICKET_KEYS_MAX)
            out[count - 1] = secret;
    }
    return count;
}
