// SPDX-License-Identifier: MIT
// How fast announcements pass from the outbox through the classifier into the sink, every commit on
// disk, beside what SQLite alone does with the same rows in the same run. The real programs, on
// loopback.
//
//   bench_pipeline [COUNT] [BYTES] [FOLDER]     20000 announcements of 4096 bytes, in /var/tmp
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/mem.h"
#include "common/run.h"
#include "common/socket.h"
#include "common/sqlite.h"
#include "common/text.h"
#include "common/wire.h"
#include "services/fetcher/ledger.h"

enum { PORT_BASE = 18550, GROUP = 500, GIVE_UP_MS = 300000 };

struct bench {
    size_t count, bytes;
    char folder[PATH_MAX - 64], bin[PATH_MAX - 64];
    struct socket_context *context;
};

// Announcements in both languages, made by number, no two alike.

static const char *const chinese[] = {
    "公司召开第%u次党委会，研究部署第%u号重点工作。", "国资委印发第%u号通知，推进%u户企业改革。",
    "集团与第%u家伙伴签署合作协议，金额%u万元。", "全市气温第%u日回升，降水%u毫米。",
    "第%u党支部开展主题党日活动，%u名党员参加。"};
static const char *const english[] = {
    "The company signed contract number %u worth %u million yuan with a supplier. ",
    "Regulators issued guidance %u on the reform of %u state-owned enterprises. ",
    "The Party branch held study session %u with %u members present. ",
    "Rainfall on day %u reached %u millimetres in the province. "};

