/* test_metric_rows.c - what the server can say and hear has a series of its own in ops/metrics.def. */
#include "base/error.h"
#include "ops/metrics.h"
#include "signaling/message.h"
#include "tests/support/cmocka_all.h"

static void every_message_has_a_row_in_the_order_of_its_type(void **state)
{
    (void)state;
    for (int type = 0; type < MESSAGE_COUNT; type++) {
        enum metric row = metric_for_message_type_name(message_type_name((enum message_type)type));
        assert_int_equal(row, METRIC_MESSAGES_IN_HELLO + type);
    }
    assert_int_equal(metric_for_message_type_name("dance"), METRIC_MESSAGES_IN_OTHER);
}

static void every_event_has_a_row_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < EVENT_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_int_not_equal(metric_for_event((enum event_type)a), metric_for_event((enum event_type)b));
}

static void every_close_code_of_an_error_has_a_row(void **state)
{
    (void)state;
    enum metric other = metric_for_close_code(9999);
    for (int error = 1; error < ERROR_COUNT; error++) {
        int code = error_close_code((enum error)error);
        if (code)
            assert_int_not_equal(metric_for_close_code(code), other);
    }
}

static void every_reason_of_not_being_delivered_has_a_row_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < UNDELIVERED_REASON_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_int_not_equal(metric_for_undelivered((enum undelivered_reason)a),
                                 metric_for_undelivered((enum undelivered_reason)b));
}

static void every_refusal_of_a_token_has_a_row(void **state)
{
    (void)state;
    for (int error = ERR_AUTH_MALFORMED; error <= ERR_AUTH_MISSING; error++)
        assert_int_not_equal(metric_for_auth_error((enum error)error), METRIC_AUTH_FAILURES_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_has_a_row_in_the_order_of_its_type),
        cmocka_unit_test(every_event_has_a_row_of_its_own),
        cmocka_unit_test(every_close_code_of_an_error_has_a_row),
        cmocka_unit_test(every_reason_of_not_being_delivered_has_a_row_of_its_own),
        cmocka_unit_test(every_refusal_of_a_token_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
