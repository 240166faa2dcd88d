// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/extract/date.h"

// Lists are separated by '|'.
static const struct {
    enum line_kind kind;
    const char *words;
} beginnings[] = {
    {LINE_AD, "advertisement|sponsored content|广告|廣告"},
    {LINE_RELATED,
     "related|read more|read next|more from|more on|more stories|also read|see also|"
     "you may also like|you might also|comment|leave a reply|leave a comment|"
     "tags|tag:|most read|most popular|sign up|subscribe|newsletter|"
     "about the author|top stories|follow us|in this article|filed under|更多|相关|相關|関連|"
     "推荐阅读|推薦閱讀|延伸阅读|延伸閱讀|热门|熱門|猜你喜欢|网友评论|发表评论|最新评论|标签|"
     "关键词|"
     "關鍵字|扩展阅读|编辑推荐|今日推荐|精彩推荐|为您推荐|热点推荐|往期回顾"},
    {LINE_TOOL, "share this|share on|share:|print "
                "this|分享|打印|【打印|收藏|字号|字體|字体|浏览|瀏覽|点击|點擊|"
                "阅读次数|阅读量|閱讀|访问次数|人气|我要评论|扫一扫|扫描二维码|微信扫|返回顶部|"
                "返回首页|关闭窗口|"
                "关闭|回到顶部|大 中 小|【大 中 小】|用微信扫|保存本页|复制链接|我要纠错|举报"},
    {LINE_EDITOR, "责任编辑|責任編輯|责编|編輯|编辑|审核|審核|校对|校對|监制|监审|复审|初审|终审|"
                  "签发|排版|值班"},
    {LINE_PAGER, "上一篇|下一篇|上一条|下一条|上一页|下一页|上篇|下篇|前一篇|后一篇|previous post|"
                 "next post|previous article|next article|previous:|next:"},
    {LINE_LEGAL, "copyright|©|all rights reserved|disclaimer|版权|版權|免责声明|免責聲明|著作权|"
                 "声明：|特别声明|郑重声明|反侵权|网站标识码|"
                 "备案号|法律声明|网站声明|本网站由"},
    {LINE_BYLINE,
     "by |published|posted|updated|last updated|last reviewed|last modified|written by|"
     "reviewed by|medically reviewed|fact checked|edited by|source:|author:|authors:|date:|"
     "reading time|来源|來源|发布|發布|發佈|时间：|時間：|日期|作者|撰稿|供稿|通讯员|摄影|记者|"
     "本报记者|信息来源|文章来源|稿件来源|新闻来源|消息来源|录入|上传|撰文|文/|图/|转载|更新时间|"
     "创建时间|添加时间|发表于|发表时间|刊登|原标题|索引号|发文机关|成文日期|信息分类"},
    {LINE_FOOTER, "主办单位|主办：|承办单位|技术支持|联系地址|邮政编码|建议使用"},
    {LINE_CAPTION,
     "photo:|photo by|photos by|photo credit|photograph:|image:|image by|image credit|"
     "image source|image courtesy|picture:|credit:|screenshot:|图为|圖為|资料图|資料圖|"
     "资料照片|图源|圖源|图片来源|圖片來源|图片：|圖片：|效果图|示意图"},
};

static const struct {
    enum line_kind kind;
    const char *words;
} anywhere[] = {
    {LINE_LEGAL, "版权所有|版權所有|未经许可|ICP备|ICP证|公网安备|许可证编号|许可证号|举报电话|"
                 "All Rights Reserved|all rights reserved|Copyright ©|Copyright(C)|不得转载"},
    {LINE_BYLINE, "min read|minute read|minutes read|阅读时长|浏览次数|点击次数|点击数|阅读次数|"
                  "浏览量|阅读数|点击量|责任编辑|来源：|來源：|作者：|发布时间|发布日期|發布時間"},
    {LINE_PAGER, "上一页|下一页|上一篇|下一篇"},
    {LINE_CAPTION, "Photo:|Photo by|Photo credit|Image credit|Getty Images|Shutterstock|摄影：|"
                   "攝影：|图源|圖源|图片来源|圖片來源|供图|供圖|资料图|資料圖|资料照片|資料照片"},
};

enum { ENTRIES_MAX = 320 };

struct entry {
    struct html_str word;
    enum line_kind kind;
};

// Words by their first byte, lower case, in the order of the lists.
struct line_table {
    struct entry begin[ENTRIES_MAX], any[ENTRIES_MAX];
    uint16_t begin_at[257], any_at[257]; // entries of first byte b: from [b] to before [b + 1]
};

static uint8_t first_byte(const char *s)
{
    uint8_t c = (uint8_t)*s;
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

// Appends the words of a list that begin with the byte.
static uint16_t add_words(struct entry *entries, uint16_t n, const char *list, enum line_kind kind,
                          int byte)
{
    while (*list) {
        size_t size = strcspn(list, "|");
        if (first_byte(list) == byte) {
            if (n == ENTRIES_MAX)
                panic("lines.c: more than %d words", ENTRIES_MAX);
            entries[n++] = (struct entry){{list, size}, kind};
        }
        list += size + (list[size] == '|');
    }
    return n;
}

struct line_table *line_table_new(void)
{
    struct line_table *t = mem_alloc(sizeof *t);
    uint16_t begin = 0, any = 0;
    for (int byte = 0; byte < 256; byte++) {
        t->begin_at[byte] = begin;
        t->any_at[byte] = any;
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
            begin = add_words(t->begin, begin, beginnings[i].words, beginnings[i].kind, byte);
        for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++)
            any = add_words(t->any, any, anywhere[i].words, anywhere[i].kind, byte);
    }
    t->begin_at[256] = begin;
    t->any_at[256] = any;
    return t;
}

