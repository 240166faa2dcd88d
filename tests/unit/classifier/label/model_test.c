// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/classifier/label/model.h"

static struct model small_model(void)
{
    struct model m = {.n_columns = 2, .data = "0123456789abcdef"};
    m.columns[0] = (struct column){"a", 0.5F, 1, 0};
    m.columns[1] = (struct column){"b", -0.5F, 2, 1};
    model_init(&m, 3);
    model_put(&m, 7, (const float[]){1, -1});
    model_put(&m, 7 + 1024, (const float[]){0.25F, 0.5F}); // the same slot
    model_put(&m, 9, (const float[]){-2, 2});
    return m;
}

static void a_model_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct model m = small_model(), back;
    struct buf bytes = buf_new(MODEL_FILE_BYTES);
    struct problem why;
    model_write(&m, &bytes);
    assert_int_equal(model_read("model", bytes.data, bytes.size, &back, &why), OK);
    assert_int_equal(back.n_features, 3);
    assert_string_equal(back.columns[1].name, "b");
    assert_string_equal(back.data, m.data);
    for (size_t i = 0; i < 3; i++) {
        int32_t at = model_find(&back, m.keys[i]);
        assert_true(at >= 0);
        for (size_t c = 0; c < 2; c++)
            assert_float_equal(back.weights[(size_t)at * 2 + c], m.weights[i * 2 + c], 1e-3);
    }
    assert_int_equal(model_find(&back, 8), -1);
    buf_free(&bytes);
    model_free(&m);
    model_free(&back);
}

static void what_is_no_model_is_refused(void **state)
{
    (void)state;
    struct model m = small_model(), back;
    struct buf bytes = buf_new(MODEL_FILE_BYTES);
    model_write(&m, &bytes);
    struct problem why;
    for (size_t n = 0; n < bytes.size; n++)
        assert_int_equal(model_read("model", bytes.data, n, &back, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "train it again"));
    bytes.data[12] ^= 1; // another format's name
    assert_int_equal(model_read("model", bytes.data, bytes.size, &back, &why), ERR_CONFIG);
    buf_free(&bytes);
    model_free(&m);
}

static void a_gram_counts_once_and_unknown_ones_not_at_all(void **state)
{
    (void)state;
    struct model m = small_model();
    struct gram grams[] = {{9, 0, 2}, {8, 2, 2}, {9, 4, 2}, {7, 6, 2}};
    struct features f = {.grams = grams, .n_grams = 4};
    float value = model_known_grams(&m, &f), sums[2];
    assert_int_equal(f.n_grams, 2);
    assert_float_equal(value, GRAM_SCALE / 1.41421356F, 1e-5);
    model_sums(&m, &f, value, sums);
    assert_float_equal(sums[0], 0.5F + value * (-2 + 1), 1e-5);
    assert_float_equal(sums[1], -0.5F + value * (2 - 1), 1e-5);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_reads_back_as_it_was_written),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(a_gram_counts_once_and_unknown_ones_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
