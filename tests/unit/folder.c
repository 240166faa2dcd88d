// SPDX-License-Identifier: MIT
#include "tests/unit/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"

static char made[FOLDERS_MAX][FOLDER_SIZE]; // "": free
static pid_t maker;                         // a child that exits leaves its parent's folders

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void remove_all(void)
{
    if (getpid() != maker)
        return;
    for (size_t i = 0; i < FOLDERS_MAX; i++)
        if (*made[i])
            folder_remove(made[i]);
}

void folder_make(char path[FOLDER_SIZE])
{
    size_t i = 0;
    if (maker != getpid()) {
        memset(made, 0, sizeof made);
        if (!maker)
            atexit(remove_all);
        maker = getpid();
    }
    while (i < FOLDERS_MAX && *made[i])
        i++;
    snprintf(path, FOLDER_SIZE, "/tmp/newswire-test-XXXXXX");
    if (i == FOLDERS_MAX || !mkdtemp(path))
        panic("no folder for the test");
    memcpy(made[i], path, FOLDER_SIZE);
}

void folder_remove(const char *path)
{
    if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS))
        perror(path);
    for (size_t i = 0; i < FOLDERS_MAX; i++)
        if (strcmp(made[i], path) == 0)
            *made[i] = '\0';
}
