// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/schedule.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW      INT64_C(1795219200000) // 2026-11-21T00:00:00Z
#define MINUTE   INT64_C(60000)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)

static const struct poll unchanged = {.result = POLL_UNCHANGED, .status = 304};
static const struct poll quiet = {.result = POLL_READ, .entries = 20, .status = 200};

// A source that was read for the first time.
static struct schedule seen_once(void)
{
    struct schedule s = {0};
    struct poll first = quiet;
    first.fresh = 20;
    schedule_next(&s, &first, 1, NOW);
    return s;
}

// Seconds until the next poll.
static double wait_s(struct schedule *s, const struct poll *poll, int64_t now_ms)
{
    return (double)(schedule_next(s, poll, 1, now_ms).next_ms - now_ms) / 1000;
}

// Polls as told for `days`, with `per_hour` new entries an hour. Returns the last interval, in s.
static double after_days(struct schedule *s, int days, double per_hour)
{
    int64_t now = NOW, end = NOW + days * DAY;
    double interval = SCHEDULE_FIRST_S, owed = 0;
    while (now < end) {
        now += (int64_t)(interval * 1000);
        owed += per_hour * interval / 3600;
        struct poll poll = quiet;
        poll.fresh = (uint32_t)owed;
        owed -= poll.fresh;
        interval = wait_s(s, &poll, now);
    }
    return interval;
}

static void the_first_interval_is_ten_minutes_with_jitter(void **state)
{
    (void)state;
    double least = 1e9, most = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct schedule s = {0};
        double wait = (double)(schedule_next(&s, &quiet, seed, NOW).next_ms - NOW) / 1000;
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_true(least >= 540 && least < 550);
    assert_true(most <= 660 && most > 650);
}

static void the_same_history_gives_the_same_times(void **state)
{
    (void)state;
    struct schedule a = seen_once(), b = seen_once();
    assert_int_equal(schedule_next(&a, &unchanged, 7, NOW + HOUR).next_ms,
                     schedule_next(&b, &unchanged, 7, NOW + HOUR).next_ms);
    b = seen_once();
    assert_int_not_equal(schedule_next(&a, &unchanged, 7, NOW + HOUR).next_ms,
                         schedule_next(&b, &unchanged, 8, NOW + HOUR).next_ms);
}

static void a_silent_source_is_left_for_an_hour_and_no_longer(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    double interval = after_days(&s, 60, 0);
    assert_true(interval > 3000 && interval <= 3960);
}

static void a_busy_source_is_asked_every_two_minutes_and_no_oftener(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    double interval = after_days(&s, 3, 200);
    assert_true(interval >= 108 && interval <= 132);
}

static void the_interval_falls_with_the_root_of_the_rate(void **state)
{
    (void)state;
    struct schedule slow = seen_once(), fast = seen_once();
    double a = after_days(&slow, 14, 0.5), b = after_days(&fast, 14, 4.5);
    assert_true(a / b > 2.2 && a / b < 4); // three, but for jitter and bursts
}

static void a_burst_shortens_the_interval_at_once(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    after_days(&s, 30, 0.02);
    int64_t now = s.polled_ms + 30 * MINUTE;
    double before = wait_s(&s, &quiet, now);
    struct poll poll = quiet;
    poll.fresh = 6;
    assert_true(wait_s(&s, &poll, now + 30 * MINUTE) < before / 2);
}

static void the_dates_of_the_first_reading_tell_the_rate(void **state)
{
    (void)state;
    struct poll daily = quiet, busy = quiet;
    daily.oldest_ms = NOW - 20 * DAY;
    busy.oldest_ms = NOW - 2 * HOUR;
    struct schedule a = {0}, b = {0};
    schedule_next(&a, &daily, 1, NOW);
    schedule_next(&b, &busy, 1, NOW);
    assert_true(wait_s(&a, &unchanged, NOW + 10 * MINUTE) > 2000);
    assert_true(wait_s(&b, &unchanged, NOW + 10 * MINUTE) < 300);
}

static void the_hours_in_which_news_come_are_asked_oftener(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    int64_t now = NOW;
    for (int i = 0; i < 60 * 24 * 2; i++) { // two months, half an hour at a time
        now += 30 * MINUTE;
        int64_t hour = now / HOUR % 24;
        struct poll poll = quiet;
        poll.fresh = hour == 2 || hour == 3;
        schedule_next(&s, &poll, 1, now);
    }
    int64_t midnight = now / DAY * DAY + DAY;
    struct schedule busy = s, idle = s;
    assert_true(wait_s(&busy, &unchanged, midnight + 2 * HOUR) * 1.5 <
                wait_s(&idle, &unchanged, midnight + 14 * HOUR));
}

