#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""200 announcements from feeds and pages in three encodings, without a pause between requests: all are in the
store and at a subscriber, once each, text intact, within 60 seconds."""

import time

from checks import Listener, complete, feed, no_dead_letters, sequences, settled
from stack import Stack, main, until
from website import Site

COUNT, SECONDS = 200, 60


def test():
    with Site(COUNT) as site, Stack() as stack, Listener(stack) as live:
        begin = time.monotonic()
        feed(stack, site)
        until(lambda: len(live.news) >= COUNT, SECONDS, f"{COUNT} announcements at the subscriber")
        took = time.monotonic() - begin
        until(lambda: settled(stack), 10, "the fetcher has nothing left to do")
        sequences(live.news)
        complete(live.news, site)
        with Listener(stack) as late:
            until(lambda: len(late.news) >= COUNT, 10, f"{COUNT} announcements replayed from the store")
            sequences(late.news)
            complete(late.news, site)
        no_dead_letters(stack)
    return f"{COUNT} of {COUNT} in the store and at a subscriber, once each, intact, after {took:.1f} s"


if __name__ == "__main__":
    main(test)
