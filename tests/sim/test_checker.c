/* test_checker.c - the checker sees each breach of its rules, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/checker.h"
#include "tests/support/cmocka_all.h"

/* ann (A) and bob (B) are in a room. */
#define BOTH "0 - grace 30000\n1 ann dial\n2 ann begin A lobby\n3 bob dial\n4 bob begin B lobby\n"
#define END  "9000 - calm\n9000 ann sees B\n9000 bob sees A\n50000 - quiet\n50000 ann sees B\n50000 bob sees A\n"

/* The rule that a history violates; "" when it violates none. */
static const char *judge(const char *text)
{
    static char rule[32];
    char whole[4096];
    const char *why;
    struct history history;
    struct verdict verdict;
    struct checker *checker = checker_create();
    (void)snprintf(whole, sizeof whole, "%s", text);
    FILE *file = fmemopen(whole, strlen(whole), "r");
    history_init(&history);
    assert_int_equal(history_read(&history, file, &why), 0);
    (void)fclose(file);
    checker_judge(checker, &history, &verdict);
    (void)snprintf(rule, sizeof rule, "%s", verdict.rule ? verdict.rule : "");
    checker_destroy(checker);
    history_fini(&history);
    return rule;
}

static void messages_that_arrive_are_well(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 bob handled m A\n7 ann settled m\n" END), "");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 ann undelivered m outbox-full\n" END), "");
    assert_string_equal(judge(BOTH "5 ann send m all\n6 ann taken m B\n6 bob handled m A\n7 ann settled m B\n" END),
                        "");
    assert_string_equal(judge(BOTH "5 ann send m all\n6 ann taken m\n" END), "");
}

static void what_is_lost_doubled_or_out_of_order_is_seen(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 bob handled m A\n" END), "settled");
    assert_string_equal(judge(BOTH "5 ann send m all\n" END), "settled");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 bob handled m A\n7 bob handled m A\n"), "once");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 server took m\n7 server took m\n"), "once");
    assert_string_equal(judge(BOTH "5 ann send l to B\n5 ann send m to B\n6 bob handled m A\n7 bob handled l A\n"),
                        "order");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 ann settled m\n"), "receipt");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 ann handled m A\n"), "addressee");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 server took m\n7 ann end left\n9000 - calm\n50000 - quiet\n"),
                        "lost");
}

static void undelivered_and_handled_needs_an_excuse(void **state)
{
    (void)state;
#define TRIED BOTH "5 ann send m to B\n6 bob handled m A\n"
    assert_string_equal(judge(TRIED "7 ann undelivered m expired\n" END), "either");
    assert_string_equal(judge(TRIED "7 bob end left\n8 ann undelivered m peer-left\n"), "");
    assert_string_equal(judge(TRIED "7 bob end left\n8 ann undelivered m outbox-full\n"), "either");
    assert_string_equal(judge(TRIED "7 - fault kill\n8 ann undelivered m outbox-full\n"), "");
    assert_string_equal(judge(TRIED "7 ann refused m internal\n"), "either");
}

static void sessions_last_as_long_as_they_must_and_no_longer(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "100 bob down 90\n29000 bob dial\n29001 bob end session_ended\n"), "early");
    assert_string_equal(judge(BOTH "100 bob down 90\n31000 bob dial\n31001 bob end session_ended\n"), "");
    assert_string_equal(judge(BOTH "5 ann kicks B\n6 bob dial\n7 bob resumed\n"), "kicked");
    assert_string_equal(judge(BOTH "5 bob end replaced\n6 bob dial\n7 bob begin B lobby\n"), "sense");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 bob kicks A\n7 bob dial\n8 bob resumed\n9 bob handled m A\n"),
                        "kicked");
}

static void who_was_on_a_node_that_stood_still_for_longer_than_the_grace_time_may_be_gone(void **state)
{
    (void)state;
#define GONE(at) at " bob down 40000\n" at " bob end session_ended\n"
    assert_string_equal(judge(BOTH "41000 server froze 31000 B\n" GONE("42000")), "");
    assert_string_equal(judge(BOTH "41000 server froze 29000 B\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH "41000 server froze 31000 A\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH "9000 server froze 31000 B\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH "41000 server froze 31000 B\n41500 bob resumed\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH "41000 server froze 31000 B\n41500 bob rebuilt\n" GONE("42000")), "early");
}