static unsigned roll(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// Words that nobody wrote, so that no two announcements are near duplicates of each other.
static enum err write_words(struct buf *text, unsigned *state, bool zh)
{
    enum err e = OK;
    for (unsigned i = 0; i < 24 && !e; i++) {
        char character[4];
        if (zh)
            e = buf_add(text, character, text_encode(0x4E00 + roll(state) % 3000, character));
        for (unsigned k = 0; !zh && k < 6 && !e; k++)
            e = buf_printf(text, "%c%s", 'a' + (int)(roll(state) % 26), k == 5 ? " " : "");
    }
    return e ? e : buf_puts(text, zh ? "。" : ". ");
}

static void write_text(struct buf *text, unsigned number, size_t bytes)
{
    unsigned state = number * 2654435761u + 1;
    bool zh = number % 2;
    buf_clear(text);
    while (text->size + 300 < bytes) {
        const char *sentence = zh ? chinese[roll(&state) % 5] : english[roll(&state) % 4];
        if (buf_printf(text, sentence, roll(&state) & 1023, number) || // NOLINT: our own formats
            write_words(text, &state, zh) || write_words(text, &state, zh))
            panic("no room for %zu bytes", bytes);
    }
}

static void fill_announcement(pb_announcement *a, struct buf *text, unsigned number, size_t bytes,
                              char id[33], char url[64], char title[96])
{
    newswire__v1__announcement__init(a);
    write_text(text, number, bytes);
    snprintf(url, 64, "http://bench.invalid/%u", number);
    url_id(url, id);
    snprintf(title, 96, number % 2 ? "第%u号公告：集团召开工作会议" : "Notice %u: group meets",
             number);
    a->id = id;
    a->revision = 1;
    a->source = "http://bench.invalid/feed";
    a->url = a->canonical_url = url;
    a->title = title;
    a->text = (char *)buf_str(text);
    a->language = number % 2 ? "zh-Hans" : "en";
    a->charset_used = "utf-8";
    a->content_hash = id;
}

static void must(enum err e, const char *what, const struct problem *why)
{
    if (e)
        fatal("%s: %s", what, why ? why->text : err_name(e));
}

static void fill_outbox(const struct bench *b)
{
    char url[PATH_MAX], id[33], page[64], title[96];
    struct ledger *ledger;
    struct problem why;
    struct buf text = buf_new(b->bytes + 256);
    snprintf(url, sizeof url, "sqlite:%s/fetcher.db", b->folder);
    must(ledger_open(url, &ledger, &why), "ledger", &why);
    for (unsigned i = 0; i < b->count; i++) {
        pb_announcement a;
        fill_announcement(&a, &text, i, b->bytes, id, page, title);
        must(ledger_outbox_add(ledger, &a), "outbox", NULL);
    }
    must(ledger_flush(ledger), "flush", NULL);
    ledger_close(&ledger);
    buf_free(&text);
}

// The same packed announcements into one table with an index on id, GROUP rows a commit.
static double sqlite_alone(const struct bench *b)
{
    static const char *const migrations[] = {
        "CREATE TABLE t(sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, payload BLOB);", NULL};
    static const struct sqlite_schema schema = {"newswire-bench", migrations};
    char path[PATH_MAX], id[33], page[64], title[96];
    struct sqlite *db;
    struct problem why;
    struct buf text = buf_new(b->bytes + 256), packed = buf_new(1 << 20);
    snprintf(path, sizeof path, "%s/alone.db", b->folder);
    must(sqlite_open(path, &schema, true, &db, &why), "sqlite", &why);
    struct query *q = query_new(db, "INSERT INTO t VALUES (?, ?, ?)");
    int64_t spent = 0;
    for (unsigned i = 0; i < b->count;) {
        // Making the rows is not timed: groups are built first, then inserted.
        struct buf rows[GROUP];
        char ids[GROUP][33];
        unsigned n = 0;
        for (; n < GROUP && i + n < b->count; n++) {
            pb_announcement a;
            fill_announcement(&a, &text, i + n, b->bytes, id, page, title);
            rows[n] = buf_new(1 << 20);
            must(wire_pack(&a.base, &rows[n]), "pack", NULL);
            memcpy(ids[n], id, sizeof id);
        }
        int64_t start = clock_monotonic_ms();
        must(sqlite_begin(db), "begin", NULL);
        for (unsigned k = 0; k < n; k++) {
            query_int(q, 1, i + k + 1);
            query_text(q, 2, ids[k]);
            query_bytes(q, 3, rows[k].data, rows[k].size);
            must(query_run(q), "insert", NULL);
        }
        must(sqlite_commit(db), "commit", NULL);
        spent += clock_monotonic_ms() - start;
        for (unsigned k = 0; k < n; k++)
            buf_free(&rows[k]);
        i += n;
    }
    query_free(&q);
    sqlite_close(&db);
    buf_free(&text);
    buf_free(&packed);
    return (double)b->count * 1000 / (double)(spent ? spent : 1);
}

// The services.

static pid_t start(const struct bench *b, const char *name, const char *flag, const char *value)
{
    char program[PATH_MAX], base[16], log[PATH_MAX];
    snprintf(program, sizeof program, "%s/newswire-%s", b->bin, name);
    snprintf(base, sizeof base, "%d", PORT_BASE);
    snprintf(log, sizeof log, "%s/%s.log", b->folder, name);
    char *argv[] = {program, "--port-base", base,          "--log-level",
                    "warn",  (char *)flag,  (char *)value, NULL};
    struct problem why = {"it cannot be written"};
    pid_t pid = 0;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct run_options o = {.argv = argv, .keep = -1, .error = fd, .own_group = true};
    must(fd < 0 ? ERR_IO : run_start(&o, &pid, &why), log, &why);
    close(fd);
    return pid;
}

// Peak resident memory in MiB of a process and its children (the worker processes).
static double peak(pid_t pid)
{
    char path[64], line[256];
    double mib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            mib = strtod(line + 6, NULL) / 1024;
    if (f)
        fclose(f);
    return mib;
}

// Processor seconds of a process, its children not included.
static double cpu(pid_t pid)
{
    char path[64], line[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    const char *fields = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (f)
        fclose(f);
    // After the name come the state and ten numbers; then the times as user and in the kernel.
    for (int i = 0; fields && i < 12; i++)
        fields = strchr(fields + 1, ' ');
    if (!fields)
        return 0;
    char *rest;
    unsigned long ticks = strtoul(fields, &rest, 10);
    ticks += strtoul(rest, NULL, 10);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double peak_of_children(pid_t pid, int *n, double *seconds)
{
    char path[64], line[1024] = "";
    double most = 0;
    *n = 0;
    *seconds = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f))
        line[0] = '\0';
    if (f)
        fclose(f);
    char *end;
    for (char *at = line; *at; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at)
            break;
        double mib = peak((pid_t)child);
        most = mib > most ? mib : most;
        *seconds += cpu((pid_t)child);
        ++*n;
    }
    return most;
}

