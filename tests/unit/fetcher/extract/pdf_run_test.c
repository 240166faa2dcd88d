// SPDX-License-Identifier: MIT
// pdftotext under limits: real documents, hostile ones, and programs in its place that try what a
// pdftotext taken over by a document would.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "common/mem.h"
#include "services/fetcher/extract/pdf.h"
#include "tests/unit/folder.h"

enum { SECONDS = 20, OUT_MAX = PDF_TEXT_MAX + 100 };

// A program in pdftotext's place, first on the PATH.
struct fake {
    char folder[FOLDER_SIZE], program[96], *path;
};

static struct fake fake_pdftotext(const char *script)
{
    struct fake f = {.path = mem_strdup(getenv("PATH"))};
    char path[4096];
    folder_make(f.folder);
    snprintf(f.program, sizeof f.program, "%s/pdftotext", f.folder);
    int fd = open(f.program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    assert_int_equal(write(fd, script, strlen(script)), strlen(script));
    close(fd);
    snprintf(path, sizeof path, "%s:%s", f.folder, f.path);
    setenv("PATH", path, 1);
    return f;
}

static void fake_end(struct fake *f)
{
    setenv("PATH", f->path, 1);
    folder_remove(f->folder);
    free(f->path);
}

static enum err run(const struct buf *document, int seconds, struct buf *out, struct problem *why)
{
    *out = buf_new(OUT_MAX);
    return pdf_to_text(document->data, document->size, seconds, out, why);
}

static enum err run_fake(const char *script, int seconds, struct buf *out, struct problem *why)
{
    struct fake f = fake_pdftotext(script);
    struct buf document = buf_new(100);
    buf_puts(&document, "%PDF-1.4");
    enum err e = run(&document, seconds, out, why);
    buf_free(&document);
    fake_end(&f);
    return e;
}

// A document with such a content stream; the reader mends its missing cross-reference table.
static struct buf document(const char *dictionary, const uint8_t *content, size_t size,
                           const char *more)
{
    struct buf b = buf_new(16 << 20);
    buf_printf(&b,
               "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
               "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
               "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
               "/Resources<</Font<</F 5 0 R>>/XObject<</X 10 0 R>>>>>>endobj\n"
               "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
               "4 0 obj<<%s/Length %zu>>stream\n",
               dictionary, size);
    buf_add(&b, content, size);
    buf_printf(&b, "\nendstream endobj\n%strailer<</Root 1 0 R/Size 30%s>>\n%%%%EOF\n", more,
               strstr(more, "/Standard") ? "/Encrypt 20 0 R/ID[<00><00>]" : "");
    return b;
}

static struct buf plain(const char *content, const char *more)
{
    return document("", (const uint8_t *)content, strlen(content), more);
}

static const char greeting[] = "BT /F 12 Tf 20 200 Td (Harbour notice) Tj ET";

// Whether pdftotext is there; the tests of real documents are skipped without it.
static bool installed(void)
{
    struct buf d = plain(greeting, ""), out;
    struct problem why;
    enum err e = run(&d, SECONDS, &out, &why);
    buf_free(&d);
    buf_free(&out);
    return e != ERR_IO;
}

static void the_text_of_a_document_is_read(void **state)
{
    (void)state;
    struct buf d = plain(greeting, ""), out;
    struct problem why = {""};
    if (!installed())
        skip();
    if (run(&d, SECONDS, &out, &why))
        fail_msg("%s", why.text);
    assert_non_null(strstr(buf_str(&out), "Harbour notice"));
    buf_free(&out);
    buf_free(&d);
}

static void what_cannot_be_read_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *document, *more, *want;
    } cases[] = {
        {"<html><p>会议</p></html>", NULL, "damaged"},
        {"%PDF-1.4\n没有内容", NULL, "damaged"},
        {NULL,
         "20 0 obj<</Filter/Standard/V 1/R 2/P -44"
         "/O<0000000000000000000000000000000000000000000000000000000000000000>"
         "/U<1111111111111111111111111111111111111111111111111111111111111111>>>endobj\n",
         "password"},
    };
    if (!installed())
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf d = buf_new(4096), out;
        struct problem why = {""};
        if (cases[i].document)
            buf_puts(&d, cases[i].document);
        else
            d = plain(greeting, cases[i].more);
        assert_int_equal(run(&d, SECONDS, &out, &why), ERR_INPUT);
        if (!strstr(why.text, cases[i].want))
            fail_msg("%zu: \"%s\" without \"%s\"", i, why.text, cases[i].want);
        buf_free(&out);
        buf_free(&d);
    }
}

