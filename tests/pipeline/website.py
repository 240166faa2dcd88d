#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A web site made of announcements written for the tests: feeds, pages, and pages that misbehave.

    tests/pipeline/website.py [--count 200] [--port 8000] [--host 127.0.0.1]     to look at it, or to feed a stack by hand
"""

import argparse
import html
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from announcements import announcement

FIRST = datetime(2025, 3, 1, 1, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Section:
    """A part of the site with its own language, encoding and feed. Encodings are declared in different places."""
    path: str
    language: str
    charset: str
    feed: str            # rss, atom
    in_header: bool      # declared by HTTP, or else by the page's meta element


SECTIONS = (
    Section("/news", "en", "utf-8", "rss", True),
    Section("/yaowen", "zh-Hans", "utf-8", "atom", False),
    Section("/gonggao", "zh-Hans", "gbk", "rss", False),
    Section("/xiaoxi", "zh-Hant", "big5", "rss", True),
)

# One announcement in ten is in no feed: its page is added as a source of its own.
ALONE = 10


def page_of(section, a, published):
    """An article page as sites make them: navigation before, other headlines and a footer after."""
    meta = "" if section.in_header else f'<meta charset="{section.charset}">'
    menu = "".join(f'<li><a href="/menu/{i}">{w}</a></li>' for i, w in enumerate(("Home", "About", "Contact", "RSS")))
    others = "".join(f'<li><a href="/other/{i}">More headline {i}</a></li>' for i in range(6))
    text = "\n".join(f"<p>{html.escape(p)}</p>" for p in a.paragraphs)
    title = html.escape(a.title)
    return f"""<!DOCTYPE html>
<html lang="{a.language}"><head>{meta}<title>{title} - River Wire</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="River Wire">
<meta property="article:published_time" content="{published.isoformat()}"></head>
<body><header><ul class="nav">{menu}</ul></header>
<div class="main"><h1>{title}</h1>
<div class="content">
{text}
</div></div>
<div class="related"><h3>More</h3><ul>{others}</ul></div>
<footer><p>Copyright River Wire. All rights reserved.</p></footer></body></html>
""".encode(section.charset)


def rss_of(section, items):
    entries = "".join(
        f"<item><title>{html.escape(a.title)}</title><link>{url}</link><guid>{url}</guid>"
        f"<description>{html.escape(a.paragraphs[0])}</description><pubDate>{format_datetime(at)}</pubDate></item>\n"
        for url, a, at in items)
    return (f'<?xml version="1.0" encoding="{section.charset}"?>\n<rss version="2.0"><channel>'
            f"<title>River Wire {section.path}</title><link>/</link><description>test</description>\n"
            f"{entries}</channel></rss>\n").encode(section.charset)


def atom_of(section, items):
    entries = "".join(
        f'<entry><title>{html.escape(a.title)}</title><link href="{url}"/><id>{url}</id>'
        f"<updated>{at.isoformat()}</updated><summary>{html.escape(a.paragraphs[0])}</summary></entry>\n"
        for url, a, at in items)
    return (f'<?xml version="1.0" encoding="{section.charset}"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<title>River Wire {section.path}</title><id>{section.path}</id>\n{entries}</feed>\n").encode(section.charset)


class Site:
    """Serves `count` announcements. `delay`: seconds that each page takes, so that a load lasts. `first`: where the
    numbers begin, so that several sites have different texts."""

    def __init__(self, count=200, host="127.0.0.1", port=0, delay=0.0, first=0):
        self.delay = delay
        self.stopped = threading.Event()
        self.server = ThreadingHTTPServer((host, port), self._handler())
        self.server.daemon_threads = True
        self.base = f"http://{host}:{self.server.server_port}"
        self.announcements = {}  # by URL
        self.feeds = []          # URLs to add as sources
        self.alone = []          # URLs of pages to add as sources
        self.requests = []       # paths, in order of arrival
        self.bodies = {}         # path -> (type, bytes)
        self._fill(first, count)
        self._misbehave()

    def url(self, path):
        return self.base + path

    def _fill(self, first, count):
        in_feed = {section: [] for section in SECTIONS}
        for n in range(first, first + count):
            # Stepping by one section per round of labels: each section gets all labels.
            section = SECTIONS[(n + n // len(SECTIONS)) % len(SECTIONS)]
            a, at, path = announcement(n, section.language), FIRST + timedelta(hours=n), f"{section.path}/{n}.html"
            kind = f"text/html; charset={section.charset}" if section.in_header else "text/html"
            self.bodies[path] = (kind, page_of(section, a, at))
            self.announcements[self.url(path)] = a
            if n % ALONE == ALONE - 1:
                self.alone.append(self.url(path))
            else:
                in_feed[section].append((self.url(path), a, at))
        for section, items in in_feed.items():
            make = {"rss": rss_of, "atom": atom_of}[section.feed]
            path = f"{section.path}/feed.xml"
            self.bodies[path] = (f"application/{section.feed}+xml", make(section, items))
            self.feeds.append(self.url(path))

    def _misbehave(self):
        feed = self.bodies[SECTIONS[0].path + "/feed.xml"][1] if self.announcements else b"<rss><channel>"
        page = page_of(SECTIONS[0], announcement(7, "en"), FIRST)
        self.bodies["/bad/page-as-feed.xml"] = ("text/html; charset=utf-8", b"<html><body><p>We have moved.</p></body></html>")
        self.bodies["/bad/truncated.xml"] = ("application/rss+xml", feed[:len(feed) // 2])
        self.bodies["/bad/empty.html"] = ("text/html", b"")
        self.bodies["/bad/huge.html"] = ("text/html; charset=utf-8", page + b"<p>and so on</p>\n" * (50_000_000 // 17))
        self.bodies["/bad/charset.html"] = ("text/html; charset=x-river", page)

    def _handler(site):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.requests.append(self.path)
                kind, body = site.bodies.get(self.path, (None, b"not here"))
                etag = f'"{len(body)}"'
                if kind and self.headers.get("If-None-Match") == etag:
                    return self.answer(304, [("ETag", etag)], b"")
                if self.path.endswith(".html"):
                    site.stopped.wait(site.delay)
                headers = [("Content-Type", kind or "text/plain"), ("Content-Length", str(len(body)))]
                self.answer(200 if kind else 404, headers + ([("ETag", etag)] if kind else []), body)

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the fetcher hung up: it may, on a body that is too long

            def log_message(self, *args):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    with Site(given.count, given.host, given.port) as site:
        print("\n".join(site.feeds + site.alone), flush=True)
        site.stopped.wait()


if __name__ == "__main__":
    main()
