// SPDX-License-Identifier: MIT
#include "tests/unit/fetcher/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/mem.h"

struct ledger *place_ledger(const struct place *p)
{
    struct problem why = {""};
    struct ledger *l = NULL;
    if (ledger_open(p->url, &l, &why))
        fail_msg("%s", why.text);
    return l;
}

void place_reopen(struct place *p)
{
    ledger_close(&p->ledger);
    p->ledger = place_ledger(p);
}

int place_set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    folder_make(p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s/fetcher.db", p->folder);
    p->ledger = place_ledger(p);
    *state = p;
    return 0;
}

int place_tear_down(void **state)
{
    struct place *p = *state;
    ledger_close(&p->ledger);
    folder_remove(p->folder);
    free(p);
    return 0;
}

void id_of(const char *url, char id[URL_ID_SIZE])
{
    char canonical[URL_MAX + 1];
    assert_int_equal(url_canonical(url, canonical), OK);
    url_id(canonical, id);
}

struct ledger_counts counts(struct ledger *l)
{
    struct ledger_counts c;
    assert_int_equal(ledger_count(l, &c), OK);
    return c;
}
