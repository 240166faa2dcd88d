// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/fetcher/pages.h"
#include "tests/unit/folder.h"

static const char page[] = "<p>会议研究部署了重点工作。The meeting was held.</p>";

struct fixture {
    char folder[FOLDER_SIZE], path[80];
    struct pages *pages;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct problem why;
    folder_make(f.folder);
    snprintf(f.path, sizeof f.path, "%s/pages.db", f.folder);
    *state = &f;
    return pages_open(f.path, &f.pages, &why) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    pages_close(&f->pages);
    folder_remove(f->folder);
    return 0;
}

static void keep(struct fixture *f, const char *id, const char *body, int64_t at_ms)
{
    struct buf packed = buf_new(1 << 16);
    struct packer *packer = packer_new();
    assert_int_equal(pages_compress(packer, (const uint8_t *)body, strlen(body), &packed), OK);
    struct page_copy copy = {.id = id,
                             .fetched_ms = at_ms,
                             .url = "https://例子.中国/1.html",
                             .content_type = "text/html; charset=gbk",
                             .compressed = packed.data,
                             .size = packed.size};
    assert_int_equal(pages_put(f->pages, &copy), OK);
    assert_int_equal(pages_flush(f->pages), OK);
    buf_free(&packed);
    packer_free(&packer);
}

static void assert_kept(struct fixture *f, const char *id, const char *want_body)
{
    struct page_copy copy;
    struct buf body = buf_new(1 << 16);
    assert_int_equal(pages_get(f->pages, id, &copy, &body), OK);
    assert_string_equal(buf_str(&body), want_body);
    assert_string_equal(copy.content_type, "text/html; charset=gbk");
    buf_free(&body);
}

static void a_page_comes_back_as_it_was_also_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct problem why;
    keep(f, "a", page, 1000);
    assert_kept(f, "a", page);
    pages_close(&f->pages);
    assert_int_equal(pages_open(f->path, &f->pages, &why), OK);
    assert_kept(f, "a", page);
}

static void the_newest_page_of_an_entry_takes_the_place_of_the_one_before(void **state)
{
    struct fixture *f = *state;
    keep(f, "a", page, 1000);
    keep(f, "a", "another", 2000);
    assert_kept(f, "a", "another");
}

static void pages_are_forgotten_by_age(void **state)
{
    struct fixture *f = *state;
    struct page_copy copy;
    struct buf body = buf_new(1 << 16);
    keep(f, "old", page, 1000);
    keep(f, "new", page, 2000);
    assert_int_equal(pages_forget(f->pages, 2000), OK);
    assert_int_equal(pages_flush(f->pages), OK);
    assert_int_equal(pages_get(f->pages, "old", &copy, &body), ERR_NOTFOUND);
    assert_kept(f, "new", page);
    buf_free(&body);
}

static void what_is_not_zstd_or_too_large_is_refused(void **state)
{
    (void)state;
    struct buf packed = buf_new(1 << 16), out = buf_new(8);
    struct packer *packer = packer_new();
    assert_int_equal(pages_expand((const uint8_t *)"river 河", 9, &out), ERR_INPUT);
    assert_int_equal(pages_compress(packer, (const uint8_t *)page, strlen(page), &packed), OK);
    assert_int_equal(pages_expand(packed.data, packed.size, &out), ERR_LIMIT);
    assert_int_equal(pages_expand(packed.data, packed.size - 3, &out), ERR_LIMIT);
    packer_free(&packer);
    buf_free(&packed);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_comes_back_as_it_was_also_after_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            the_newest_page_of_an_entry_takes_the_place_of_the_one_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_are_forgotten_by_age, set_up, tear_down),
        cmocka_unit_test(what_is_not_zstd_or_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
