// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_first_date.h"

#include <string.h>
#include <strings.h>

enum {
    NOTE_MIN = 20, // bytes of a text that may say it
    NOTE_MAX = 400,
    SUBJECT_MAX = 48, // between the subject and the words for it
    DATE_MAX = 40,
    NODES_AFTER = 300 // the end of the article: notes stand below it
};

// Spares looking for the words where there is no year.
static bool may_hold_year(const char *s, size_t n)
{
    return memchr(s, '2', n) || memchr(s, '9', n);
}

// True if what stands before the words is about the article, or nothing does.
static bool is_of_article(const char *s, size_t n)
{
    static const char *const subjects[] = {"his ", "rticle ", "tory ", "本文", "此文", "文章"};
    size_t cut = n > SUBJECT_MAX ? n - SUBJECT_MAX : 0;
    size_t spaces = 0;
    while (spaces < n && (s[spaces] == ' ' || s[spaces] == '\n' || s[spaces] == '\t'))
        spaces++;
    if (n - spaces <= 1) // the phrase is looked for without its first letter
        return true;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (memmem(s + cut, n - cut, subjects[i], strlen(subjects[i])))
            return true;
    return false;
}

static size_t skip(const char *s, size_t n)
{
    static const char *const links[] = {" ", "on ", ":", "于", "於", "：", "时间", "時間", "\n"};
    size_t at = 0;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        size_t size = strlen(links[i]);
        if (n - at >= size && strncasecmp(s + at, links[i], size) == 0) {
            at += size;
            i = (size_t)-1;
        }
    }
    return at;
}

// A date that begins here: with a digit, or with its month.
static bool begins_date(const char *s, size_t n, const struct date_rules *rules, struct date *out)
{
    struct date rest;
    if (n > DATE_MAX)
        n = DATE_MAX;
    if (n == 0 || !date_find(s, n, rules, out))
        return false;
    if (s[0] >= '0' && s[0] <= '9')
        return true;
    const char *space = memchr(s, ' ', n);
    return space && !date_find(space, n - (size_t)(space - s), rules, &rest);
}

static bool read_note(const char *s, size_t n, const struct date_rules *rules, struct date *out)
{
    static const char *const words[] = {"riginally published",
                                        "irst published",
                                        "首次发布",
                                        "首次發佈",
                                        "首次發布",
                                        "最初发表",
                                        "最初發表",
                                        "首次发表",
                                        "首次發表"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        const char *at = memmem(s, n, words[i], size);
        if (!at || !is_of_article(s, (size_t)(at - s)))
            continue;
        const char *after = at + size;
        size_t left = n - (size_t)(after - s);
        size_t skipped = skip(after, left);
        if (begins_date(after + skipped, left - skipped, rules, out))
            return true;
    }
    return false;
}

bool page_first_date(const struct page *p, uint32_t anchor, uint32_t article,
                     const struct date_rules *rules, struct date *out)
{
    uint32_t from = anchor && anchor < article ? anchor : article;
    for (uint32_t i = from; i < p->nodes[article].end + NODES_AFTER && i < p->count; i++) {
        const struct html_node *node = &p->nodes[i];
        if (p->drop[i] == DROP_INVISIBLE)
            i = node->end - 1;
        else if (node->tag == HTML_TEXT && node->text_size >= NOTE_MIN &&
                 node->text_size <= NOTE_MAX && may_hold_year(node->text, node->text_size) &&
                 read_note(node->text, node->text_size, rules, out))
            return true;
    }
    return false;
}
