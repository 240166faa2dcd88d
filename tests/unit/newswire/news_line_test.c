// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "services/newswire/news_line.h"

struct given {
    pb_news news;
    pb_announcement announcement;
    pb_classification classification;
};

static void give(struct given *g, const char *title)
{
    newswire__v1__classified_news__init(&g->news);
    newswire__v1__announcement__init(&g->announcement);
    newswire__v1__classification__init(&g->classification);
    g->news.sequence = 42;
    g->news.committed_ms = 1795233840000; // 2026-11-21 04:04 UTC
    g->news.announcement = &g->announcement;
    g->news.classification = &g->classification;
    g->announcement.title = (char *)title;
    g->announcement.canonical_url = "https://site.example/1";
    g->classification.primary = "soe-policy";
}

static void want_line(const struct given *g, bool colour, const char *want)
{
    struct buf out = buf_new(4096);
    news_line(&g->news, colour, &out);
    assert_string_equal(buf_str(&out), want);
    buf_free(&out);
}

static int in_utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    setenv("TERM", "xterm", 1);
    tzset();
    return 0;
}

static void columns_are_aligned(void **state)
{
    (void)state;
    struct given g;
    give(&g, "国资委召开会议");
    want_line(&g, false,
              "     42  2026-11-21 04:04  soe-policy       国资委召开会议\n"
              "                                            https://site.example/1\n");
}

static void a_day_is_shown_as_a_day(void **state)
{
    (void)state;
    struct given g;
    give(&g, "A meeting");
    g.announcement.published_ms = 1795132800000;
    g.announcement.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    want_line(&g, false,
              "     42  2026-11-20        soe-policy       A meeting\n"
              "                                            https://site.example/1\n");
}

static void a_title_with_line_breaks_stays_on_its_line(void **state)
{
    (void)state;
    struct given g;
    give(&g, "A\n\tmeeting");
    g.announcement.canonical_url = "";
    g.announcement.source = "https://site.example/feed";
    want_line(&g, false,
              "     42  2026-11-21 04:04  soe-policy       A  meeting\n"
              "                                            https://site.example/feed\n");
}

static void colour_is_there_if_wanted_and_ends(void **state)
{
    (void)state;
    struct given g;
    struct buf out = buf_new(4096);
    give(&g, "");
    news_line(&g.news, true, &out);
    assert_non_null(strstr(buf_str(&out), "\x1b[1m(no title)\x1b[0m"));
    assert_string_equal(buf_str(&out) + out.size - 5, "\x1b[0m\n");
    buf_free(&out);
}

static void what_lacks_a_part_is_no_line(void **state)
{
    (void)state;
    struct given g;
    give(&g, "A meeting");
    g.news.classification = NULL;
    want_line(&g, false, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(a_day_is_shown_as_a_day),
        cmocka_unit_test(a_title_with_line_breaks_stays_on_its_line),
        cmocka_unit_test(colour_is_there_if_wanted_and_ends),
        cmocka_unit_test(what_lacks_a_part_is_no_line),
    };
    return cmocka_run_group_tests(tests, in_utc, NULL);
}
