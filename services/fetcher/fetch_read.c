// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/fetch_parts.h"

void fetch_read(struct request *r, const struct http_response *response)
{
    r->stage = REQUEST_READ;
    struct buf task = buf_new(FETCH_TASK_MAX);
    Newswire__V1__ExtractTask t = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    t.kind = record_kind(&r->record);
    t.url = r->record.url;
    t.content_type = mem_strdup(response->content_type);
    t.content_type[text_clean(t.content_type, strlen(t.content_type))] = '\0';
    t.body.data = (uint8_t *)response->body;
    t.body.len = response->size;
    t.now_ms = r->record.fetched_ms;
    Newswire__V1__Announcement hint = record_hint(r->record.entry);
    if (r->record.source)
        t.selector = r->record.source->selector;
    t.hint = &hint;
    t.document = r->record.page != NULL;
    t.keep = r->fetch->options.pages && !t.document;
    if (wire_pack(&t.base, &task))
        panic("a response is larger than a task");
    workers_submit(r->fetch->workers, r->tag, task.data, task.size);
    free(t.content_type);
    buf_free(&task);
}

// The page's result is a wrapper's: true if the request goes on to the document, or ends here.
static bool go_on(struct request *r, Newswire__V1__ExtractResult **page)
{
    struct fetch *f = r->fetch;
    if (f->draining && *(*page)->document) {
        request_free(r); // as if it had never been asked: the next start does it
        return true;
    }
    if (!record_document(&r->record, page))
        return false;
    flush_soon(f->flush);
    request_park(r);
    return true;
}

static void keep_page(struct request *r, const Newswire__V1__ExtractResult *result)
{
    struct pages *pages = r->fetch->options.pages;
    if (!pages || !r->record.entry || !result->compressed.len)
        return;
    struct page_copy page = {.id = r->record.entry->id,
                             .fetched_ms = r->record.fetched_ms,
                             .url = r->record.url,
                             .content_type = r->record.content_type,
                             .compressed = result->compressed.data,
                             .size = result->compressed.len};
    if (pages_put(pages, &page))
        log_warn("page-not-kept", "url=%s problem=%s", page.url, pages_problem(pages));
}

void fetch_on_read(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                   size_t size)
{
    struct fetch *f = arg;
    struct request *r = map_get(f->running, tag);
    ProtobufCMessage *m = NULL;
    struct problem why = {""};
    if (outcome == WORK_POISON)
        problem_set(&why, OK, "it cannot be read: %.*s", (int)size, (const char *)bytes);
    else if (wire_unpack(&newswire__v1__extract_result__descriptor, bytes, size, &m, &why))
        m = NULL;
    Newswire__V1__ExtractResult *result = (Newswire__V1__ExtractResult *)m;
    if (lend_back(f->lent, tag, result, why.text)) {
        wire_free(m);
        return;
    }
    if (!r)
        panic("an answer to a request that is not known");
    bool document = r->record.page != NULL;
    if (result && !document) {
        keep_page(r, result);
        if (go_on(r, &result)) {
            if (result)
                wire_free(&result->base);
            return;
        }
    }
    if (result && document)
        record_document_understood(&r->record, f->ledger, result);
    else if (result)
        record_understood(&r->record, f->ledger, result);
    else if (document)
        record_document_failed(&r->record, f->ledger, why.text, true);
    else
        record_failed(&r->record, f->ledger, why.text, true);
    if (result && !document && r->record.source)
        keep_page(r, result); // a source that is a page has its entry now
    wire_free(m);
    request_end(r);
}
