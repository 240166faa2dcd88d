// SPDX-License-Identifier: MIT
// What a link or an item of a list says: its title, or "more", "next", "home".
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/list_parts.h"

enum { PIECES_MAX = 40, DATE_NODES_MAX = 4, CLOCK_SIZE = 16 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Link texts that stand for a title elsewhere.
static const char *const more_words[] = {
    "more",
    "read more",
    "details",
    "view",
    "detail",
    "learn more",
    "full story",
    "full text",
    "html",
    "htm",
    "documents",
    "document",
    "view documents",
    "interactive data",
    "view details",
    "view more",
    "find out more",
    "see more",
    "read full story",
    "continue reading",
    "read article",
    "full article",
    "view document",
};

// Chinese ones are put together of these: 查看更多, 点击查看详情, 了解更多.
static const char *const more_parts[] = {
    "查看", "阅读", "閱讀", "了解", "瞭解", "浏览", "瀏覽", "点击", "點擊", "进入", "進入",
    "继续", "繼續", "更多", "详情", "詳情", "详细", "詳細", "全文", "信息", "內容", "内容",
};

// What stands before a title in place of a bullet.
static const char *const bullets[] = {
    "·", "•", "‧", "・", "∙", "■", "□", "▪", "●", "◎", "※", "◆", "◇", "▶", "►", "★", "☆", "»",
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

// ---- Titles ----

static bool is_heading(const struct list_page *p, uint32_t node)
{
    static const char *const words[] = {"tit$", "title", "headline", "biaoti", "subject$", "bt$"};
    enum html_tag tag = (enum html_tag)p->nodes[node].tag;
    return (tag >= HTML_H1 && tag <= HTML_H6) || list_named(p, node, words, COUNT(words));
}

// "09:00 ET", "8:15 p.m. GMT": a time of day and nothing else.
static bool is_clock(const char *s)
{
    size_t hour = strspn(s, "0123456789");
    if (hour < 1 || hour > 2 || s[hour] != ':' || strlen(s) > CLOCK_SIZE)
        return false;
    s += hour + 1;
    s += strspn(s, ":.0123456789apmAPM ");
    s += strspn(s, "ABCDEGHJKLMNPSTUWZ");
    return !*s;
}

// True if the text is a date or a number and nothing else.
bool list_is_date_only(const struct list_page *p, const char *text)
{
    struct date date;
    uint32_t cells = list_cells(text, strlen(text));
    return cells == 0 || strspn(text, "0123456789-/.:[]() ") == strlen(text) || is_clock(text) ||
           (cells <= 20 && list_date(text, &p->dates, &date));
}

// The pieces between block elements and spans, dates left out.
struct pieces {
    const char *text[PIECES_MAX];
    bool heading[PIECES_MAX];
    size_t n;
};

static void keep_piece(const struct list_page *p, struct pieces *pieces, const char *text,
                       bool heading)
{
    if (pieces->n == PIECES_MAX || list_is_date_only(p, text))
        return;
    pieces->text[pieces->n] = text;
    pieces->heading[pieces->n++] = heading;
}

static void add_piece(const struct list_page *p, struct pieces *pieces, uint32_t from, uint32_t to,
                      bool heading)
{
    keep_piece(p, pieces, list_text(p, from, to, LIST_TITLE_MAX), heading);
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
    return *text && list_is_date_only(p, text);
}

// A heading is one piece, whatever is in it, without its date.
static void add_heading(const struct list_page *p, struct pieces *pieces, uint32_t node)
{
    uint32_t end = p->nodes[node].end;
    for (uint32_t i = node + 1; i < end; i++) {
        if (!is_date_element(p, i))
            continue;
        const char *before = list_text(p, node, i, LIST_TITLE_MAX);
        const char *after = list_text(p, p->nodes[i].end, end, LIST_TITLE_MAX);
        const char *both =
            arena_printf(p->arena, "%s%s%s", before, *before && *after ? " " : "", after);
        keep_piece(p, pieces, both, true);
        return;
    }
    add_piece(p, pieces, node, end, true);
}

static void split(const struct list_page *p, uint32_t from, uint32_t to, struct pieces *pieces)
{
    uint32_t start = from, i = from;
    while (i < to) {
        if (is_heading(p, i)) {
            add_piece(p, pieces, start, i, false);
            add_heading(p, pieces, i);
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

// Without the bullet before it, unless it is nothing else.
static const char *without_bullet(const char *text)
{
    const char *s = text;
    for (size_t i = 0; i < COUNT(bullets); i++)
        if (strncmp(s, bullets[i], strlen(bullets[i])) == 0) {
            s += strlen(bullets[i]);
            break;
        }
    if (s == text && (*s == '>' || *s == '-') && !isdigit((unsigned char)s[1]))
        s += strspn(s, ">-");
    s += strspn(s, " ");
    return *s ? s : text;
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
    return without_bullet(best);
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

bool list_is_shortened(const char *s)
{
    size_t n = strlen(s);
    return (n >= 3 && strcmp(s + n - 3, "...") == 0) || (n >= 3 && strcmp(s + n - 3, "…") == 0);
}

// The title attribute says in full what the text shortens.
const char *list_link_title(const struct list_page *p, uint32_t node)
{
    const char *text = without_bullet(text_of(p, node));
    struct html_str attr = html_attr(p->html, &p->nodes[node], HTML_ATTR_TITLE);
    struct buf whole = buf_new(4 * LIST_TITLE_MAX);
    list_squeeze(&whole, attr.s ? attr.s : "", attr.n < LIST_TITLE_MAX ? attr.n : LIST_TITLE_MAX);
    const char *full = without_bullet(list_keep(p, &whole, LIST_TITLE_MAX));
    size_t same = strlen(text) - (list_is_shortened(text) ? 3 : 0);
    bool fuller = strlen(full) >= same && strncmp(full, text, same) == 0;
    return !*text || fuller ? full : text;
}

// The text without marks and arrows around it.
static struct html_str bare(const char *text)
{
    size_t start = strspn(text, " \t[<>+-.·»›(");
    size_t size = strlen(text + start);
    while (size > 0 && strchr(" >]<.+-)", text[start + size - 1]))
        size--;
    static const char *const tails[] = {"»", "›", "→", "…", "＞", "】", "）"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        size_t tail = strlen(tails[i]);
        while (size >= tail && memcmp(text + start + size - tail, tails[i], tail) == 0)
            size -= tail;
    }
    while (size > 0 && strchr(" >]", text[start + size - 1]))
        size--;
    return (struct html_str){text + start, size};
}

static bool is_word(const char *text, const char *const *words, size_t n)
{
    struct html_str word = bare(text);
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == word.n && strncasecmp(words[i], word.s, word.n) == 0)
            return true;
    return false;
}

static bool is_made_of(struct html_str text, const char *const *parts, size_t n)
{
    size_t at = 0, before;
    do {
        before = at;
        for (size_t i = 0; i < n; i++)
            if (text.n - at >= strlen(parts[i]) &&
                memcmp(text.s + at, parts[i], strlen(parts[i])) == 0)
                at += strlen(parts[i]);
    } while (at > before);
    return at > 0 && at == text.n;
}

bool list_says_more(const char *title)
{
    return is_word(title, more_words, COUNT(more_words)) ||
           is_made_of(bare(title), more_parts, COUNT(more_parts));
}

bool list_says_file(const char *title)
{
    return is_word(title, file_words, COUNT(file_words));
}

bool list_says_next(const char *title)
{
    return is_word(title, next_words, COUNT(next_words));
}

bool list_is_plain(const char *title)
{
    return is_word(title, plain_words, COUNT(plain_words));
}
