// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/newest.h"
#include "services/gateway/page.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// One announcement with one label, made of the strings that a test gives.
struct story {
    pb_news news;
    pb_announcement announcement;
    pb_classification classification;
    Newswire__V1__Label label, *labels[1];
    Newswire__V1__Evidence words[10], *evidence[10];
};

static struct story *story_init(struct story *s, uint64_t sequence, const char *id,
                                const char *title)
{
    *s = (struct story){NEWSWIRE__V1__CLASSIFIED_NEWS__INIT, NEWSWIRE__V1__ANNOUNCEMENT__INIT,
                        NEWSWIRE__V1__CLASSIFICATION__INIT, NEWSWIRE__V1__LABEL__INIT,
                        .labels = {NULL}};
    s->news.sequence = sequence;
    s->news.announcement = &s->announcement;
    s->news.classification = &s->classification;
    s->announcement.id = (char *)(uintptr_t)id;
    s->announcement.title = (char *)(uintptr_t)title;
    s->announcement.url = "https://www.example.com/a?b=1&c=2";
    s->announcement.language = "zh-Hans";
    s->announcement.published_ms = 1795143845678;
    s->announcement.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_SECOND;
    s->classification.primary = "party-activity";
    s->classification.labels = s->labels;
    s->classification.n_labels = 1;
    s->labels[0] = &s->label;
    s->label.name = "party-activity";
    s->label.score = 0.875F;
    s->label.evidence = s->evidence;
    return s;
}

static void add_word(struct story *s, const char *word, float weight)
{
    size_t i = s->label.n_evidence++;
    s->words[i] = (Newswire__V1__Evidence)NEWSWIRE__V1__EVIDENCE__INIT;
    s->words[i].text = (char *)(uintptr_t)word;
    s->words[i].weight = weight;
    s->evidence[i] = &s->words[i];
}

static const char *rendered(const struct story *s, struct buf *out)
{
    struct page_status status = {.now_ms = 1795143845678, .trouble = ""};
    struct newest *n = newest_new();
    if (s)
        newest_add(n, &s->news);
    page_render(n, &status, out);
    newest_free(&n);
    return buf_str(out);
}

static void an_announcement_shows_label_title_link_time_and_words(void **state)
{
    (void)state;
    struct story s;
    struct buf out = buf_new(1 << 20);
    story_init(&s, 1, "1", "学习贯彻党代会精神");
    s.announcement.site = "某集团";
    add_word(&s, "主题党日", 2.0F);
    add_word(&s, "against", -1.0F);
    add_word(&s, "主题党日", 1.0F);
    const char *html = rendered(&s, &out);
    assert_non_null(strstr(html, "<span class=\"label party-activity\">Party activity</span> "
                                 "<span class=\"score\">0.88</span>"));
    assert_non_null(strstr(html, "<h2 lang=\"zh-Hans\"><a rel=\"noopener noreferrer\" "
                                 "href=\"https://www.example.com/a?b=1&#38;c=2\">"
                                 "学习贯彻党代会精神</a></h2>"));
    assert_non_null(strstr(html, "<time datetime=\"2026-11-20T03:04Z\">2026-11-20 03:04</time>"));
    assert_non_null(strstr(html, "某集团"));
    assert_non_null(strstr(html, "<p class=\"words\" lang=\"zh-Hans\"><span>主题党日</span></p>"));
    buf_free(&out);
}

static void nothing_from_outside_becomes_markup(void **state)
{
    (void)state;
    static const char evil[] = "<script>alert('1')</script>\"&";
    struct story s;
    struct buf out = buf_new(1 << 20);
    story_init(&s, 1, "1", evil);
    s.announcement.site = (char *)(uintptr_t)evil;
    s.announcement.language = "en\" onclick=\"alert(1)";
    s.announcement.url = "https://example.com/\"><script>";
    s.classification.primary = s.label.name = "own\"><script>";
    add_word(&s, evil, 1.0F);
    const char *html = rendered(&s, &out);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "onclick"));
    assert_non_null(strstr(html, "&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;"));
    assert_non_null(strstr(html, "href=\"https://example.com/&#34;&#62;&#60;script&#62;\""));
    buf_free(&out);
}

static void only_web_addresses_become_links(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool want_link;
    } rows[] = {
        {"http://example.com/", true},   {"HTTPS://example.com/", true},
        {"javascript:alert(1)", false},  {"data:text/html,x", false},
        {"//example.com/", false},       {"", false},
        {"httpsx://example.com", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct story s;
        struct buf out = buf_new(1 << 20);
        story_init(&s, 1, "1", "标题 title");
        s.announcement.url = (char *)(uintptr_t)rows[i].url;
        const char *html = rendered(&s, &out);
        assert_int_equal(strstr(html, "<a ") != NULL, rows[i].want_link);
        assert_non_null(strstr(html, "标题 title"));
        buf_free(&out);
    }
}

static void a_day_is_the_day_of_the_page_wherever_it_is(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        Newswire__V1__Precision precision;
        const char *want;
    } rows[] = {
        {1795104000000, NEWSWIRE__V1__PRECISION__PRECISION_DAY, "2026-11-20"}, // +08:00
        {1795132800000, NEWSWIRE__V1__PRECISION__PRECISION_DAY, "2026-11-20"}, // UTC
        {1795150800000, NEWSWIRE__V1__PRECISION__PRECISION_DAY, "2026-11-20"}, // -05:00
        {1795104000000, NEWSWIRE__V1__PRECISION__PRECISION_MINUTE, "2026-11-19 16:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[32];
        page_time(rows[i].ms, rows[i].precision, got);
        assert_string_equal(got, rows[i].want);
    }
}

static void an_empty_page_says_what_to_do(void **state)
{
    (void)state;
    struct buf out = buf_new(1 << 20);
    assert_non_null(strstr(rendered(NULL, &out), "newswire add "));
    buf_free(&out);
}

static void the_hundred_newest_are_kept_newest_first(void **state)
{
    (void)state;
    struct newest *n = newest_new();
    for (uint64_t i = 1; i <= NEWEST_MAX + 5; i++) {
        struct story s;
        char id[16];
        snprintf(id, sizeof id, "%d", (int)i);
        newest_add(n, &story_init(&s, i, id, "t")->news);
    }
    assert_int_equal(newest_size(n), NEWEST_MAX);
    assert_int_equal(newest_at(n, 0)->sequence, NEWEST_MAX + 5);
    assert_int_equal(newest_at(n, NEWEST_MAX - 1)->sequence, 6);
    newest_free(&n);
}

static void a_new_revision_takes_the_place_of_the_old(void **state)
{
    (void)state;
    struct newest *n = newest_new();
    struct story s;
    newest_add(n, &story_init(&s, 1, "a", "旧")->news);
    newest_add(n, &story_init(&s, 2, "b", "other")->news);
    newest_add(n, &story_init(&s, 3, "a", "新")->news);
    assert_int_equal(newest_size(n), 2);
    assert_string_equal(newest_at(n, 0)->title, "新");
    assert_string_equal(newest_at(n, 1)->title, "other");
    newest_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_announcement_shows_label_title_link_time_and_words),
        cmocka_unit_test(nothing_from_outside_becomes_markup),
        cmocka_unit_test(only_web_addresses_become_links),
        cmocka_unit_test(a_day_is_the_day_of_the_page_wherever_it_is),
        cmocka_unit_test(an_empty_page_says_what_to_do),
        cmocka_unit_test(the_hundred_newest_are_kept_newest_first),
        cmocka_unit_test(a_new_revision_takes_the_place_of_the_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
