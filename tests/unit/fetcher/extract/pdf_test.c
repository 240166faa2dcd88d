// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/pdf.h"

static const struct date_rules china = {ZONE_SHANGHAI, INT64_C(1795219200000)},
                               utc = {ZONE_UTC, INT64_C(1795219200000)};

static void a_chinese_filing_gives_title_text_and_date(void **state)
{
    (void)state;
    static const char text[] =
        "证券代码：600000      证券简称：东岭港口     公告编号：2021-012\n\n"
        "        东岭港口股份有限公司\n"
        "   关于董事会换届选举的公告\n\n"
        "  本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述\n"
        "或者重大遗漏，并对其内容的真实性承担法律责任。\n\n"
        "  公司于近日召开董事会，审议通过了换届选举的议案。\n\n"
        "                      1\n\f"
        "  特此公告。\n\n"
        "                             东岭港口股份有限公司董事会\n"
        "                                    2021年9月27日\n\n"
        "                      2\n\f";
    struct pdf pdf;
    char date[DATE_TEXT_SIZE];
    pdf_read(text, strlen(text), &china, &pdf);
    assert_string_equal(buf_str(&pdf.title), "东岭港口股份有限公司关于董事会换届选举的公告");
    date_format(&pdf.date, date);
    assert_string_equal(date, "2021-09-27");
    assert_non_null(
        strstr(buf_str(&pdf.text), "误导性陈述或者重大遗漏，并对其内容的真实性承担法律责任。\n"));
    assert_null(strstr(buf_str(&pdf.text), "\n1\n"));
    pdf_free(&pdf);
}

static void an_english_filing_gives_title_text_and_date(void **state)
{
    (void)state;
    static const char text[] =
        "Northfield Harbour Group plc\nProposed merger of two subsidiaries\n\n"
        "27 September 2021\n\n"
        "The board announces that it has approved the merger of two of its\n"
        "subsidiaries, subject to the consent of shareholders.\n\n"
        "Page header\n\f"
        "Page header\n\nShareholders are to vote in March.\n\f"
        "Page header\n\nEnquiries: the company secretary.\n\f";
    struct pdf pdf;
    char date[DATE_TEXT_SIZE];
    pdf_read(text, strlen(text), &utc, &pdf);
    assert_string_equal(buf_str(&pdf.title),
                        "Northfield Harbour Group plc Proposed merger of two subsidiaries");
    date_format(&pdf.date, date);
    assert_string_equal(date, "2021-09-27");
    assert_non_null(strstr(buf_str(&pdf.text), "merger of two of its subsidiaries, subject to"));
    assert_null(strstr(buf_str(&pdf.text), "Page header"));
    pdf_free(&pdf);
}

static void nothing_gives_nothing(void **state)
{
    (void)state;
    struct pdf pdf;
    pdf_read("", 0, &utc, &pdf);
    assert_string_equal(buf_str(&pdf.text), "");
    assert_string_equal(buf_str(&pdf.title), "");
    assert_int_equal(pdf.date.precision, DATE_NONE);
    pdf_free(&pdf);
}

// A minimal document of one page, its cross-reference table left to the reader to mend.
static const char document[] =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
    "/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    "4 0 obj<</Length 43>>stream\nBT /F 12 Tf 20 200 Td (Harbour notice) Tj ET\nendstream endobj\n"
    "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    "trailer<</Root 1 0 R/Size 6>>\n%%EOF\n";

static void the_text_of_a_document_is_read(void **state)
{
    (void)state;
    struct buf out = buf_new(1 << 20);
    struct problem why;
    enum err e = pdf_to_text((const uint8_t *)document, strlen(document), &out, &why);
    if (e == ERR_IO)
        skip(); // pdftotext is not installed here
    assert_int_equal(e, OK);
    assert_non_null(strstr(buf_str(&out), "Harbour notice"));
    buf_free(&out);
}

static void what_is_no_document_is_refused(void **state)
{
    (void)state;
    struct buf out = buf_new(1 << 20);
    struct problem why = {""};
    enum err e = pdf_to_text((const uint8_t *)"<html>", 6, &out, &why);
    if (e == ERR_IO)
        skip();
    assert_int_equal(e, ERR_INPUT);
    assert_non_null(strstr(why.text, "no PDF"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_filing_gives_title_text_and_date),
        cmocka_unit_test(an_english_filing_gives_title_text_and_date),
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(the_text_of_a_document_is_read),
        cmocka_unit_test(what_is_no_document_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
