// SPDX-License-Identifier: MIT
// The extractor as a whole, and its small parts that have tables of their own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mem.h"
#include "services/fetcher/extract/extract.h"
#include "services/fetcher/extract/language.h"
#include "services/fetcher/extract/lines.h"
#include "services/fetcher/extract/tokens.h"
#include "services/fetcher/extract/words.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct html_str str(const char *s)
{
    return (struct html_str){s, strlen(s)};
}

static int start(void **state)
{
    *state = extractor_new();
    return 0;
}

static int stop(void **state)
{
    struct extractor *x = *state;
    extractor_free(&x);
    return 0;
}

static const struct article *extract(struct extractor *x, const char *page, struct buf *explain)
{
    struct page_source source = {.bytes = (const uint8_t *)page,
                                 .size = strlen(page),
                                 .url = "https://www.example.cn/news/1.html",
                                 .content_type = ""};
    return extractor_page(x, &source, explain);
}

static const char chinese_page[] =
    "<html lang=zh><title>港口扩建通知_东岭网</title><link rel=canonical "
    "href='/news/1.html?from=rss'>"
    "<link rel=alternate type='application/rss+xml' href='/feed.xml'>"
    "<meta property='og:image' content='/a.jpg'>"
    "<h1>港口扩建通知</"
    "h1><p>各有关单位：现将港口扩建有关事项通知如下，请认真组织落实，并于月底前上报情况。</p>"
    "<a href='files/附件1.pdf'>附件1</a>";

static void links_are_absolute(void **state)
{
    const struct article *a = extract(*state, chinese_page, NULL);
    assert_string_equal(a->canonical_url, "https://www.example.cn/news/1.html?from=rss");
    assert_string_equal(a->image, "https://www.example.cn/a.jpg");
    assert_int_equal(a->n_feeds, 1);
    assert_string_equal(a->feeds[0], "https://www.example.cn/feed.xml");
    assert_int_equal(a->n_attachments, 1);
    assert_string_equal(a->attachments[0].url,
                        "https://www.example.cn/news/files/%E9%99%84%E4%BB%B61.pdf");
    assert_string_equal(a->attachments[0].title, "附件1");
}

static void a_page_without_an_article_gives_an_empty_text(void **state)
{
    static const char *const pages[] = {"", "<html>", "<frameset><frame src=a></frameset>",
                                        "<script>x</script>", "\xFF\xFE"};
    for (size_t i = 0; i < COUNT(pages); i++) {
        const struct article *a = extract(*state, pages[i], NULL);
        assert_string_equal(a->text, "");
        assert_string_equal(a->language, "und");
        assert_int_equal(a->precision, DATE_NONE);
    }
}

static void the_same_bytes_give_the_same_article(void **state)
{
    char *first = mem_strdup(extract(*state, chinese_page, NULL)->text);
    extract(*state, "<p>Another page, in between, of a different kind altogether.", NULL);
    assert_string_equal(extract(*state, chinese_page, NULL)->text, first);
    free(first);
}

static void the_explanation_names_the_rules(void **state)
{
    struct buf explain = buf_new(1 << 16);
    extract(*state,
            "<title>Harbour</title><h1>Harbour</h1><div class=share-bar>Share this page with all "
            "friends</div><p>A sentence of prose, long enough to be kept as the article's text.",
            &explain);
    assert_non_null(strstr(buf_str(&explain), "class word"));
    assert_non_null(strstr(buf_str(&explain), "share-bar"));
    assert_non_null(strstr(buf_str(&explain), "the title"));
    buf_free(&explain);
}

static void the_explanation_tells_the_day_of_a_revision(void **state)
{
    static const char *const pages[] = {
        "<html lang=en><h1>Two ports merge</h1><p>Last updated: 20 September 2021</p>",
        "<html lang=en><h1>Two ports merge</h1><time class=updated datetime=2021-09-20></time>",
        "<html lang=en><meta name=last-modified content=2021-09-20><h1>Two ports merge</h1>",
        "<html lang=zh-CN><h1>两港合并</h1><p>更新时间：2021年9月20日</p>",
        "<html lang=zh-TW><h1>兩港合併</h1><p>修訂日期：2021年9月20日</p>",
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct buf explain = buf_new(1 << 16);
        const struct article *a = extract(*state, pages[i], &explain);
        assert_int_equal(a->published_ms, 1632096000000);
        assert_non_null(strstr(buf_str(&explain), "of a revision"));
        assert_non_null(strstr(a->date_rule, "of a revision"));
        buf_free(&explain);
    }
    struct buf explain = buf_new(1 << 16);
    extract(*state, "<html lang=en><h1>Two ports merge</h1><p>20 September 2021</p>", &explain);
    assert_null(strstr(buf_str(&explain), "of a revision"));
    buf_free(&explain);
}

