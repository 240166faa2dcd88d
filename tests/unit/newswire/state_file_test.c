// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/newswire/state_file.h"
#include "tests/unit/folder.h"

struct place {
    char folder[FOLDER_SIZE], path[80];
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    folder_make(p->folder);
    snprintf(p->path, sizeof p->path, "%s/seen", p->folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    assert_int_equal(rmdir(p->folder), 0); // nothing else was left there
    free(p);
    return 0;
}

static void what_is_written_is_read_back(void **state)
{
    const struct place *p = *state;
    const char *labels[] = {"soe-policy", "other"};
    struct state_file f = {p->path, labels, 2};
    struct state s = {1795233700567, 123456789012}, back = {0};
    struct problem why;
    assert_int_equal(state_file_read(&f, &back, &why), ERR_NOTFOUND);
    assert_int_equal(state_file_write(&f, &s, &why), OK);
    s.through++;
    assert_int_equal(state_file_write(&f, &s, &why), OK);
    assert_int_equal(state_file_read(&f, &back, &why), OK);
    assert_int_equal(back.epoch, s.epoch);
    assert_int_equal(back.through, s.through);
}

static void the_state_of_other_labels_is_refused(void **state)
{
    const struct place *p = *state;
    const char *one[] = {"soe-policy"}, *other[] = {"other"};
    struct state_file f = {p->path, one, 1}, g = {p->path, other, 1}, all = {p->path, NULL, 0};
    struct state s = {1, 2};
    struct problem why;
    assert_int_equal(state_file_write(&f, &s, &why), OK);
    assert_int_equal(state_file_read(&g, &s, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "other labels"));
    assert_int_equal(state_file_read(&all, &s, &why), ERR_CONFIG);
}

static void what_is_no_state_is_refused(void **state)
{
    const struct place *p = *state;
    static const char *const bad[] = {
        "",
        "seen",
        "[]",
        "{}",
        "{\"epoch\":1}",
        "{\"epoch\":1,\"through\":-2,\"labels\":[]}",
        "{\"epoch\":\"1\",\"through\":2,\"labels\":[]}",
        "{\"epoch\":1,\"through\":2}",
        "{\"epoch\":1,\"through\":2,\"labels\":[]",
    };
    struct state_file f = {p->path, NULL, 0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct state s;
        struct problem why = {""};
        FILE *file = fopen(p->path, "w");
        fputs(bad[i], file);
        fclose(file);
        if (state_file_read(&f, &s, &why) != ERR_CONFIG || !strstr(why.text, p->path))
            fail_msg("%s: \"%s\"", bad[i], why.text);
    }
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct state_file f = {"/tmp/newswire-no-such-folder/seen", NULL, 0};
    struct problem why = {""};
    assert_int_equal(state_file_write(&f, &(struct state){1, 2}, &why), ERR_IO);
    assert_non_null(strstr(why.text, f.path));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_back),
        TEST(the_state_of_other_labels_is_refused),
        TEST(what_is_no_state_is_refused),
        TEST(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
