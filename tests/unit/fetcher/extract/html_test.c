// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/extract/html.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int start(void **state)
{
    *state = html_new();
    return 0;
}

static int stop(void **state)
{
    struct html *h = *state;
    html_free(&h);
    return 0;
}

static void fragments_become_paragraphs(void **state)
{
    static const struct {
        const char *html, *want;
    } rows[] = {
        {"plain text", "plain text"},
        {"<p>Hello <b>wor</b>ld &amp; all<br>next", "Hello world & all\nnext"},
        {"<div>A<ul><li>one<li>two</ul>tail</div>", "A\none\ntwo\ntail"},
        {"&lt;p&gt; is a tag", "<p> is a tag"},
        {"<table><tr><td>甲<td>乙</table>　　全角", "甲\n乙\n全角"},
        {"<p>一<script>var x</script><style>p{}</style>二", "一二"},
        {"<ruby>學<rt>xué</rt></ruby>習", "學習"},
        {"a\n\n b&nbsp; c", "a b c"},
        {"x<!-- c -->y<svg><text>z</text></svg>!", "xy!"},
        {"<select><option>1<option>2</select>after", "after"},
        {"bad\x01 control", "bad control"},
        {"", ""},
    };
    struct buf out = buf_new(1000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_clear(&out);
        html_text(*state, rows[i].html, strlen(rows[i].html), &out);
        assert_string_equal(buf_str(&out), rows[i].want);
    }
    buf_free(&out);
}

static void nodes_lie_in_document_order(void **state)
{
    static const char page[] = "<body><div id=a><p>x</div><p class='b c'>y";
    uint32_t count;
    const struct html_node *nodes = html_parse(*state, page, strlen(page), &count);
    static const uint8_t want[] = {HTML_HTML, HTML_HEAD, HTML_BODY, HTML_DIV,
                                   HTML_P,    HTML_TEXT, HTML_P,    HTML_TEXT};
    assert_int_equal(count, COUNT(want));
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(nodes[i].tag, want[i]);
    assert_int_equal(nodes[3].end, 6);
    assert_int_equal(nodes[2].end, count);
    assert_int_equal(nodes[6].parent, 2);
    struct html_str class = html_attr(*state, &nodes[6], HTML_ATTR_CLASS);
    assert_int_equal(class.n, 3);
    assert_memory_equal(class.s, "b c", 3);
    assert_null(html_attr(*state, &nodes[6], HTML_ATTR_ID).s);
}

static void of_an_attribute_given_twice_the_first_counts(void **state)
{
    static const char *const pages[] = {
        "<body><p style='color: red' style='display: none' class=a class=b>海",
        "<body>&lt;<p style='color: red' style='display: none' class=a class=b>sea", // lexbor's
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        uint32_t count;
        const struct html_node *nodes = html_parse(*state, pages[i], strlen(pages[i]), &count);
        const struct html_node *p = &nodes[count - 2];
        assert_int_equal(p->tag, HTML_P);
        assert_int_equal(p->n_attrs, 1);
        assert_memory_equal(html_attr(*state, p, HTML_ATTR_CLASS).s, "a", 1);
    }
}

// Repeats the unit to about 1 MB and returns the number of nodes.
static uint32_t parse_many(struct html *h, const char *unit)
{
    struct buf page = buf_new(2 << 20);
    while (page.size < 1 << 20)
        buf_puts(&page, unit);
    uint32_t count;
    html_parse(h, buf_str(&page), page.size, &count);
    buf_free(&page);
    return count;
}

static void hostile_pages_stay_within_the_bounds(void **state)
{
    static const char *const units[] = {"<div>",        "<b><i>x", "<a href=x><table>y",
                                        "<p>x",         "x</b>",   "<select><option>x",
                                        "<table>x<tr>", "<svg><g>"};
    for (size_t i = 0; i < COUNT(units); i++)
        assert_in_range(parse_many(*state, units[i]), 1, 4 * HTML_NODES_MAX);
}

static void depth_ends_at_the_bound(void **state)
{
    struct buf page = buf_new(1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_puts(&page, "<div>");
    uint32_t count, depth = 0;
    const struct html_node *nodes = html_parse(*state, buf_str(&page), page.size, &count);
    for (uint32_t i = count - 1; i > 0; i = nodes[i].parent)
        depth++;
    assert_in_range(depth, HTML_DEPTH_MAX - 2, HTML_DEPTH_MAX);
    buf_free(&page);
}

static void the_text_of_scripts_is_left_out_but_for_json_ld(void **state)
{
    static const char page[] = "<script>if (a < b) \"</p>\"</script>"
                               "<script type='application/ld+json'>{\"a\":1}</script>"
                               "<script><!-- <script></script> --></script><p>text";
    uint32_t count, texts = 0;
    const struct html_node *nodes = html_parse(*state, page, strlen(page), &count);
    for (uint32_t i = 0; i < count; i++)
        texts += nodes[i].tag == HTML_TEXT;
    assert_int_equal(texts, 2);
}

static void an_unclosed_drawing_hides_nothing_after_it(void **state)
{
    struct buf out = buf_new(1000);
    html_text(*state, "<svg><path><p>正文 text", strlen("<svg><path><p>正文 text"), &out);
    assert_string_equal(buf_str(&out), "正文 text");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_become_paragraphs),
        cmocka_unit_test(nodes_lie_in_document_order),
        cmocka_unit_test(of_an_attribute_given_twice_the_first_counts),
        cmocka_unit_test(hostile_pages_stay_within_the_bounds),
        cmocka_unit_test(depth_ends_at_the_bound),
        cmocka_unit_test(the_text_of_scripts_is_left_out_but_for_json_ld),
        cmocka_unit_test(an_unclosed_drawing_hides_nothing_after_it),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
