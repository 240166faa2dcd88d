// SPDX-License-Identifier: MIT
// Filings, as pdftotext lays them out, and what becomes of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"
#include "services/fetcher/extract/pdf.h"

static const int64_t now = INT64_C(1795219200000);

static const char zh[] =
    "东岭港口股份有限公司临时公告\n\n"
    "证券代码：600000      证券简称：东岭港口     公告编号：2021-012\n\n"
    "        东岭港口股份有限公司\n"
    "      关于董事会换届选举的公告\n\n\n"
    "    本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述\n"
    "或者重大遗漏，并对其内容的真实性承担法律责任。\n\n"
    "一、会议召开情况\n"
    "　　公司于近日召开董事会，审议通过了换届选举的议案，出席会议的董事共计100\n"
    "名，其中 Harbour 方面的董事三名。\n"
    "    会议程序符合《公司法》和公司章程的规定。\n"
    "项目              本期金额           上期金额\n"
    "营业收入            1,234,567.00   987,654.00\n"
    "    本次会议没有其他需要公告的事项，特此说明，敬请广大投资者注意投资的风险，\n\n"
    "                      1 / 2\n\f"
    "东岭港口股份有限公司临时公告\n\n"
    "谨慎决策。\n"
    "    特此公告。\n\n"
    "                             东岭港口股份有限公司董事会\n"
    "                                    2021年9月27日\n\n"
    "                      2 / 2\n\f";

static const char en[] =
    "Hong Kong Exchanges and Clearing Limited and The Stock Exchange of Hong Kong\n"
    "Limited take no responsibility for the contents of this announcement.\n\n"
    "                NORTHFIELD HARBOUR GROUP LIMITED\n"
    "                        北境港口集團有限公司\n"
    "         (Incorporated in Bermuda with limited liability)\n"
    "                    (Stock Code: 1234)\n\n\n"
    "         PROPOSED MERGER OF TWO SUBSIDIARIES\n"
    "              AND CHANGE OF AUDITOR\n\n"
    "The board of directors announces that it has approved the mer-\n"
    "ger of two of its year-on-\n"
    "year growing subsidiaries, subject to the consent of the share-\n"
    "holders in a general meeting to be held in the spring.\n\n"
    "By order of the board\nAnn Example\nChair\n\n"
    "Hong Kong, 27 September 2021\n\n"
    "- 1 -\n\f";

static struct pdf read_hinted(const char *text, const char *title, int64_t ms)
{
    struct pdf pdf;
    struct pdf_hint hint = {title, ms, ms ? DATE_DAY : DATE_NONE};
    pdf_read(text, strlen(text), &hint, now, &pdf, NULL);
    return pdf;
}

static void assert_date(const struct pdf *pdf, const char *want)
{
    char date[DATE_TEXT_SIZE] = "";
    if (pdf->date.precision != DATE_NONE)
        date_format(&pdf->date, date);
    assert_string_equal(date, want);
}

static void a_chinese_filing_gives_title_date_and_paragraphs(void **state)
{
    (void)state;
    struct pdf pdf;
    pdf_read(zh, strlen(zh), NULL, now, &pdf, NULL);
    assert_string_equal(buf_str(&pdf.title), "东岭港口股份有限公司关于董事会换届选举的公告");
    assert_date(&pdf, "2021-09-27");
    assert_string_equal(pdf.language, "zh-Hans");
    assert_string_equal(
        buf_str(&pdf.text),
        "本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述或者重大遗漏，"
        "并对其内容的真实性承担法律责任。\n"
        "一、会议召开情况\n"
        "公司于近日召开董事会，审议通过了换届选举的议案，出席会议的董事共计100名，"
        "其中 Harbour 方面的董事三名。\n"
        "会议程序符合《公司法》和公司章程的规定。\n"
        "项目 | 本期金额 | 上期金额\n"
        "营业收入 | 1,234,567.00 | 987,654.00\n"
        "本次会议没有其他需要公告的事项，特此说明，敬请广大投资者注意投资的风险，谨慎决策。\n"
        "特此公告。\n"
        "东岭港口股份有限公司董事会\n"
        "2021年9月27日");
    pdf_free(&pdf);
}

