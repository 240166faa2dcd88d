// SPDX-License-Identifier: MIT
// What the reader does beside reading, which the golden table shows: see feed_golden_test.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/xml.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int setup(void **state)
{
    *state = feed_reader_new();
    return 0;
}

static int teardown(void **state)
{
    feed_reader_free((struct feed_reader **)state);
    return 0;
}

static enum err read_text(struct feed_reader *r, const char *text, size_t size,
                          const struct feed **out, struct problem *why)
{
    struct page_source source = {(const uint8_t *)text, size, "https://example.com/f", "", 0};
    return feed_read(r, &source, out, why);
}

static const struct feed *must_read(struct feed_reader *r, const char *text)
{
    const struct feed *feed = NULL;
    struct problem why;
    assert_int_equal(read_text(r, text, strlen(text), &feed, &why), OK);
    return feed;
}

static void a_document_is_known_by_its_content_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum feed_kind want;
    } rows[] = {
        {"<?xml version='1.0'?>\n<rss version='2.0'>", FEED_RSS},
        {"\xEF\xBB\xBF<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", FEED_RDF},
        {"<!-- 新闻 --><feed xmlns='http://www.w3.org/2005/Atom'>", FEED_ATOM},
        {"{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": []}", FEED_JSON},
        {"<!doctype HTML><p>关于 &lt;rss&gt;", FEED_NONE},
        {"<div>x</div><rss><channel>", FEED_RSS},
        {"{\"items\": []}", FEED_NONE},
        {"<", FEED_NONE},
        {"", FEED_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(feed_sniff((const uint8_t *)rows[i].text, strlen(rows[i].text)),
                         rows[i].want);
}

static void a_reader_reads_one_feed_after_another(void **state)
{
    const struct feed *feed =
        must_read(*state, "<rss><channel><title>甲</title><ttl>5</ttl><item><title>一</title>"
                          "</item><item/></channel></rss>");
    assert_int_equal(feed->n_entries, 2);
    assert_int_equal(feed->ttl_s, 300);
    feed = must_read(*state, "<feed><entry><title>two</title></entry></feed>");
    assert_int_equal(feed->n_entries, 1);
    assert_string_equal(feed->entries[0].title, "two");
    assert_string_equal(feed->title, "");
    assert_int_equal(feed->ttl_s, 0);
    assert_string_equal(feed->defect, "");
}

static void a_refused_document_leaves_the_output_alone_and_the_reader_usable(void **state)
{
    const struct feed *feed = NULL;
    struct problem why;
    assert_int_equal(read_text(*state, "<html>", 6, &feed, &why), ERR_INPUT);
    assert_null(feed);
    assert_non_null(strstr(why.text, "https://example.com/f"));
    assert_int_equal(must_read(*state, "<rss><channel><item/></channel></rss>")->n_entries, 1);
}

static void what_the_bytes_were_read_as_is_reported(void **state)
{
    const struct feed *feed =
        must_read(*state, "<?xml version='1.0' encoding='gb2312'?><rss><channel><item><title>"
                          "\xb9\xab\xb8\xe6</title></item></channel></rss>");
    assert_string_equal(feed->entries[0].title, "公告");
    assert_string_equal(feed->charset.used, "gb18030");
    assert_false(feed->charset.guessed);
    assert_int_equal(feed->charset.replacements, 0);
}

static void entries_beyond_the_maximum_are_left_out_and_said_to_be(void **state)
{
    struct buf text = buf_new(1 << 20);
    buf_puts(&text, "<rss><channel>");
    for (int i = 0; i < 5100; i++)
        buf_printf(&text, "<item><guid>%d</guid></item>", i);
    buf_puts(&text, "</channel></rss>");
    const struct feed *feed = must_read(*state, buf_str(&text));
    assert_int_equal(feed->n_entries, 5000);
    assert_non_null(strstr(feed->defect, "more than 5000"));
    buf_free(&text);
}

static void a_long_title_is_cut_between_characters(void **state)
{
    struct buf text = buf_new(1 << 20);
    buf_puts(&text, "<rss><channel><item><title>x");
    for (int i = 0; i < 2000; i++)
        buf_puts(&text, "通");
    buf_puts(&text, "</title></item></channel></rss>");
    const char *title = must_read(*state, buf_str(&text))->entries[0].title;
    assert_in_range(strlen(title), 990, 1000);
    assert_true(text_is_clean(title, strlen(title)));
    buf_free(&text);
}

// A feed of one entry whose description is `text` n times.
static struct buf feed_with(const char *before, const char *text, size_t n)
{
    struct buf b = buf_new(16 << 20);
    buf_puts(&b, before);
    buf_puts(&b, "<rss version='2.0'><channel><item><title>公告</title><description>");
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, text);
    buf_puts(&b, "</description></item></channel></rss>");
    return b;
}

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10

