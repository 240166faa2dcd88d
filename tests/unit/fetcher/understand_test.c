// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/understand.h"

typedef Newswire__V1__ExtractResult pb_result;

// What the worker answers to a task with this document as its body, and room for so many bytes.
static pb_result *understood_task(Newswire__V1__ExtractTask *task, const struct buf *document,
                                  size_t answer_max)
{
    struct understand *u = understand_new();
    struct buf answer = buf_new(answer_max);
    struct problem why = {""};
    ProtobufCMessage *m;
    task->url = (char *)"https://例子.中国/";
    task->body = (ProtobufCBinaryData){document->size, document->data};
    understand_run(u, task, &answer);
    if (wire_unpack(&newswire__v1__extract_result__descriptor, answer.data, answer.size, &m, &why))
        fail_msg("%s", why.text);
    buf_free(&answer);
    understand_free(&u);
    return (pb_result *)m;
}

static pb_result *understood(const struct buf *document, size_t answer_max)
{
    Newswire__V1__ExtractTask task = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    return understood_task(&task, document, answer_max);
}

// A sitemap whose last entry is the newest.
static struct buf sitemap(int n, int link_bytes)
{
    struct buf b = buf_new(64 << 20);
    buf_puts(&b, "<?xml version=\"1.0\"?>"
                 "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for (int i = 0; i < n; i++)
        buf_printf(&b,
                   "<url><loc>http://例子.中国/%0*d</loc>"
                   "<lastmod>2026-01-01T%02d:%02d:%02dZ</lastmod></url>",
                   link_bytes, i, i / 3600, i / 60 % 60, i % 60);
    buf_puts(&b, "</urlset>");
    return b;
}

static void a_sitemap_of_full_size_is_read_whole(void **state)
{
    (void)state;
    struct buf b = sitemap(50000, 60);
    pb_result *r = understood(&b, 15 << 20);
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP);
    assert_int_equal(r->n_entries, 50000);
    assert_string_equal(r->problem, "");
    wire_free(&r->base);
    buf_free(&b);
}

static void of_a_sitemap_too_large_for_an_answer_the_newest_are_read(void **state)
{
    (void)state;
    struct buf b = sitemap(25000, 500);
    pb_result *r = understood(&b, 15 << 20);
    assert_in_range(r->n_entries, 15000, 24000);
    assert_non_null(strstr(r->problem, "only the newest"));
    const char *last = r->entries[0]->link;
    assert_string_equal(last + strlen(last) - 5, "24999");
    wire_free(&r->base);
    buf_free(&b);
}

static void what_does_not_fit_into_an_answer_is_a_problem_for_a_person(void **state)
{
    (void)state;
    struct buf b = sitemap(50, 500);
    pb_result *r = understood(&b, 2000);
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_AUTO);
    assert_non_null(strstr(r->problem, "larger than what is taken"));
    wire_free(&r->base);
    buf_free(&b);
}

static struct buf dividend(void)
{
    struct buf b = buf_new(4096);
    buf_puts(&b, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                 "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                 "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
                 "/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
                 "4 0 obj<</Length 115>>stream\n"
                 "BT /F 12 Tf 20 250 Td (Notice of a dividend) Tj 0 -150 Td (The harbour pays "
                 "four pence a share on 3 May.) Tj ET\nendstream endobj\n"
                 "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
                 "trailer<</Root 1 0 R/Size 6>>\n%%EOF\n");
    return b;
}

static bool not_installed(const pb_result *r)
{
    return strstr(r->problem, "poppler") != NULL;
}

static void a_pdf_document_is_read_as_an_announcement(void **state)
{
    (void)state;
    struct buf b = dividend();
    pb_result *r = understood(&b, 1 << 20);
    if (not_installed(r)) {
        wire_free(&r->base);
        buf_free(&b);
        skip();
    }
    assert_string_equal(r->problem, "");
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE);
    assert_string_equal(r->announcement->title, "Notice of a dividend");
    assert_non_null(strstr(r->announcement->text, "four pence a share"));
    assert_string_equal(r->announcement->charset_used, "utf-8");
    assert_string_equal(r->announcement->language, "en");
    wire_free(&r->base);
    buf_free(&b);
}

static void a_pdf_document_is_called_as_its_source_calls_it(void **state)
{
    (void)state;
    struct buf b = dividend();
    Newswire__V1__ExtractTask task = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    pb_announcement hint = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    hint.title = (char *)"关于分红的公告";
    hint.published_ms = 1700000000000;
    hint.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_MINUTE;
    task.hint = &hint;
    pb_result *r = understood_task(&task, &b, 1 << 20);
    if (not_installed(r)) {
        wire_free(&r->base);
        buf_free(&b);
        skip();
    }
    assert_string_equal(r->announcement->title, "关于分红的公告");
    assert_true(r->announcement->published_ms == 1700000000000);
    assert_int_equal(r->announcement->published_precision,
                     NEWSWIRE__V1__PRECISION__PRECISION_MINUTE);
    wire_free(&r->base);
    buf_free(&b);
}

static void a_page_that_only_wraps_a_document_names_it(void **state)
{
    (void)state;
    static const char html[] =
        "<html><head><meta charset=\"utf-8\"><title>关于分红的公告</title></head>"
        "<body><h1>关于分红的公告</h1><p>2026-10-13</p>"
        "<p><a href=\"/f/1.pdf\">附件：分红公告.pdf</a></p></body></html>";
    struct buf b = buf_new(4096);
    buf_puts(&b, html);
    pb_result *r = understood(&b, 1 << 20);
    assert_string_equal(r->document, "https://xn--fsqu00a.xn--fiqs8s/f/1.pdf");
    assert_string_equal(r->announcement->title, "关于分红的公告");
    wire_free(&r->base);
    buf_free(&b);
}

