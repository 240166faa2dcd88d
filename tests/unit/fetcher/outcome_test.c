// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"
#include "services/fetcher/outcome.h"

static void a_status_means_one_thing(void **state)
{
    static const struct {
        int status;
        enum verdict want;
        bool want_lasting, want_pause;
    } cases[] = {
        {200, VERDICT_READ, false, false},      {203, VERDICT_READ, false, false},
        {304, VERDICT_UNCHANGED, false, false}, {204, VERDICT_FAILED, true, false},
        {206, VERDICT_FAILED, true, false},     {302, VERDICT_FAILED, true, false},
        {400, VERDICT_FAILED, true, false},     {401, VERDICT_FAILED, true, false},
        {403, VERDICT_FAILED, false, false},    {404, VERDICT_FAILED, false, false},
        {410, VERDICT_FAILED, true, false},     {418, VERDICT_FAILED, true, false},
        {429, VERDICT_FAILED, false, true},     {451, VERDICT_FAILED, true, false},
        {500, VERDICT_FAILED, false, false},    {503, VERDICT_FAILED, false, false},
        {599, VERDICT_FAILED, false, false},    {999, VERDICT_FAILED, false, false},
        {0, VERDICT_FAILED, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_response r = {.status = cases[i].status, .problem = ""};
        struct outcome o = outcome_of(&r, 77);
        if (o.verdict != cases[i].want || o.pause_host != cases[i].want_pause)
            fail_msg("%d", cases[i].status);
        if (o.verdict != VERDICT_FAILED)
            continue;
        char says[20];
        snprintf(says, sizeof says, "HTTP %d, ", cases[i].status);
        assert_int_equal(strncmp(o.trouble.text, says, strlen(says)), 0);
        assert_true(strlen(o.trouble.text) > strlen(says)); // and what it means
        assert_int_equal(o.retry_after_s, 77);
        if (o.lasting != cases[i].want_lasting)
            fail_msg("%d lasts", cases[i].status);
    }
}

static void what_another_try_will_not_mend_is_lasting(void **state)
{
    static const bool want[] = {
        [HTTP_BAD_URL] = true,    [HTTP_NO_HOST] = false,   [HTTP_FORBIDDEN] = true,
        [HTTP_NO_ANSWER] = false, [HTTP_TIMEOUT] = false,   [HTTP_TLS] = false,
        [HTTP_TOO_LARGE] = true,  [HTTP_REDIRECTS] = false, [HTTP_BROKEN] = false};
    (void)state;
    for (int o = HTTP_BAD_URL; o <= HTTP_BROKEN; o++) {
        struct http_response r = {.outcome = (enum http_outcome)o, .problem = "主机没有回答"};
        struct outcome got = outcome_of(&r, 0);
        assert_int_equal(got.verdict, VERDICT_FAILED);
        assert_true(got.lasting == want[o]);
        assert_string_equal(got.trouble.text, "主机没有回答");
        assert_true(*http_outcome_name((enum http_outcome)o));
    }
}

static void trouble_is_clean_whatever_was_received(void **state)
{
    static const char *const problems[] = {"a\x1B[31m", "\xFF\xFE", "公\xE5\x8F", "x\xE2\x80\xAEy"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct http_response r = {.outcome = HTTP_BROKEN, .problem = problems[i]};
        struct outcome o = outcome_of(&r, 0);
        assert_true(text_is_clean(o.trouble.text, strlen(o.trouble.text)));
    }
}

static void pauses_grow_and_end(void **state)
{
    static const int64_t want_minutes[] = {1, 5, 30, 180, 720, 1440, 0, 0};
    (void)state;
    for (uint32_t n = 0; n < 8; n++) {
        assert_int_equal(outcome_pause(false, n), want_minutes[n] * 60000);
        assert_int_equal(outcome_pause(true, n), n ? 0 : 60000);
    }
    assert_int_equal(outcome_pause(false, UINT32_MAX), 0);
}

static void the_feeds_words_are_used_at_the_second_failure_or_a_lasting_one(void **state)
{
    (void)state;
    assert_false(outcome_use_hint(false, 0));
    assert_true(outcome_use_hint(false, 1));
    assert_true(outcome_use_hint(false, 5));
    assert_true(outcome_use_hint(true, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_means_one_thing),
        cmocka_unit_test(what_another_try_will_not_mend_is_lasting),
        cmocka_unit_test(trouble_is_clean_whatever_was_received),
        cmocka_unit_test(pauses_grow_and_end),
        cmocka_unit_test(the_feeds_words_are_used_at_the_second_failure_or_a_lasting_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
