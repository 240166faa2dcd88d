// SPDX-License-Identifier: MIT
// Folders of a test's own, which leave nothing behind: each goes with all that is in it, at the
// latest when the program exits.
#pragma once

enum { FOLDER_SIZE = 32, FOLDERS_MAX = 16 };

// Makes a new, empty folder under /tmp; at most FOLDERS_MAX are there at a time. Ends the program
// if it cannot.
void folder_make(char path[FOLDER_SIZE]);

// Removes a folder that folder_make() made, and what is in it.
void folder_remove(const char *path);