static void an_english_filing_gives_title_date_and_paragraphs(void **state)
{
    (void)state;
    struct pdf pdf;
    pdf_read(en, strlen(en), NULL, now, &pdf, NULL);
    assert_string_equal(buf_str(&pdf.title),
                        "PROPOSED MERGER OF TWO SUBSIDIARIES AND CHANGE OF AUDITOR");
    assert_date(&pdf, "2021-09-27");
    assert_string_equal(pdf.language, "en");
    assert_non_null(strstr(buf_str(&pdf.text),
                           "approved the merger of two of its year-on-year growing subsidiaries, "
                           "subject to the consent of the shareholders in a general meeting"));
    assert_null(strstr(buf_str(&pdf.text), "take no responsibility"));
    assert_null(strstr(buf_str(&pdf.text), "- 1 -"));
    pdf_free(&pdf);
}

static void titles_and_dates_come_from_where_they_are_known_best(void **state)
{
    (void)state;
    static const struct {
        const char *text, *title;
        int64_t ms;
        const char *want_title, *want_date;
    } cases[] = {
        // The document's own title, as titles end; the hint's date before a signature's.
        {zh, "临时公告", INT64_C(1632787200000), "东岭港口股份有限公司关于董事会换届选举的公告",
         "2021-09-28"},
        // English first lines are a guess: what the page says is better.
        {en, "Proposed merger and change of auditor", 0, "Proposed merger and change of auditor",
         "2021-09-27"},
        // Unless it says nothing.
        {en, "View PDF", 0, "PROPOSED MERGER OF TWO SUBSIDIARIES AND CHANGE OF AUDITOR",
         "2021-09-27"},
        {en, "600100.pdf", 0, "PROPOSED MERGER OF TWO SUBSIDIARIES AND CHANGE OF AUDITOR",
         "2021-09-27"},
        {"证券代码：600000   证券简称：东岭港口\n\n", "附件1：关于分红的公告.pdf", 0,
         "关于分红的公告", ""},
        {"證券代號：1234\n\n", "下载", 0, "下载", ""},
        // A date beside the title is the publication's.
        {"Notice of a dividend\n27 September 2021\n\nThe harbour pays four pence a share.\n",
         "Dividend declared", INT64_C(1632787200000), "Dividend declared", "2021-09-27"},
        {"关于分红的公告\n（2021年9月27日）\n\n    公司决定分红，请投资者注意。\n", "", 0,
         "关于分红的公告", "2021-09-27"},
        {"        公        告\n\n    公司决定分红，请投资者注意。\n", "", 0, "公告", ""},
        {"關於建議分派末期股息的公告\n\n    董事會決定分派股息。\n", "", 0,
         "關於建議分派末期股息的公告", ""},
        {"关于分红的公告（修订稿）\n\n    公司决定分红，请投资者注意。\n", "", 0,
         "关于分红的公告（修订稿）", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pdf pdf = read_hinted(cases[i].text, cases[i].title, cases[i].ms);
        if (!pdf.title.size || strcmp(buf_str(&pdf.title), cases[i].want_title) != 0)
            fail_msg("%zu: title \"%s\", not \"%s\"", i, buf_str(&pdf.title), cases[i].want_title);
        assert_date(&pdf, cases[i].want_date);
        pdf_free(&pdf);
    }
}

static void lines_become_paragraphs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        // A line begins a paragraph by its mark, though nothing else parts it from the one before.
        {"（一）公司应当于每年四月底以前向全体股东报告上一年度的财务状况和经营成果，\n"
         "（二）公司应当于每年八月底以前向全体股东报告上半年度的财务状况和经营成果，\n",
         "（一）公司应当于每年四月底以前向全体股东报告上一年度的财务状况和经营成果，\n"
         "（二）公司应当于每年八月底以前向全体股东报告上半年度的财务状况和经营成果，"},
        // The indented lines of a list belong to its mark.
        {"1. The board approved the accounts of the year and asks the meeting to\n"
         "   adopt them without any further change of the dividend\n",
         "1. The board approved the accounts of the year and asks the meeting to adopt them "
         "without any further change of the dividend"},
        {"第一节 公司概况 ................................ 3\n"
         "第二节 财务报告 ................................ 9\n",
         "第一节 公司概况 ................................ 3\n"
         "第二节 财务报告 ................................ 9"},
        {"董　事　會\n", "董 事 會"},
        {"扫描全能王 创建\n\f扫描全能王 创建\n\f", ""},
        {"第 1 页 共 2 页\n\f第 2 页 共 2 页\n\f", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pdf pdf;
        pdf_read(cases[i].text, strlen(cases[i].text), NULL, now, &pdf, NULL);
        if (strcmp(buf_str(&pdf.text), cases[i].want) != 0)
            fail_msg("%zu: \"%s\", not \"%s\"", i, buf_str(&pdf.text), cases[i].want);
        pdf_free(&pdf);
    }
}

