// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/list_parts.h"
#include "services/fetcher/extract/url.h"

enum {
    CELLS_MIN = 4,
    PIECES_MAX = 40,
    DATE_NODES_MAX = 4,
    CLICK_NODES_MAX = 100, // of an element that acts as a link; the body is none
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Link texts that stand for a title elsewhere.
static const char *const more_words[] = {
    "更多",      "详情",     "详细",       "阅读全文",  "查看全文", "查看详细",
    "全文",      "了解更多", "more",       "read more", "details",  "view",
    "detail",    "继续阅读", "learn more", "查看",      "阅读更多", "full story",
    "full text", "查看更多", "阅读",       "html",      "htm",
};

// The same, of links to files.
static const char *const file_words[] = {
    "pdf",      "word",    "doc",     "docx",     "xbrl",         "下载",
    "下載",     "pdf下载", "下载pdf", "点击下载", "下載pdf",      "附件下载",
    "download", "查看pdf", "pdf文件", "view pdf", "download pdf", "pdf版",
};

// Link texts that no article has.
static const char *const plain_words[] = {
    "首页",     "上一页",     "下一页",   "尾页",           "末页",     "返回",
    "登录",     "注册",       "下载",     "打印",           "关闭",     "收藏",
    "分享",     "返回顶部",   "联系我们", "关于我们",       "网站地图", "上页",
    "下页",     "前页",       "后页",     "english",        "home",     "next",
    "prev",     "previous",   "last",     "first",          "login",    "sitemap",
    "back",     "设为首页",   "加入收藏", "无障碍",         "繁体",     "跳转",
    "print",    "share",      "top",      "隐私政策",       "法律声明", "版权声明",
    "使用帮助", "contact us", "about us", "privacy policy",
};

static const char *const next_words[] = {"下一页", "下页", "next", "next page", "后一页",
                                         "›",      "»",    ">",    "older"};

// ---- Text ----

uint32_t list_cells(const char *s, size_t n)
{
    uint32_t cells = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += text_decode(s + i, n - i, &c);
        if (c > ' ' && c != 0xA0 && c != 0x3000)
            cells += c >= 0x2E80 ? 2 : 1;
    }
    return cells;
}

// Appends with white space collapsed.
static void add_squeezed(struct buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t size = text_decode(s + i, n - i, &c);
        bool blank = c <= ' ' || c == 0xA0 || c == 0x3000;
        bool whole = size > 1 || (unsigned char)s[i] < 0x80; // else cut in two
        if (!blank && whole && !text_is_forbidden(c))
            buf_add(out, s + i, size);
        else if (blank && out->size > 0 && out->data[out->size - 1] != ' ')
            buf_puts(out, " ");
        i += size;
    }
}

static const char *keep(const struct list_page *p, struct buf *text, size_t max)
{
    while (text->size > 0 && text->data[text->size - 1] == ' ')
        text->size--;
    size_t n = text_cut(buf_str(text), text->size, max);
    const char *kept = arena_strndup(p->arena, buf_str(text), n);
    buf_free(text);
    return kept;
}

const char *list_text(const struct list_page *p, uint32_t from, uint32_t to, size_t max)
{
    struct buf text = buf_new(max + 4096);
    for (uint32_t i = from; i < to && text.size < max; i++) {
        const struct html_node *node = &p->nodes[i];
        if (node->tag == HTML_TEXT)
            add_squeezed(&text, node->text, node->text_size < max ? node->text_size : max);
        else if (html_is_block((enum html_tag)node->tag))
            add_squeezed(&text, " ", 1);
    }
    return keep(p, &text, max);
}

static bool begins_word(const char *s, size_t i)
{
    return i == 0 || !isalpha((unsigned char)s[i - 1]) ||
           (islower((unsigned char)s[i - 1]) && isupper((unsigned char)s[i]));
}

static bool word_at(struct html_str value, size_t i, const char *word)
{
    size_t size = strlen(word);
    bool whole = word[size - 1] == '$';
    size -= whole;
    if (i + size > value.n || strncasecmp(value.s + i, word, size) != 0)
        return false;
    return !whole || i + size == value.n || !islower((unsigned char)value.s[i + size]);
}

bool list_named(const struct list_page *p, uint32_t node, const char *const *words, size_t n)
{
    static const enum html_attr attrs[] = {HTML_ATTR_CLASS, HTML_ATTR_ID};
    if (p->nodes[node].tag == HTML_TEXT)
        return false;
    for (size_t a = 0; a < COUNT(attrs); a++) {
        struct html_str value = html_attr(p->html, &p->nodes[node], attrs[a]);
        for (size_t i = 0; i < value.n; i++) {
            if (!begins_word(value.s, i))
                continue;
            for (size_t w = 0; w < n; w++)
                if ((value.s[i] | 0x20) == words[w][0] && word_at(value, i, words[w]))
                    return true;
        }
    }
    return false;
}

