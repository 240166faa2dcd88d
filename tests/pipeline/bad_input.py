#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What goes wrong outside gets one clear line that names it, `newswire why` tells the story, and the services go on.
What is wrong with the settings or stores is refused at the start, and nothing is changed on the disk."""

import re
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from checks import Listener, intact
from stack import BIN, PATIENCE, Failure, Stack, free_ports, main, until
from website import Site

# What is added, how, and what the story must say (a pattern, ignoring case).
SOURCES = (
    ("http://127.0.0.1:1/feed.xml", [], "refused|connect"),
    ("http://no-such-host.invalid/feed.xml", [], "resolve|no such host|host"),
    ("{site}/bad/nothing-here.xml", [], "404"),
    ("{site}/bad/page-as-feed.xml", ["--kind", "feed"], "html|no feed|not a feed"),
    ("{site}/bad/truncated.xml", [], "cut|incomplete|truncated|end|mended"),
    ("{site}/bad/empty.html", ["--kind", "page"], "empty|no article|nothing"),
    ("{site}/bad/huge.html", ["--kind", "page"], "large|8 MiB|bytes|limit"),
    ("{site}/bad/charset.html", ["--kind", "page"], "x-river"),
)

# Not URLs that can be watched: refused at once.
REFUSED = ("river-news", "ftp://127.0.0.1/feed.xml", "http://", "http://user:word@127.0.0.1/feed.xml", "http://[::1/feed.xml")


def story(stack, url):
    found = stack.json("why", url)
    return found[0]["events"] if found else []


def told(stack, url, pattern):
    """True once the story of the URL says it, in one line."""
    events = story(stack, url)
    lines = [" ".join(map(str, e.values())) for e in events]
    return any(re.search(pattern, line, re.IGNORECASE) for line in lines) and all("\n" not in e["detail"] for e in events)


def sources_in_trouble(stack, site):
    for template, options, pattern in SOURCES:
        url = template.format(site=site.base)
        stack.run("add", url, *options, "--gap", "0s", "--no-wait")
    for template, _, pattern in SOURCES:
        url = template.format(site=site.base)
        try:
            until(lambda: told(stack, url, pattern), 20, f"the story of {url} says {pattern!r}")
        except Failure as failure:
            raise Failure(f"{failure}; it says {story(stack, url)}") from None
        if not any(url in line for line in stack.log_text().splitlines()):
            raise Failure(f"no line of the log names {url}")


def refused_urls(stack):
    for url in REFUSED:
        done = stack.run("add", url, check=False)
        lines = done.stderr.strip().splitlines()
        if done.returncode == 0 or not any(url in line for line in lines) or len(lines) > 2:
            raise Failure(f"newswire add {url}: status {done.returncode}, {done.stderr!r}")


def goes_on(stack, site):
    """After all of that a good source is read as ever, by the same processes."""
    if re.search(r"restart|crash|killed by signal", stack.log_text()):
        raise Failure("a service was restarted")
    with Listener(stack) as live:
        stack.run("add", site.feeds[0], "--gap", "0s")
        wanted = {url for url in site.announcements if "/news/" in url and url not in site.alone}
        until(lambda: wanted <= {n.announcement.url for n in live.news}, 30, "a good feed is read")
        for n in live.news:
            if n.announcement.url in wanted:
                intact(n, site.announcements[n.announcement.url])


def up(*options):
    """newswire up that must not start: what it said."""
    base = free_ports(6)
    command = [BIN / "newswire", "up", "--port-base", str(base), "--http", str(base + 5), *map(str, options)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=30 * PATIENCE, check=False)
    except subprocess.TimeoutExpired as still:
        raise Failure(f"newswire up {' '.join(map(str, options))} started: {still.stdout}") from None
    if done.returncode == 0:
        raise Failure(f"newswire up {' '.join(map(str, options))} ended with 0: {done.stdout}")
    return done.stdout


def says(output, *words):
    if not any(all(w in line for w in words) for line in output.splitlines()):
        raise Failure(f"no line with {words} in: {output}")


def files_of(directory):
    return {p.name: p.read_bytes() for p in Path(directory).iterdir() if p.is_file()}


def refused_stores(made):
    """`made`: a data directory with stores as newswire made them."""
    stores = sorted(p.name for p in made.glob("*.db"))
    if len(stores) < 2:
        raise Failure(f"expected the stores of fetcher and sink in the data directory, found {stores}")
    for name in stores:
        for spoil, word in ((newer, "version"), (foreign, name), (no_database, name)):
            with tempfile.TemporaryDirectory(prefix="newswire-test-") as data:
                for store in stores:
                    Path(data, store).write_bytes((made / store).read_bytes())
                spoil(Path(data, name))
                before = Path(data, name).read_bytes()
                says(up("--data", data), str(Path(data, name)), word)
                if Path(data, name).read_bytes() != before:
                    raise Failure(f"{name} was changed after {spoil.__name__}")


def newer(path):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 4711")
    db.close()


def foreign(path):
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.execute("INSERT INTO recipes VALUES ('soup')")
    db.close()


def no_database(path):
    path.write_bytes(b"Dear diary, today it rained.\n" * 200)


def refused_starts(stack):
    with tempfile.TemporaryDirectory(prefix="newswire-test-") as directory:
        file = Path(directory, "file")
        file.write_text("not a directory")
        says(up("--data", file), str(file))
        says(up("--data", "/proc/no/such"), "/proc/no/such")

        taken = Path(directory, "taken")
        says(up("--data", taken, "--port-base", stack.base), "cannot listen on tcp://127.0.0.1:", "port")
        says(up("--data", taken, "--http", stack.http), str(stack.http), "port")

        settings, data = Path(directory, "settings.yaml"), Path(directory, "data")
        settings.write_text("fetcher:\n  gap: 2s\n  gaap: 3s\n")
        says(up("--data", data, "--config", settings), f"{settings}:3", "gaap")
        settings.write_text("fetcher:\n  gap: soon\n")
        says(up("--data", data, "--config", settings), f"{settings}:2", "soon")
        if list(data.glob("*.db")):
            raise Failure("a store was opened before the settings were valid")


def test():
    with tempfile.TemporaryDirectory(prefix="newswire-test-") as kept, Site(40) as site:
        with Stack(data=kept) as stack:
            sources_in_trouble(stack, site)
            refused_urls(stack)
            goes_on(stack, site)
            refused_starts(stack)
        refused_stores(Path(kept))
    return f"{len(SOURCES)} sources in trouble, {len(REFUSED)} refused, and stores and settings that must not be used"


if __name__ == "__main__":
    main(test)
