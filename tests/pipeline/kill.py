#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 of a random process of the stack every second while announcements flow: none is lost, none comes twice.

NEWSWIRE_KILLS: how many kills (15). NEWSWIRE_SEED: repeats a run's choices."""

import os
import random
import signal
import threading
import time
from collections import Counter

from checks import Listener, complete, feed, no_dead_letters, sequences, settled
from stack import Failure, Stack, children_of, main, role, until
from website import Site

COUNT = 200
KILLS = int(os.environ.get("NEWSWIRE_KILLS", "15"))
SEED = int(os.environ.get("NEWSWIRE_SEED", str(random.randrange(10**6))))


def kill_one(stack, choose):
    """Kills a random descendant of `newswire up` and returns what it was."""
    family = until(lambda: children_of(stack.process.pid), 10, "newswire up has children")
    victim = choose.choice(sorted(family))
    what = role(victim)
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        what = "gone"
    return what


def kill_every_second(stack, killed):
    choose, pause, due = random.Random(SEED), threading.Event(), time.monotonic()
    for _ in range(KILLS):
        due += 1
        pause.wait(max(0.0, due - time.monotonic()))
        if stack.process.poll() is not None:
            raise Failure(f"newswire up ended with status {stack.process.returncode} after {dict(killed)}")
        killed[kill_one(stack, choose)] += 1


def test():
    print(f"{KILLS} kills, NEWSWIRE_SEED={SEED}", flush=True)
    killed = Counter()
    # Pages slow enough to keep the load up for as long as processes are killed.
    with Site(COUNT, delay=KILLS / COUNT) as site, Stack() as stack, Listener(stack) as live:
        feed(stack, site)
        kill_every_second(stack, killed)
        print("killed:", dict(killed), flush=True)
        until(lambda: len(live.news) >= COUNT, 120, f"{COUNT} announcements at the subscriber")
        until(lambda: settled(stack), 60, "the fetcher has nothing left to do")
        sequences(live.news)
        complete(live.news, site)
        with Listener(stack) as late:
            until(lambda: len(late.news) >= COUNT, 20, f"{COUNT} announcements replayed from the store")
            sequences(late.news)
            complete(late.news, site)
        no_dead_letters(stack)
    return f"{COUNT} of {COUNT} in the store and at a subscriber, once each, after {sum(killed.values())} kills"


if __name__ == "__main__":
    main(test)
