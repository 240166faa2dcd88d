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

#include "common/settings.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct mine {
    const char *level; // shared
    const char *title, *work;
    int64_t gap, size, number;
    bool eager;
    struct setting_list allow;
};

static const struct setting shared[] = {
    {"log-level", SETTING_STRING, offsetof(struct mine, level), "info", 0, 0, "what to log"},
    {0},
};
static const struct setting table[] = {
    {"title", SETTING_STRING, offsetof(struct mine, title), NULL, 0, 0, "a title"},
    {"work", SETTING_ENDPOINT, offsetof(struct mine, work), NULL, 0, 0, "where work comes from"},
    {"gap", SETTING_DURATION, offsetof(struct mine, gap), "2s", 0, 60000, "pause"},
    {"cache-size", SETTING_SIZE, offsetof(struct mine, size), "8M", 1024, 0, "bytes"},
    {"number", SETTING_NUMBER, offsetof(struct mine, number), "7", 1, 99, "how many"},
    {"eager", SETTING_BOOL, offsetof(struct mine, eager), NULL, 0, 0, "at once"},
    {"allow-private", SETTING_LIST, offsetof(struct mine, allow), NULL, 0, 0, "addresses"},
    {0},
};
static const struct settings_source source = {"fetcher", "usage", table, shared,
                                              sizeof(struct mine)};

static char folder[FOLDER_SIZE], file_path[64];

