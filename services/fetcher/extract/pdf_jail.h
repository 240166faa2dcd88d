// SPDX-License-Identifier: MIT
// The limits that pdftotext runs under. It reads what strangers made, in C++: a flaw in it is to be
// expected. Linux only.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// In the child, before exec: bounded in time (a second of CPU more than `seconds`), memory and open
// files, unable to write files or open sockets, and gone with its parent. False if that cannot be
// had, or the parent is gone already. Async-signal-safe.
bool pdf_jail(pid_t parent, int seconds);
