# SPDX-License-Identifier: MIT
"""A small site whose feeds, lists and sitemaps change while they are watched, for tests of how sources are polled."""

import html
import threading
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from announcements import announcement

ISO = "%Y-%m-%dT%H:%M:%SZ"


class Newsroom:
    """Pages /N.html (or /要闻/N.html), N from 1 on, one minute apart, the newest now. What is not in `bodies` is
    not found. `requests` keeps (path, headers) in order of arrival."""

    def __init__(self, language="en", host="127.0.0.1", port=0):
        self.language = language
        self.folder = "/%E8%A6%81%E9%97%BB" if language.startswith("zh") else "/news"
        self.bodies = {}    # path -> (type, bytes), or a function of the headers giving (status, headers, bytes)
        self.requests = []
        self.started = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=2)
        self.server = ThreadingHTTPServer((host, port), self._handler())
        self.server.daemon_threads = True
        self.base = f"http://{host}:{self.server.server_port}"

    def at(self, n):
        return self.started + timedelta(minutes=n)

    def path(self, n):
        return f"{self.folder}/{n}.html"

    def url(self, n):
        return self.base + self.path(n)

    def title(self, n):
        return f"{announcement(n, self.language).title} {n}"

    def add_pages(self, numbers):
        for n in numbers:
            a = announcement(n, self.language)
            title = html.escape(self.title(n))
            text = "".join(f"<p>{html.escape(p)}</p>" for p in a.paragraphs)
            self.bodies[self.path(n)] = ("text/html; charset=utf-8", (
                f'<!DOCTYPE html><html lang="{a.language}"><head><title>{title}</title>'
                f'<meta property="article:published_time" content="{self.at(n).isoformat()}"></head>'
                f"<body><div class=main><h1>{title}</h1><div class=content>{text}</div></div></body></html>").encode())

    def show_feed(self, numbers, path="/feed.xml", more=""):
        items = "".join(
            f"<item><title>{html.escape(self.title(n))}</title><link>{self.url(n)}</link>"
            f"<pubDate>{format_datetime(self.at(n))}</pubDate></item>" for n in sorted(numbers, reverse=True))
        self.bodies[path] = ("application/rss+xml", (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Newsroom</title>{more}'
            f"{items}</channel></rss>").encode())

    def show_sitemap(self, numbers, path="/sitemap.xml", others=()):
        urls = "".join(f"<url><loc>{self.url(n)}</loc><lastmod>{self.at(n).strftime(ISO)}</lastmod></url>"
                       for n in numbers)
        urls += "".join(f"<url><loc>{loc}</loc><lastmod>{at.strftime(ISO)}</lastmod></url>" for loc, at in others)
        self.bodies[path] = ("application/xml", (
            '<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"{urls}</urlset>").encode())

    def show_sitemap_index(self, paths, path="/sitemap.xml"):
        maps = "".join(f"<sitemap><loc>{self.base}{p}</loc></sitemap>" for p in paths)
        self.bodies[path] = ("application/xml", (
            '<?xml version="1.0" encoding="utf-8"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"{maps}</sitemapindex>").encode())

    def show_list(self, numbers, path, next_path=None):
        """A page that lists others, as ministries make them, the newest first."""
        items = "".join(f'<li><a href="{self.path(n)}">{html.escape(self.title(n))}</a>'
                        f"<span>{self.at(n).strftime('%Y-%m-%d')}</span></li>" for n in sorted(numbers, reverse=True))
        word = "下一页" if self.language.startswith("zh") else "Next"
        more = f'<div class="page"><a href="{next_path}">{word}</a></div>' if next_path else ""
        self.bodies[path] = ("text/html; charset=utf-8", (
            f'<!DOCTYPE html><html><head><title>Newsroom</title></head><body><ul class="news">{items}</ul>{more}'
            "</body></html>").encode())

    def show_robots(self, text):
        self.bodies["/robots.txt"] = ("text/plain", text.encode())

    def asked(self, path):
        """How often."""
        return sum(p == path for p, _ in self.requests)

    def _handler(room):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                room.requests.append((self.path, dict(self.headers)))
                found = room.bodies.get(self.path)
                if callable(found):
                    return self.answer(*found(self.headers))
                if not found:
                    return self.answer(404, {}, b"not here")
                self.answer(200, {"Content-Type": found[0]}, found[1])

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the fetcher hung up: it has read enough

            def log_message(self, *args):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()
