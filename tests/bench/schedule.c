// SPDX-License-Identifier: MIT
// Months of polling in seconds: the schedule of the fetcher, driven by a simulated clock, beside
// pollers with a fixed interval, on the same sources. Prints one table.
//
//   bench_schedule [SOURCES [DAYS]]      50,000 sources and 30 days if not given
//
// The sources: rates spread log-normally about one entry a day, some silent, some hundreds a day;
// seven of ten publish in the hours of China's offices and rest at the weekend; entries come in
// batches; feeds hold 10 to 60 entries; some state a ttl or a max-age; each fails for hours now and
// then; two or three on average share a host, which is asked once in 2 s.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "services/fetcher/schedule.h"

#define START  INT64_C(1795219200000) // Saturday 2026-11-21T00:00:00Z
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum { GAP_MS = 2000, WINDOW_MAX = 4096, DELAY_MAX = 48 * 60, PEAK = 4 };

struct source {
    struct schedule schedule;
    uint64_t random;
    double per_ms;   // mean rate
    bool office;     // publishes in office hours
    uint32_t length; // entries on its feed
    uint32_t host;
    int64_t ttl_s, fresh_for_s;
    int64_t next_entry; // when it publishes next
    uint32_t batch;     // entries still to come at that time
    int64_t down_from, down_to;
    int64_t interval_ms; // planned at the last poll
    bool failing;        // since the last poll that succeeded
};

struct event {
    int64_t at;
    uint32_t source;
};

struct host {
    int64_t free_at, minute;
    uint32_t in_minute;
};

struct tally {
    uint64_t polls, useful, entries, within_10, gaps;
    // Rolled off: all, those while the source did not answer, and of the others those that had been
    // on the feed for an interval.
    uint64_t missed, missed_failing, missed_though_there;
    uint64_t delays[DELAY_MAX + 1]; // by minute
    uint32_t host_minute;           // most requests of one host in a minute
    uint64_t peak_minute;           // most requests in a minute after the first hour
    double cpu_s;
};

struct world {
    struct source *sources;
    uint32_t n, n_hosts;
    struct host *hosts;
    struct event *heap;
    uint32_t heap_size;
    uint64_t *minutes; // requests in each
    int64_t end;
    struct tally tally;
};

// ---- Chance ----

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static double uniform(uint64_t *state)
{
    return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * 3.14159265358979 * uniform(state));
}

static int64_t exponential(uint64_t *state, double mean_ms)
{
    return (int64_t)fmin(-log(uniform(state)) * mean_ms, 1e14);
}

// ---- Sources ----

// How busy the hour is, relative to the mean; never above PEAK.
static double weight(const struct source *s, int64_t at)
{
    if (!s->office)
        return 1;
    int64_t hour = at / HOUR % 24, day = (at / DAY + 4) % 7; // 1970-01-01 was a Thursday
    double of_day = day == 0 || day == 6 ? 0.25 : 1.3;
    double of_hour = hour >= 0 && hour < 10 ? 2.1 : 0.21; // 8 to 18 o'clock in China
    return fmin(of_day * of_hour, PEAK);
}

// The next time of publication after s->next_entry, by thinning (Lewis and Shedler 1979).
static void draw_entry(struct source *s)
{
    do
        s->next_entry += 1 + exponential(&s->random, 1 / (s->per_ms * PEAK));
    while (uniform(&s->random) * PEAK > weight(s, s->next_entry));
    s->batch = 1;
    while (uniform(&s->random) < 0.3 && s->batch < 10)
        s->batch++;
}

static void draw_outage(struct source *s, int64_t after)
{
    s->down_from = after + exponential(&s->random, 15.0 * (double)DAY);
    s->down_to = s->down_from + exponential(&s->random, 2.0 * (double)HOUR);
}

static void source_init(struct source *s, uint32_t index, uint32_t n_hosts, int64_t every_s)
{
    *s = (struct source){.random = index, .schedule.every_s = every_s};
    double a_day = exp(normal(&s->random) * 1.7);
    if (uniform(&s->random) < 0.15)
        a_day = 0.02;                                 // all but silent
    s->per_ms = fmin(a_day, 500) / (double)DAY / 1.4; // batches count
    s->office = uniform(&s->random) < 0.7;
    s->length = 10 + (uint32_t)(uniform(&s->random) * 50);
    s->host = (uint32_t)(pow(uniform(&s->random), 1.5) * n_hosts);
    double asks = uniform(&s->random);
    s->ttl_s = asks < 0.08 ? 3600 : asks < 0.12 ? 900 : 0;
    s->fresh_for_s = asks > 0.9 ? 300 : 0;
    s->next_entry = START;
    draw_entry(s);
    draw_outage(s, START);
}

