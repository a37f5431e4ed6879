/* list.h - a doubly linked list of links embedded in their owners; nothing is allocated. */
#ifndef PARLEY_BASE_LIST_H
#define PARLEY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *next; /* NULL when in no list */
    struct list_link *previous;
};

struct list {
    struct list_link head; /* head.next is the first, head.previous the last */
};

/* The owner of a link: LIST_OWNER(link, struct peer, link_in_room) */
#define LIST_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->head.next = list->head.previous = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

static inline bool list_has_link(const struct list_link *link)
{
    return link->next != NULL;
}

static inline void list_append(struct list *list, struct list_link *link)
{
    link->previous = list->head.previous;
    link->next = &list->head;
    link->previous->next = link;
    list->head.previous = link;
}

/* `place` is the link of another owner in the same list, or the list's head to insert at its start. */
static inline void list_insert_after(struct list_link *place, struct list_link *link)
{
    link->previous = place;
    link->next = place->next;
    link->next->previous = link;
    place->next = link;
}

/* Removing a link that is in no list does nothing. */
static inline void list_remove(struct list_link *link)
{
    if (!link->next)
        return;
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = link->previous = NULL;
}

/* NULL when the list is empty. */
static inline struct list_link *list_first(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.next;
}

static inline struct list_link *list_next(const struct list *list, const struct list_link *link)
{
    return link->next == &list->head ? NULL : link->next;
}

#endif
