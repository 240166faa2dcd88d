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

#include "common/buf.h"
#include "common/mem.h"
#include "services/classifier/label/files.h"
#include "services/classifier/label/label.h"

#define DATA "../../../../services/classifier/data"

// The shipped taxonomy and model.
static int set_up(void **state)
{
    struct labeler *l;
    struct problem why;
    if (labeler_load(DATA, &l, &why)) {
        print_error("%s\n", why.text);
        return -1;
    }
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    labeler_free((struct labeler **)state);
    return 0;
}

static const struct labels *run(struct labeler *l, const char *title, const char *text)
{
    return labeler_run(l, &(struct document){title, "", text});
}

// Cases the taxonomy decides; none of them is a training text.
static void announcements_get_the_label_that_the_taxonomy_gives_them(void **state)
{
    static const struct {
        const char *title, *text, *want;
    } rows[] = {
        {"Weihe Power's Party branches hold theme Party day at the old railway depot",
         "Ninety Party members of Weihe Power visited the memorial and renewed their oath.",
         "party-activity"},
        {"渭河发电各党支部在老机务段开展主题党日",
         "九十名党员参观纪念馆,重温入党誓词,党委书记讲了一堂党课。", "party-activity"},
        {"渭河發電黨委理論學習中心組舉行集體學習", "會議學習了全會精神,黨委書記主持並講話。",
         "party-activity"},
        {"SASAC publishes guidelines on the overseas investments of central enterprises",
         "The State-owned Assets Supervision and Administration Commission said the guidelines "
         "apply to all central enterprises from May.",
         "soe-policy"},
        {"国资委印发中央企业海外投资管理指引",
         "国务院国资委近日印发指引,要求各中央企业完善境外投资风险防控。", "soe-policy"},
        {"Weihe Power to buy a wind farm operator for 2 billion yuan",
         "Weihe Power Co., Ltd. said on Monday it would acquire the company. Its shares rose.",
         "corporate-event"},
        {"渭河发电拟二十亿元收购一家风电公司", "公司公告称,本次收购以现金支付,尚需股东大会批准。",
         "corporate-event"},
        {"Foreign minister meets his counterpart", "The two ministers spoke about the ceasefire.",
         "other"},
        {"某集团军组织实兵演习", "官兵连续奋战三昼夜,完成火力打击等课目。", "other"},
        {"国家领导人会见美国一公司首席执行官", "会见时表示,欢迎各国企业来华投资。", "other"},
        {"Ten ideas for a theme party at the office",
         "Costumes, a playlist and a cake are all you need.", "other"},
        {"Labour party members choose a new leader", "The opposition holds its conference in May.",
         "other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct labels *found = run(*state, rows[i].title, rows[i].text);
        if (strcmp(found->primary, rows[i].want) != 0)
            print_error("%s\n", rows[i].title);
        assert_string_equal(found->primary, rows[i].want);
    }
}

static void evidence_is_what_stands_there(void **state)
{
    static const char title[] = "國資委部署央企改革";
    static const char text[] =
        "The SASAC (国务院国资委) said  state-owned\nenterprises must reform.";
    char whole[sizeof title + sizeof text];
    snprintf(whole, sizeof whole, "%s\n%s", title, text);
    const struct labels *found = run(*state, title, text);
    assert_string_equal(found->primary, "soe-policy");
    assert_true(found->all[0].n_evidence >= 2);
    for (size_t i = 0; i < found->all[0].n_evidence; i++) {
        const struct evidence *e = &found->all[0].evidence[i];
        assert_int_equal(strlen(e->text), e->end - e->start);
        assert_memory_equal(whole + e->start, e->text, e->end - e->start);
    }
}

static void a_standfirst_moves_the_offsets(void **state)
{
    const struct labels *found =
        labeler_run(*state, &(struct document){"标题", "导语", "开展主题党日活动"});
    assert_string_equal(found->primary, "party-activity");
    assert_int_equal(found->all[0].evidence[0].start, 7 + 7 + strlen("开展"));
}

static void the_same_document_gives_the_same_labels(void **state)
{
    const char *title = "Harbin plant signs supply contract";
    float first = run(*state, title, "The company signed.")->all[0].score;
    run(*state, "别的新闻", "天气晴朗");
    assert_true(run(*state, title, "The company signed.")->all[0].score == first);
}

// --- hostile texts

static char *repeated(const char *s, size_t bytes)
{
    size_t n = strlen(s);
    char *text = malloc(bytes + 1);
    for (size_t i = 0; i + n <= bytes; i += n)
        memcpy(text + i, s, n);
    text[bytes / n * n] = '\0';
    return text;
}

static void hostile_texts_get_some_label_and_end(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    static const char *const units[] = {
        "a",
        " ",
        "\n",
        "党",
        "党课",
        "state-owned enterprise ",
        "-",
        "(",
        "（ā",
        "党（ā",
        "\xF0\x9F\x98\x80",
        "\xE2\x80\x8B",
        "\xE2\x80\xAE",
        "é",
        "e\xCC\x81",
        "\xFF",
        "\xE5\x85",
        "\xEF\xB7\xBA",
        "aあ가я党\xF0\xA0\x80\x80",
        "\x01\x02",
        "CPC CPC SASAC SASAC ",
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char *text = repeated(units[i], MEGABYTE);
        const struct labels *found = run(*state, text, text);
        assert_true(found->n >= 1);
        assert_true(found->all[0].score >= 0 && found->all[0].score <= 1);
        free(text);
    }
}

static void an_empty_document_is_other(void **state)
{
    const struct labels *found = run(*state, "", "");
    assert_string_equal(found->primary, "other");
    assert_int_equal(found->n, 1);
    assert_string_equal(found->language, "und");
}

static void a_missing_folder_is_named(void **state)
{
    (void)state;
    struct labeler *l;
    struct problem why;
    assert_int_equal(labeler_load("/nonexistent", &l, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "/nonexistent/taxonomy.yaml"));
}

// The bytes of a folder with these files.
static struct buf files_of(const char *taxonomy, const char *entities, const char *model)
{
    static const char *const names[LABEL_FILES] = {"taxonomy.yaml", "entities.yaml", "model"};
    const char *texts[LABEL_FILES] = {taxonomy, entities, model};
    char folder[] = "/tmp/newswire-labels-XXXXXX", path[64];
    struct buf bytes = buf_new(LABEL_FILES_BYTES);
    struct problem why;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < LABEL_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *f = texts[i] ? fopen(path, "wb") : NULL;
        if (f) {
            fputs(texts[i], f);
            fclose(f);
        }
    }
    assert_int_equal(label_files_read(folder, &bytes, &why), OK);
    for (size_t i = 0; i < LABEL_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    rmdir(folder);
    return bytes;
}

static void a_labeler_of_bytes_is_that_of_the_folder(void **state)
{
    struct labeler *l;
    struct problem why;
    struct buf bytes = buf_new(LABEL_FILES_BYTES);
    assert_int_equal(label_files_read(DATA, &bytes, &why), OK);
    assert_int_equal(labeler_new(bytes.data, bytes.size, &l, &why), OK);
    memset(bytes.data, 0, bytes.size); // it keeps none of them
    buf_free(&bytes);
    static const char *const titles[] = {"国务院国资委部署国有企业改革",
                                         "Weihe Power to buy a wind farm operator"};
    for (size_t i = 0; i < 2; i++) {
        const struct labels *a = run(l, titles[i], ""), *b = run(*state, titles[i], "");
        assert_string_equal(a->model, b->model);
        assert_string_equal(a->primary, b->primary);
        assert_true(a->all[0].score == b->all[0].score);
    }
    labeler_free(&l);
}

static void a_mistake_in_the_bytes_is_named_with_file_and_line(void **state)
{
    (void)state;
    static const char good[] = "taxonomy: 1\nlabels:\n  - name: bees\n    terms:\n"
                               "      - {weight: 5, zh: [蜜蜂], en: [honey]}\n";
    static const struct {
        const char *taxonomy, *entities, *model, *want;
    } rows[] = {
        {good, NULL, NULL, NULL},
        {good, "taxonomy: 1\n", NULL, NULL},
        {"labels: [\n", NULL, NULL, "/taxonomy.yaml:2: "},
        {"", NULL, NULL, "/taxonomy.yaml:1: "},
        {"taxonomy: 1\n\n标签: []\n", NULL, NULL, "/taxonomy.yaml:3: "},
        {good, "taxonomy: 1\nhives: 3\n", NULL, "/entities.yaml:2: "},
        {good, NULL, "", "/model:1: "},
        {good, NULL, "模型\n", "/model:1: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf bytes = files_of(rows[i].taxonomy, rows[i].entities, rows[i].model);
        struct labeler *l = NULL;
        struct problem why = {""};
        enum err e = labeler_new(bytes.data, bytes.size, &l, &why);
        assert_int_equal(e, rows[i].want ? ERR_CONFIG : OK);
        if (rows[i].want && !strstr(why.text, rows[i].want))
            fail_msg("\"%s\" does not name %s", why.text, rows[i].want);
        buf_free(&bytes);
        labeler_free(&l);
    }
}

static void bytes_that_are_cut_off_or_too_many_are_refused(void **state)
{
    (void)state;
    struct buf bytes = files_of("taxonomy: 1\n", "实体", NULL);
    struct label_source files[LABEL_FILES];
    struct problem why;
    assert_int_equal(label_files_open(bytes.data, bytes.size, files, &why), OK);
    assert_int_equal(files[LABEL_TAXONOMY].n, 12);
    assert_memory_equal(files[LABEL_ENTITIES].bytes, "实体", files[LABEL_ENTITIES].n);
    assert_string_equal(files[LABEL_MODEL].path, "");
    for (size_t n = 0; n < bytes.size; n++) {
        uint8_t *cut = mem_alloc(n ? n : 1); // a block of its own, so that a sanitizer sees
        memcpy(cut, bytes.data, n);
        assert_int_equal(label_files_open(cut, n, files, &why), ERR_CONFIG);
        free(cut);
    }
    assert_int_equal(buf_add(&bytes, "x", 1), OK);
    assert_int_equal(label_files_open(bytes.data, bytes.size, files, &why), ERR_CONFIG);
    buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announcements_get_the_label_that_the_taxonomy_gives_them),
        cmocka_unit_test(evidence_is_what_stands_there),
        cmocka_unit_test(a_standfirst_moves_the_offsets),
        cmocka_unit_test(the_same_document_gives_the_same_labels),
        cmocka_unit_test(hostile_texts_get_some_label_and_end),
        cmocka_unit_test(an_empty_document_is_other),
        cmocka_unit_test(a_missing_folder_is_named),
        cmocka_unit_test(a_labeler_of_bytes_is_that_of_the_folder),
        cmocka_unit_test(a_mistake_in_the_bytes_is_named_with_file_and_line),
        cmocka_unit_test(bytes_that_are_cut_off_or_too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