// ---- Events, soonest first ----

static void push(struct world *w, struct event e)
{
    uint32_t i = w->heap_size++;
    for (; i > 0 && w->heap[(i - 1) / 2].at > e.at; i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = e;
}

static struct event pop(struct world *w)
{
    struct event top = w->heap[0], last = w->heap[--w->heap_size];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < w->heap_size; i = child) {
        if (child + 1 < w->heap_size && w->heap[child + 1].at < w->heap[child].at)
            child++;
        if (w->heap[child].at >= last.at)
            break;
        w->heap[i] = w->heap[child];
    }
    w->heap[i] = last;
    return top;
}

// ---- Polling ----

static void count_request(struct world *w, struct host *host, int64_t now)
{
    int64_t minute = now / MINUTE;
    if (host->minute != minute)
        *host = (struct host){.free_at = host->free_at, .minute = minute};
    host->in_minute++;
    host->free_at = now + GAP_MS;
    if (host->in_minute > w->tally.host_minute)
        w->tally.host_minute = host->in_minute;
    w->minutes[(now - START) / MINUTE]++;
    w->tally.polls++;
}

static void count_delay(struct tally *t, int64_t delay_ms)
{
    int64_t minutes = delay_ms / MINUTE;
    t->delays[minutes < DELAY_MAX ? minutes : DELAY_MAX]++;
    t->within_10 += delay_ms <= 10 * MINUTE;
}

// What was published since the last poll: how many, and how late it is seen. What is no longer
// among the `length` newest has rolled off.
static uint32_t collect(struct source *s, int64_t now, struct tally *t)
{
    static int64_t window[WINDOW_MAX];
    uint32_t n = 0;
    bool first = s->schedule.polls == 0;
    while (s->next_entry <= now) {
        for (; s->batch > 0; s->batch--)
            window[n++ % WINDOW_MAX] = s->next_entry;
        draw_entry(s);
    }
    if (first)
        return s->length; // what was there before us
    uint32_t kept = n < s->length ? n : s->length;
    t->entries += n;
    t->missed += n - kept;
    for (uint32_t i = n - kept; i < n; i++)
        count_delay(t, now - window[i % WINDOW_MAX]);
    if (s->failing)
        t->missed_failing += n - kept;
    uint32_t i = n < WINDOW_MAX ? 0 : n - WINDOW_MAX;
    for (; !s->failing && i < n - kept; i++) {
        int64_t gone = window[(i + s->length) % WINDOW_MAX];
        t->missed_though_there += gone - window[i % WINDOW_MAX] > s->interval_ms + GAP_MS;
    }
    return kept;
}

static struct poll ask(struct source *s, int64_t now, struct tally *t)
{
    while (s->down_to < now)
        draw_outage(s, s->down_to);
    if (now >= s->down_from) {
        s->failing = true;
        return (struct poll){.result = POLL_FAILED, .status = 503};
    }
    bool first = s->schedule.polls == 0;
    uint32_t fresh = collect(s, now, t);
    s->failing = false;
    t->useful += fresh > 0 && !first;
    return (struct poll){.result = fresh ? POLL_READ : POLL_UNCHANGED,
                         .entries = s->length,
                         .fresh = fresh,
                         .oldest_ms = first ? now - (int64_t)(s->length / s->per_ms / 1.4) : 0,
                         .ttl_s = s->ttl_s,
                         .fresh_for_s = s->fresh_for_s,
                         .status = 200};
}

static void poll_source(struct world *w, uint32_t index, int64_t now)
{
    struct source *s = &w->sources[index];
    struct host *host = &w->hosts[s->host];
    if (host->free_at > now) { // another of its host was asked just now
        push(w, (struct event){host->free_at, index});
        return;
    }
    count_request(w, host, now);
    struct poll poll = ask(s, now, &w->tally);
    struct plan plan = schedule_next(&s->schedule, &poll, index, now);
    w->tally.gaps += plan.gap;
    if (poll.result != POLL_FAILED)
        s->interval_ms = plan.next_ms - now;
    push(w, (struct event){plan.next_ms, index});
}

