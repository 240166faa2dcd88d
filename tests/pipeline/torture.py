#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every misbehaviour of docs/fetching.md ends as that table says, none stops another source, memory stays bounded."""

import re
from pathlib import Path

import checks
from checks import Listener
from stack import TOP, Failure, Stack, children_of, command_of, main, until
from torture_server import MISBEHAVIOURS, Torture, title
from website import Site

MEMORY_MB = 128
PAGES = ("page-", "gbk-unsaid", "big5-page", "charset-unknown")
ROW = re.compile(r"^\| `([a-z0-9.-]+)` [^|]*\| ([^|]+) \|$", re.MULTILINE)


def table():
    """name -> expected outcome, as people read it."""
    return {name: outcome.strip() for name, outcome in ROW.findall((TOP / "docs/fetching.md").read_text())}


def kind(name):
    return "page" if name.startswith(PAGES) else "feed" if name == "feed-html-instead" else "auto"


def peak_mb(stack):
    """Of the fetcher and each of its workers: the largest."""
    peaks = [0.0]
    for pid in children_of(stack.process.pid):
        if "newswire-fetcher" in command_of(pid):
            status = Path(f"/proc/{pid}/status").read_text()
            peaks.append(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
    return max(peaks)


def outcomes(stack, server):
    """What `sources` says of each name: 'published' is added by what arrived."""
    by_url = {s["url"]: s for s in stack.json("sources")}
    return {name: by_url[url] for name, url in server.sources.items()}


def settled(stack, server):
    return all(s.get("polled_at") or s.get("trouble") for s in outcomes(stack, server).values())


def test():
    expected = table()
    if set(expected) != set(MISBEHAVIOURS):
        raise Failure(f"docs/fetching.md and the server differ: {sorted(set(expected) ^ set(MISBEHAVIOURS))}")
    environment = {"NEWSWIRE_TIMEOUT": "4s", "NEWSWIRE_AT_ONCE": "64"}
    with Torture() as server, Site(20) as good, Stack(environment=environment) as stack, Listener(stack) as listener:
        for name, url in server.sources.items():
            stack.run("add", url, "--kind", kind(name), "--gap", "0s", "--no-wait")
        stack.run("add", *good.feeds, "--gap", "0s", "--no-wait")
        until(lambda: settled(stack, server), 90, "every source was answered or given up")
        until(lambda: checks.settled(stack), 60, "everything was fetched and delivered")
        head = stack.status()["sink"]["head"]
        until(lambda: len(listener.news) >= head, 10, "the subscriber has it all")
        titles = {n.announcement.title for n in listener.news}
        of_good = len([n for n in listener.news if n.announcement.url in good.announcements])
        if of_good != len(good.announcements) - len(good.alone):
            raise Failure(f"{of_good} announcements of the good site arrived")
        wrong = []
        for name, source in outcomes(stack, server).items():
            got = "published" if title(name) in titles else source.get("trouble") or "nothing new"
            if got != expected[name] and not (got != "published" and re.search(expected[name], got, re.IGNORECASE)):
                wrong.append(f"{name}: {got!r}, not {expected[name]!r}")
        peak = peak_mb(stack)
    if wrong:
        raise Failure(f"{len(wrong)} of {len(expected)}:\n  " + "\n  ".join(wrong))
    if peak > MEMORY_MB:
        raise Failure(f"the fetcher or a worker took {peak:.0f} MB")
    return f"{len(expected)} misbehaviours, each with its outcome; at most {peak:.0f} MB in one process"


if __name__ == "__main__":
    main(test)