#define PARTED "9 - fault bus-cut\n"
static void who_is_missing_in_another_home_of_the_room_when_that_settles_may_be_gone(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH PARTED "39000 server rested lobby A\n" GONE("42000")), "");
    assert_string_equal(judge(BOTH PARTED "39000 server rested lobby A B\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH PARTED "39000 server rested attic A\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH "39000 server rested lobby A\n" GONE("42000")), "early");
    assert_string_equal(judge(BOTH PARTED "39000 server rested lobby A\n39001 cyd dial\n39002 cyd begin C lobby\n"
                                          "42000 cyd down 40000\n42000 cyd end session_ended\n"),
                        "early");
}

static void two_homes_may_take_a_message_once_each(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 - fault kill\n7 server took m 1\n8 server took m 2\n"), "");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 - fault kill\n7 server took m 1\n8 server took m 1\n"),
                        "once");
    assert_string_equal(judge(BOTH "5 ann send m to B\n7 server took m 1\n8 server took m 2\n"), "once");
    assert_string_equal(judge(BOTH "4 - fault kill\n5 ann send m to B\n7 server took m 1\n8 server took m 2\n"),
                        "once");
    assert_string_equal(judge(BOTH "5 ann send m to B\n6 - fault kill\n6 bob handled m A\n7 server took m 1\n"
                                   "8 server took m 2\n9 bob handled m A\n"),
                        "once");
}

static void who_left_is_not_there(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "5 ann left B lost\n6 ann back B\n"), "left");
    assert_string_equal(judge(BOTH "5 ann left B lost\n6 bob dial\n7 bob resumed\n" END), "left");
    assert_string_equal(judge(BOTH "5 ann left B lost\n6 bob dial\n7 bob resumed\n8 ann dial\n9 ann resumed\n"),
                        "left");
    assert_string_equal(judge(BOTH "5 ann left B lost\n6 - fault kill\n7 ann dial\n8 ann rebuilt\n9 ann back B\n"), "");
}

/* After a kill bob was late; then ann's session ended too, which she hears when she comes back. */
static void who_left_may_come_back_to_a_room_that_has_emptied(void **state)
{
    (void)state;
#define EMPTIED                                                                                                        \
    BOTH "5 - fault kill\n6 ann dial\n7 ann rebuilt\n31000 ann left B lost\n31001 ann down 31000\n"                    \
         "62000 bob dial\n62001 bob rebuilt\n62002 ann dial\n"
    assert_string_equal(judge(EMPTIED "62003 ann end session_ended\n90000 - calm\n90000 bob sees\n"), "");
    assert_string_equal(judge(EMPTIED "62003 ann resumed\n"), "left");
}

static void rosters_must_be_those_who_are_there(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH "9000 - calm\n9000 ann sees\n"), "roster");
    assert_string_equal(judge(BOTH "9000 - calm\n9000 ann sees B~\n"), "roster");
    assert_string_equal(judge(BOTH "9000 - calm\n9000 ann sees B C\n"), "roster");
    assert_string_equal(judge(BOTH "9000 - calm\n9000 ann sees B C~\n"), "");
    assert_string_equal(judge(BOTH "9000 - calm\n50000 - quiet\n50000 ann sees B C~\n"), "roster");
}

static void counters_must_fit(void **state)
{
    (void)state;
    assert_string_equal(judge(BOTH END "50000 server counts sessions=2 away=0 accepted=0\n"), "");
    assert_string_equal(judge(BOTH END "50000 server counts sessions=3\n"), "counts");
    assert_string_equal(judge(BOTH END "50000 server counts accepted=1\n"), "counts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_that_arrive_are_well),
        cmocka_unit_test(what_is_lost_doubled_or_out_of_order_is_seen),
        cmocka_unit_test(undelivered_and_handled_needs_an_excuse),
        cmocka_unit_test(sessions_last_as_long_as_they_must_and_no_longer),
        cmocka_unit_test(who_was_on_a_node_that_stood_still_for_longer_than_the_grace_time_may_be_gone),
        cmocka_unit_test(who_is_missing_in_another_home_of_the_room_when_that_settles_may_be_gone),
        cmocka_unit_test(two_homes_may_take_a_message_once_each),
        cmocka_unit_test(who_left_is_not_there),
        cmocka_unit_test(who_left_may_come_back_to_a_room_that_has_emptied),
        cmocka_unit_test(rosters_must_be_those_who_are_there),
        cmocka_unit_test(counters_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