static struct tally simulate(uint32_t n, int days, int64_t every_s)
{
    struct world w = {.n = n, .n_hosts = n * 2 / 5 + 1, .end = START + days * DAY};
    w.sources = mem_alloc(n * sizeof *w.sources);
    w.hosts = mem_alloc(w.n_hosts * sizeof *w.hosts);
    w.heap = mem_alloc((n + 1) * sizeof *w.heap);
    w.minutes = mem_alloc((size_t)(days * DAY / MINUTE + 1) * sizeof *w.minutes);
    clock_t start = clock();
    for (uint32_t i = 0; i < n; i++) {
        source_init(&w.sources[i], i, w.n_hosts, every_s);
        push(&w, (struct event){schedule_first(i, every_s ? every_s : SCHEDULE_FIRST_S, START), i});
    }
    for (struct event e = pop(&w); e.at < w.end; e = pop(&w))
        poll_source(&w, e.source, e.at);
    w.tally.cpu_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    for (int64_t m = 60; m < days * DAY / MINUTE; m++)
        if (w.minutes[m] > w.tally.peak_minute)
            w.tally.peak_minute = w.minutes[m];
    free(w.sources);
    free(w.hosts);
    free(w.heap);
    free(w.minutes);
    return w.tally;
}

// ---- The table ----

// Minutes within which the share of the entries was seen.
static unsigned quantile(const struct tally *t, double share)
{
    uint64_t seen = t->entries - t->missed, sum = 0;
    for (unsigned m = 0; m <= DELAY_MAX; m++) {
        sum += t->delays[m];
        if ((double)sum >= share * (double)seen)
            return m + 1;
    }
    return DELAY_MAX;
}

static void row(const char *name, const struct tally *t, size_t n,
                double (*of)(const struct tally *), int digits)
{
    printf("%-52s", name);
    for (size_t i = 0; i < n; i++)
        printf(" %14.*f", digits, of(&t[i]));
    printf("\n");
}

static double days_simulated;
static double sources_simulated;

static double polls_a_day(const struct tally *t)
{
    return (double)t->polls / days_simulated;
}

static double polls_each(const struct tally *t)
{
    return polls_a_day(t) / sources_simulated;
}

static double useful(const struct tally *t)
{
    return 100.0 * (double)t->useful / (double)t->polls;
}

static double entries(const struct tally *t)
{
    return (double)t->entries;
}

static double within_10(const struct tally *t)
{
    return 100.0 * (double)t->within_10 / (double)t->entries;
}

static double median(const struct tally *t)
{
    return quantile(t, 0.5);
}

static double ninety(const struct tally *t)
{
    return quantile(t, 0.9);
}

static double host_minute(const struct tally *t)
{
    return t->host_minute;
}

static double peak(const struct tally *t)
{
    return (double)t->peak_minute / ((double)t->polls / days_simulated / 1440);
}

static double missed(const struct tally *t)
{
    return (double)t->missed;
}

static double missed_failing(const struct tally *t)
{
    return (double)t->missed_failing;
}

static double missed_though_there(const struct tally *t)
{
    return (double)t->missed_though_there;
}

static double gaps(const struct tally *t)
{
    return (double)t->gaps;
}

static double cpu(const struct tally *t)
{
    return t->cpu_s * 1e9 / (double)t->polls;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 50000;
    long days = argc > 2 ? strtol(argv[2], NULL, 10) : 30;
    if (n < 1 || n > 1000000 || days < 1 || days > 366) {
        fprintf(stderr, "usage: bench_schedule [SOURCES [DAYS]]\n");
        return 2;
    }
    days_simulated = (double)days;
    sources_simulated = (double)n;
    struct tally t[3];
    t[0] = simulate((uint32_t)n, (int)days, 0);
    t[1] = simulate((uint32_t)n, (int)days, 3600);
    t[2] = simulate((uint32_t)n, (int)days, (int64_t)(86400 / polls_each(&t[0])));
    printf("%ld sources, %ld days\n%-52s %14s %14s %14s\n", n, days, "", "adaptive", "every 60 min",
           "same budget");
    row("polls a day", t, 3, polls_a_day, 0);
    row("polls a day and source", t, 3, polls_each, 1);
    row("polls that brought something, %", t, 3, useful, 1);
    row("entries published", t, 3, entries, 0);
    row("seen within 10 minutes of publication, %", t, 3, within_10, 1);
    row("half of them seen within, minutes", t, 3, median, 0);
    row("nine tenths of them seen within, minutes", t, 3, ninety, 0);
    row("most requests of one host in a minute", t, 3, host_minute, 0);
    row("busiest minute after the first hour, of the mean", t, 3, peak, 2);
    row("entries that left the feed unseen", t, 3, missed, 0);
    row("  of these, while the source did not answer", t, 3, missed_failing, 0);
    row("  of the others, on the feed for an interval", t, 3, missed_though_there, 0);
    row("gaps noticed", t, 3, gaps, 0);
    row("time of the simulation a poll, ns", t, 3, cpu, 0);
    return 0;
}