// ---- Titles ----

static bool is_heading(const struct list_page *p, uint32_t node)
{
    static const char *const words[] = {"tit$", "title", "headline", "biaoti", "subject$", "bt$"};
    enum html_tag tag = (enum html_tag)p->nodes[node].tag;
    return (tag >= HTML_H1 && tag <= HTML_H6) || list_named(p, node, words, COUNT(words));
}

// True if the text is a date or a number and nothing else.
static bool is_date_only(const struct list_page *p, const char *text)
{
    struct date date;
    uint32_t cells = list_cells(text, strlen(text));
    return cells == 0 || strspn(text, "0123456789-/.:[]() ") == strlen(text) ||
           (cells <= 20 && list_date(text, &p->dates, &date));
}

// The pieces between block elements and spans, dates left out.
struct pieces {
    const char *text[PIECES_MAX];
    bool heading[PIECES_MAX];
    size_t n;
};

static void add_piece(const struct list_page *p, struct pieces *pieces, uint32_t from, uint32_t to,
                      bool heading)
{
    const char *text = list_text(p, from, to, LIST_TITLE_MAX);
    if (pieces->n == PIECES_MAX || is_date_only(p, text))
        return;
    pieces->text[pieces->n] = text;
    pieces->heading[pieces->n++] = heading;
}

static bool splits(const struct list_page *p, uint32_t node)
{
    enum html_tag tag = (enum html_tag)p->nodes[node].tag;
    return html_is_block(tag) || tag == HTML_SPAN || tag == HTML_EM || tag == HTML_I;
}

// A date in letters of its own: "<b>2026-11-20</b>".
static bool is_date_element(const struct list_page *p, uint32_t node)
{
    uint32_t end = p->nodes[node].end;
    if (p->nodes[node].tag == HTML_TEXT || end - node < 2 || end - node > DATE_NODES_MAX)
        return false;
    const char *text = list_text(p, node, end, 60);
    return *text && is_date_only(p, text);
}

static void split(const struct list_page *p, uint32_t from, uint32_t to, struct pieces *pieces)
{
    uint32_t start = from, i = from;
    while (i < to) {
        if (is_heading(p, i)) {
            add_piece(p, pieces, start, i, false);
            add_piece(p, pieces, i, p->nodes[i].end, true);
            start = i = p->nodes[i].end;
            continue;
        }
        if (is_date_element(p, i)) {
            add_piece(p, pieces, start, i, false);
            start = i = p->nodes[i].end;
            continue;
        }
        if (splits(p, i)) {
            add_piece(p, pieces, start, i, false);
            start = i;
        }
        i++;
    }
    if (start < to)
        add_piece(p, pieces, start, to, false);
}

const char *list_title(const struct list_page *p, uint32_t from, uint32_t to)
{
    struct pieces pieces = {.n = 0};
    split(p, from, to, &pieces);
    const char *best = "";
    bool heading = false;
    uint32_t most = 0;
    for (size_t i = 0; i < pieces.n; i++) {
        uint32_t cells = list_cells(pieces.text[i], strlen(pieces.text[i]));
        if ((pieces.heading[i] && !heading) || (pieces.heading[i] == heading && cells > most)) {
            best = pieces.text[i];
            most = cells;
            heading = pieces.heading[i];
        }
    }
    return best;
}

// The link's own text without dates; of several blocks in it, the one that is the title.
static const char *text_of(const struct list_page *p, uint32_t node)
{
    uint32_t end = p->nodes[node].end;
    for (uint32_t i = node + 1; i < end; i++)
        if (splits(p, i) || is_heading(p, i) || is_date_element(p, i))
            return list_title(p, node + 1, end);
    return list_text(p, node + 1, end, LIST_TITLE_MAX);
}

static bool ends_shortened(const char *s)
{
    size_t n = strlen(s);
    return (n >= 3 && strcmp(s + n - 3, "...") == 0) || (n >= 3 && strcmp(s + n - 3, "…") == 0);
}

// The title attribute says in full what the text shortens.
static const char *title_of(const struct list_page *p, uint32_t node)
{
    const char *text = text_of(p, node);
    struct html_str attr = html_attr(p->html, &p->nodes[node], HTML_ATTR_TITLE);
    struct buf whole = buf_new(4 * LIST_TITLE_MAX);
    add_squeezed(&whole, attr.s ? attr.s : "", attr.n < LIST_TITLE_MAX ? attr.n : LIST_TITLE_MAX);
    const char *full = keep(p, &whole, LIST_TITLE_MAX);
    size_t same = strlen(text) - (ends_shortened(text) ? 3 : 0);
    bool fuller = strlen(full) >= same && strncmp(full, text, same) == 0;
    return !*text || fuller ? full : text;
}

