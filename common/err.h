// SPDX-License-Identifier: MIT
// How newswire tells what went wrong. Three kinds, never mixed:
//   the world misbehaved      an outcome enum of the module concerned, with a reason a user sees
//   an operation failed       enum err, must be checked; outputs are untouched
//   an invariant broke        panic(), or at start-up fatal(): one line that says what to do
// Input from outside never reaches the third kind. Every input is bounded, so running out of
// memory is of the third kind.
#pragma once

#include <stddef.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NO_RETURN         __attribute__((noreturn))
#define UNUSED            __attribute__((unused))

enum err {
    OK = 0,
    ERR_INPUT,    // what was given is malformed
    ERR_LIMIT,    // a configured bound was reached
    ERR_NOTFOUND, // no such thing
    ERR_EXISTS,   // it is there already
    ERR_BUSY,     // try again later
    ERR_IO,       // the system refused: disk, socket, process
    ERR_CONFIG,   // settings, model or store do not fit this program
};

// A sentence for a person: what happened, where, and the next step. Filled on failure only.
struct problem {
    char text[512];
};

// Writes the sentence (truncated if it must be, and always clean UTF-8) and returns `code`, so that
// a failing function can end with `return problem_set(why, ERR_INPUT, "…")`. `why` may be NULL.
// A macro, so that a reader, the compiler and its analyser see which code comes back.
#define problem_set(why, code, ...) problem_code(code, problem_write(why, __VA_ARGS__))
int problem_write(struct problem *why, const char *format, ...) PRINTF_LIKE(2, 3); // 0

static inline enum err problem_code(enum err code, int written)
{
    (void)written;
    return code;
}

// "malformed input", "limit reached", …
const char *err_name(enum err code);

// The program is wrong: prints file, line and message, aborts.
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)
void panic_at(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4) NO_RETURN;

// The program cannot start as it was asked to: prints the message, exits with status 78
// (EX_CONFIG of sysexits.h), which a supervisor reads as "do not try again".
void fatal(const char *format, ...) PRINTF_LIKE(1, 2) NO_RETURN;
