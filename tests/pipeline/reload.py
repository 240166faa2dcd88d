#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""SIGHUP gives the classifier a changed taxonomy while announcements pass through it: none is lost or labelled twice.
A taxonomy with a mistake is refused with file and line, and the old one goes on, also in workers that start while the
wrong one lies on the disk: those of a renewal, and those that take the place of killed ones."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

from checks import Listener, complete, feed, sequences
from stack import BIN, Failure, Stack, children_of, main, role, until
from website import Site


def classifiers(stack):
    return [pid for pid in children_of(stack.process.pid) if role(pid) == "newswire-classifier"]


def workers(stack):
    return [pid for pid in children_of(stack.process.pid) if role(pid) == "newswire-classifier --worker"]


def kill_workers(stack):
    """kill -9 to all that label; waits until others have taken their place."""
    before = workers(stack)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(workers(stack)) - set(before)) >= 1, 20, "a label worker in place of the killed ones")


def reload(stack, event, times):
    """Sends SIGHUP and waits until the log has told of it so many times."""
    for pid in classifiers(stack):
        os.kill(pid, signal.SIGHUP)
    until(lambda: stack.log_text().count(event) >= times, 20, f"{times} × {event} in the log")


def test():
    with tempfile.TemporaryDirectory(prefix="newswire-labels-") as folder:
        labels = Path(folder) / "label"
        shutil.copytree(BIN.parent / "share/newswire/label", labels)
        taxonomy = labels / "taxonomy.yaml"
        good = taxonomy.read_text()
        with Site(80, delay=0.05) as site, Stack(environment={"NEWSWIRE_LABEL_DATA": str(labels)}) as stack, Listener(stack) as live:
            feed(stack, site)
            until(lambda: len(live.news) > 5, 30, "the first announcements")
            taxonomy.write_text(good + "\n# 更改 changed\n")
            reload(stack, " reloaded ", 1)
            taxonomy.write_text("labels: [\n")  # the renewed workers may not have started yet
            reload(stack, " reload-refused ", 1)
            if "taxonomy.yaml:" not in stack.log_text():
                raise Failure("the refusal does not name file and line")
            for _ in range(3):
                kill_workers(stack)
                seen = len(live.news)
                until(lambda: len(live.news) > min(seen, 79), 30, "announcements after the death of the label workers")
            until(lambda: len(live.news) >= 80, 60, "all of the site at the subscriber")
            sequences(live.news)
            complete(live.news, site)
            models = [n.classification.model_hash for n in live.news]
            if "exited with status 78" in stack.log_text():
                raise Failure("a label worker read the wrong taxonomy")
    if len(set(models)) != 2 or sorted(models, key=models.index) != models:
        raise Failure(f"not labelled by the old taxonomy, then by the new one: {models}")
    return "80 of 80, labelled by the old taxonomy, then by the new one; a wrong one was refused, and harmed no new worker"


if __name__ == "__main__":
    main(test)
