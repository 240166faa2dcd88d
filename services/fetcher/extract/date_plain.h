// SPDX-License-Identifier: MIT
// Brings a line that may hold a date into one plain spelling, so that the grammar in date.c has
// little to know. Only date.c and the tests use it.
#pragma once

#include <stddef.h>

enum { DATE_PLAIN_SIZE = 512, DATE_PLAIN_READS = 400 };

// The Chinese, Japanese and Korean marks of a date, as single bytes that plain text cannot contain.
enum date_mark {
    MARK_YEAR = 1,  // 年 년
    MARK_MONTH,     // 月 월
    MARK_DAY,       // 日 号 일
    MARK_HOUR,      // 时 点 시
    MARK_MINUTE,    // 分 분
    MARK_SECOND,    // 秒 초
    MARK_MORNING,   // 上午 早上 凌晨 午前 오전
    MARK_AFTERNOON, // 下午 晚上 傍晚 午後 오후
    MARK_OTHER,     // any other character beyond ASCII: separates, means nothing
};

// Full-width digits and punctuation become ASCII; every kind of space becomes one space; Chinese
// numerals before a mark (九, 二十七, 二〇二一) become digits; 民國110年 and 令和3年 become 2021
// and MARK_YEAR; accented and Cyrillic letters become one plain letter each ("fevrier", "marta").
// Reads at most DATE_PLAIN_READS bytes. Returns the length written, without the NUL.
size_t date_plain(const char *s, size_t n, char out[DATE_PLAIN_SIZE]);
