/* test_limit.c - buckets fill with time, and addresses are counted by subscriber and forgotten. */
#include <string.h>

#include "signaling/limit.h"
#include "tests/support/cmocka_all.h"

static const struct rate ten_a_second = {10, 5};

static struct net_address address(const char *text)
{
    struct net_address parsed;
    assert_true(net_address_parse(slice_from_text(text), &parsed));
    return parsed;
}

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &ten_a_second, 0);

    for (int i = 0; i < 5; i++)
        assert_true(bucket_take(&bucket, &ten_a_second, 1, 0));
    assert_false(bucket_take(&bucket, &ten_a_second, 1, 99));
    assert_true(bucket_take(&bucket, &ten_a_second, 1, 100));
    assert_false(bucket_take(&bucket, &ten_a_second, 1, 100));
}

static void a_bucket_never_holds_more_than_its_burst(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &ten_a_second, 0);
    int taken = 0;

    while (bucket_take(&bucket, &ten_a_second, 1, 1000000))
        taken++;

    assert_int_equal(taken, 5);
}

static void waiting_as_long_as_told_is_enough(void **state)
{
    (void)state;
    struct bucket bucket;
    for (double cost = 0.5; cost < 20; cost += 0.7) {
        bucket_init(&bucket, &ten_a_second, 0);
        (void)bucket_take(&bucket, &ten_a_second, 5, 0);
        assert_false(bucket_take(&bucket, &ten_a_second, cost, 0));

        int64_t wait_ms = bucket_wait_ms(&bucket, &ten_a_second, cost);

        assert_false(bucket_take(&bucket, &ten_a_second, cost, wait_ms - 1));
        assert_true(bucket_take(&bucket, &ten_a_second, cost, wait_ms));
    }
}

static void a_cost_over_the_burst_passes_once_and_leaves_a_debt(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &ten_a_second, 0);

    assert_true(bucket_take(&bucket, &ten_a_second, 15, 0));

    assert_false(bucket_take(&bucket, &ten_a_second, 1, 1000));
    assert_true(bucket_take(&bucket, &ten_a_second, 1, 1100));
}

static void a_clock_that_stands_or_goes_back_gives_nothing(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &ten_a_second, 1000);
    (void)bucket_take(&bucket, &ten_a_second, 5, 1000);

    assert_false(bucket_take(&bucket, &ten_a_second, 1, 1000));
    assert_false(bucket_take(&bucket, &ten_a_second, 1, 0));
}

static struct limits few(void)
{
    return (struct limits){.address_messages = {10, 5},
                           .address_bytes = {1000, 1000},
                           .address_joins = {1, 2},
                           .address_connections_max = 2};
}

static void an_ipv6_network_of_64_bits_counts_as_one(void **state) /* T-34 */
{
    (void)state;
    struct limits limits = few();
    struct address_book *book = address_book_create(&limits);
    struct net_address ann = address("2001:db8:1:2::1"), bob = address("2001:db8:1:2:ffff::9"),
                       cyd = address("2001:db8:1:3::1"), dan = address("192.0.2.1"), eve = address("192.0.2.2");
    struct address_entry *first = address_book_connect(book, &ann, 0);
    struct address_entry *second = address_book_connect(book, &bob, 0);
    struct address_entry *third = address_book_connect(book, &dan, 0);
    struct address_entry *fourth = address_book_connect(book, &eve, 0);

    assert_ptr_equal(first, second);
    assert_ptr_not_equal(third, fourth);
    assert_int_equal(address_book_may_connect(book, &bob), ERR_ADDRESS_LIMIT);
    assert_int_equal(address_book_may_connect(book, &cyd), ERROR_NONE);
    assert_int_equal(address_book_may_connect(book, &dan), ERROR_NONE);
    address_book_destroy(book);
}

static void an_address_is_forgotten_a_minute_after_its_last_connection(void **state)
{
    (void)state;
    struct limits limits = few();
    struct address_book *book = address_book_create(&limits);
    struct net_address ann = address("192.0.2.1");
    struct address_entry *entry = address_book_connect(book, &ann, 0);

    address_book_tick(book, 1000000);
    assert_int_equal(address_book_count(book), 1);
    address_book_disconnect(book, entry, 1000000);
    address_book_tick(book, 1059999);
    assert_int_equal(address_book_count(book), 1);
    address_book_tick(book, 1060000);

    assert_int_equal(address_book_count(book), 0);
    address_book_destroy(book);
}

