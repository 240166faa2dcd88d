// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/suggest.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const names[] = {"up",      "status", "add", "sources",   "pause", "resume",
                                    "refresh", "remove", "why", "subscribe", "dead"};

static void what_was_meant_is_suggested(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *want;
    } rows[] = {
        {"satus", "status"},
        {"stauts", "status"},
        {"sub", "subscribe"},
        {"subscibe", "subscribe"},
        {"source", "sources"},
        {"ad", "add"},
        {"adn", "add"},
        {"refrsh", "refresh"},
        {"remove-all", NULL},
        {"wyh", "why"},
        {"quit", NULL},
        {"", NULL},
        {"订阅", NULL},
        {"deed", "dead"},
        {"a-very-long-word-that-nobody-would-take-for-a-command", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = suggest_nearest(rows[i].typed, names, COUNT(names));
        if (rows[i].want) {
            assert_non_null(got);
            assert_string_equal(got, rows[i].want);
        } else {
            assert_null(got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_meant_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