static int make_file(void **state)
{
    (void)state;
    folder_make(folder);
    snprintf(file_path, sizeof file_path, "%s/newswire.yaml", folder);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static enum err read_with(const char *yaml, const char *const *flags, struct mine *m,
                          struct problem *why)
{
    char *argv[16] = {"program", "--config", file_path};
    int argc = 3, first = 0;
    FILE *f = fopen(file_path, "w");
    fputs(yaml, f);
    fclose(f);
    for (; flags && *flags; flags++)
        argv[argc++] = (char *)(uintptr_t)*flags;
    return settings_read(&source, argc, argv, m, &first, why);
}

static void what_is_not_given_has_its_standard_value(void **state)
{
    (void)state;
    struct mine m;
    struct problem why;
    assert_int_equal(read_with("", NULL, &m, &why), OK);
    assert_string_equal(m.level, "info");
    assert_string_equal(m.title, "");
    assert_string_equal(m.work, "");
    assert_int_equal(m.gap, 2000);
    assert_int_equal(m.size, 8 << 20);
    assert_int_equal(m.number, 7);
    assert_false(m.eager);
    assert_int_equal(m.allow.n, 0);
}

static void the_file_gives_every_type(void **state)
{
    (void)state;
    static const char yaml[] = "# settings\n"
                               "common: {log_level: debug}\n"
                               "sink:\n  anything_of_the_sink: 1\n"
                               "gateway:\n"
                               "fetcher:\n"
                               "  title: 国资 要闻\n"
                               "  work: tcp://[::1]:5551\n"
                               "  gap: 1m\n"
                               "  cache_size: 64k\n"
                               "  number: 99\n"
                               "  eager: yes\n"
                               "  allow_private: [10.0.0.0/8, 'fd00::/8']\n";
    struct mine m;
    struct problem why = {""};
    assert_int_equal(read_with(yaml, NULL, &m, &why), OK);
    assert_string_equal(m.level, "debug");
    assert_string_equal(m.title, "国资 要闻");
    assert_string_equal(m.work, "tcp://[::1]:5551");
    assert_int_equal(m.gap, 60000);
    assert_int_equal(m.size, 65536);
    assert_int_equal(m.number, 99);
    assert_true(m.eager);
    assert_int_equal(m.allow.n, 2);
    assert_string_equal(m.allow.items[1], "fd00::/8");
}

static void the_later_source_wins(void **state)
{
    (void)state;
    static const char yaml[] = "fetcher: {number: 10, gap: 10s, log_level: warn}\n"
                               "common: {log_level: debug}\n";
    struct mine m;
    struct problem why;
    setenv("NEWSWIRE_NUMBER", "20", 1);
    setenv("NEWSWIRE_GAP", "20s", 1);
    setenv("NEWSWIRE_TITLE", "", 1); // empty: not given
    assert_int_equal(read_with(yaml, (const char *[]){"--number=30", NULL}, &m, &why), OK);
    unsetenv("NEWSWIRE_NUMBER");
    unsetenv("NEWSWIRE_GAP");
    unsetenv("NEWSWIRE_TITLE");
    assert_int_equal(m.number, 30);
    assert_int_equal(m.gap, 20000);
    assert_string_equal(m.level, "warn");
}

static void a_list_is_comma_separated_or_the_flag_repeated(void **state)
{
    (void)state;
    static const struct {
        const char *flags[6];
        const char *want;
    } rows[] = {
        {{NULL}, "a"},
        {{"--allow-private", "b"}, "b"},
        {{"--allow-private", "b, c"}, "b c"},
        {{"--allow-private", "b", "--allow-private=c,d"}, "b c d"},
        {{"--allow-private="}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mine m;
        struct problem why;
        char got[64] = "";
        assert_int_equal(read_with("fetcher: {allow_private: a}", rows[i].flags, &m, &why), OK);
        for (size_t j = 0; j < m.allow.n; j++)
            strcat(strcat(got, j ? " " : ""), m.allow.items[j]);
        assert_string_equal(got, rows[i].want);
    }
}

static void a_wrong_file_is_refused_with_line_and_mend(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"fetcher:\n  gpa: 2s\n", ":2:3: fetcher.gpa: no such setting; did you mean gap?"},
        {"fetcher:\n  allow-private: a\n",
         ":2:3: fetcher.allow-private: no such setting; did you mean allow_private?"},
        {"fetcher:\n  colour: red\n", ":2:3: fetcher.colour: no such setting (see --help)"},
        {"fetchr: {gap: 2s}\n", ":1:1: fetchr: no such section"},
        {"fetchr:\n", ":1:1: fetchr: no such section"},
        {"common: {gap: 2s}\n", ":1:10: common.gap: no such setting"},
        {"fetcher: {gap: 2 parsecs}\n",
         ":1:11: fetcher.gap: \"2 parsecs\" is not a duration: use 500ms, 30s, 10m, 2h or 1d"},
        {"fetcher: {gap: 2}\n", ":1:11: fetcher.gap: \"2\" is not a duration"},
        {"fetcher: {gap: 2m}\n", ":1:11: fetcher.gap: 2m is too large: at most 1m"},
        {"fetcher: {gap: -1s}\n", ":1:11: fetcher.gap: \"-1s\" is not a duration"},
        {"fetcher: {gap: 99999999999999999h}\n", ":1:11: fetcher.gap: \"99999999999999999h\" is"},
        {"fetcher: {cache_size: 1}\n", ":1:11: fetcher.cache_size: 1 is too small: at least 1k"},
        {"fetcher: {number: 0}\n", ":1:11: fetcher.number: 0 is too small: at least 1"},
        {"fetcher: {number: 1.5}\n", ":1:11: fetcher.number: \"1.5\" is not a whole number"},
        {"fetcher: {number: }\n", ":1:11: fetcher.number: \"\" is not a whole number"},
        {"fetcher: {number: [1]}\n", ":1:11: fetcher.number: one value expected, not a list"},
        {"fetcher: {eager: maybe}\n", ":1:11: fetcher.eager: \"maybe\" is not true or false"},
        {"fetcher: {work: 5551}\n", ":1:11: fetcher.work: \"5551\" is not an endpoint: use tcp"},
        {"fetcher: {work: 'tcp://h:0'}\n", ":1:11: fetcher.work: \"tcp://h:0\" is not an endpoint"},
        {"fetcher: {title: \"a\\e[31m\"}\n", ":1:11: fetcher.title: \"…\" is not clean UTF-8"},
        {"fetcher: {gap: 1s, gap: 2s}\n", ":1:20: given twice: gap"},
        {"fetcher: {}\nfetcher: {}\n", ":2:1: given twice: fetcher"},
        {"fetcher: {gap: {a: b}}\n", ":1:16: expected a value or a list of values for gap"},
        {"fetcher: {allow_private: [[a]]}\n", ":1:27: expected a plain value in the list of allow"},
        {"fetcher: gap\n", ":1:10: expected \"name: value\" lines in section fetcher"},
        {"- fetcher\n", ":1:1: expected sections"},
        {"fetcher:\n\tgap: 2s\n", ":2:1: not YAML: found character that cannot start any token"},
        {"fetcher: {gap: 2s\n", ":2:1: not YAML: "},
        {"fetcher: {title: \xff}\n", ": not UTF-8 text: "},
        {"a: &a [*b]\n", ":1:8: not YAML: found undefined alias"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mine m = {.number = -1};
        struct problem why = {""};
        assert_int_not_equal(read_with(rows[i].yaml, NULL, &m, &why), OK);
        size_t n = strlen(file_path);
        assert_memory_equal(why.text, file_path, n);
        why.text[n + strlen(rows[i].want)] = '\0';
        assert_string_equal(why.text + n, rows[i].want);
        assert_int_equal(m.number, -1);
    }
}

static void wrong_flags_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *flags[3];
        const char *want;
    } rows[] = {
        {{"--gpa", "2s"}, "--gpa: no such setting; did you mean --gap? (see --help)"},
        {{"--gap"}, "--gap needs a value: --gap DURATION"},
        {{"--gap=soon"}, "--gap: \"soon\" is not a duration: use 500ms, 30s, 10m, 2h or 1d"},
        {{"-g"}, "-g: no such flag (see --help)"},
        {{"--eager=perhaps"}, "--eager: \"perhaps\" is not true or false"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mine m;
        struct problem why = {""};
        assert_int_equal(read_with("", rows[i].flags, &m, &why), ERR_INPUT);
        assert_string_equal(why.text, rows[i].want);
    }
}

