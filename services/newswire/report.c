// SPDX-License-Identifier: MIT
#include "services/newswire/report.h"

#include <inttypes.h>
#include <string.h>

#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

size_t report_attention(const struct report *r, struct buf *out)
{
    size_t n = r->fetcher ? r->fetcher->n_alarms : 1;
    for (size_t i = 0; r->fetcher && i < n; i++)
        buf_printf(out, "%s\n", r->fetcher->alarms[i]);
    if (!r->fetcher)
        buf_printf(out, "%s\n", r->fetcher_trouble);
    if (r->sink && !*r->sink->trouble)
        return n;
    buf_printf(out, "%s\n", r->sink ? r->sink->trouble : r->sink_trouble);
    return n + 1;
}

static void ago(int64_t ms, int64_t now_ms, struct buf *out)
{
    char span[WHEN_SIZE], at[WHEN_SIZE];
    when_span(now_ms - ms, span);
    when_local(ms, at);
    buf_printf(out, "%s ago (%s)", span, at);
}

static void write_fetcher(const struct report *r, struct buf *out)
{
    const Newswire__V1__FetcherStatus *f = r->fetcher;
    buf_printf(out, "    store      %s\n    started    ", f->store);
    ago(f->started_ms, r->now_ms, out);
    buf_printf(out, "\n    sources    %" PRIu64, f->sources);
    if (f->sources_failing)
        buf_printf(out, ", %" PRIu64 " of them in trouble", f->sources_failing);
    buf_printf(out, "\n    to fetch   %" PRIu64 ", %" PRIu64 " under way\n", f->pending,
               f->in_flight);
    buf_printf(out, "    outbox     %" PRIu64 ", %" PRIu64 " at %" PRIu64 " classifier%s\n",
               f->outbox, f->leased, f->sessions, f->sessions == 1 ? "" : "s");
    buf_printf(out, "    given up   %" PRIu64 "\n", f->dead);
}

static void write_sink(const struct report *r, struct buf *out)
{
    const Newswire__V1__SinkStatus *s = r->sink;
    buf_printf(out, "    store      %s\n    news       %" PRIu64, s->store, s->announcements);
    if (s->head) {
        buf_printf(out, ", the last is number %" PRIu64 ", ", s->head);
        ago(s->committed_ms, r->now_ms, out);
    }
    buf_puts(out, "\n");
    for (size_t i = 0; i < s->n_labels; i++)
        buf_printf(out, "               %s %" PRIu64 "\n", s->labels[i]->label,
                   s->labels[i]->count);
}

static void write_counters(const Newswire__V1__FetcherStatus *f, bool colour, struct buf *out)
{
    static const struct column columns[] = {{"counter", false}, {"since the start", true}};
    struct table *t = table_new(columns, 2);
    for (size_t i = 0; i < f->n_counters; i++) {
        table_cell(t, "%s", f->counters[i]->name);
        table_cell(t, "%" PRIu64, f->counters[i]->value);
    }
    buf_puts(out, table_rows(t) ? "\n" : "");
    table_write(t, colour, out);
    table_free(&t);
}

static void write_title(const char *name, const char *endpoint, bool answers, bool colour,
                        struct buf *out)
{
    buf_printf(out, "%s%s%s %s%s\n", ink(colour, INK_BOLD), name, ink(colour, INK_PLAIN), endpoint,
               answers ? "" : " does not answer");
}

static void write_verdict(const struct report *r, bool colour, struct buf *out)
{
    struct buf attention = buf_new(1 << 20);
    if (report_attention(r, &attention) > 0)
        buf_printf(out, "%sneeds attention%s\n%s\n", ink(colour, INK_BAD), ink(colour, INK_PLAIN),
                   buf_str(&attention));
    else
        buf_printf(out, "%sall is well%s\n\n", ink(colour, INK_GOOD), ink(colour, INK_PLAIN));
    buf_free(&attention);
}

void report_write(const struct report *r, bool colour, struct buf *out)
{
    write_verdict(r, colour, out);
    write_title("fetcher", r->fetcher_at, r->fetcher, colour, out);
    if (r->fetcher)
        write_fetcher(r, out);
    write_title("sink", r->sink_at, r->sink, colour, out);
    if (r->sink)
        write_sink(r, out);
    if (r->fetcher)
        write_counters(r->fetcher, colour, out);
}

// Lists of name and number are objects in JSON: {"soe-policy": 12}.
static json_t *counters_json(const Newswire__V1__FetcherStatus *f)
{
    json_t *object = json_object();
    for (size_t i = 0; i < f->n_counters; i++)
        json_object_set_new(object, f->counters[i]->name,
                            json_integer((json_int_t)f->counters[i]->value));
    return object;
}

static json_t *labels_json(const Newswire__V1__SinkStatus *s)
{
    json_t *object = json_object();
    for (size_t i = 0; i < s->n_labels; i++)
        json_object_set_new(object, s->labels[i]->label,
                            json_integer((json_int_t)s->labels[i]->count));
    return object;
}

static json_t *lines_json(char *lines)
{
    json_t *list = json_array();
    for (char *rest = lines, *line; (line = strsep(&rest, "\n")) && *line;)
        json_array_append_new(list, json_string(line));
    return list;
}

json_t *report_json(const struct report *r)
{
    json_t *fetcher = r->fetcher ? jsonl_message(&r->fetcher->base) : json_null();
    json_t *sink = r->sink ? jsonl_message(&r->sink->base) : json_null();
    if (r->fetcher)
        json_object_set_new(fetcher, "counters", counters_json(r->fetcher));
    if (r->sink)
        json_object_set_new(sink, "labels", labels_json(r->sink));
    struct buf attention = buf_new(1 << 20);
    bool well = report_attention(r, &attention) == 0;
    json_t *all = json_pack("{s:b, s:o, s:o, s:o}", "ok", well, "attention",
                            attention.size ? lines_json((char *)attention.data) : json_array(),
                            "fetcher", fetcher, "sink", sink);
    buf_free(&attention);
    return all;
}
