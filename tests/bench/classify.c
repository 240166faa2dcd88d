// SPDX-License-Identifier: MIT
// How fast documents are labelled on one core, how long the model takes to load and what memory it
// needs; beside fastText's predict on the same text, taught and run in the same minute, if the
// program `fasttext` is installed.
//
//   bench_classify [FILE.jsonl] [--data FOLDER] [--seconds N]
//
// FILE: JSON Lines with title and text; without it, announcements are made up.
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"

struct corpus {
    struct document *all;
    const char **labels;
    size_t n, cap, bytes;
};

// Seconds of processor time, ours and our children's: other work on the machine does not count.
static double now(void)
{
    struct rusage ours, children;
    getrusage(RUSAGE_SELF, &ours);
    getrusage(RUSAGE_CHILDREN, &children);
    const struct timeval times[] = {ours.ru_utime, ours.ru_stime, children.ru_utime,
                                    children.ru_stime};
    double sum = 0;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        sum += (double)times[i].tv_sec + (double)times[i].tv_usec / 1e6;
    return sum;
}

static void add(struct corpus *c, const char *title, const char *text)
{
    mem_reserve((void **)&c->all, &c->cap, c->n + 1, sizeof *c->all);
    c->all[c->n++] = (struct document){mem_strdup(title), "", mem_strdup(text)};
    c->bytes += strlen(title) + strlen(text);
}

static enum err take(void *context, const struct item *item)
{
    add(context, item->title, item->text);
    return OK;
}

static void complain(void *context, const struct problem *why)
{
    (void)context;
    fprintf(stderr, "bench_classify: %s\n", why->text);
}

// 2,000 announcements of about 4 KB, half of them Chinese.
static void make_up(struct corpus *c)
{
    static const char *const english[] = {
        "The company said on Monday that profit rose in the first half. ",
        "Party members of the plant gathered to renew their oath. ",
        "The commission asked central enterprises to cut costs. ",
        "Rain is expected in the south over the weekend. ",
        "Chairman Li visited the new line and thanked the shift. ",
        "Officials will publish the rules after a hearing. ",
    };
    static const char *const chinese[] = {
        "公司周一表示上半年利润增长。",   "厂里的党员重温了入党誓词。",
        "国资委要求中央企业压降成本。",   "周末南方将有降雨。",
        "董事长到新产线慰问了当班工人。", "有关部门将在听证后公布细则。",
    };
    char text[5000];
    unsigned seed = 1;
    for (size_t i = 0; i < 2000; i++) {
        const char *const *sentences = i % 2 ? chinese : english;
        size_t n = 0;
        while (n < 4000) {
            seed = seed * 1103515245 + 12345;
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", sentences[(seed >> 16) % 6]);
        }
        add(c, sentences[i / 2 % 6], text);
    }
}

static double label_all(struct labeler *l, struct corpus *c, double seconds)
{
    c->labels = mem_alloc(c->n * sizeof *c->labels);
    size_t rounds = 0;
    double start = now(), end = start;
    for (; end - start < seconds; end = now(), rounds++)
        for (size_t i = 0; i < c->n; i++)
            c->labels[i] = labeler_run(l, &c->all[i])->primary;
    return (end - start) / (double)rounds;
}

// --- fastText

// Words in lower case; Chinese characters stand by themselves, as fastText splits at spaces.
static void write_words(FILE *f, const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t length = text_decode(s + i, n - i, &c);
        if (text_is_cjk(c))
            fprintf(f, " %.*s ", (int)length, s + i);
        else
            fputc(c < 0x80 && isalnum((int)c) ? tolower((int)c) : ' ', f);
        i += length;
    }
}

static void write_for_fasttext(const struct corpus *c, const char *path, bool labels,
                               size_t repeats)
{
    FILE *f = fopen(path, "w");
    for (size_t r = 0; f && r < repeats; r++) {
        for (size_t i = 0; i < c->n; i++) {
            if (labels)
                fprintf(f, "__label__%s ", c->labels[i]);
            write_words(f, c->all[i].title);
            write_words(f, c->all[i].text);
            fputc('\n', f);
        }
    }
    if (f)
        fclose(f);
}

static double run_timed(const char *command)
{
    double start = now();
    return system(command) == 0 ? now() - start : -1;
}

// Taught with the labels that were just given; the time to load its model, measured with an empty
// file, is taken off. Returns seconds for the corpus, or a negative number.
static double fasttext_all(const struct corpus *c)
{
    enum { REPEATS = 5 };
    char folder[] = "/tmp/bench-classify-XXXXXX", command[600], path[100];
    if (system("command -v fasttext >/dev/null") != 0 || !mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/train", folder);
    write_for_fasttext(c, path, true, 1);
    snprintf(path, sizeof path, "%s/text", folder);
    write_for_fasttext(c, path, false, REPEATS);
    snprintf(command, sizeof command,
             "cd %s && : >empty && fasttext supervised -input train -output model -wordNgrams 2"
             " -epoch 5 -thread 1 >/dev/null 2>&1",
             folder);
    double load = -1, all = -1;
    if (run_timed(command) >= 0) {
        snprintf(command, sizeof command, "cd %s && fasttext predict model.bin empty >/dev/null",
                 folder);
        load = run_timed(command);
        snprintf(command, sizeof command, "cd %s && fasttext predict model.bin text >/dev/null",
                 folder);
        all = run_timed(command);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
    return load < 0 || all < 0 ? -1 : (all - load) / REPEATS;
}

static void print_speed(const char *name, const struct corpus *c, double seconds)
{
    printf("%-10s %9.0f documents/s %7.1f MB/s\n", name, (double)c->n / seconds,
           (double)c->bytes / 1e6 / seconds);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"seconds", required_argument, NULL, 's'}, {0}};
    const char *data = label_default_folder();
    double seconds = 3;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'd')
            data = optarg;
        else if (o == 's')
            seconds = strtod(optarg, NULL);
        else
            return 2;
    }
    struct problem why;
    struct labeler *l;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double start = now();
    if (labeler_load(data, &l, &why))
        fatal("%s", why.text);
    double loaded = now() - start;
    getrusage(RUSAGE_SELF, &after);
    printf("load       %9.1f ms, %.1f MB\n", loaded * 1e3,
           (double)(after.ru_maxrss - before.ru_maxrss) / 1024);

    struct corpus c = {0};
    if (optind == argc)
        make_up(&c);
    else if (documents_read(argv[optind], take, complain, &c, &why))
        fatal("%s", why.text);
    printf("corpus     %9zu documents, %.1f MB\n", c.n, (double)c.bytes / 1e6);
    double ours = label_all(l, &c, seconds);
    print_speed("newswire", &c, ours);
    double theirs = fasttext_all(&c);
    if (theirs > 0) {
        print_speed("fasttext", &c, theirs);
        printf("ratio      %9.1f\n", theirs / ours);
    } else {
        puts("fasttext   is not installed: no comparison");
    }
    labeler_free(&l);
    return 0;
}