// Bombs: each ends in an outcome, within the limits. What they must not do is stall or kill us.

static struct buf packed(size_t size, const char *pattern)
{
    uint8_t *bytes = mem_alloc(size), *small = mem_alloc(size / 100 + 1000);
    uLongf n = size / 100 + 1000;
    for (size_t i = 0, m = strlen(pattern); i < size; i++)
        bytes[i] = (uint8_t)pattern[i % m];
    assert_int_equal(compress2(small, &n, bytes, size, 9), Z_OK);
    struct buf d = document("/Filter/FlateDecode", small, n, "");
    free(bytes);
    free(small);
    return d;
}

static struct buf nested(void)
{
    enum { DEPTH = 1000000 };
    char *content = mem_alloc(2 * DEPTH + 1), *more = mem_alloc(2 * DEPTH + 100);
    memset(content, '[', DEPTH);
    int n = sprintf(more, "10 0 obj ");
    memset(more + n, '[', DEPTH);
    struct buf d = plain(content, more);
    free(content);
    free(more);
    return d;
}

static struct buf huge_table(void)
{
    struct buf d = plain(greeting, "");
    buf_puts(&d, "xref\n0 2000000000\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 2000000000>>\n"
                 "startxref\n");
    buf_printf(&d, "%zu\n%%%%EOF\n",
               (size_t)((const char *)memmem(d.data, d.size, "xref\n0", 6) - (const char *)d.data));
    return d;
}

// Forms that each draw the next ten times: 10^10 of them.
static struct buf forms(void)
{
    struct buf more = buf_new(64 << 10);
    for (int i = 10; i < 20; i++)
        buf_printf(
            &more,
            "%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 "
            "R>>>>/Length 50>>stream\n/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do\n"
            "endstream endobj\n",
            i, i + 1);
    struct buf d = plain("/X Do", buf_str(&more));
    buf_free(&more);
    return d;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void bombs_end_within_the_limits(void **state)
{
    (void)state;
    enum { PATIENCE = 3 };
    struct buf bombs[] = {packed(100 << 20, " "), packed(100 << 20, "BT /F 1 Tf (bomb) Tj ET "),
                          nested(), huge_table(), forms()};
    if (!installed())
        skip();
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        struct buf out;
        struct problem why = {""};
        double begun = seconds_now();
        enum err e = run(&bombs[i], PATIENCE, &out, &why);
        double took = seconds_now() - begun;
        print_message("bomb %zu: %d %s, %zu bytes of text, %.1f s\n", i, e, why.text, out.size,
                      took);
        assert_true(e == OK || *why.text);
        assert_true(took < PATIENCE + 3);
        assert_true(out.size <= PDF_TEXT_MAX);
        buf_free(&out);
        buf_free(&bombs[i]);
    }
}

// Programs in its place.

static void it_runs_under_limits(void **state)
{
    (void)state;
    static const char script[] =
        "#!/bin/sh\n"
        "echo \"cpu $(ulimit -t) memory $(ulimit -v) files $(ulimit -n)\"\n"
        "echo \"size $(ulimit -f) core $(ulimit -c)\"\n";
    struct buf out;
    struct problem why = {""};
    char want[100];
    if (run_fake(script, 7, &out, &why))
        fail_msg("%s", why.text);
    snprintf(want, sizeof want, "cpu 8 memory %d files %d\nsize 0 core 0\n",
             PDF_MEMORY_MAX_MB * 1024, PDF_FILES_MAX);
    assert_string_equal(buf_str(&out), want);
    buf_free(&out);
}