static void what_the_source_asks_for_is_kept_to_up_to_an_hour(void **state)
{
    (void)state;
    static const struct {
        int64_t ttl_s, fresh_for_s;
        double want_least, want_most;
        const char *want_reason;
    } rows[] = {
        {1800, 0, 1800, 1980, "ttl"},        {0, 2400, 2400, 2640, "max-age"},
        {60, 60, 540, 660, "adaptive"},      {86400, 0, 3600, 3960, "ttl"},
        {1800, 3000, 3000, 3300, "max-age"},
    };
    for (size_t i = 0; i < COUNT(rows) * 20; i++) {
        size_t seed = i / COUNT(rows), r = i % COUNT(rows);
        struct schedule s = {0};
        struct poll poll = quiet;
        poll.ttl_s = rows[r].ttl_s;
        poll.fresh_for_s = rows[r].fresh_for_s;
        struct plan plan = schedule_next(&s, &poll, seed, NOW);
        double wait = (double)(plan.next_ms - NOW) / 1000;
        assert_true(wait >= rows[r].want_least && wait <= rows[r].want_most);
        assert_string_equal(plan.reason, rows[r].want_reason);
    }
}

static void a_feeds_wish_holds_while_it_is_unchanged(void **state)
{
    (void)state;
    struct schedule s = {0};
    struct poll poll = quiet;
    poll.oldest_ms = NOW - 2 * HOUR;
    poll.ttl_s = 1800;
    schedule_next(&s, &poll, 1, NOW);
    assert_true(wait_s(&s, &unchanged, NOW + HOUR) >= 1800);
    poll.ttl_s = 0;
    schedule_next(&s, &poll, 1, NOW + 2 * HOUR);
    assert_true(wait_s(&s, &unchanged, NOW + 3 * HOUR) < 1800);
}

static void skipped_hours_are_waited_for_but_not_longer_than_an_hour(void **state)
{
    (void)state;
    struct schedule s = {0};
    struct poll poll = quiet;
    poll.skip_hours = 1u << 0;
    struct plan plan = schedule_next(&s, &poll, 1, NOW + 15 * MINUTE); // 00:15
    assert_int_equal(plan.next_ms, NOW + HOUR);
    assert_string_equal(plan.reason, "skip-hours");
    s = (struct schedule){0};
    poll.skip_hours = 0xFFFFFF;
    assert_int_equal(schedule_next(&s, &poll, 1, NOW + 15 * MINUTE).next_ms,
                     NOW + 15 * MINUTE + HOUR);
}

// 2026-11-21 is a Saturday.
static void skipped_days_are_asked_once_an_hour_though_the_feed_is_unchanged(void **state)
{
    (void)state;
    static const uint32_t weekend = 1u << 6 | 1u << 0;
    struct schedule s = {0};
    struct poll poll = quiet;
    poll.oldest_ms = NOW - 2 * HOUR; // busy: otherwise every few minutes
    poll.skip_days = weekend;
    struct plan plan = schedule_next(&s, &poll, 1, NOW);
    assert_string_equal(plan.reason, "skip-days");
    unsigned polls[7] = {0};
    while (plan.next_ms < NOW + 7 * DAY) {
        polls[(plan.next_ms / DAY + 4) % 7]++;
        plan = schedule_next(&s, &unchanged, 1, plan.next_ms);
    }
    assert_in_range(polls[6], 23, 25);
    assert_in_range(polls[0], 23, 25);
    assert_true(polls[1] > 60 && polls[2] > 60);
}

static void a_fixed_interval_overrides_everything_but_failure(void **state)
{
    (void)state;
    struct schedule s = {.every_s = 7 * 3600};
    struct poll poll = quiet;
    poll.ttl_s = 3600;
    poll.skip_hours = 0xFFFFFF;
    struct plan plan = schedule_next(&s, &poll, 1, NOW);
    assert_int_equal(plan.next_ms, NOW + 7 * HOUR);
    assert_string_equal(plan.reason, "every");
    poll = (struct poll){.result = POLL_FAILED, .status = 503, .retry_after_s = 100};
    assert_true(schedule_next(&s, &poll, 1, NOW).next_ms < NOW + 2 * MINUTE);
}

static void failures_double_the_pause_to_an_hour_and_after_a_day_to_a_day(void **state)
{
    (void)state;
    static const struct poll failed = {.result = POLL_FAILED, .status = 500};
    struct schedule s = seen_once();
    double want = 60;
    for (int i = 0; i < 50; i++) {
        double wait = wait_s(&s, &failed, NOW), most = i < 28 ? 3600 : 86400;
        assert_true(wait >= want * 0.9 && wait <= want * 1.1 && wait <= 86400);
        want = want * 2 < most ? want * 2 : most;
    }
    assert_int_equal(s.failures, 50);
}

