// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <inttypes.h>

#include "common/log.h"
#include "common/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct log_head head = {1795143845678, LOG_INFO, "fetcher"};
static const char start[] = "2026-11-20T03:04:05.678Z info fetcher e ";

static void a_line_tells_time_level_service_event_and_pairs(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    size_t n = log_line(out, &head, "fetched", "url=%s status=%d", "http://example.com/a", 200);
    out[n] = '\0';
    assert_string_equal(out, "2026-11-20T03:04:05.678Z info fetcher fetched "
                             "url=http://example.com/a status=200\n");
}

static void strings_are_quoted_only_where_they_must_be(void **state)
{
    (void)state;
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"plain", "v=plain\n"},
        {"国资委", "v=国资委\n"},
        {"", "v=\"\"\n"},
        {NULL, "v=\"\"\n"},
        {"two words", "v=\"two words\"\n"},
        {"国资 国企", "v=\"国资 国企\"\n"},
        {"a=b", "v=\"a=b\"\n"},
        {"say \"hi\"", "v=\"say \\\"hi\\\"\"\n"},
        {"back\\slash", "v=\"back\\\\slash\"\n"},
        {"a\nb\tc\rd", "v=\"a\\nb\\tc\\x0dd\"\n"},
        {"\x1b[31m", "v=\"\\x1b[31m\"\n"},
        {"a\xff"
         "b",
         "v=\"a\\xff"
         "b\"\n"},
        {"\u202e", "v=\"\\u202e\"\n"},
        {"\xc2\x85", "v=\"\\u0085\"\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[LOG_LINE_MAX + 1];
        out[log_line(out, &head, "e", "v=%s", rows[i].value)] = '\0';
        assert_string_equal(out + strlen(start), rows[i].want);
    }
}

static void every_conversion_takes_its_own_argument(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    size_t n = log_line(out, &head, "e", "a=%.*s b=%d c=%u d=%ld e=%lu f=%lld g=%llu h=%zu i=%x", 3,
                        "abcdef", -1, 2u, -3L, 4UL, -5LL, 6ULL, (size_t)7, 0x8fu);
    out[n] = '\0';
    assert_string_equal(out + strlen(start), "a=abc b=-1 c=2 d=-3 e=4 f=-5 g=6 h=7 i=8f\n");
    n = log_line(out, &head, "e", "a=%.2f b=%g c=%" PRId64 " d=%08x e=%5d f=50%% g=%s", 1.005, 0.5,
                 INT64_MIN, 0xabcu, 42, "end");
    out[n] = '\0';
    assert_string_equal(out + strlen(start),
                        "a=1.00 b=0.5 c=-9223372036854775808 d=00000abc e=   42 f=50% g=end\n");
}

static void a_line_is_cut_between_characters_and_marked(void **state)
{
    (void)state;
    char value[3 * LOG_LINE_MAX + 1], out[LOG_LINE_MAX];
    static const char han[] = "国";
    for (size_t i = 0; i < LOG_LINE_MAX; i++)
        memcpy(value + 3 * i, han, 3);
    value[3 * LOG_LINE_MAX] = '\0';
    static const char *const formats[] = {"v=%s", " v=%s", "  v=%s", "   v=%s more=%s"};
    for (size_t i = 0; i < COUNT(formats); i++) {
        size_t n = log_line(out, &head, "e", formats[i], value, "x");
        assert_in_range(n, LOG_LINE_MAX - 8, LOG_LINE_MAX);
        assert_true(text_is_clean(out, n));
        assert_memory_equal(out + n - 4, "…\n", 4);
    }
}

static void nobody_reading_costs_lines_and_not_time(void **state)
{
    (void)state;
    char got[256 << 10];
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    for (int i = 0; i < 5000; i++)
        log_error("full", "n=%d", i);
    ssize_t n = read(ends[0], got, sizeof got - 1);
    log_error("read-again", "n=%d", 1);
    ssize_t more = read(ends[0], got + n, sizeof got - 1 - (size_t)n);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    got[n + more] = '\0';
    size_t lines = 0;
    for (const char *s = got; (s = strstr(s, " full n=")) != NULL; s++)
        lines++;
    const char *note = strstr(got, " log-lines-dropped lines=");
    assert_non_null(note);
    assert_int_equal(lines + strtoul(note + strlen(" log-lines-dropped lines="), NULL, 10), 5000);
    assert_non_null(strstr(note, " read-again n=1\n"));
}

static void levels_have_names(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    assert_int_equal(log_level_parse("error", &level), OK);
    assert_int_equal(level, LOG_ERROR);
    assert_int_equal(log_level_parse("loud", &level), ERR_INPUT);
    assert_int_equal(level, LOG_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_time_level_service_event_and_pairs),
        cmocka_unit_test(strings_are_quoted_only_where_they_must_be),
        cmocka_unit_test(every_conversion_takes_its_own_argument),
        cmocka_unit_test(a_line_is_cut_between_characters_and_marked),
        cmocka_unit_test(nobody_reading_costs_lines_and_not_time),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
