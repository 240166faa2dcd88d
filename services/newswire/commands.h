// SPDX-License-Identifier: MIT
// The commands of newswire, one a file: each reads its own arguments (argv[0] is its name, "--help"
// is answered by settings_read), does its work and returns the exit status. Results go to standard
// output, everything else to standard error. Several commands of one kind share a file.
#pragma once

enum {
    CMD_DONE = 0,
    CMD_FAILED = 1, // could not be done, or `status` found what needs attention
    CMD_WRONG = 2,  // the command line or a settings file was not understood
};

// The stack
int cmd_up(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_health(int argc, char **argv);

// Sources
int cmd_add(int argc, char **argv);
int cmd_sources(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_refresh(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);

// News
int cmd_subscribe(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_dead(int argc, char **argv);
int cmd_reprocess(int argc, char **argv);

// Without a stack
int cmd_fetch(int argc, char **argv);
int cmd_extract(int argc, char **argv);
int cmd_classify(int argc, char **argv);

// The classifier
int cmd_train(int argc, char **argv);
int cmd_evaluate(int argc, char **argv);
int cmd_test_rule(int argc, char **argv);