static void headers_with_a_page_number_in_them_are_left_out(void **state)
{
    (void)state;
    struct buf text = buf_new(1 << 20);
    struct pdf pdf;
    for (int i = 1; i <= 5; i++)
        buf_printf(&text,
                   "东岭港口 2021年年度报告    %d\n\n第%d章的内容很长很长。\n\n续。\n\n尾。\n\f", i,
                   i);
    pdf_read(buf_str(&text), text.size, NULL, now, &pdf, NULL);
    assert_null(strstr(buf_str(&pdf.text), "年度报告"));
    assert_non_null(strstr(buf_str(&pdf.text), "第4章的内容很长很长。"));
    assert_int_equal(pdf.pages, 5);
    pdf_free(&pdf);
    buf_free(&text);
}

static void a_text_that_fonts_do_not_explain_is_told_from_one_that_they_do(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want; // part of the trouble; NULL: none
    } cases[] = {
        {zh, NULL},
        {en, NULL},
        {"\n\f\n\f", "scanned?"},
        {"1\n\f2\n\f3\n\f", "scanned?"},
        {"\x01\x02"
         "B.~\x05\x06 &XuE\x1E\x1F k9H\x03",
         "garbled"},
        {"\xEE\x80\x80\xEE\x80\x81\xEE\x80\x82\xEE\x80\x83\xEE\x80\x84\xEE\x80\x85", "garbled"},
        // Glyphs' numbers taken for characters: a dozen scripts at once.
        {"ĐʞҔԶאبݐक਼ஃఇಋഎටกລཀက", "garbled"},
        // One script that we do not expect is a language.
        {"Совет директоров одобрил выплату дивидендов", NULL},
        {"Ο Όμιλος ανακοινώνει", NULL},
        // A symbol font's bullets.
        {"\xEF\x82\xB7 first\n\xEF\x82\xB7 second\n\xEF\x82\xB7 third\n\xEF\x82\xB7 fourth\n"
         "\xEF\x82\xB7 fifth\n\xEF\x82\xB7 sixth\n",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pdf pdf;
        pdf_read(cases[i].text, strlen(cases[i].text), NULL, now, &pdf, NULL);
        const char *trouble = pdf_trouble(&pdf);
        if (!trouble != !cases[i].want || (trouble && !strstr(trouble, cases[i].want)))
            fail_msg("%zu: %s", i, trouble ? trouble : "no trouble");
        pdf_free(&pdf);
    }
}

static void the_explanation_names_what_was_dropped_and_why(void **state)
{
    (void)state;
    static const char *const want[] = {"2 pages",
                                       "page number       page 1    1 / 2",
                                       "letterhead        page 1    证券代码",
                                       "repeated on pages page 2",
                                       "title             page 1",
                                       "signature at the end  2021-09-27",
                                       "+ 一、会议召开情况"};
    struct buf explain = buf_new(1 << 20);
    struct pdf pdf;
    pdf_read(zh, strlen(zh), NULL, now, &pdf, &explain);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (!strstr(buf_str(&explain), want[i]))
            fail_msg("no \"%s\" in %s", want[i], buf_str(&explain));
    pdf_free(&pdf);
    buf_free(&explain);
}

static void documents_are_known_by_their_beginning(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool want;
    } cases[] = {{"%PDF-1.7\n", true},
                 {"\xEF\xBB\xBF\r\n%PDF-1.4\n", true},
                 {"<html>%PDF-1.4", false},
                 {"%PDX-1.4", false},
                 {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pdf_sniff((const uint8_t *)cases[i].bytes, strlen(cases[i].bytes)),
                         cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_filing_gives_title_date_and_paragraphs),
        cmocka_unit_test(an_english_filing_gives_title_date_and_paragraphs),
        cmocka_unit_test(titles_and_dates_come_from_where_they_are_known_best),
        cmocka_unit_test(lines_become_paragraphs),
        cmocka_unit_test(headers_with_a_page_number_in_them_are_left_out),
        cmocka_unit_test(a_text_that_fonts_do_not_explain_is_told_from_one_that_they_do),
        cmocka_unit_test(the_explanation_names_what_was_dropped_and_why),
        cmocka_unit_test(documents_are_known_by_their_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
