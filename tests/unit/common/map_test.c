// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/map.h"

static char value[2000]; // whose addresses are the values

static void what_is_set_is_got_until_it_is_removed(void **state)
{
    static const uint64_t keys[] = {0, 1, 63, 64, UINT64_MAX, 1ull << 32};
    enum { N = sizeof keys / sizeof *keys };
    (void)state;
    struct map *m = map_new();
    for (size_t i = 0; i < N; i++)
        map_set(m, keys[i], &value[i]);
    map_set(m, 0, &value[99]); // replaced
    assert_int_equal(map_size(m), N);
    assert_ptr_equal(map_get(m, 0), &value[99]);
    assert_null(map_get(m, 2));
    for (size_t i = 1; i < N; i++)
        assert_ptr_equal(map_remove(m, keys[i]), &value[i]);
    assert_null(map_remove(m, 1));
    assert_null(map_get(m, 1));
    assert_int_equal(map_size(m), 1);
    map_free(&m);
    assert_null(m);
    map_free(&m);
}

struct seen {
    void *const *want;
    size_t n;
};

static void check_seen(void *arg, uint64_t key, void *found)
{
    struct seen *s = arg;
    assert_ptr_equal(found, s->want[key]);
    s->n++;
}

// The naive model is an array. Keys are few, so that collisions, holes and wrap-around are many.
static void it_is_as_an_array(void **state)
{
    enum { KEYS = 1500, STEPS = 300000 };
    static void *model[KEYS];
    (void)state;
    struct map *m = map_new();
    size_t n = 0;
    uint64_t random = 7;
    for (int i = 0; i < STEPS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u; // Knuth's MMIX
        // It fills up to all keys, then empties, and again.
        bool grow = i / 50000 % 2 == 0;
        uint64_t key = (random >> 33) % KEYS;
        unsigned act = (unsigned)(random >> 60);
        if (act < (grow ? 10u : 2u)) {
            n += model[key] == NULL;
            model[key] = &value[act];
            map_set(m, key, model[key]);
        } else if (act < 14) {
            n -= model[key] != NULL;
            assert_ptr_equal(map_remove(m, key), model[key]);
            model[key] = NULL;
        }
        assert_ptr_equal(map_get(m, key), model[key]);
        assert_int_equal(map_size(m), n);
        if (i % 5000 == 0) {
            struct seen s = {model, 0};
            map_each(m, check_seen, &s);
            assert_int_equal(s.n, n);
        }
    }
    for (uint64_t key = 0; key < KEYS; key++)
        assert_ptr_equal(map_get(m, key), model[key]);
    map_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_is_got_until_it_is_removed),
        cmocka_unit_test(it_is_as_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