// Without marks and arrows around it, the text is one of the words.
static bool is_word(const char *text, const char *const *words, size_t n)
{
    size_t start = strspn(text, " \t[<>+-.·»›(");
    size_t size = strlen(text + start);
    while (size > 0 && strchr(" >]<.+-)", text[start + size - 1]))
        size--;
    static const char *const tails[] = {"»", "›", "→", "…", "＞", "】"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        size_t tail = strlen(tails[i]);
        while (size >= tail && memcmp(text + start + size - tail, tails[i], tail) == 0)
            size -= tail;
    }
    while (size > 0 && strchr(" >]", text[start + size - 1]))
        size--;
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == size && strncasecmp(words[i], text + start, size) == 0)
            return true;
    return false;
}

// ---- Addresses ----

// The first quoted text in a script that looks like an address: open('/art/1.html').
static const char *from_script(const struct list_page *p, struct html_str script)
{
    const char *end = script.s + script.n;
    for (const char *s = script.s; s && s < end; s++) {
        if (*s != '\'' && *s != '"')
            continue;
        const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));
        if (!close)
            return "";
        const char *text = arena_strndup(p->arena, s + 1, (size_t)(close - s - 1));
        bool address = strchr(text, '/') || strcasestr(text, ".htm") || strcasestr(text, ".jsp");
        if (address && !strchr(text, ' ') && !strchr(text, '+'))
            return text;
        s = close;
    }
    return "";
}

static bool is_script(struct html_str href)
{
    return href.n >= 11 && strncasecmp(href.s, "javascript:", 11) == 0;
}

// What a script of the page's own goes to when the element is clicked.
static const char *from_data(const struct list_page *p, uint32_t node)
{
    static const enum html_attr attrs[] = {HTML_ATTR_DATA_URL, HTML_ATTR_DATA_HREF,
                                           HTML_ATTR_DATA_LINK};
    static const char *const images[] = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".mp4"};
    for (size_t i = 0; i < COUNT(attrs); i++) {
        struct html_str value = html_attr(p->html, &p->nodes[node], attrs[i]);
        if (value.n == 0 || value.n > URL_MAX || is_script(value))
            continue;
        const char *text = arena_strndup(p->arena, value.s, value.n);
        bool address = *text != '#' && !strchr(text, ' ') &&
                       (strchr(text, '/') || strchr(text, '?') || strcasestr(text, ".htm"));
        for (size_t k = 0; k < COUNT(images); k++)
            address = address && !strcasestr(text, images[k]);
        if (address)
            return text;
    }
    return "";
}

static const char *address_of(const struct list_page *p, uint32_t node)
{
    struct html_str href = html_attr(p->html, &p->nodes[node], HTML_ATTR_HREF);
    struct html_str click = html_attr(p->html, &p->nodes[node], HTML_ATTR_ONCLICK);
    while (href.n > 0 && isspace((unsigned char)*href.s))
        href.s++, href.n--;
    bool real = href.n > 0 && *href.s != '#' && !is_script(href);
    if (real)
        return href.n > URL_MAX ? "" : arena_strndup(p->arena, href.s, href.n);
    const char *of_href = is_script(href) ? from_script(p, href) : "";
    const char *of_data = *of_href ? of_href : from_data(p, node);
    return *of_data || !click.s ? of_data : from_script(p, click);
}

static bool is_template(const char *url)
{
    return strstr(url, "{{") || strstr(url, "${") || strstr(url, "<%") || strstr(url, "%7B%7B");
}

static uint64_t hash_text(const char *s)
{
    uint64_t h = LIST_HASH_START;
    for (; *s; s++)
        h = list_hash(h, (unsigned char)*s);
    return h;
}

// Folder with numbers made equal; of the last segment, its kind alone; of the query, its names.
static uint64_t shape_of(const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    if (!path)
        return 0;
    const char *query = path + strcspn(path, "?#"), *last = query;
    last -= last > path + 1 && last[-1] == '/'; // a folder is named by its own last segment
    while (last > path && last[-1] != '/')
        last--;
    uint64_t h = LIST_HASH_START;
    for (const char *s = url; s < last; s++)
        if (!isdigit((unsigned char)*s) || (s > url && !isdigit((unsigned char)s[-1])))
            h = list_hash(h, isdigit((unsigned char)*s) ? '#' : (unsigned char)*s);
    bool digits = false, in_value = false;
    const char *dot = NULL;
    for (const char *s = last; s < query; s++) {
        digits = digits || isdigit((unsigned char)*s);
        dot = *s == '.' ? s : dot;
    }
    h = list_hash(h, digits ? '#' : 'a');
    for (const char *s = dot; s && s < query; s++)
        h = list_hash(h, (unsigned char)*s);
    for (const char *s = query; *s && *s != '#'; s++) {
        in_value = *s == '=' ? true : *s == '&' ? false : in_value;
        if (!in_value)
            h = list_hash(h, (unsigned char)*s);
    }
    return h;
}