void line_table_free(struct line_table **t)
{
    free(*t);
    *t = NULL;
}

// Bullets and brackets before the first word.
static struct html_str without_bullets(struct html_str line)
{
    static const char *const wide[] = {"【", "[", "（", "(", "·", "•", "●",  "■",  "◆",  "»",
                                       "›",  ">", "-",  "–", "—", "*", "|",  ":",  "：", "#",
                                       "▶",  "►", "↓",  "★", "※", " ", "　", "《", "《"};
    for (bool found = true; found && line.n > 0;) {
        // Most lines begin with a letter, or an ideograph (0xE4 to 0xE9): those have none.
        uint8_t first = first_byte(line.s);
        if ((first >= 'a' && first <= 'z') || (first >= 0xE4 && first <= 0xE9))
            break;
        found = false;
        for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
            size_t n = strlen(wide[i]);
            if (line.n > n && memcmp(line.s, wide[i], n) == 0) {
                line.s += n;
                line.n -= n;
                found = true;
                break;
            }
        }
    }
    return line;
}

// The first bytes agree already; the second ones tell most words apart.
static bool begins(struct html_str line, const struct entry *e)
{
    return line.n >= e->word.n &&
           (e->word.n < 2 || first_byte(line.s + 1) == first_byte(e->word.s + 1)) &&
           strncasecmp(line.s, e->word.s, e->word.n) == 0;
}

enum line_kind line_kind(const struct line_table *t, struct html_str whole)
{
    struct html_str line = without_bullets(whole);
    if (line.n == 0)
        return LINE_TEXT;
    uint8_t byte = first_byte(line.s);
    for (uint16_t i = t->begin_at[byte]; i < t->begin_at[byte + 1]; i++)
        if (begins(line, &t->begin[i]))
            return t->begin[i].kind;
    return LINE_TEXT;
}

enum line_kind line_kind_anywhere(const struct line_table *t, struct html_str line)
{
    enum line_kind kind = line_kind(t, line);
    if (kind != LINE_TEXT)
        return kind;
    for (; line.n > 1; line.s++, line.n--) {
        uint8_t byte = first_byte(line.s);
        if (t->any_at[byte] == t->any_at[byte + 1])
            continue;
        for (uint16_t i = t->any_at[byte]; i < t->any_at[byte + 1]; i++)
            if (begins(line, &t->any[i]))
                return t->any[i].kind;
    }
    return LINE_TEXT;
}

bool line_is_credit(const struct line_table *t, struct html_str line)
{
    static const char *const ends[] = {"摄", "攝", "摄）", "攝）", "摄)", "攝)"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (line.n > n && memcmp(line.s + line.n - n, ends[i], n) == 0)
            return true;
    }
    return line_kind_anywhere(t, line) == LINE_CAPTION;
}

bool line_is_date(struct html_str line, uint32_t length)
{
    struct date_rules rules = {.zone = ZONE_UTC};
    struct date date;
    return length <= 40 && length >= 6 && date_find(line.s, line.n, &rules, &date);
}

// At least a short date's worth of digits and marks: spares the search for one.
static bool has_digits(struct html_str line, uint32_t at_least)
{
    uint32_t digits = 0;
    for (size_t i = 0; i < line.n; i++)
        digits += line.s[i] >= '0' && line.s[i] <= '9';
    return digits >= at_least;
}

bool line_is_time(struct html_str line, uint32_t length)
{
    struct date_rules rules = {.zone = ZONE_UTC};
    struct date date;
    return length <= 40 && length >= 12 && has_digits(line, 8) &&
           date_find(line.s, line.n, &rules, &date) && date.precision > DATE_DAY;
}

bool line_is_signed_date(struct html_str line)
{
    static const char year[] = "年", month[] = "月", day[] = "日";
    enum { UNIT = sizeof year - 1, SIGNED_MAX = 48 };
    bool digit = line.n > 0 && line.s[0] >= '0' && line.s[0] <= '9';
    bool numeral = line.n > UNIT && memcmp(line.s, "二", UNIT) == 0;
    if (!(digit || numeral) || line.n > SIGNED_MAX || line.n < UNIT ||
        memcmp(line.s + line.n - UNIT, day, UNIT) != 0)
        return false;
    const char *y = memmem(line.s, line.n, year, UNIT);
    return y && memmem(y, (size_t)(line.s + line.n - y), month, UNIT);
}

// Length of a capitalised name of two to four words at the start; 0 if there is none.
static size_t name_length(struct html_str s)
{
    size_t n = 0, words = 0;
    while (n < s.n && s.s[n] >= 'A' && s.s[n] <= 'Z' && words < 4) {
        while (n < s.n && s.s[n] != ' ' && s.s[n] != ',')
            n++;
        words++;
        while (n < s.n && (s.s[n] == ' ' || s.s[n] == ','))
            n++;
    }
    return words >= 1 ? n : 0;
}

bool line_is_biography(struct html_str line)
{
    static const char *const verbs[] = {"is a ",     "is an ",       "is the ",
                                        "has been ", "has written ", "covers "};
    static const char *const roles[] = {"writer",   "editor",    "author",      "journalist",
                                        "reporter", "columnist", "contributor", "contributing",
                                        "founder",  "freelance", "blogger",     "correspondent"};
    size_t n = name_length(line);
    if (n < 5)
        return false;
    struct html_str rest = {line.s + n, line.n - n < 160 ? line.n - n : 160};
    bool verb = false;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        verb |= rest.n > 10 && strncmp(rest.s, verbs[i], strlen(verbs[i])) == 0;
    for (size_t i = 0; verb && i < sizeof roles / sizeof *roles; i++)
        if (memmem(rest.s, rest.n, roles[i], strlen(roles[i])))
            return true;
    return false;
}
