# SPDX-License-Identifier: MIT
"""What must be true of the announcements that arrived, however they did."""

import threading

from announcements import LABELS
from stack import Failure
from subscriber import Subscriber


class Listener:
    """A Python subscriber in a thread of its own, collecting everything from the beginning."""

    def __init__(self, stack):
        self.news = []
        self.ended = threading.Event()
        self.subscriber = Subscriber(stack.endpoint(3), stack.endpoint(4))
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while not self.ended.is_set():
            news = self.subscriber.news(0.2)
            if news:
                self.news.append(news)
        self.subscriber.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.thread.join()


def feed(stack, site):
    """Adds all of the site's sources, everything they have, without a pause between requests."""
    stack.run("add", *site.feeds, "--backfill", "all", "--gap", "0s", "--no-wait")
    stack.run("add", *site.alone, "--kind", "page", "--gap", "0s", "--no-wait")


def sequences(news):
    """1, 2, 3, … without a gap, each once."""
    got = [n.sequence for n in news]
    if got != list(range(1, len(got) + 1)):
        twice = sorted({s for s in got if got.count(s) > 1})
        raise Failure(f"sequences are not 1 to {len(got)}: {twice=}, first {got[:5]}, last {got[-5:]}")


def complete(news, site):
    """Each announcement of the site once, nothing else, text intact."""
    got = {}
    for n in news:
        url = n.announcement.url
        if url not in site.announcements:
            raise Failure(f"an announcement that the site does not have: {url}")
        if url in got:
            raise Failure(f"twice: {url}, sequences {got[url].sequence} and {n.sequence}")
        got[url] = n
        intact(n, site.announcements[url])
    missing = sorted(set(site.announcements) - set(got))
    if missing:
        raise Failure(f"{len(missing)} of {len(site.announcements)} announcements are missing: {missing[:5]}")


def intact(news, want):
    """The title, every paragraph in order, and nothing of the page around them."""
    a, c = news.announcement, news.classification
    where = f"{a.url}, sequence {news.sequence}"
    if a.title != want.title:
        raise Failure(f"title of {where}: {a.title!r}, not {want.title!r}")
    text = f"{a.standfirst}\n{a.text}" if a.standfirst else a.text
    if text.split("\n") != list(want.paragraphs):
        raise Failure(f"text of {where}: {text!r}, not {want.text!r}")
    if a.language != want.language:
        raise Failure(f"language of {where}: {a.language}, not {want.language}")
    if c.primary not in LABELS or c.primary not in [label.name for label in c.labels]:
        raise Failure(f"labels of {where}: primary {c.primary!r} of {[label.name for label in c.labels]}")
    document = f"{a.title}\n{text}".encode()
    for label in c.labels:
        for e in label.evidence:
            if document[e.start:e.end].decode(errors="replace") != e.text:
                raise Failure(f"evidence of {where}: bytes {e.start} to {e.end} are not {e.text!r}")


def settled(stack):
    """True if the fetcher has nothing left to do: no page to fetch, outbox empty."""
    fetcher = stack.status().get("fetcher") or {}
    return fetcher.get("pending") == 0 and fetcher.get("outbox") == 0


def no_dead_letters(stack):
    dead = stack.json("dead", "list")
    if dead:
        raise Failure(f"{len(dead)} dead letters: {dead[:3]}")
