// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum { BINS = 10, GROUPS = 16, SLOTS = TAXONOMY_LABELS + 1 }; // the last slot: the fallback

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static double calibration_error(const struct outcome *all, size_t n, const char *group)
{
    double right[BINS] = {0}, said[BINS] = {0}, count[BINS] = {0}, total = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        if (group && strcmp(all[i].group, group) != 0)
            continue;
        size_t bin = (size_t)fminf(all[i].score * BINS, BINS - 1);
        right[bin] += all[i].wanted == all[i].given;
        said[bin] += (double)all[i].score;
        count[bin]++;
        total++;
    }
    for (size_t b = 0; b < BINS; b++)
        error += fabs(right[b] - said[b]);
    return share(error, total);
}

void report_scores(const struct outcome *all, size_t n, const char *group, size_t n_labels,
                   struct scores *out)
{
    size_t given[SLOTS] = {0}, both[SLOTS] = {0}, right = 0, labels = 0;
    *out = (struct scores){0};
    for (size_t i = 0; i < n; i++) {
        if (group && strcmp(all[i].group, group) != 0)
            continue;
        out->n++;
        out->wanted[all[i].wanted]++;
        given[all[i].given]++;
        both[all[i].wanted] += all[i].wanted == all[i].given;
        right += all[i].wanted == all[i].given;
    }
    for (size_t c = 0; c < n_labels; c++) {
        out->precision[c] = share((double)both[c], (double)given[c]);
        out->recall[c] = share((double)both[c], (double)out->wanted[c]);
        out->f1[c] = share(2 * (double)both[c], (double)(given[c] + out->wanted[c]));
        out->macro_f1 += out->wanted[c] ? out->f1[c] : 0;
        labels += out->wanted[c] > 0;
    }
    out->macro_f1 = share(out->macro_f1, (double)labels);
    out->accuracy = share((double)right, (double)out->n);
    out->calibration_error = calibration_error(all, n, group);
}

static void print_labels(FILE *to, const struct taxonomy *t, const struct scores *s)
{
    fprintf(to, "\n%-20s %9s %9s %9s %9s\n", "label", "documents", "precision", "recall", "F1");
    for (size_t c = 0; c < t->n_labels; c++)
        fprintf(to, "%-20s %9zu %9.3f %9.3f %9.3f\n", t->labels[c].name, s->wanted[c],
                s->precision[c], s->recall[c], s->f1[c]);
}

// The labels, and behind them the fallback if it is none of them.
static size_t slot_of(const struct taxonomy *t, size_t column)
{
    return column < t->n_labels ? column : TAXONOMY_LABELS;
}

static const char *slot_name(const struct taxonomy *t, size_t column)
{
    return column < t->n_labels ? t->labels[column].name : t->fallback;
}

static void print_confusion(FILE *to, const struct taxonomy *t, const struct outcome *all, size_t n)
{
    size_t(*cells)[SLOTS] = mem_alloc(SLOTS * sizeof *cells);
    size_t columns = t->n_labels + 1;
    for (size_t i = 0; i < n; i++)
        cells[all[i].wanted][all[i].given]++;
    for (size_t c = 0; c < t->n_labels; c++)
        if (strcmp(t->labels[c].name, t->fallback) == 0)
            columns = t->n_labels;
    fprintf(to, "\n%-20s given as\n%-20s", "confusion", "");
    for (size_t c = 0; c < columns; c++)
        fprintf(to, " %15.15s", slot_name(t, c));
    for (size_t w = 0; w < columns; w++) {
        fprintf(to, "\n%-20s", slot_name(t, w));
        for (size_t c = 0; c < columns; c++)
            fprintf(to, " %15zu", cells[slot_of(t, w)][slot_of(t, c)]);
    }
    fputc('\n', to);
    free(cells);
}

static void print_groups(FILE *to, size_t n_labels, const struct outcome *all, size_t n)
{
    const char *seen[GROUPS];
    size_t n_seen = 0;
    fprintf(to, "\n%-20s %9s %9s %9s %9s\n", "language", "documents", "macro F1", "accuracy",
            "cal.err");
    for (size_t i = 0; i < n && n_seen < GROUPS; i++) {
        size_t k = 0;
        while (k < n_seen && strcmp(seen[k], all[i].group) != 0)
            k++;
        if (k < n_seen)
            continue;
        seen[n_seen++] = all[i].group;
        struct scores s;
        report_scores(all, n, all[i].group, n_labels, &s);
        fprintf(to, "%-20s %9zu %9.3f %9.3f %9.3f\n", all[i].group, s.n, s.macro_f1, s.accuracy,
                s.calibration_error);
    }
}

static void print_calibration(FILE *to, const struct outcome *all, size_t n)
{
    fprintf(to, "\n%-20s %9s %9s %9s\n", "score", "documents", "mean", "right");
    for (int b = 0; b < BINS; b++) {
        double count = 0, said = 0, right = 0;
        for (size_t i = 0; i < n; i++) {
            if ((int)fminf(all[i].score * BINS, BINS - 1) != b)
                continue;
            count++;
            said += (double)all[i].score;
            right += all[i].wanted == all[i].given;
        }
        if (count > 0)
            fprintf(to, ".%d to %s%d             %9.0f %9.3f %9.3f\n", b, b == 9 ? "1." : ".",
                    (b + 1) % 10, count, said / count, right / count);
    }
}

static int by_score(const void *a, const void *b)
{
    const struct outcome *x = a, *y = b;
    return x->score < y->score ? 1 : x->score > y->score ? -1 : 0;
}

// The surest documents first: how right they are while more and more are answered.
static void print_abstention(FILE *to, const struct outcome *all, size_t n)
{
    struct outcome *sorted = mem_alloc(n * sizeof *sorted);
    if (n)
        memcpy(sorted, all, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_score);
    fprintf(to, "\n%-20s %9s %9s\n", "answered", "score >=", "accuracy");
    size_t right = 0, next = 1;
    for (size_t i = 0; i < n; i++) {
        right += sorted[i].wanted == sorted[i].given;
        if ((i + 1) * 10 < next * n)
            continue;
        double accuracy = (double)right / (double)(i + 1);
        int width = (int)fmax(0, (accuracy - 0.5) * 80);
        fprintf(to, "%3zu %%                %9.3f %9.3f  %.*s\n", next * 10,
                (double)sorted[i].score, accuracy, width,
                "########################################");
        next++;
    }
    free(sorted);
}

void report_print(FILE *to, const struct taxonomy *t, const struct outcome *all, size_t n)
{
    struct scores s;
    report_scores(all, n, NULL, t->n_labels, &s);
    fprintf(to, "%zu documents: macro F1 %.3f, accuracy %.3f, expected calibration error %.3f\n", n,
            s.macro_f1, s.accuracy, s.calibration_error);
    print_labels(to, t, &s);
    print_confusion(to, t, all, n);
    print_groups(to, t->n_labels, all, n);
    print_calibration(to, all, n);
    print_abstention(to, all, n);
}
