// SPDX-License-Identifier: MIT
#include "services/classifier/labelling.h"

#include <stdlib.h>

#include "common/mem.h"

enum { LOOK_MS = 1000 };

struct labelling {
    struct loop *loop;
    struct workers_options options;
    work_done *done;
    void *arg;
    struct workers *workers;
    struct workers *retired; // finish what they have, after a renewal; usually NULL
    struct buf next;         // for the renewal that waits until they are gone
    bool again;              // one waits
    struct timer *look;      // after the retired, while there are any
};

static void start(struct labelling *l, const struct buf *files)
{
    l->options.given = files ? buf_str(files) : NULL;
    l->options.given_size = files ? files->size : 0;
    l->workers = workers_new(l->loop, &l->options, l->done, l->arg);
    l->options.given = NULL;
}

static void on_look(void *arg, struct timer *t)
{
    struct labelling *l = arg;
    if (workers_waiting(l->retired) > 0)
        return;
    timer_stop(t);
    workers_free(&l->retired);
    if (l->again)
        labelling_renew(l, &l->next);
}

struct labelling *labelling_new(struct loop *loop, const struct workers_options *o,
                                const struct buf *files, work_done *fn, void *arg)
{
    struct labelling *l = mem_alloc(sizeof *l);
    *l = (struct labelling){.loop = loop, .options = *o, .done = fn, .arg = arg};
    l->look = timer_new(loop, on_look, l);
    start(l, files);
    return l;
}

void labelling_free(struct labelling **labelling)
{
    struct labelling *l = *labelling;
    if (!l)
        return;
    workers_free(&l->workers);
    workers_free(&l->retired);
    buf_free(&l->next);
    timer_free(&l->look);
    free(l);
    *labelling = NULL;
}

void labelling_submit(struct labelling *l, uint64_t tag, const void *bytes, size_t size)
{
    workers_submit(l->workers, tag, bytes, size);
}

void labelling_renew(struct labelling *l, struct buf *files)
{
    struct buf taken = *files;
    *files = buf_new(files->max);
    if (l->retired) {
        buf_free(&l->next);
        l->next = taken;
        l->again = true;
        return;
    }
    l->again = false;
    l->retired = l->workers;
    timer_set(l->look, LOOK_MS, true);
    start(l, &taken);
    buf_free(&taken);
}
