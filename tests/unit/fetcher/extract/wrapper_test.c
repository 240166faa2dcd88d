// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/wrapper.h"

#define PDF "https://files.example.cn/2026/600100.PDF?v=1"

static void a_wrapper_is_told_from_a_page_with_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *title, *text;
        struct attachment attachments[2];
        const char *want;
    } cases[] = {
        {"关于分红的公告", "", {{PDF, "附件：分红公告.pdf"}}, PDF},
        {"关于分红的公告", "附件：分红公告.pdf\n点击下载", {{PDF, "分红公告.pdf"}}, PDF},
        {"Notice of a dividend", "View PDF", {{PDF, "View PDF"}}, PDF},
        {"Notice of a dividend", "Please open the document below.", {{PDF, "Notice"}}, PDF},
        {"关于分红的公告", "公告的全文请见附后。", {{PDF, "x"}, {"https://a.cn/1.docx", "y"}}, PDF},
        // A text of its own, no title, no document, or more than one.
        {"关于分红的公告",
         "会议研究部署了国有企业改革的重点工作，要求各单位抓好落实，并于月底前报告进展情况。"
         "会议还听取了安全生产工作的汇报，对下一阶段的任务作出了安排。",
         {{PDF, "附件"}},
         ""},
        {"Notice of a dividend",
         "The board of the harbour has approved a dividend of four pence a share, which is to be "
         "paid in May to the shareholders who are on the register at the end of April, as before.",
         {{PDF, "View PDF"}},
         ""},
        {"", "", {{PDF, "附件"}}, ""},
        {"关于分红的公告", "", {{NULL, NULL}}, ""},
        {"关于分红的公告", "", {{"https://a.cn/1.docx", "附件"}}, ""},
        {"关于分红的公告", "", {{PDF, "一"}, {"https://a.cn/2.pdf", "二"}}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct article a = {.title = cases[i].title,
                            .standfirst = "",
                            .text = cases[i].text,
                            .text_size = strlen(cases[i].text),
                            .attachments = cases[i].attachments};
        while (a.n_attachments < 2 && cases[i].attachments[a.n_attachments].url)
            a.n_attachments++;
        if (strcmp(wrapper_document(&a), cases[i].want) != 0)
            fail_msg("%zu: \"%s\", not \"%s\"", i, wrapper_document(&a), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrapper_is_told_from_a_page_with_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
