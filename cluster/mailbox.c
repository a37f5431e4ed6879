/* mailbox.c - a ring of letters that grows by doubling and gives its memory back when it is empty again. */
#include "cluster/mailbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/planted.h"

#define LETTERS_FIRST 8

void mailbox_init(struct mailbox *mailbox, struct mailbox_limits limits)
{
    *mailbox = (struct mailbox){.limits = limits};
}

void mailbox_fini(struct mailbox *mailbox)
{
    while (mailbox->count)
        mailbox_pop(mailbox);
    free(mailbox->ring);
    mailbox_init(mailbox, mailbox->limits);
}

static struct letter *place_of(const struct mailbox *mailbox, size_t index)
{
    return &mailbox->ring[(mailbox->first + index) & (mailbox->capacity - 1)];
}

static void grow(struct mailbox *mailbox)
{
    size_t capacity = mailbox->capacity ? mailbox->capacity * 2 : LETTERS_FIRST;
    struct letter *ring = memory_new(capacity * sizeof *ring);
    for (size_t i = 0; i < mailbox->count; i++)
        ring[i] = *place_of(mailbox, i);
    free(mailbox->ring);
    mailbox->ring = ring;
    mailbox->capacity = capacity;
    mailbox->first = 0;
}

static enum error push(struct mailbox *mailbox, const struct letter *letter, size_t letters_max, size_t bytes_max)
{
    size_t length = letter->frame->length;
    if (mailbox->count >= letters_max || mailbox->bytes > bytes_max || length > bytes_max - mailbox->bytes)
        return ERR_OUTBOX_FULL;
    assert(!mailbox->count || place_of(mailbox, mailbox->count - 1)->n < letter->n);
    if (mailbox->count == mailbox->capacity)
        grow(mailbox);
    *place_of(mailbox, mailbox->count) = *letter;
    frame_ref(letter->frame);
    mailbox->count++;
    mailbox->bytes += length;
    return ERROR_NONE;
}

enum error mailbox_push(struct mailbox *mailbox, const struct letter *letter)
{
    if (BUGGIFY(MAILBOX_FULL))
        return ERR_OUTBOX_FULL;
    return push(mailbox, letter, mailbox->limits.letters_max, mailbox->limits.bytes_max);
}

enum error mailbox_push_beyond(struct mailbox *mailbox, const struct letter *letter)
{
    if (BUGGIFY(MAILBOX_OVERFULL))
        return ERR_OUTBOX_FULL;
    return push(mailbox, letter, mailbox->limits.letters_max * MAILBOX_BEYOND,
                mailbox->limits.bytes_max * MAILBOX_BEYOND);
}

const struct letter *mailbox_at(const struct mailbox *mailbox, size_t index)
{
    return index < mailbox->count ? place_of(mailbox, index) : NULL;
}

/* Most mailboxes are empty most of the time; a large ring is not kept for those. */
static void shrink_when_empty(struct mailbox *mailbox)
{
    if (mailbox->count || mailbox->capacity == LETTERS_FIRST)
        return;
    free(mailbox->ring);
    mailbox->ring = NULL;
    mailbox->capacity = 0;
}

void mailbox_pop(struct mailbox *mailbox)
{
    assert(mailbox->count);
    struct frame *frame = place_of(mailbox, 0)->frame;
    mailbox->first = (mailbox->first + 1) & (mailbox->capacity - 1);
    mailbox->count--;
    mailbox->bytes -= frame->length;
    frame_unref(frame);
    shrink_when_empty(mailbox);
}

size_t mailbox_withdraw_if(struct mailbox *mailbox, bool (*picks)(void *context, const struct letter *letter),
                           void *context)
{
    size_t kept = 0, count = mailbox->count;
    for (size_t i = 0; i < count; i++) {
        struct letter letter = *place_of(mailbox, i);
        if (!picks(context, &letter)) {
            *place_of(mailbox, kept++) = letter;
            continue;
        }
        mailbox->bytes -= letter.frame->length;
        frame_unref(letter.frame);
    }
    mailbox->count = kept;
    shrink_when_empty(mailbox);
    return count - kept;
}

static bool is_of_sender(void *context, const struct letter *letter)
{
    const uint64_t *sender = context;
    return letter->sender == *sender;
}

size_t mailbox_withdraw(struct mailbox *mailbox, uint64_t sender)
{
    return mailbox_withdraw_if(mailbox, is_of_sender, &sender);
}