static void where_a_document_was_asked_for_a_page_will_not_do(void **state)
{
    (void)state;
    struct buf b = buf_new(4096);
    Newswire__V1__ExtractTask task = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    buf_puts(&b, "<html><body><p>会议研究部署了国有企业改革的重点工作。</p></body></html>");
    task.kind = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    task.document = true;
    pb_result *r = understood_task(&task, &b, 1 << 20);
    assert_null(r->announcement);
    assert_string_equal(r->problem, "it is an HTML page, not a PDF document");
    wire_free(&r->base);
    buf_free(&b);
}

// Links among which no article can be: what is asked without a word must not fail on them.
static void a_page_without_text_is_read_as_the_list_that_it_has(void **state)
{
    (void)state;
    struct buf b = buf_new(4096);
    buf_puts(&b, "<html><body><ul>"
                 "<li><a href=\"/tender/detail_579241.html\">关于设备采购项目的招标公告</a></li>"
                 "<li><a href=\"/tender/detail_579242.html\">Notice of a tender for rails</a></li>"
                 "<li><a href=\"/tender/detail_579243.html\">关于监理服务的询价公告</a></li>"
                 "</ul></body></html>");
    pb_result *r = understood(&b, 1 << 20);
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST);
    assert_int_equal(r->n_entries, 3);
    assert_null(r->announcement);
    assert_string_equal(r->problem, "");
    wire_free(&r->base);
    buf_free(&b);
}

static void a_page_with_text_is_not_made_a_list_by_what_its_scripts_hold(void **state)
{
    (void)state;
    struct buf b = buf_new(4096);
    buf_puts(&b, "<html><body><h1>关于召开会议的通知</h1><p>会议研究部署了国有企业改革的重点工作，"
                 "要求各单位认真贯彻落实，确保各项任务按期完成。</p><script>var related = ["
                 "{title:'关于设备采购项目的公告',url:'/a/579241.html',date:'2026-11-20'},"
                 "{title:'关于监理服务项目的公告',url:'/a/579242.html',date:'2026-11-19'},"
                 "{title:'关于年度会议的通知公告',url:'/a/579243.html',date:'2026-11-18'},"
                 "{title:'Notice of annual meeting',url:'/a/579244.html',date:'2026-11-17'},"
                 "{title:'关于安全检查的通知公告',url:'/a/579245.html',date:'2026-11-16'}];"
                 "</script></body></html>");
    pb_result *r = understood(&b, 1 << 20);
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE);
    wire_free(&r->base);
    buf_free(&b);
}

static void a_damaged_pdf_document_is_a_problem_for_a_person(void **state)
{
    (void)state;
    struct buf b = buf_new(4096);
    buf_puts(&b, "%PDF-1.4\nnothing of a document 没有内容");
    pb_result *r = understood(&b, 1 << 20);
    assert_int_equal(r->found, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_AUTO);
    assert_true(*r->problem);
    wire_free(&r->base);
    buf_free(&b);
}

// Entries of a feed, each with `characters` of three bytes as its text.
static struct buf feed(int n, int characters)
{
    struct buf b = buf_new(64 << 20);
    buf_puts(&b, "<rss version=\"2.0\"><channel><title>要闻 news</title>");
    for (int i = 0; i < n; i++) {
        buf_printf(&b, "<item><guid isPermaLink=\"false\">%d</guid><description>", i);
        for (int k = 0; k < characters; k++)
            buf_puts(&b, "文");
        buf_puts(&b, "</description></item>");
    }
    buf_puts(&b, "</channel></rss>");
    return b;
}

static void the_text_of_an_entry_is_kept_up_to_its_bound_or_said_to_be_cut(void **state)
{
    (void)state;
    static const struct {
        int n, characters;
        size_t want, want_last;
        bool want_cut, want_last_cut;
    } rows[] = {
        {1, 128000, 384000, 384000, false, false},
        {1, 200000, (512 << 10) / 3 * 3, (512 << 10) / 3 * 3, true, true},
        {20, 128000, 384000, 2046, false, true}, // together more than an answer holds
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = feed(rows[i].n, rows[i].characters);
        pb_result *r = understood(&b, 15 << 20);
        assert_int_equal(r->n_entries, rows[i].n);
        const Newswire__V1__Announcement *first = r->entries[0]->hint;
        const Newswire__V1__Announcement *last = r->entries[rows[i].n - 1]->hint;
        assert_int_equal(strlen(first->text), rows[i].want);
        assert_int_equal(first->text_cut, rows[i].want_cut);
        assert_int_equal(strlen(last->text), rows[i].want_last);
        assert_int_equal(last->text_cut, rows[i].want_last_cut);
        assert_memory_equal(first->title, "文文", 6);
        wire_free(&r->base);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pdf_document_is_read_as_an_announcement),
        cmocka_unit_test(a_pdf_document_is_called_as_its_source_calls_it),
        cmocka_unit_test(a_page_that_only_wraps_a_document_names_it),
        cmocka_unit_test(where_a_document_was_asked_for_a_page_will_not_do),
        cmocka_unit_test(a_page_without_text_is_read_as_the_list_that_it_has),
        cmocka_unit_test(a_page_with_text_is_not_made_a_list_by_what_its_scripts_hold),
        cmocka_unit_test(a_damaged_pdf_document_is_a_problem_for_a_person),
        cmocka_unit_test(the_text_of_an_entry_is_kept_up_to_its_bound_or_said_to_be_cut),
        cmocka_unit_test(a_sitemap_of_full_size_is_read_whole),
        cmocka_unit_test(of_a_sitemap_too_large_for_an_answer_the_newest_are_read),
        cmocka_unit_test(what_does_not_fit_into_an_answer_is_a_problem_for_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
