// SPDX-License-Identifier: MIT
// Any bytes as a document: title, standfirst and text, parted by the first two line breaks.
// Evidence must stand where it says, scores must be probabilities.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"
#include "services/classifier/label/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct labeler *labeler(void)
{
    static struct labeler *l;
    struct problem why;
    if (!l && labeler_load(label_default_folder(), &l, &why))
        fatal("%s", why.text);
    return l;
}

static void check(const struct label *label, const char *whole, size_t n)
{
    if (!(label->score >= 0 && label->score <= 1))
        abort();
    for (size_t i = 0; i < label->n_evidence; i++) {
        const struct evidence *e = &label->evidence[i];
        if (e->start >= e->end || e->end > n || strlen(e->text) != e->end - e->start ||
            memcmp(whole + e->start, e->text, e->end - e->start) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *parts[3] = {mem_strndup((const char *)data, size), "", ""};
    for (int i = 0; i < 2; i++) {
        char *end = strchr(parts[i], '\n');
        if (!end)
            break;
        *end = '\0';
        parts[i + 1] = end + 1;
    }
    struct document d = {parts[0], parts[1], parts[2]};
    struct buf whole = buf_new(4 * size + 16);
    (void)buf_printf(&whole, "%s\n%s%s%s", d.title, d.standfirst, *d.standfirst ? "\n" : "",
                     d.text);
    const struct labels *found = labeler_run(labeler(), &d);
    if (found->n == 0)
        abort();
    for (size_t i = 0; i < found->n; i++)
        check(&found->all[i], buf_str(&whole), whole.size);
    buf_free(&whole);
    free(parts[0]);
    return 0;
}
