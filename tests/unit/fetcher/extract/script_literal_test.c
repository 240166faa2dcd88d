// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/script_literal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Every literal of the script, each followed by a semicolon.
static struct buf literals(const char *script)
{
    struct buf one = buf_new(4096), all = buf_new(4096);
    size_t at = 0, vain = 0;
    while (script_literal_next(script, strlen(script), &at, &vain, &one))
        buf_printf(&all, "%s;", buf_str(&one));
    buf_free(&one);
    return all;
}

static void literals_become_json(void **state)
{
    (void)state;
    static const struct {
        const char *script, *want;
    } rows[] = {
        {"var list = [{title:'公告', url:\"/1.html\",},];",
         "[{\"title\":\"公告\",\"url\":\"/1.html\"}];"},
        {"x={a:1,b:-20,c:true,d:!0,e:void 0,f:1.5,g:007}",
         "{\"a\":1,\"b\":-20,\"c\":true,\"d\":null,\"e\":null,\"f\":null,\"g\":null};"},
        {"f([1,2]); // [3]\ng( {} )", "[1,2];{};"},
        {"[ /* one */ 'a\\'b', \"c\\\"d\", 'e\"f', `g\nh`, '\\x41' ]",
         "[\"a'b\",\"c\\\"d\",\"e\\\"f\",\"g h\",\"\\u0041\"];"},
        {"a=['x' + y + ']', f({b:[1]}), 2]", "[\"x\",null,2];"},
        {"window.__NUXT__=(function(a){return {t:a,u:'甲'}}(1))", "{\"t\":null,\"u\":\"甲\"};"},
        {"if (a) { b[0] = 1 }", ""},
        {"a=[{}", ";"},
        {"a=[}]", ";"},
        {"a=['b", ";"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf all = literals(rows[i].script);
        assert_string_equal(buf_str(&all), rows[i].want);
        buf_free(&all);
    }
}

static void a_literal_too_deep_is_none(void **state)
{
    (void)state;
    char script[400] = "a=";
    memset(script + 2, '[', 150);
    memset(script + 152, ']', 150);
    struct buf all = literals(script);
    assert_null(strchr(buf_str(&all), '['));
    buf_free(&all);
}

static void what_is_read_in_vain_is_counted(void **state)
{
    (void)state;
    static const char script[] = "a=['甲', b=[1,2]; c=[3]";
    size_t at = 0, vain = 0;
    struct buf out = buf_new(4096);
    assert_true(script_literal_next(script, strlen(script), &at, &vain, &out));
    assert_int_equal(vain, strlen(script) - 2);
    assert_int_equal(at, 3);
    assert_true(script_literal_next(script, strlen(script), &at, &vain, &out));
    assert_string_equal(buf_str(&out), "[1,2]");
    assert_int_equal(vain, strlen(script) - 2);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_become_json),
        cmocka_unit_test(a_literal_too_deep_is_none),
        cmocka_unit_test(what_is_read_in_vain_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