static void languages_are_told_by_their_writing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *declared, *want;
    } rows[] = {
        {"国务院发布关于国有企业改革的通知，各单位要认真学习。", "", "zh-Hans"},
        {"國務院發布關於國有企業改革的通知，各單位要認真學習。", "", "zh-Hant"},
        {"山水", "zh-TW", "zh-Hant"},
        {"山水", "zh-CN", "zh-Hans"},
        {"The board of the company has agreed to the terms of the merger.", "", "en"},
        {"The board of the company has agreed to the terms of the merger.", "zh-CN", "en"},
        {"Der Vorstand hat den Bedingungen der Fusion zugestimmt.", "de-DE", "de"},
        {"会社は、合併の条件に同意したと発表しました。", "", "ja"},
        {"회사는 합병 조건에 동의했다고 밝혔다.", "", "ko"},
        {"", "fr", "fr"},
        {"", "", "und"},
        {"Zzz", "<script>", "und"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[LANGUAGE_SIZE];
        assert_string_equal(language_tag(str(rows[i].text), str(rows[i].declared), out),
                            rows[i].want);
    }
}

static void class_names_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        unsigned want;
    } rows[] = {
        {"share", WORD_UNWANTED},
        {"shareBar", WORD_UNWANTED},
        {"post__related-items", WORD_UNWANTED | WORD_STRONG},
        {"comment-list", WORD_UNWANTED | WORD_STRONG | WORD_COMMENT},
        {"article-body", WORD_BODY},
        {"postContent", WORD_BODY},
        {"story_text", WORD_BODY},
        {"article body", 0},
        {"articlebody", WORD_BODY},
        {"d-none", WORD_UNWANTED},
        {"md:hidden", 0},
        {"hidden", WORD_UNWANTED},
        {"shareholder", 0},
        {"正文", 0},
        {"", 0},
    };
    const unsigned about = WORD_UNWANTED | WORD_STRONG | WORD_COMMENT | WORD_BODY;
    struct word_table *t = word_table_new();
    struct word_memo memo = {.table = t};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct word_set set = {0}, again = {0};
        words_add(&memo, str(rows[i].value), &set);
        words_add(&memo, str(rows[i].value), &again);
        assert_int_equal(set.flags & about, rows[i].want);
        assert_memory_equal(&again, &set, sizeof set);
    }
    word_table_free(&t);
}

static void lines_around_articles_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum line_kind want;
    } rows[] = {
        {"责任编辑：王小明", LINE_EDITOR},
        {"【打印】【关闭】", LINE_TOOL},
        {"上一篇：关于开会的通知", LINE_PAGER},
        {"相关阅读", LINE_RELATED},
        {"Related articles", LINE_RELATED},
        {"» Read more", LINE_RELATED},
        {"By Jane Doe", LINE_BYLINE},
        {"来源：东岭日报", LINE_BYLINE},
        {"3 min read", LINE_BYLINE},
        {"东岭网 版权所有", LINE_LEGAL},
        {"© 2021 Harbour Times", LINE_LEGAL},
        {"ADVERTISEMENT", LINE_AD},
        {"会议强调，要加强领导。", LINE_TEXT},
        {"The board has agreed.", LINE_TEXT},
        {"", LINE_TEXT},
    };
    struct line_table *t = line_table_new();
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(line_kind_anywhere(t, str(rows[i].line)), rows[i].want);
    line_table_free(&t);
}

static void notes_about_authors_are_known(void **state)
{
    (void)state;
    assert_true(line_is_biography(str("Jane Doe is a staff writer at Harbour Times.")));
    assert_true(line_is_biography(str("Jane B. Doe has been a reporter since 2011.")));
    assert_false(line_is_biography(str("Maria Oduya is to lead the company.")));
    assert_false(line_is_biography(str("The port is a writer's dream.")));
}

static void words_of_titles_are_compared_without_case(void **state)
{
    (void)state;
    struct tokens a = tokens_of(str("Harbour MERGER, 港口 2021")),
                  b = tokens_of(str("merger - harbour: 口岸"));
    assert_int_equal(a.n, 5);
    assert_int_equal(tokens_common(&a, &b), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_absolute),
        cmocka_unit_test(a_page_without_an_article_gives_an_empty_text),
        cmocka_unit_test(the_same_bytes_give_the_same_article),
        cmocka_unit_test(the_explanation_names_the_rules),
        cmocka_unit_test(the_explanation_tells_the_day_of_a_revision),
        cmocka_unit_test(languages_are_told_by_their_writing),
        cmocka_unit_test(class_names_are_taken_apart),
        cmocka_unit_test(lines_around_articles_are_told_apart),
        cmocka_unit_test(notes_about_authors_are_known),
        cmocka_unit_test(words_of_titles_are_compared_without_case),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