static void a_text_is_read_whole_or_said_to_be_cut(void **state)
{
    static const struct {
        const char *text;
        size_t n, want;
        bool want_cut;
    } rows[] = {
        {"今日发布。", 20000, 300000, false},
        {"Words of it. ", 60000, 60000 * 13 - 1, false},
        {"今日发布。", 80000, (1 << 20) / 3 * 3, true}, // cut between characters
        {"&lt;b&gt;&lt;/b&gt;", 400000, 0, false},
        {"&lt;b a='" X50 X50 "'&gt;字&lt;/b&gt;", 20000, 18236 * 3,
         true}, // more markup than is looked at
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf b = feed_with("", rows[i].text, rows[i].n);
        const struct feed *f = must_read(*state, buf_str(&b));
        assert_int_equal(strlen(f->entries[0].summary), rows[i].want);
        assert_int_equal(f->entries[0].cut, rows[i].want_cut);
        buf_free(&b);
    }
}

// A reference to 100 KB, 20,000 times: the entity is refused for its length, the entry is not.
static void an_entity_that_multiplies_leaves_a_feed_a_feed(void **state)
{
    struct buf prolog = buf_new(1 << 20);
    buf_puts(&prolog, "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a \"");
    for (int i = 0; i < 50000; i++)
        buf_puts(&prolog, "要x");
    buf_puts(&prolog, "\">]>");
    struct buf b = feed_with(buf_str(&prolog), "&a;", 20000);
    assert_int_equal(feed_sniff(b.data, b.size), FEED_RSS);
    const struct feed *f = must_read(*state, buf_str(&b));
    assert_int_equal(f->n_entries, 1);
    assert_string_equal(f->entries[0].title, "公告");
    assert_int_equal(strlen(f->entries[0].summary), 60000);
    buf_free(&b);
    buf_free(&prolog);
}

static void elements_nested_without_end_do_no_harm(void **state)
{
    struct buf text = buf_new(8 << 20);
    buf_puts(&text, "<rss><channel><item><title>deep</title></item><item><description>");
    for (int i = 0; i < 200000; i++)
        buf_puts(&text, "<b>");
    buf_puts(&text, "text");
    const struct feed *feed = must_read(*state, buf_str(&text));
    assert_string_equal(feed->entries[0].title, "deep");
    assert_non_null(strstr(feed->defect, "cut off"));
    buf_free(&text);
}

// Each unit of these costs a careless reader a pass over the rest: minutes instead of milliseconds.
static void repetition_does_not_make_reading_quadratic(void **state)
{
    static const char *const units[] = {"<a b=\"", "<!['>",        "</x",      "<![CDATA[",
                                        "&x;",     "<?",           "<a b='\"", "<",
                                        "&#x;&",   "<!ENTITY a '", "<b/>",     "]]>"};
    for (size_t i = 0; i < COUNT(units); i++) {
        struct buf text = buf_new(4 << 20);
        buf_puts(&text, "<rss><channel><item><title>x</title></item>");
        while (text.size < 1 << 20)
            buf_puts(&text, units[i]);
        must_read(*state, buf_str(&text));
        buf_free(&text);
    }
}

static void mended_xml_is_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"<a>1 & 2</a>", "<a>1 &amp; 2</a>"},
        {"<a><b>x</a>", "<a><b>x</b></a>"},
        {"<a/>junk", "<a></a>"},
        {"<a x=1 x='2' y>\"</a>", "<a x=\"1\" y=\"\">\"</a>"},
        {"<a x='\"&quot;'/>", "<a x=\"&quot;&quot;\"></a>"},
        {"<a>&nbsp;关于&#8217;</a>", "<a>\u00a0关于’</a>"},
        {"<a><!-- b --><?c d?></a>", "<a></a>"},
        {"<a>x ]]> y</a>", "<a>x ]]&gt; y</a>"},
        {"<a><:b>c</a>", "<a>&lt;:b>c</a>"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = buf_new(1000);
        struct xml_mended report;
        xml_mend(rows[i].text, strlen(rows[i].text), &out, &report);
        assert_string_equal(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_known_by_its_content_alone),
        cmocka_unit_test(a_reader_reads_one_feed_after_another),
        cmocka_unit_test(a_refused_document_leaves_the_output_alone_and_the_reader_usable),
        cmocka_unit_test(what_the_bytes_were_read_as_is_reported),
        cmocka_unit_test(entries_beyond_the_maximum_are_left_out_and_said_to_be),
        cmocka_unit_test(a_long_title_is_cut_between_characters),
        cmocka_unit_test(a_text_is_read_whole_or_said_to_be_cut),
        cmocka_unit_test(an_entity_that_multiplies_leaves_a_feed_a_feed),
        cmocka_unit_test(elements_nested_without_end_do_no_harm),
        cmocka_unit_test(repetition_does_not_make_reading_quadratic),
        cmocka_unit_test(mended_xml_is_well_formed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