static void on_the_first_day_of_an_outage_a_source_is_asked_once_an_hour(void **state)
{
    (void)state;
    static const struct poll failed = {.result = POLL_FAILED, .status = 503};
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct schedule s = seen_once();
        int64_t now = NOW, last = NOW;
        while (now < NOW + 7 * DAY) {
            last = now;
            now = schedule_next(&s, &failed, seed, now).next_ms;
            if (last < NOW + 23 * HOUR)
                assert_true(now - last <= 66 * MINUTE);
        }
        assert_true(now - last > 21 * HOUR);
        assert_in_range(s.failures, 35, 45);
    }
}

// Entries every `every_ms` for four weeks; how long a silence then is remarkable, in days.
static double remarkable_days(int64_t every_ms, bool weekends)
{
    struct schedule s = seen_once();
    int64_t now = NOW, due = NOW;
    while (now < NOW + 28 * DAY) {
        now += 30 * MINUTE;
        int64_t day = (now / DAY + 4) % 7;
        struct poll poll = quiet;
        poll.fresh = now >= due && (weekends || (day != 0 && day != 6));
        due = poll.fresh ? now + every_ms : due;
        schedule_next(&s, &poll, 1, now);
    }
    return (double)(schedule_quiet_ms(&s) - s.new_ms) / (double)DAY;
}

static void silence_is_remarkable_by_the_sources_own_habit(void **state)
{
    (void)state;
    struct schedule never = {0}, once = seen_once();
    assert_int_equal(schedule_quiet_ms(&never), 0);
    assert_int_equal(schedule_quiet_ms(&once), NOW + 30 * DAY);
    assert_float_equal(remarkable_days(HOUR, true), 3, 0.01);
    double weekdays = remarkable_days(HOUR, false);
    assert_true(weekdays > 5.5 && weekdays < 6.5);
    assert_float_equal(remarkable_days(3 * DAY, true), 9, 0.2);
    assert_float_equal(remarkable_days(13 * DAY, true), 30, 0.01);
}

static void one_success_ends_the_failure(void **state)
{
    (void)state;
    static const struct poll failed = {.result = POLL_FAILED};
    struct schedule s = seen_once();
    for (int i = 0; i < 12; i++)
        wait_s(&s, &failed, NOW);
    assert_true(wait_s(&s, &unchanged, NOW + DAY) <= 3960);
    assert_int_equal(s.failures, 0);
}