static void it_writes_no_files_and_opens_no_sockets(void **state)
{
    (void)state;
    static const char script[] =
        "#!/bin/bash\n"
        "trap '' XFSZ\n"
        "f=$(dirname \"$0\")/written\n"
        "echo much > \"$f\" 2> /dev/null\n"
        "test -s \"$f\" && echo wrote\n"
        "rm -f \"$f\"\n"
        "(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -o 'ermission denied' | head -1\n"
        "exit 0\n";
    struct buf out;
    struct problem why = {""};
    if (run_fake(script, SECONDS, &out, &why))
        fail_msg("%s", why.text);
    assert_string_equal(buf_str(&out), "ermission denied\n");
    buf_free(&out);
}

static void its_outputs_are_bounded(void **state)
{
    (void)state;
    struct buf out;
    struct problem why = {""};
    assert_int_equal(run_fake("#!/bin/sh\nexec yes\n", SECONDS, &out, &why), OK);
    assert_int_equal(out.size, PDF_TEXT_MAX);
    buf_free(&out);
    assert_int_equal(
        run_fake("#!/bin/sh\nhead -c 9000000 /dev/zero >&2\necho done\n", SECONDS, &out, &why), OK);
    assert_string_equal(buf_str(&out), "done\n");
    buf_free(&out);
}

static void one_that_stalls_is_ended(void **state)
{
    (void)state;
    static const struct {
        const char *script, *want;
    } cases[] = {
        {"#!/bin/sh\nexec sleep 1000\n", "more than 1 s"},
        {"#!/bin/sh\nexec sleep 1000 >&- 2>&-\n", "more than 1 s"}, // seems to have ended
        {"#!/bin/sh\nwhile :; do :; done\n", "more than 1 s"},
        {"#!/bin/sh\nkill -SEGV $$\n", "signal 11"},
        {"#!/bin/sh\necho 'Out of memory' >&2\nexit 1\n", "more than 512 MB"},
        {"#!/bin/sh\necho \"Missing language pack for 'Adobe-GB1' mapping\" >&2\n", "poppler-data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct problem why = {""};
        assert_int_not_equal(run_fake(cases[i].script, 1, &out, &why), OK);
        if (!strstr(why.text, cases[i].want))
            fail_msg("%zu: \"%s\" without \"%s\"", i, why.text, cases[i].want);
        buf_free(&out);
    }
}

// The program tells its process id by a pipe with a name; then its parent is killed.
static void it_dies_with_its_parent(void **state)
{
    (void)state;
    struct fake f = fake_pdftotext("");
    char script[300], fifo[100], digits[20] = "";
    snprintf(fifo, sizeof fifo, "%s/pid", f.folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    snprintf(script, sizeof script, "#!/bin/sh\necho $$ > %s\nexec sleep 1000\n", fifo);
    int fd = open(f.program, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, script, strlen(script)), strlen(script));
    close(fd);
    pid_t parent = fork();
    if (parent == 0) {
        struct buf out = buf_new(OUT_MAX);
        _exit(pdf_to_text((const uint8_t *)"%PDF-", 5, SECONDS, &out, NULL) != OK);
    }
    fd = open(fifo, O_RDONLY | O_CLOEXEC); // waits for the writer
    assert_true(read(fd, digits, sizeof digits - 1) > 0);
    close(fd);
    int child = (int)syscall(SYS_pidfd_open, (pid_t)atoi(digits), 0);
    assert_true(child >= 0);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    struct pollfd ended = {child, POLLIN, 0};
    assert_int_equal(poll(&ended, 1, 5000), 1);
    close(child);
    fake_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_document_is_read),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_the_reason),
        cmocka_unit_test(bombs_end_within_the_limits),
        cmocka_unit_test(it_runs_under_limits),
        cmocka_unit_test(it_writes_no_files_and_opens_no_sockets),
        cmocka_unit_test(its_outputs_are_bounded),
        cmocka_unit_test(one_that_stalls_is_ended),
        cmocka_unit_test(it_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
