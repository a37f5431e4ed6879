/* test_list.c - a list of embedded links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct person {
    char name;
    struct list_link link;
};

static void assert_order(struct list *list, const char *names)
{
    struct list_link *link = list_first(list);
    for (; *names; names++, link = list_next(list, link)) {
        assert_non_null(link);
        assert_int_equal(LIST_OWNER(link, struct person, link)->name, *names);
    }
    assert_null(link);
}

static void links_are_kept_in_the_order_of_adding(void **state)
{
    struct person ann = {.name = 'a'}, bob = {.name = 'b'}, cyd = {.name = 'c'};
    struct list list;
    (void)state;
    list_init(&list);
    assert_true(list_is_empty(&list));
    assert_order(&list, "");

    list_append(&list, &ann.link);
    list_append(&list, &bob.link);
    list_append(&list, &cyd.link);

    assert_false(list_is_empty(&list));
    assert_order(&list, "abc");
}

static void a_link_can_be_put_after_any_other(void **state)
{
    struct person ann = {.name = 'a'}, bob = {.name = 'b'}, cyd = {.name = 'c'};
    struct list list;
    (void)state;
    list_init(&list);

    list_insert_after(&list.head, &cyd.link);
    list_insert_after(&list.head, &ann.link);
    list_insert_after(&ann.link, &bob.link);

    assert_order(&list, "abc");
}

static void any_link_can_be_removed_and_added_again(void **state)
{
    struct person ann = {.name = 'a'}, bob = {.name = 'b'}, cyd = {.name = 'c'};
    struct list list;
    (void)state;
    list_init(&list);
    list_append(&list, &ann.link);
    list_append(&list, &bob.link);
    list_append(&list, &cyd.link);

    list_remove(&bob.link);
    assert_order(&list, "ac");
    assert_false(list_has_link(&bob.link));
    list_remove(&ann.link);
    list_append(&list, &bob.link);
    assert_order(&list, "cb");
    list_remove(&cyd.link);
    list_remove(&bob.link);
    assert_true(list_is_empty(&list));
}

static void removing_twice_does_nothing(void **state)
{
    struct person ann = {.name = 'a'};
    struct list list;
    (void)state;
    list_init(&list);

    list_remove(&ann.link);
    list_append(&list, &ann.link);
    list_remove(&ann.link);
    list_remove(&ann.link);

    assert_true(list_is_empty(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_kept_in_the_order_of_adding),
        cmocka_unit_test(a_link_can_be_put_after_any_other),
        cmocka_unit_test(any_link_can_be_removed_and_added_again),
        cmocka_unit_test(removing_twice_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