static void a_retry_time_is_kept_to_and_never_shortened(void **state)
{
    (void)state;
    static const struct {
        int64_t retry_after_s;
        double want_least, want_most;
        int status;
        bool want_host;
    } rows[] = {
        {300, 300, 330, 429, true}, {3, 3, 3.3, 503, false}, {86400, 86400, 86400, 503, false},
        {0, 54, 66, 429, true},     {0, 54, 66, 403, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct schedule s = seen_once();
        struct poll poll = {.result = POLL_FAILED,
                            .status = rows[i].status,
                            .retry_after_s = rows[i].retry_after_s};
        struct plan plan = schedule_next(&s, &poll, 1, NOW);
        double wait = (double)(plan.next_ms - NOW) / 1000;
        assert_true(wait >= rows[i].want_least && wait <= rows[i].want_most);
        assert_int_equal(plan.pause_host, rows[i].want_host);
    }
}

static void a_server_that_always_says_soon_is_asked_less_and_less(void **state)
{
    (void)state;
    static const struct poll soon = {.result = POLL_FAILED, .status = 503, .retry_after_s = 1};
    struct schedule s = seen_once();
    double wait = 0;
    for (int i = 0; i < 15; i++)
        wait = wait_s(&s, &soon, NOW);
    assert_true(wait > 400);
    for (int i = 0; i < 25; i++)
        wait = wait_s(&s, &soon, NOW);
    assert_true(wait > 10000);
}

static void a_feed_that_shares_nothing_with_the_last_poll_is_a_gap(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    struct poll all_new = quiet;
    all_new.fresh = 20;
    int64_t now = NOW + HOUR;
    struct plan plan = schedule_next(&s, &all_new, 1, now);
    assert_true(plan.gap);
    assert_true(plan.next_ms - now <= HOUR / 4);
    struct poll half = quiet;
    half.fresh = 10;
    assert_false(schedule_next(&s, &half, 1, now + HOUR).gap);
}

static void the_first_reading_and_single_entries_are_no_gap(void **state)
{
    (void)state;
    struct schedule s = {0};
    struct poll one = {.result = POLL_READ, .entries = 1, .fresh = 1};
    assert_false(schedule_next(&s, &one, 1, NOW).gap);
    assert_false(schedule_next(&s, &one, 1, NOW + HOUR).gap);
    struct schedule empty = {0};
    struct poll none = {.result = POLL_READ}, all = {.result = POLL_READ, .entries = 9, .fresh = 9};
    schedule_next(&empty, &none, 1, NOW);
    assert_false(schedule_next(&empty, &all, 1, NOW + HOUR).gap);
}

static void roll_off_outweighs_a_long_ttl(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    struct poll all_new = quiet;
    all_new.fresh = 20;
    all_new.ttl_s = 3600;
    struct plan plan = schedule_next(&s, &all_new, 1, NOW + HOUR);
    assert_string_equal(plan.reason, "roll-off");
    assert_true(plan.next_ms - (NOW + HOUR) <= 15 * MINUTE);
}

static void a_clock_set_back_does_no_harm(void **state)
{
    (void)state;
    struct schedule s = seen_once();
    struct poll poll = quiet;
    poll.fresh = 1;
    struct plan plan = schedule_next(&s, &poll, 1, NOW - 30 * DAY);
    assert_true(plan.next_ms > NOW - 30 * DAY && plan.next_ms <= NOW - 30 * DAY + 2 * HOUR);
}

static void sources_started_together_are_spread(void **state)
{
    (void)state;
    assert_int_equal(schedule_first(5, 0, NOW), NOW);
    unsigned minutes[10] = {0};
    for (uint64_t seed = 0; seed < 10000; seed++) {
        int64_t after = schedule_first(seed, 600, NOW) - NOW;
        assert_true(after >= 0 && after < 10 * MINUTE);
        minutes[after / MINUTE]++;
    }
    for (size_t i = 0; i < COUNT(minutes); i++)
        assert_in_range(minutes[i], 850, 1150);
}

static void the_state_survives_as_text(void **state)
{
    (void)state;
    struct schedule s = seen_once(), back;
    after_days(&s, 3, 1.5);
    s.every_s = 90;
    char text[SCHEDULE_TEXT_SIZE], again[SCHEDULE_TEXT_SIZE];
    schedule_write(&s, text);
    assert_int_equal(schedule_read(text, &back), OK);
    schedule_write(&back, again);
    assert_string_equal(text, again);
    assert_int_equal(back.every_s, 90);
    assert_int_equal(back.rate, s.rate);
    assert_int_equal(back.hours[23], s.hours[23]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_interval_is_ten_minutes_with_jitter),
        cmocka_unit_test(the_same_history_gives_the_same_times),
        cmocka_unit_test(a_silent_source_is_left_for_an_hour_and_no_longer),
        cmocka_unit_test(a_busy_source_is_asked_every_two_minutes_and_no_oftener),
        cmocka_unit_test(the_interval_falls_with_the_root_of_the_rate),
        cmocka_unit_test(a_burst_shortens_the_interval_at_once),
        cmocka_unit_test(the_dates_of_the_first_reading_tell_the_rate),
        cmocka_unit_test(the_hours_in_which_news_come_are_asked_oftener),
        cmocka_unit_test(what_the_source_asks_for_is_kept_to_up_to_an_hour),
        cmocka_unit_test(a_feeds_wish_holds_while_it_is_unchanged),
        cmocka_unit_test(skipped_hours_are_waited_for_but_not_longer_than_an_hour),
        cmocka_unit_test(skipped_days_are_asked_once_an_hour_though_the_feed_is_unchanged),
        cmocka_unit_test(a_fixed_interval_overrides_everything_but_failure),
        cmocka_unit_test(failures_double_the_pause_to_an_hour_and_after_a_day_to_a_day),
        cmocka_unit_test(on_the_first_day_of_an_outage_a_source_is_asked_once_an_hour),
        cmocka_unit_test(silence_is_remarkable_by_the_sources_own_habit),
        cmocka_unit_test(one_success_ends_the_failure),
        cmocka_unit_test(a_retry_time_is_kept_to_and_never_shortened),
        cmocka_unit_test(a_server_that_always_says_soon_is_asked_less_and_less),
        cmocka_unit_test(a_feed_that_shares_nothing_with_the_last_poll_is_a_gap),
        cmocka_unit_test(the_first_reading_and_single_entries_are_no_gap),
        cmocka_unit_test(roll_off_outweighs_a_long_ttl),
        cmocka_unit_test(a_clock_set_back_does_no_harm),
        cmocka_unit_test(sources_started_together_are_spread),
        cmocka_unit_test(the_state_survives_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