// Asks until the sink has everything. Returns the milliseconds since the first commits were seen,
// and how many those were: what came before is connecting, not passing on.
static int64_t wait_for_sink(const struct bench *b, uint64_t *first)
{
    struct problem why;
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", PORT_BASE + 4);
    struct socket *s = socket_new(b->context, SOCKET_DEALER, 100);
    must(socket_connect(s, endpoint, &why), "connect", &why);
    pb_envelope ask = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__SinkStatusRequest request = NEWSWIRE__V1__SINK_STATUS_REQUEST__INIT;
    ask.body_case = NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS_REQUEST;
    ask.sink_status_request = &request;
    uint64_t head = 0;
    int64_t start = clock_monotonic_ms(), began = 0;
    while (head < b->count) {
        struct pollfd p = {socket_fd(s), POLLIN, 0};
        must(wire_send(s, NULL, &ask), "ask", NULL);
        const uint8_t *bytes;
        size_t size;
        pb_envelope *e;
        while (!socket_readable(s) && clock_monotonic_ms() - start < GIVE_UP_MS)
            poll(&p, 1, 10);
        must(socket_receive(s, NULL, NULL, &bytes, &size), "the sink does not answer", NULL);
        must(wire_envelope(bytes, size, &e, &why), "answer", &why);
        if (e->body_case == NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS)
            head = e->sink_status->head;
        wire_envelope_free(&e);
        if (began == 0 && head > 0) {
            began = clock_monotonic_ms();
            *first = head;
        }
        fprintf(stderr, "\r%" PRIu64 " of %zu", head, b->count);
        if (clock_monotonic_ms() - start > GIVE_UP_MS)
            fatal("\nonly %" PRIu64 " of %zu arrived; logs are in %s", head, b->count, b->folder);
        if (head < b->count)
            poll(NULL, 0, 10);
    }
    fprintf(stderr, "\r\033[K");
    socket_free(&s);
    return clock_monotonic_ms() - began;
}

static void print_use(const char *name, pid_t pid)
{
    int n;
    double seconds, workers = peak_of_children(pid, &n, &seconds);
    printf("%-20s %.2f s of processor, peak memory %.1f MiB", name, cpu(pid), peak(pid));
    if (n)
        printf("; %d worker processes %.2f s, at most %.1f MiB each", n, seconds, workers);
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct bench b = {.count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000,
                      .bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 4096};
    char template[PATH_MAX - 128], store[PATH_MAX], exe[PATH_MAX - 128] = "";
    snprintf(template, sizeof template, "%s/newswire-bench-XXXXXX",
             argc > 3 ? argv[3] : "/var/tmp");
    if (b.count < 1 || b.bytes < 256 || b.bytes > 400000 || !mkdtemp(template))
        fatal("usage: bench_pipeline [COUNT] [BYTES, 256 to 400000] [FOLDER]");
    snprintf(b.folder, sizeof b.folder, "%s", template);
    if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0)
        fatal("/proc is not mounted");
    *strrchr(exe, '/') = '\0';
    snprintf(b.bin, sizeof b.bin, "%s", exe);
    b.context = socket_context_new();

    double alone = sqlite_alone(&b);
    fill_outbox(&b);
    snprintf(store, sizeof store, "sqlite:%s/sink.db", b.folder);
    pid_t sink = start(&b, "sink", "--sink-store", store);
    pid_t classifier = start(&b, "classifier", "--window", "1024");
    snprintf(store, sizeof store, "sqlite:%s/fetcher.db", b.folder);
    pid_t fetcher = start(&b, "fetcher", "--fetcher-store", store);
    uint64_t first = 0;
    double spent = (double)wait_for_sink(&b, &first);
    double through = (double)(b.count - first) * 1000 / (spent > 0 ? spent : 1);

    printf("announcements        %zu of %zu bytes\n", b.count, b.bytes);
    printf("end to end           %.0f a second (fsync on)\n", through);
    printf("SQLite alone         %.0f a second, %d rows a commit (fsync on)\n", alone, GROUP);
    printf("ratio                %.2f\n", through / alone);
    print_use("fetcher", fetcher);
    print_use("classifier", classifier);
    print_use("sink", sink);
    const pid_t all[] = {fetcher, classifier, sink};
    for (int i = 0; i < 3; i++) {
        kill(all[i], SIGTERM);
        waitpid(all[i], NULL, 0);
    }
    socket_context_free(&b.context);
    printf("stores and logs are in %s\n", b.folder);
    return 0;
}
