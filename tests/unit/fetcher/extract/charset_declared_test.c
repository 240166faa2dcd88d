// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/fetcher/extract/charset.h"

static const struct declared_case {
    const char *content_type, *page;
    const char *want_declared, *want_used;
} cases[] = {
    {"text/html; charset=utf-8", "news", "utf-8", "utf-8"},
    {"text/html", "<meta charset=gbk>\xd0\xc2\xce\xc5", "gb18030", "gb18030"},
    {"text/html; charset=x-river", "\xe6\x96\xb0\xe9\x97\xbb", "x-river", "utf-8"},
    {"text/html", "<meta charset='x-river'>news", "x-river", "utf-8"},
    {"text/html; charset=x-river", "<meta charset=big5>\xb7\x73\xbb\x44", "big5", "big5"},
    {"text/html; charset=\x07r\xc3\xafver", "news", "rver", "utf-8"},
    {"text/html", "<meta name=charset content=none>news", "", "utf-8"},
    {"text/html; charset=one-label-that-is-longer-than-any-name-of-an-encoding", "news",
     "one-label-that-is-longer-than-any-name-o", "utf-8"},
    {"text/html", "news", "", "utf-8"},
};

static void a_declared_encoding_is_named_even_if_there_is_no_such_encoding(void **state)
{
    (void)state;
    struct buf scratch = buf_new(4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct declared_case *c = &cases[i];
        struct charset_text t =
            charset_decode((const uint8_t *)c->page, strlen(c->page), c->content_type, &scratch);
        assert_string_equal(t.report.declared, c->want_declared);
        assert_string_equal(t.report.used, c->want_used);
    }
    buf_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_declared_encoding_is_named_even_if_there_is_no_such_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