static void a_wrong_environment_variable_is_refused_by_name(void **state)
{
    (void)state;
    struct mine m;
    struct problem why = {""};
    setenv("NEWSWIRE_CACHE_SIZE", "big", 1);
    assert_int_equal(read_with("", NULL, &m, &why), ERR_INPUT);
    unsetenv("NEWSWIRE_CACHE_SIZE");
    assert_string_equal(why.text,
                        "environment variable NEWSWIRE_CACHE_SIZE: \"big\" is not a size: "
                        "use 4096, 64k, 8M or 1G");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct mine m;
    struct problem why = {""};
    int first;
    char *argv[] = {"program", "--config=/nonexistent/n.yaml", NULL};
    assert_int_equal(settings_read(&source, 2, argv, &m, &first, &why), ERR_IO);
    assert_string_equal(why.text, "cannot read the settings file /nonexistent/n.yaml: "
                                  "No such file or directory");
}

static void positional_arguments_are_left_in_their_order(void **state)
{
    (void)state;
    char *argv[] = {"program", "one", "--eager", "two",      "--gap", "1s",
                    "-",       "--",  "--gap",   "--number", NULL};
    static const char *const want[] = {"one", "two", "-", "--gap", "--number"};
    struct mine m;
    struct problem why;
    int first = 0;
    assert_int_equal(settings_read(&source, 10, argv, &m, &first, &why), OK);
    assert_int_equal(10 - first, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(argv[first + (int)i], want[i]);
    assert_true(m.eager);
    assert_int_equal(m.gap, 1000);
}

static void durations_and_sizes_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want_ms, want_bytes; // -1: refused
    } rows[] = {
        {"500ms", 500, -1},
        {"30s", 30000, -1},
        {"2h", 7200000, -1},
        {"1d", 86400000, -1},
        {"10m", 600000, 10 << 20},
        {"64k", -1, 65536},
        {"1G", -1, 1 << 30},
        {"4096", -1, 4096},
        {"0", 0, 0},
        {"", -1, -1},
        {"s", -1, -1},
        {"1 s", -1, -1},
        {" 1s", -1, -1},
        {"+1s", -1, -1},
        {"1.5s", -1, -1},
        {"0x10", -1, -1},
        {"1s2", -1, -1},
        {"9223372036854775808", -1, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = -1, bytes = -1;
        enum err e = settings_duration(rows[i].text, &ms);
        assert_int_equal(e, rows[i].want_ms < 0 ? ERR_INPUT : OK);
        e = settings_size(rows[i].text, &bytes);
        assert_int_equal(e, rows[i].want_bytes < 0 ? ERR_INPUT : OK);
        assert_int_equal(ms, rows[i].want_ms);
        assert_int_equal(bytes, rows[i].want_bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_standard_value),
        cmocka_unit_test(the_file_gives_every_type),
        cmocka_unit_test(the_later_source_wins),
        cmocka_unit_test(a_list_is_comma_separated_or_the_flag_repeated),
        cmocka_unit_test(a_wrong_file_is_refused_with_line_and_mend),
        cmocka_unit_test(wrong_flags_are_refused),
        cmocka_unit_test(a_wrong_environment_variable_is_refused_by_name),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(positional_arguments_are_left_in_their_order),
        cmocka_unit_test(durations_and_sizes_have_units),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
