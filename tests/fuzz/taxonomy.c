// SPDX-License-Identifier: MIT
// Any bytes as a taxonomy file: refused with a sentence, or read and good to label with.
#include <stdint.h>
#include <stdlib.h>

#include "services/classifier/label/match.h"
#include "services/classifier/label/taxonomy.h"
#include "services/classifier/label/terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct taxonomy *t)
{
    struct terms *terms;
    struct problem why;
    if (terms_new(t, &terms, &why))
        return;
    static const char text[] = "a state owned firm held a party lesson 国资委党课";
    struct matches matches = {0};
    match_rules(t, terms_scan(terms, text, sizeof text - 1), &(struct zones){10, 20}, &matches);
    free(matches.all);
    terms_free(&terms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct folding *fold;
    if (!fold)
        fold = folding_new();
    struct source source = {"fuzz", (const char *)data, size};
    struct taxonomy t;
    struct problem why = {""};
    if (taxonomy_read(&source, 1, fold, &t, &why)) {
        if (!why.text[0])
            abort();
        return 0;
    }
    use(&t);
    taxonomy_free(&t);
    return 0;
}
