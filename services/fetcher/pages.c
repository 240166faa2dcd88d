// SPDX-License-Identifier: MIT
#include "services/fetcher/pages.h"

#include <stdlib.h>
#include <zstd.h>

#include "common/mem.h"
#include "common/sqlite.h"

enum { LEVEL = 3 };

static const char *const migrations[] = {
    // 0 -> 1
    "CREATE TABLE pages("
    "  id TEXT PRIMARY KEY,"
    "  fetched_ms INTEGER NOT NULL,"
    "  url TEXT NOT NULL,"
    "  content_type TEXT NOT NULL,"
    "  body BLOB NOT NULL);"
    "CREATE INDEX pages_fetched ON pages(fetched_ms);",
    NULL,
};

struct pages {
    struct sqlite *db;
    struct query *put, *get, *kept, *forget;
    bool open;
};

enum err pages_open(const char *path, struct pages **out, struct problem *why)
{
    static const struct sqlite_schema schema = {"newswire-pages", migrations};
    struct pages *p = mem_alloc(sizeof *p);
    enum err e = sqlite_open(path, &schema, true, &p->db, why);
    if (!e && sqlite_exec(p->db, "PRAGMA synchronous = OFF"))
        e = problem_set(why, ERR_CONFIG, "store %s: %s", path, sqlite_message(p->db));
    if (e) {
        sqlite_close(&p->db);
        free(p);
        return e;
    }
    p->put = query_new(p->db, "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)");
    p->get = query_new(p->db, "SELECT fetched_ms, url, content_type, body FROM pages WHERE id = ?");
    p->kept = query_new(p->db, "SELECT fetched_ms FROM pages WHERE id = ?");
    p->forget = query_new(p->db, "DELETE FROM pages WHERE fetched_ms < ?");
    *out = p;
    return OK;
}

void pages_close(struct pages **pages)
{
    struct pages *p = *pages;
    if (!p)
        return;
    if (pages_flush(p))
        sqlite_rollback(p->db);
    query_free(&p->put);
    query_free(&p->get);
    query_free(&p->kept);
    query_free(&p->forget);
    sqlite_close(&p->db);
    free(p);
    *pages = NULL;
}

const char *pages_problem(const struct pages *p)
{
    return sqlite_message(p->db);
}

static enum err begin(struct pages *p)
{
    if (p->open)
        return OK;
    enum err e = sqlite_begin(p->db);
    p->open = e == OK;
    return e;
}

// A failed change takes its group with it, so that the next one starts clean.
static enum err settle(struct pages *p, enum err e)
{
    if (e) {
        sqlite_rollback(p->db);
        p->open = false;
    }
    return e;
}

enum err pages_put(struct pages *p, const struct page_copy *page)
{
    enum err e = begin(p);
    if (e)
        return e;
    query_text(p->put, 1, page->id);
    query_int(p->put, 2, page->fetched_ms);
    query_text(p->put, 3, page->url);
    query_text(p->put, 4, page->content_type);
    query_bytes(p->put, 5, page->compressed, page->size);
    return settle(p, query_run(p->put));
}

enum err pages_forget(struct pages *p, int64_t before_ms)
{
    enum err e = begin(p);
    if (e)
        return e;
    query_int(p->forget, 1, before_ms);
    return settle(p, query_run(p->forget));
}

enum err pages_flush(struct pages *p)
{
    if (!p->open)
        return OK;
    enum err e = settle(p, sqlite_commit(p->db));
    p->open = false;
    return e;
}

enum err pages_get(struct pages *p, const char *id, struct page_copy *page, struct buf *body)
{
    query_reset(p->get);
    query_text(p->get, 1, id);
    enum err e = query_step(p->get);
    if (e)
        return e;
    page->id = id;
    page->fetched_ms = query_get_int(p->get, 0);
    page->url = query_get_text(p->get, 1);
    page->content_type = query_get_text(p->get, 2);
    page->compressed = query_get_bytes(p->get, 3, &page->size);
    return pages_expand(page->compressed, page->size, body);
}

enum err pages_kept(struct pages *p, const char *id, int64_t *fetched_ms)
{
    query_text(p->kept, 1, id);
    enum err e = query_step(p->kept);
    if (e)
        return e;
    *fetched_ms = query_get_int(p->kept, 0);
    query_reset(p->kept);
    return OK;
}

struct packer {
    ZSTD_CCtx *zstd;
};

struct packer *packer_new(void)
{
    struct packer *p = mem_alloc(sizeof *p);
    p->zstd = ZSTD_createCCtx();
    if (!p->zstd)
        fatal("out of memory for zstd");
    return p;
}

void packer_free(struct packer **p)
{
    if (!*p)
        return;
    ZSTD_freeCCtx((*p)->zstd);
    free(*p);
    *p = NULL;
}

enum err pages_compress(struct packer *p, const uint8_t *bytes, size_t size, struct buf *out)
{
    size_t bound = ZSTD_compressBound(size), before = out->size;
    uint8_t *room = buf_extend(out, bound);
    if (!room)
        return ERR_LIMIT;
    size_t n = ZSTD_compressCCtx(p->zstd, room, bound, bytes, size, LEVEL);
    if (ZSTD_isError(n))
        panic("zstd: %s", ZSTD_getErrorName(n));
    out->size = before + n;
    return OK;
}

enum err pages_expand(const uint8_t *bytes, size_t size, struct buf *out)
{
    unsigned long long whole = ZSTD_getFrameContentSize(bytes, size);
    if (whole == ZSTD_CONTENTSIZE_ERROR || whole == ZSTD_CONTENTSIZE_UNKNOWN)
        return ERR_INPUT;
    uint8_t *room = whole <= PAGES_BODY_MAX ? buf_extend(out, (size_t)whole) : NULL;
    if (!room)
        return ERR_LIMIT;
    size_t n = ZSTD_decompress(room, (size_t)whole, bytes, size);
    return ZSTD_isError(n) || n != whole ? ERR_INPUT : OK;
}
