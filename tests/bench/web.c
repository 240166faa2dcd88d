// SPDX-License-Identifier: MIT
// A fast local site for benchmarks: /feed.xml lists COUNT pages, /N.html is an article of about 20
// KB with the usual furniture around it, every /source/N is a small feed.
//
//   bench_web PORT COUNT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http_server.h"

struct site {
    unsigned count;
    const char *port;
};

static void write_feed(const struct site *s, struct buf *out)
{
    buf_puts(out, "<rss version=\"2.0\"><channel><title>Bench</title>");
    for (unsigned i = 0; i < s->count; i++)
        buf_printf(
            out,
            "<item><title>Notice %u 公告</title><link>http://127.0.0.1:%s/%u.html</link></item>", i,
            s->port, i);
    buf_puts(out, "</channel></rss>");
}

static void write_furniture(struct buf *out, unsigned n)
{
    buf_puts(out, "<nav><ul>");
    for (unsigned i = 0; i < 80; i++)
        buf_printf(out,
                   "<li class=\"menu-item menu-item-%u\"><a href=\"/%u.html\">Section %u 栏目</a>"
                   "</li>",
                   i, (n + i) % 1000, i);
    buf_puts(out, "</ul></nav>");
}

static void write_page(unsigned n, struct buf *out)
{
    buf_printf(out,
               "<!doctype html><html lang=\"zh\"><head><title>Notice %u 公告</title>"
               "<meta charset=\"utf-8\"></head><body>",
               n);
    write_furniture(out, n);
    buf_printf(out, "<article><h1>Notice %u 公告</h1>", n);
    for (unsigned i = 0; i < 24; i++)
        buf_printf(
            out,
            "<p>第%u段：会议研究部署了第%u项重点工作，要求各单位按时完成目标任务。The meeting "
            "discussed item %u of the plan for the coming year, and took decision %u.</p>",
            i, n, i, n * 31 + i);
    buf_puts(out, "</article><footer>");
    write_furniture(out, n + 7);
    buf_puts(out, "</footer></body></html>");
}

static void answer(void *arg, const struct http_call *call, struct http_reply *reply)
{
    const struct site *s = arg;
    char *end;
    unsigned long n = strtoul(call->path + 1, &end, 10);
    if (strcmp(call->path, "/feed.xml") == 0) {
        reply->content_type = "application/rss+xml";
        write_feed(s, &reply->body);
    } else if (strncmp(call->path, "/source/", 8) == 0) {
        reply->content_type = "application/rss+xml";
        buf_printf(&reply->body, "<rss version=\"2.0\"><channel><title>%s</title></channel></rss>",
                   call->path + 8);
    } else if (strcmp(end, ".html") == 0 && n < s->count) {
        reply->content_type = "text/html; charset=utf-8";
        write_page((unsigned)n, &reply->body);
    } else {
        reply->status = 404;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fatal("usage: bench_web PORT COUNT");
    struct site site = {(unsigned)strtoul(argv[2], NULL, 10), argv[1]};
    struct http_server_options o = {.listen = argv[1], .setting = "PORT"};
    struct http_server *server;
    struct problem why;
    struct loop *l = loop_new();
    if (http_server_new(l, &o, answer, &site, &server, &why))
        fatal("%s", why.text);
    int status = loop_run(l);
    http_server_free(&server);
    loop_free(&l);
    return status;
}
