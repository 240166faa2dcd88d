// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"

static void arena_pieces_are_aligned_and_do_not_overlap(void **state)
{
    enum { N = 2000 };
    static unsigned char *pieces[N];
    static size_t sizes[N];
    (void)state;
    struct arena *a = arena_new(0);
    size_t total = 0;
    for (size_t i = 0; i < N; i++) {
        sizes[i] = i * 7919 % 3001;
        pieces[i] = arena_alloc(a, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 0xFF), sizes[i]);
        total += sizes[i];
    }
    for (size_t i = 0; i < N; i++)
        for (size_t b = 0; b < sizes[i]; b++)
            assert_int_equal(pieces[i][b], i & 0xFF);
    assert_in_range(arena_used(a), total, total + 16 * N);
    arena_free(&a);
    assert_null(a);
    arena_free(&a);
}

static void a_piece_larger_than_any_chunk_is_given(void **state)
{
    (void)state;
    struct arena *a = arena_new(1024);
    memset(arena_alloc(a, 20 << 20), 1, 20 << 20);
    memset(arena_alloc(a, 1), 1, 1);
    arena_free(&a);
}

static void a_reset_arena_is_as_new(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    void *first = arena_alloc(a, 100);
    arena_alloc(a, 1 << 20);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    assert_ptr_equal(arena_alloc(a, 100), first);
    arena_free(&a);
}

static void strings_are_copied_with_their_end(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    memset(arena_alloc(a, 512), 0xFF, 512); // what follows is not zeroed
    arena_reset(a);
    assert_string_equal(arena_strndup(a, "公司公告", 6), "公司");
    assert_string_equal(arena_strndup(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%s-%05d", "x", 42), "x-00042");
    char *s = mem_strndup("abcdef", 3), *t = mem_strdup("公告");
    assert_string_equal(s, "abc");
    assert_string_equal(t, "公告");
    assert_null(mem_strdup(NULL));
    free(s), free(t);
    arena_free(&a);
}

static void reserving_keeps_what_is_there(void **state)
{
    (void)state;
    uint32_t *items = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        mem_reserve((void **)&items, &cap, i + 1, sizeof *items);
        assert_true(cap > i);
        items[i] = i;
    }
    assert_true(cap <= 20000);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(items[i], i);
    free(items);
}

// A size that cannot be is a bug of the caller's: it ends the process before it is a wild pointer.
static void a_size_that_overflows_ends_the_process(void **state)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 31, SIZE_MAX - 64,
                                   SIZE_MAX / 2 + 1};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct arena *a = arena_new(0);
            if (!freopen("/dev/null", "w", stderr))
                _exit(1);
            signal(SIGABRT, SIG_DFL);
            memset(arena_alloc(a, sizes[i]), 1, 100);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_piece_larger_than_any_chunk_is_given),
        cmocka_unit_test(a_reset_arena_is_as_new),
        cmocka_unit_test(strings_are_copied_with_their_end),
        cmocka_unit_test(reserving_keeps_what_is_there),
        cmocka_unit_test(a_size_that_overflows_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
