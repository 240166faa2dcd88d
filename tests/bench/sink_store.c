// SPDX-License-Identifier: MIT
// How many announcements a second the sink's store commits, beside bare inserts of the same bytes
// into one SQLite table by the same settings (WAL, synchronous FULL), in the same run, in turns.
//   sink_store DIR [ANNOUNCEMENTS] [BYTES] [ROWS-A-COMMIT] [ROUNDS]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/mem.h"
#include "common/sqlite.h"
#include "services/sink/store.h"

enum { ROUNDS_MAX = 25 };

static const char *const bare_schema[] = {
    "CREATE TABLE bare(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, packed BLOB NOT NULL)",
    NULL};

struct work {
    size_t n, batch;
    pb_announcement *announcements;
    char (*ids)[33];
    char *text;
    struct buf packed; // one announcement, as the bare loop inserts it
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Ids are spread like hashes, as real ones are.
static void make_id(char out[33], size_t i)
{
    uint64_t a = (i + 1) * 0x9E3779B97F4A7C15u, b = (i + 7) * 0xC2B2AE3D27D4EB4Fu;
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)(a ^ a >> 29),
             (unsigned long long)(b ^ b >> 31));
}

static struct work make_work(size_t n, size_t bytes, size_t batch)
{
    static char title[] = "The company held its annual working meeting in the capital";
    struct work w = {.n = n, .batch = batch};
    w.announcements = mem_alloc(n * sizeof *w.announcements);
    w.ids = mem_alloc(n * sizeof *w.ids);
    w.text = mem_alloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        w.text[i] = (char)('a' + (i * 7 + i / 26) % 26);
    for (size_t i = 0; i < n; i++) {
        pb_announcement *a = &w.announcements[i];
        newswire__v1__announcement__init(a);
        make_id(w.ids[i], i);
        a->id = w.ids[i];
        a->revision = 1;
        a->title = title;
        a->text = w.text;
        a->canonical_url = a->source = title;
    }
    w.packed = buf_new(1 << 20);
    if (wire_pack(&w.announcements[0].base, &w.packed))
        fatal("announcements of %zu bytes are too large", bytes);
    return w;
}

static void clear(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static double run_bare(const struct work *w, const char *path)
{
    struct sqlite_schema schema = {"bare", bare_schema};
    struct problem why;
    struct sqlite *db;
    if (sqlite_open(path, &schema, true, &db, &why))
        fatal("%s", why.text);
    struct query *add = query_new(db, "INSERT INTO bare VALUES (?, ?, ?)");
    double start = seconds();
    for (size_t i = 0; i < w->n;) {
        enum err e = sqlite_begin(db);
        for (size_t end = i + w->batch; !e && i < end && i < w->n; i++) {
            query_int(add, 1, (int64_t)i + 1);
            query_text(add, 2, w->ids[i]);
            query_bytes(add, 3, w->packed.data, w->packed.size);
            e = query_run(add);
        }
        if (e || sqlite_commit(db))
            fatal("%s", sqlite_message(db));
    }
    double took = seconds() - start;
    query_free(&add);
    sqlite_close(&db);
    return (double)w->n / took;
}

static double run_store(const struct work *w, const char *url)
{
    static char *labels[] = {"corporate-event", "soe-policy", "party-activity", "other"};
    struct problem why;
    struct store *store;
    struct store_put *puts = mem_alloc(w->batch * sizeof *puts);
    pb_classification classes[4];
    for (int i = 0; i < 4; i++) {
        newswire__v1__classification__init(&classes[i]);
        classes[i].primary = labels[i];
    }
    if (store_open(&(struct store_options){.url = url}, &store, &why))
        fatal("%s", why.text);
    double start = seconds();
    for (size_t i = 0; i < w->n;) {
        size_t n = 0;
        for (; n < w->batch && i < w->n; n++, i++)
            puts[n] = (struct store_put){&w->announcements[i], &classes[i % 4], "", STORE_NEW, 0};
        if (store_commit(store, puts, n, clock_utc_ms(), 0, &why))
            fatal("%s", why.text);
    }
    double took = seconds() - start;
    if (store_state(store)->head != w->n)
        fatal("the store has %llu announcements", (unsigned long long)store_state(store)->head);
    store_close(&store);
    free(puts);
    return (double)w->n / took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t argument(int argc, char **argv, int at, size_t standard)
{
    size_t n = argc > at ? strtoul(argv[at], NULL, 10) : 0;
    return n ? n : standard;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        fatal("usage: sink_store DIR [ANNOUNCEMENTS] [BYTES] [ROWS-A-COMMIT] [ROUNDS]");
    char path[4000], url[4096];
    snprintf(path, sizeof path, "%s/bench-sink-store.db", argv[1]);
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct work w = make_work(argument(argc, argv, 2, 20000), argument(argc, argv, 3, 4096),
                              argument(argc, argv, 4, 500));
    size_t rounds = argument(argc, argv, 5, 5);
    rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    double bare[ROUNDS_MAX], store[ROUNDS_MAX], ratio[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++) {
        clear(path);
        bare[i] = run_bare(&w, path);
        clear(path);
        store[i] = run_store(&w, url);
        ratio[i] = store[i] / bare[i];
        clear(path);
    }
    qsort(bare, rounds, sizeof *bare, compare);
    qsort(store, rounds, sizeof *store, compare);
    qsort(ratio, rounds, sizeof *ratio, compare);
    printf("%zu announcements of %zu bytes, %zu a commit, median of %zu rounds\n", w.n,
           w.packed.size, w.batch, rounds);
    printf("bare inserts  %8.0f rows/s  (%.0f to %.0f)\n", bare[rounds / 2], bare[0],
           bare[rounds - 1]);
    printf("sink store    %8.0f rows/s  (%.0f to %.0f)\n", store[rounds / 2], store[0],
           store[rounds - 1]);
    printf("ratio         %8.2f\n", ratio[rounds / 2]);
    return 0;
}