static void coming_back_does_not_fill_the_buckets(void **state)
{
    (void)state;
    struct limits limits = few();
    struct address_book *book = address_book_create(&limits);
    struct net_address ann = address("192.0.2.1");
    int64_t wait_ms = 0;
    for (int i = 0; i < 2; i++) {
        struct address_entry *entry = address_book_connect(book, &ann, 0);
        assert_true(address_entry_take_join(book, entry, 0, &wait_ms));
        address_book_disconnect(book, entry, 0);
    }
    struct address_entry *entry = address_book_connect(book, &ann, 0);

    assert_false(address_entry_take_join(book, entry, 0, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    address_book_destroy(book);
}

static void bytes_are_counted_beside_messages(void **state)
{
    (void)state;
    struct limits limits = few();
    struct address_book *book = address_book_create(&limits);
    struct net_address ann = address("192.0.2.1");
    struct address_entry *entry = address_book_connect(book, &ann, 0);
    int64_t wait_ms = 0;

    assert_true(address_entry_take_message(book, entry, 900, 0, &wait_ms));
    assert_false(address_entry_take_message(book, entry, 200, 0, &wait_ms));

    assert_int_equal(wait_ms, 100);
    address_book_destroy(book);
}

/* T-35: ten thousand who come at once are told to come one after the other, as fast as the rate serves them. */
static void a_queue_tells_each_a_time_of_its_own_to_come(void **state)
{
    (void)state;
    const struct rate rate = {1000, 2000};
    struct queue queue;
    queue_init(&queue, &rate, 0);
    static int64_t waits_ms[10000];
    int admitted = 0;

    for (int i = 0; i < 10000; i++)
        admitted += queue_take(&queue, &rate, 0, &waits_ms[i - admitted]);

    assert_int_equal(admitted, 2000);
    for (int i = 0; i < 8000; i++)
        assert_int_equal(waits_ms[i], i + 1);
    int64_t wait_ms;
    for (int i = 0; i < 8000; i++)
        assert_true(queue_take(&queue, &rate, waits_ms[i], &wait_ms)); /* and are served when they come */
}

static void nobody_is_told_to_wait_for_long_and_a_longer_queue_comes_spread(void **state) /* T-35 */
{
    (void)state;
    const struct rate rate = {10, 10};
    struct queue queue;
    queue_init(&queue, &rate, 0);
    int in_second[QUEUE_WAIT_MAX_MS / 1000 + 1] = {0};
    int64_t wait_ms = 0;

    for (int i = 0; i < 20310; i++)
        if (!queue_take(&queue, &rate, 0, &wait_ms)) {
            assert_in_range(wait_ms, 1, QUEUE_WAIT_MAX_MS);
            in_second[wait_ms / 1000]++;
        }

    for (int second = 1; second < 15; second++)
        assert_int_equal(in_second[second], 10);
    for (int second = 16; second < 30; second++)
        assert_in_range(in_second[second], 1300, 1370);
}

static void a_queue_that_nobody_waits_in_promises_afresh(void **state)
{
    (void)state;
    const struct rate rate = {10, 1};
    struct queue queue;
    queue_init(&queue, &rate, 0);
    int64_t wait_ms;
    for (int i = 0; i < 50; i++)
        (void)queue_take(&queue, &rate, 0, &wait_ms);

    assert_true(queue_take(&queue, &rate, 60000, &wait_ms));
    assert_false(queue_take(&queue, &rate, 60000, &wait_ms));

    assert_int_equal(wait_ms, 100);
}

static void bad_tickets_leave_a_debt_that_joins_do_not(void **state) /* T-11 */
{
    (void)state;
    const struct limits limits = {.address_joins = {1, 2}, .address_connections_max = 9};
    const struct net_address address = {{[15] = 1}};
    struct address_book *book = address_book_create(&limits);
    struct address_entry *entry = address_book_connect(book, &address, 0);
    int64_t wait_ms = 0;

    for (int i = 0; i < 10; i++)
        (void)address_entry_take_join(book, entry, 0, &wait_ms);
    assert_true(address_entry_may_show_ticket(book, entry, 0, &wait_ms));
    address_entry_charge_ticket(book, entry, 0);

    assert_false(address_entry_may_show_ticket(book, entry, 0, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    assert_true(address_entry_may_show_ticket(book, entry, 1000, &wait_ms));
    address_book_disconnect(book, entry, 1000);
    address_book_destroy(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
        cmocka_unit_test(a_bucket_never_holds_more_than_its_burst),
        cmocka_unit_test(waiting_as_long_as_told_is_enough),
        cmocka_unit_test(a_cost_over_the_burst_passes_once_and_leaves_a_debt),
        cmocka_unit_test(a_clock_that_stands_or_goes_back_gives_nothing),
        cmocka_unit_test(an_ipv6_network_of_64_bits_counts_as_one),
        cmocka_unit_test(an_address_is_forgotten_a_minute_after_its_last_connection),
        cmocka_unit_test(coming_back_does_not_fill_the_buckets),
        cmocka_unit_test(bytes_are_counted_beside_messages),
        cmocka_unit_test(a_queue_tells_each_a_time_of_its_own_to_come),
        cmocka_unit_test(nobody_is_told_to_wait_for_long_and_a_longer_queue_comes_spread),
        cmocka_unit_test(a_queue_that_nobody_waits_in_promises_afresh),
        cmocka_unit_test(bad_tickets_leave_a_debt_that_joins_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
