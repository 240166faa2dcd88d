// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"

static void an_empty_buffer_is_an_empty_string(void **state)
{
    (void)state;
    struct buf b = buf_new(0);
    assert_string_equal(buf_str(&b), "");
    assert_int_equal(buf_add(&b, NULL, 0), OK);
    assert_int_equal(buf_puts(&b, ""), OK);
    assert_int_equal(buf_printf(&b, "%s", ""), OK);
    assert_non_null(buf_extend(&b, 0));
    buf_consume(&b, 0);
    assert_string_equal(buf_str(&b), "");
    assert_false(buf_failed(&b));
    assert_int_equal(buf_puts(&b, "x"), ERR_LIMIT);
    buf_free(&b);
}

static void what_fits_exactly_is_taken_and_a_byte_more_refused(void **state)
{
    (void)state;
    for (size_t max = 1; max < 200; max++) {
        struct buf b = buf_new(max);
        for (size_t i = 0; i < max; i++)
            assert_int_equal(buf_add(&b, "x", 1), OK);
        assert_int_equal(b.size, max);
        assert_int_equal(strlen(buf_str(&b)), max);
        assert_int_equal(buf_add(&b, "y", 1), ERR_LIMIT);
        assert_int_equal(b.size, max);
        assert_null(strchr(buf_str(&b), 'y'));
        buf_free(&b);
    }
}

static void what_is_refused_leaves_what_was_there_and_stays_refused(void **state)
{
    enum way { ADD, PUTS, PRINTF, EXTEND, WAYS };
    (void)state;
    for (enum way way = ADD; way < WAYS; way++) {
        struct buf b = buf_new(5);
        buf_puts(&b, "公");
        enum err e = OK;
        if (way == ADD)
            e = buf_add(&b, "司公", 6);
        else if (way == PUTS)
            e = buf_puts(&b, "司公");
        else if (way == PRINTF)
            e = buf_printf(&b, "%d", 123);
        else
            e = buf_extend(&b, 3) ? OK : ERR_LIMIT;
        assert_int_equal(e, ERR_LIMIT);
        assert_string_equal(buf_str(&b), "公");
        assert_true(buf_failed(&b));
        assert_int_equal(buf_puts(&b, "x"), ERR_LIMIT); // though it would fit: nothing is left out
        buf_clear(&b);
        assert_int_equal(buf_puts(&b, "x"), OK);
        buf_free(&b);
    }
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct buf b = buf_new(100);
    buf_puts(&b, "abc");
    assert_null(buf_extend(&b, SIZE_MAX));
    buf_clear(&b);
    buf_puts(&b, "abc");
    assert_null(buf_extend(&b, SIZE_MAX - 2));
    buf_free(&b);
}

static void bytes_are_kept_as_they_are(void **state)
{
    (void)state;
    struct buf b = buf_new(100);
    buf_add(&b, "a\0b", 3);
    buf_printf(&b, "%c%s", 0, "c");
    assert_int_equal(b.size, 5);
    assert_memory_equal(b.data, "a\0b\0c", 6); // with the NUL that is not counted
    buf_free(&b);
}

static void consuming_takes_from_the_front(void **state)
{
    (void)state;
    struct buf b = buf_new(6);
    buf_puts(&b, "abcdef");
    buf_consume(&b, 2);
    assert_string_equal(buf_str(&b), "cdef");
    assert_int_equal(buf_puts(&b, "gh"), OK); // the room is there again
    buf_consume(&b, 6);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
}

static void a_freed_buffer_may_be_used_again_with_its_maximum(void **state)
{
    (void)state;
    struct buf b = buf_new(3);
    buf_puts(&b, "abcd");
    buf_free(&b);
    assert_false(buf_failed(&b));
    assert_int_equal(buf_puts(&b, "abc"), OK);
    assert_int_equal(buf_puts(&b, "d"), ERR_LIMIT);
    buf_free(&b);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(what_fits_exactly_is_taken_and_a_byte_more_refused),
        cmocka_unit_test(what_is_refused_leaves_what_was_there_and_stays_refused),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(bytes_are_kept_as_they_are),
        cmocka_unit_test(consuming_takes_from_the_front),
        cmocka_unit_test(a_freed_buffer_may_be_used_again_with_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
