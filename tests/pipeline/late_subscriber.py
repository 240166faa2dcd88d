#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A Python subscriber, written from the .proto files alone, joins when half of the news is out already: it gets all
of it, and so does one that was cut off in the middle and goes on from the last sequence it saw."""

from checks import Listener, complete, sequences
from stack import Stack, main, until
from subscriber import Subscriber
from website import Site

COUNT = 60


def take(subscriber, n):
    news = []
    until(lambda: (one := subscriber.news(1)) and (news.append(one) or len(news) == n), 30, f"{n} announcements", every=0)
    return news


def test():
    with Site(COUNT, delay=0.02) as site, Stack() as stack:
        stack.run("add", *site.feeds[:2], "--backfill", "all", "--gap", "0s")
        until(lambda: (stack.status().get("sink") or {}).get("head", 0) > 0, 30, "first news in the store")
        with Listener(stack) as late:
            stack.run("add", *site.feeds[2:], "--backfill", "all", "--gap", "0s")
            stack.run("add", *site.alone, "--kind", "page", "--gap", "0s")
            until(lambda: len(late.news) >= COUNT, 30, f"{COUNT} announcements at the late subscriber")
            sequences(late.news)
            complete(late.news, site)

        first = Subscriber(stack.endpoint(3), stack.endpoint(4))
        before = take(first, COUNT // 3)
        first.close()
        second = Subscriber(stack.endpoint(3), stack.endpoint(4), first.epoch, before[-1].sequence)
        after = take(second, COUNT - len(before))
        second.close()
        sequences(before + after)
        complete(before + after, site)
    return f"{COUNT} of {COUNT} at a late subscriber, and at one that was interrupted"


if __name__ == "__main__":
    main(test)
