// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/wrapper.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/page.h"

// Length of the text that a wrapper may have of its own: about 60 Chinese characters, or 20 words.
enum { OWN_TEXT_MAX = 120 };

static bool is_pdf(const char *url)
{
    size_t n = strcspn(url, "?#");
    return n > 4 && strncasecmp(url + n - 4, ".pdf", 4) == 0;
}

// A line that names the document or asks to open it.
static bool is_label(const char *s, size_t n, const char *title)
{
    static const char *const words[] = {"附件", "下载",     "下載",      "PDF",
                                        "pdf",  "Download", "Attachment"};
    size_t title_size = strlen(title);
    if (title_size > 0 && (memmem(s, n, title, title_size) || memmem(title, title_size, s, n)))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n < OWN_TEXT_MAX && memmem(s, n, words[i], strlen(words[i])))
            return true;
    return false;
}

static uint32_t own_length(const struct article *a, const char *title)
{
    uint32_t length = 0;
    for (const char *s = a->text; *s;) {
        size_t n = strcspn(s, "\n");
        if (!is_label(s, n, title))
            length += measure_text(s, n).length;
        s += n + (s[n] == '\n');
    }
    return length + measure_text(a->standfirst, strlen(a->standfirst)).length;
}

const char *wrapper_document(const struct article *a)
{
    const struct attachment *document = NULL;
    for (size_t i = 0; i < a->n_attachments; i++)
        if (is_pdf(a->attachments[i].url)) {
            if (document)
                return "";
            document = &a->attachments[i];
        }
    if (!document || !*a->title || own_length(a, document->title) > OWN_TEXT_MAX)
        return "";
    return document->url;
}