static bool ends_in(const char *s, size_t n, const char *tail)
{
    size_t size = strlen(tail);
    return n >= size && strncasecmp(s + n - size, tail, size) == 0;
}

static bool is_file(const char *path, size_t n)
{
    static const char *const files[] = {".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".rar"};
    bool file = false;
    for (size_t i = 0; i < COUNT(files); i++)
        file = file || ends_in(path, n, files[i]);
    return file;
}

static void judge_url(struct anchor *a)
{
    static const char *const lists[] = {"index", "list", "default", "node_", "channel", "column"};
    const char *path = strchr(strstr(a->url, "://") + 3, '/');
    size_t size = strcspn(path, "?#"), digits = 0, hyphens = 0;
    const char *last = path + size;
    while (last > path && last[-1] != '/')
        last--;
    a->document = is_file(path, size);
    for (const char *s = path; *s && *s != '#'; s++)
        digits += isdigit((unsigned char)*s) != 0;
    for (const char *s = last; s < path + size; s++)
        hyphens += *s == '-' || *s == '_';
    bool list = last == path + size; // a folder
    for (size_t i = 0; i < COUNT(lists); i++)
        list = list || strncasecmp(last, lists[i], strlen(lists[i])) == 0;
    const char *folder = last; // of a folder, its own name: /news/board-proposes-dividend/
    while (list && folder - 1 > path && folder[-2] != '/')
        hyphens += *--folder == '-';
    bool by_query = path[size] == '?' && digits >= 1;
    a->article = (!list && (digits >= 4 || hyphens >= 2 || a->document)) || by_query ||
                 (list && (digits >= 6 || hyphens >= 3));
}

// ---- Gathering ----

static bool in_heading(const struct list_page *p, uint32_t node)
{
    enum html_tag tag = (enum html_tag)p->nodes[p->nodes[node].parent].tag;
    return tag >= HTML_H1 && tag <= HTML_H6;
}

static void add_anchor(struct list_page *p, uint32_t node)
{
    char url[URL_MAX + 1], own[URL_MAX + 1];
    const char *address = address_of(p, node);
    if (p->n == LIST_ANCHORS_MAX || !*address || is_template(address) ||
        url_resolve(p->base, address, url) != OK)
        return;
    const char *title = title_of(p, node);
    if (!*p->next && is_word(title, next_words, COUNT(next_words)))
        p->next = arena_strndup(p->arena, url, strlen(url));
    uint32_t cells = list_cells(title, strlen(title));
    bool file = is_word(title, file_words, COUNT(file_words)) && is_file(url, strcspn(url, "?#"));
    bool more = file || is_word(title, more_words, COUNT(more_words));
    bool plain = !more && (cells < CELLS_MIN || is_word(title, plain_words, COUNT(plain_words)));
    if (plain || is_date_only(p, title))
        return;
    if (url_canonical(url, own) != OK || strcmp(own, p->url) == 0)
        return;
    mem_reserve((void **)&p->anchors, &p->cap, p->n + 1, sizeof *p->anchors);
    struct anchor *a = &p->anchors[p->n++];
    *a = (struct anchor){.node = node, .title = title, .cells = cells, .more = more};
    a->url = arena_strndup(p->arena, url, strlen(url));
    a->url_hash = hash_text(own);
    a->shape = shape_of(url);
    a->same_site = url_same_site(url, p->url);
    a->make = list_make(p, node);
    a->heading = in_heading(p, node);
    judge_url(a);
}

// An element that acts as a link: by a script of its own, or by the page's where it has no other.
static bool acts_as_link(const struct list_page *p, uint32_t i)
{
    const struct html_node *node = &p->nodes[i];
    if (node->tag == HTML_A)
        return true;
    if (node->tag == HTML_TEXT || node->n_attrs == 0 || node->end - i >= CLICK_NODES_MAX)
        return false;
    if (html_attr(p->html, node, HTML_ATTR_ONCLICK).n > 0)
        return true;
    if (!*from_data(p, i))
        return false;
    for (uint32_t k = i + 1; k < node->end; k++)
        if (p->nodes[k].tag == HTML_A)
            return false;
    return true;
}

void list_anchors(struct list_page *p, bool all)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (acts_as_link(p, i))
            add_anchor(p, i);
    list_places(p, all);
}
