#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Announcements that are PDF documents: linked directly by a list or feed, and by pages that only wrap them. Title and
date come from where they are known best; robots.txt holds for documents too; a page with a text of its own keeps it."""

import json
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import checks
from checks import Listener
from pdf_maker import filing
from stack import Failure, Stack, main, until

ZH = ["    本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述或", "者重大遗漏。东岭港口股份有限公司拟于近日召开股东大会，审议各项议案。"]
EN = ["The board of Northfield Harbour has approved a final dividend of four", "pence a share, to be paid to the shareholders in May."]
HEAD = [[(0, "证券代码：600000"), (160, "证券简称：东岭港口"), (330, "公告编号：2026-012")], ""]
OWN = "".join(f"<p>会议第{n}项：研究部署国有企业改革的重点工作，要求各单位抓好落实，并于月底前报告进展情况。</p>" for n in range(4))

# path -> (type, body)
DOCUMENTS = {
    "/pdf/titled.pdf": filing([HEAD + ["            东岭港口股份有限公司", "          关于召开股东大会的公告", ""] + ZH + ["", "                      2026年10月9日"]]),
    "/pdf/letterhead.pdf": filing([HEAD + ZH]),
    "/pdf/english.pdf": filing([EN]),
    "/files/wrapped.pdf": filing([HEAD + ZH + ["", "                      2026年10月9日"]]),
    "/files/annex.pdf": filing([["            国有企业改革工作任务分工表"]]),
    "/private/secret.pdf": filing([ZH]),
    "/files/scan.pdf": filing([[]]),
}
LIST = [("/pdf/titled.pdf", "临时公告", "2026-10-10"), ("/pdf/letterhead.pdf", "东岭港口关于变更会计师事务所的公告", "2026-10-11"),
        ("/pdf/english.pdf", "Northfield Harbour declares a final dividend", "2026-10-12")]


def page(title, body, date="2026-10-13"):
    return f'<html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1><p>发布时间：{date}</p><div class="content">{body}</div></body></html>'


def link(href, text):
    return f'<p><a href="{href}">{text}</a></p>'


class Site:
    def __init__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.files = ThreadingHTTPServer(("127.0.0.2", 0), self._handler())
        self.base, self.other = (f"http://{s.server_address[0]}:{s.server_port}" for s in (self.server, self.files))
        self.asked = []
        self.pages = {
            "/wrapper.html": page("东岭港口关于董事会换届选举的公告", link(self.other + "/files/wrapped.pdf", "附件：公告全文.pdf")),
            "/own-text.html": page("国资委召开国有企业改革推进会", OWN + link("/files/annex.pdf", "附件：任务分工表.pdf")),
            "/forbidden.html": page("东岭港口不公开文件的公告", link("/private/secret.pdf", "View PDF")),
            "/missing.html": page("东岭港口关于诉讼进展的公告", "<p>诉讼进展情况见附后全文。</p>" + link("/files/none.pdf", "查看PDF")),
            "/two.html": page("东岭港口两份报告的公告", "<p>两份报告全文见附后。</p>" + link("/files/wrapped.pdf", "第一份") + link("/files/annex.pdf", "第二份")),
            "/scanned.html": page("东岭港口扫描件公告", link("/files/scan.pdf", "附件：扫描件.pdf")),
        }

    def feed(self):
        items = "".join(f"<item><title>{path}</title><link>{self.base}{path}</link></item>" for path in self.pages)
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'

    def list(self):
        rows = "".join(f'<li><span>{date}</span><a href="{path}">{title}</a></li>' for path, title, date in LIST)
        return f'<html><head><meta charset="utf-8"><title>公告</title></head><body><ul class="news">{rows}</ul></body></html>'

    def answer(self, path):
        if path == "/robots.txt":
            return "text/plain", b"User-agent: *\nDisallow: /private/\n"
        if path in DOCUMENTS:
            return "application/octet-stream", DOCUMENTS[path]
        text = self.pages.get(path) or {"/feed.xml": self.feed, "/list.html": self.list}.get(path, lambda: None)()
        return ("text/html; charset=utf-8", text.encode()) if text else (None, b"not here")

    def _handler(site):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                kind, body = site.answer(self.path)
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler

    def __enter__(self):
        for s in (self.server, self.files):
            threading.Thread(target=s.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        for s in (self.server, self.files):
            s.shutdown()
            s.server_close()


def day(announcement):
    return announcement.published_ms // 86400000


def want(news, path, title, date, text):
    a = news.get(path)
    if a is None:
        raise Failure(f"{path} did not arrive; there are {sorted(news)}")
    if a.title != title:
        raise Failure(f"{path}: title {a.title!r}, not {title!r}")
    if date and day(a) != datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp() // 86400:
        raise Failure(f"{path}: published {a.published_ms}, not {date}")
    if text not in a.text:
        raise Failure(f"{path}: text {a.text!r} without {text!r}")
    return a


def story(stack, url):
    try:
        found = stack.json("why", url)
    except Failure:
        return ""  # not known yet
    return " ".join(f'{e.get("name", "")} {e.get("detail", "")}' for e in (found[0]["events"] if found else []))


def ended(stack, site):
    """Every page was published, or its document was tried once and failed."""
    said = {path: story(stack, site.base + path) for path in site.pages}
    return all(any(word in s for word in ("queued", "given-up", "failed")) for s in said.values())


def command_line(stack, site):
    """The same text without a stack: from a file, and from its address; and why."""
    path = Path(stack.directory.name) / "公告.pdf"
    path.write_bytes(DOCUMENTS["/pdf/titled.pdf"])
    extracted = json.loads(stack.run("extract", str(path)).stdout)
    fetched = json.loads(stack.run("fetch", site.base + "/pdf/titled.pdf", "--allow-private", "127.0.0.0/8").stdout)
    for name, found in ("extract", extracted), ("fetch", fetched):
        if found["title"] != "东岭港口股份有限公司关于召开股东大会的公告" or found["published_at"] != "2026-10-09" or "或者重大遗漏。" not in found["text"]:
            raise Failure(f"newswire {name}: {found}")
    if fetched["found"] != "pdf" or not fetched["primary"]:
        raise Failure(f"newswire fetch: {fetched}")
    explained = stack.run("extract", "--explain", str(path)).stdout
    for line in ("letterhead        page 1    证券代码：600000", "title     by rule: the first lines, as titles end", "  + 本公司董事会"):
        if line not in explained:
            raise Failure(f"newswire extract --explain does not say {line!r}: {explained}")
    wrapper = json.loads(stack.run("fetch", site.base + "/wrapper.html", "--allow-private", "127.0.0.0/8").stdout)
    if wrapper["document"] != site.other + "/files/wrapped.pdf":
        raise Failure(f"newswire fetch names {wrapper.get('document')!r} as the wrapped document")
    path.write_bytes(DOCUMENTS["/files/scan.pdf"])
    for done in stack.run("extract", str(path), check=False), stack.run("fetch", site.base + "/files/scan.pdf", "--allow-private", "127.0.0.0/8", check=False):
        if done.returncode != 1 or "scanned?" not in done.stderr or done.stdout:
            raise Failure(f"of a scan: {done}")


def test():
    with Site() as site, Stack() as stack, Listener(stack) as listener:
        stack.run("add", site.base + "/feed.xml", "--gap", "0s", "--no-wait")
        stack.run("add", site.base + "/list.html", "--kind", "list", "--gap", "0s", "--no-wait")
        until(lambda: ended(stack, site), 40, "every page was published or given up")
        paths = [path for path, _, _ in LIST]
        until(lambda: all("queued" in story(stack, site.base + path) for path in paths), 20, "every linked document was published")
        until(lambda: stack.status()["fetcher"]["outbox"] == 0, 20, "everything was delivered")
        head = stack.status()["sink"]["head"]
        until(lambda: len(listener.news) >= head, 10, "the subscriber has it all")
        checks.sequences(listener.news)
        news = {}
        for n in listener.news:
            news[n.announcement.url.replace(site.base, "")] = n.announcement
        # Linked directly: the document's own title where it is one; else the list's; dates likewise.
        want(news, "/pdf/titled.pdf", "东岭港口股份有限公司关于召开股东大会的公告", "2026-10-10", "误导性陈述或者重大遗漏。")
        want(news, "/pdf/letterhead.pdf", LIST[1][1], "2026-10-11", "误导性陈述或者重大遗漏。")
        want(news, "/pdf/english.pdf", LIST[2][1], "2026-10-12", "dividend of four pence a share")
        # Wrapped: title and date of the page, text of the document, from another host.
        a = want(news, "/wrapper.html", "东岭港口关于董事会换届选举的公告", "2026-10-13", "误导性陈述或者重大遗漏。")
        if [x.url for x in a.attachments] != [site.other + "/files/wrapped.pdf"] or "附件" in a.text:
            raise Failure(f"the wrapper's attachments or text: {a}")
        # A text of its own: the document stays an attachment, and is not asked for; so with two of them.
        a = want(news, "/own-text.html", "国资委召开国有企业改革推进会", "2026-10-13", "会议第3项")
        if len(a.attachments) != 1 or "分工" in a.text:
            raise Failure(f"the page's own text: {a}")
        want(news, "/two.html", "东岭港口两份报告的公告", "2026-10-13", "两份报告全文见附后")
        if "/files/annex.pdf" in site.asked or "/private/secret.pdf" in site.asked:
            raise Failure(f"asked for what it should not: {site.asked}")
        # What cannot be had: the page's few words, or the source's, and why.
        want(news, "/missing.html", "东岭港口关于诉讼进展的公告", "2026-10-13", "诉讼进展情况")
        for path, pattern in (("/missing.html", "HTTP 404"), ("/forbidden.html", "robots.txt"), ("/scanned.html", "scanned?")):
            if pattern not in story(stack, site.base + path) or ".pdf" not in story(stack, site.base + path):
                raise Failure(f"the story of {path}: {story(stack, site.base + path)}")
        if site.asked.count("/files/wrapped.pdf") != 1:
            raise Failure(f"the document was asked for {site.asked.count('/files/wrapped.pdf')} times")
        command_line(stack, site)
    return f"{len(LIST)} documents linked directly, {len(site.pages)} pages with attachments, each as it should be"


if __name__ == "__main__":
    main(test)
