# SPDX-License-Identifier: MIT
"""A web server that misbehaves, in one way on each address 127.0.2.N: see docs/fetching.md for what must come of it."""

import gzip
import random
import socket
import struct
import threading
import zlib

from pdf_maker import bomb, endless, filing, scan

ZH = "国务院国资委召开会议"


def head(status="200 OK", kind="application/rss+xml", extra=(), length=None):
    lines = [f"HTTP/1.1 {status}"] + ([f"Content-Type: {kind}"] if kind else []) + list(extra)
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines + ["Connection: close", "", ""])).encode("latin-1")


def answer(body=b"", **how):
    return head(length=len(body), **how) + body


def feed(name, encoding="utf-8", declared=None, items=None):
    """A feed of one entry without a page: it is published as it is, under the title that the test looks for."""
    declared = f' encoding="{declared}"' if declared else ""
    items = items or f"<item><guid>{name}</guid><title>{title(name)}</title><description>{ZH}，研究部署下一阶段的重点工作。The meeting was held.</description></item>"
    return f'<?xml version="1.0"{declared}?>\n<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode(encoding)


def title(name):
    return f"{name} 公告"


def article(name, body=""):
    text = "".join(f"<p>第{n}段：会议研究部署了下一阶段的重点工作，{name}，要求各单位抓好落实。</p>" for n in range(8))
    return f"<html><head><title>{title(name)}</title></head><body><h1>{title(name)}</h1><article>{body}{text}</article></body></html>"


# How a connection that was accepted is treated: (connection, name, path) -> None.
def say(*parts):
    return lambda c, name, path: [c.sendall(p) for p in parts]


def status(line, *extra, body=b"no"):
    return say(answer(body, status=line, kind="text/plain", extra=extra))


def redirect(location, line="302 Found"):
    return say(answer(status=line, extra=(f"Location: {location}",)))


def publish(make, kind="application/rss+xml", extra=()):
    """Answers well, with a body made from the name."""
    def run(c, name, path):
        body = make(name)
        c.sendall(answer(body if isinstance(body, bytes) else body.encode(), kind=kind, extra=extra))
    return run


def chain(hops):
    def run(c, name, path):
        n = int(path.rsplit("/", 1)[1] or 0) if path.startswith("/hop/") else 0
        c.sendall(answer(status="301 Moved", extra=(f"Location: /hop/{n + 1}",)) if n < hops else answer(feed(name)))
    return run


def drip(first, byte, pause):
    def run(c, name, path):
        c.sendall(first)
        stop = threading.Event()
        while not stop.wait(pause):
            c.sendall(byte)
    return run


def flood(first, block, blocks):
    def run(c, name, path):
        c.sendall(first)
        for _ in range(blocks):
            c.sendall(block)
    return run


def reset(c, name, path):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def chunked(*chunks, end=b"0\r\n\r\n"):
    def run(c, name, path):
        c.sendall(head(extra=("Transfer-Encoding: chunked",)))
        for chunk in chunks or (feed(name),):
            c.sendall(chunk if chunk.startswith(b"!") else b"%x\r\n%s\r\n" % (len(chunk), chunk))
        c.sendall(end)
    return run


def packed(pack, encoding):
    return publish(lambda name: pack(feed(name)), extra=(f"Content-Encoding: {encoding}",))


BOMB = gzip.compress(b"<p>and so on</p>" * 6_500_000)
ENTITIES = ('<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' +
            "".join(f'<!ENTITY {chr(98 + i)} "{"&" + chr(97 + i) + ";"}{("&" + chr(97 + i) + ";") * 9}">' for i in range(9)) + "]>")
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def rss(items, prologue='<?xml version="1.0"?>'):
    return f'{prologue}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


def item(name, inside=""):
    return f"<item><guid>{name}</guid><title>{title(name)}</title>{inside}</item>"


PAGE = "text/html; charset=utf-8"
PDF = "application/pdf"


def pdf(name, **how):
    """A filing under the title that the test looks for."""
    lead = [[(0, "证券代码：600000"), (160, "证券简称：东岭港口"), (330, "公告编号：2026-012")], ""]
    text = ["    会议研究部署了下一阶段的重点工作，要求各单位抓好落实，并于月底前报告情", "况。本公告内容真实、准确、完整。"]
    return filing([lead + ["            " + title(name), ""] + text], **how)


def wrapper(document):
    """A page that is no more than the wrapper of a document; that comes at its address with .pdf behind it."""
    def run(c, name, path):
        if path.endswith(".pdf"):
            document(c, name, path)
        else:
            text = f'<h1>{title(name)}</h1><p>全文见附后。</p><p><a href="/{name}.pdf">附件：公告.pdf</a></p>'
            c.sendall(answer(f"<html><head><title>{title(name)}</title></head><body>{text}</body></html>".encode(), kind=PAGE))
    return run
MISBEHAVIOURS = {
    # Status codes.
    "status-204": status("204 No Content", body=b""), "status-304-unasked": status("304 Not Modified", body=b""),
    "status-400": status("400 Bad Request"), "status-401": status("401 Unauthorized"), "status-403": status("403 Forbidden"),
    "status-404": status("404 Not Found"), "status-405": status("405 No"), "status-410": status("410 Gone"),
    "status-418": status("418 Teapot"), "status-451": status("451 Withheld"), "status-500": status("500 Broken"),
    "status-502": status("502 Bad Gateway"), "status-503": status("503 Busy"), "status-504": status("504 Late"),
    "status-999": status("999 Denied"),
    "retry-after-seconds": status("429 Slow down", "Retry-After: 120"),
    "retry-after-date": status("503 Busy", "Retry-After: Fri, 31 Dec 2049 23:59:59 GMT"),
    "retry-after-garbage": status("503 Busy", "Retry-After: soon"), "retry-after-huge": status("429 Slow", "Retry-After: 99999999999999999999"),
    "retry-after-negative": status("503 Busy", "Retry-After: -5"),
    # Redirects.
    "redirect-relative": chain(1), "redirect-five": chain(5), "redirect-six": chain(6), "redirect-loop": redirect("/again"),
    "redirect-private-10": redirect("http://10.0.0.1/"), "redirect-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "redirect-v6-loopback": redirect("http://[::1]/"), "redirect-v4-mapped": redirect("http://[::ffff:10.0.0.1]/"),
    "redirect-hex": redirect("http://0x0a.1/"), "redirect-decimal": redirect("http://167772161/"),
    "redirect-file": redirect("file:///etc/passwd"), "redirect-ftp": redirect("ftp://127.0.0.1/"), "redirect-nowhere": redirect(""),
    "redirect-javascript": redirect("javascript:alert(1)"), "redirect-password": redirect("http://a:b@127.0.0.1/"),
    # Time.
    "silent": drip(b"", b"", 60), "slow-headers": drip(b"HTTP/1.1 200 OK\r\n", b"X", 0.3),
    "slow-body": drip(head(length=1000), b"<", 0.3),
    # Lengths.
    "closed-at-once": say(), "reset": reset, "length-too-long": say(head(length=5000), feed("cut")[:200]),
    "length-too-short": lambda c, name, path: c.sendall(head(length=len(feed(name))) + feed(name) + b"<extra>"),
    "length-negative": say(head(extra=("Content-Length: -7",)), b"x"), "length-words": say(head(extra=("Content-Length: many",)), b"x"),
    "chunks": chunked(), "chunk-not-hex": chunked(b"!zz\r\nabc\r\n"), "chunk-cut": chunked(b"!fff\r\nabc", end=b""),
    "body-endless": flood(head(), b"<p>and so on</p>" * 4096, 400), "body-50mb": flood(head(length=52_428_800), b"x" * 65536, 800),
    # Packing.
    "gzip": packed(gzip.compress, "gzip"), "deflate": packed(zlib.compress, "deflate"),
    "gzip-bomb": say(head(length=len(BOMB), extra=("Content-Encoding: gzip",)), BOMB),
    "gzip-not": packed(lambda b: b, "gzip"), "gzip-cut": packed(lambda b: gzip.compress(b)[:-20], "gzip"),
    "packing-unknown": packed(lambda b: b, "x-river"),
    # Headers.
    "header-1mb": flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536, 16), "headers-100000": flood(b"HTTP/1.1 200 OK\r\n", b"X-N: 1\r\n" * 10000, 10),
    "header-nameless": lambda c, name, path: c.sendall(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: %d\r\n\r\n" % len(feed(name)) + feed(name)),
    "no-http": say(b"SSH-2.0-river\r\n"), "http-0.9": say(b"<rss><channel></channel></rss>"), "continue-flood": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 100),
    # Encodings.
    "gbk": publish(lambda n: feed(n, "gbk", "gbk")), "gbk-said-utf8": publish(lambda n: feed(n, "gbk", "utf-8")),
    "gbk-unsaid": publish(lambda n: article(n).encode("gbk"), kind="text/html"), "big5-page": publish(lambda n: article(n).replace("会议研究部署", "會議研究").encode("big5", "ignore"), kind="text/html; charset=big5"),
    "utf16-bom": publish(lambda n: feed(n, "utf-16")), "utf8-bom": publish(lambda n: b"\xef\xbb\xbf" + feed(n)),
    "charset-unknown": publish(article, kind="text/html; charset=x-river"),
    # Feeds.
    "feed-said-html": publish(feed, kind="text/html"), "feed-after-blanks": publish(lambda n: b"\n\n  " + feed(n)),
    "feed-bare-ampersand": publish(lambda n: rss(item(n, "<description>A & B &nbsp; C</description>"))),
    "feed-cut": publish(lambda n: rss(item(n) + item(n + "-2"))[:-60]), "feed-entity-bomb": publish(lambda n: rss(item(n, "<description>&j;</description>"), ENTITIES)),
    "feed-outside-entity": publish(lambda n: rss(item(n, "<description>&x;</description>"), OUTSIDE)),
    "feed-deep": publish(lambda n: rss(item(n, "<a>" * 20000))), "feed-empty": publish(lambda n: b""), "feed-blank": publish(lambda n: b" \n "),
    "feed-nul": publish(lambda n: feed(n).replace(b"The", b"T\0he")), "feed-json": publish(lambda n: '{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","title":"%s","content_text":"The meeting was held."}]}' % title(n), kind="application/feed+json"),
    "feed-json-cut": publish(lambda n: '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","ti', kind="application/feed+json"),
    "feed-html-instead": publish(lambda n: "<html><body><p>We have moved.</p></body></html>", kind=PAGE),
    "feed-many": publish(lambda n: rss(item(n) + "".join(f"<item><guid>m{i}</guid></item>" for i in range(30000)))),
    # Pages.
    "page-deep": publish(lambda n: article(n, "<div>" * 30000), kind=PAGE), "page-formatting-bomb": publish(lambda n: article(n, "<b><i><font>" * 5000 + "<p>" * 2000), kind=PAGE),
    "page-without-text": publish(lambda n: "<html><body><script>x()</script></body></html>", kind=PAGE),
    "page-binary": publish(lambda n: bytes(range(256)) * 400, kind="application/octet-stream"), "page-image": publish(lambda n: b"\x89PNG\r\n" * 100, kind="image/png"),
    "page-noise": publish(lambda n: b"<html>" + random.Random(7).randbytes(20000), kind=PAGE), "page-zip": publish(lambda n: b"PK\x03\x04\x14\0" + b"x" * 5000, kind=PAGE),
    "page-json": publish(lambda n: '{"code": 401, "msg": "请先登录"}', kind="application/json"), "page-script": publish(lambda n: "var a = '<div>中国</div>';\n" * 50, kind="text/javascript"),
    "page-xml-error": publish(lambda n: "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", kind="application/xml"), "page-csv": publish(lambda n: "代码,名称\n600000,浦发银行\n" * 50, kind="text/csv"),
    # PDF documents.
    "pdf": publish(pdf, kind=PDF), "pdf-said-html": publish(pdf, kind=PAGE), "pdf-said-bytes": publish(pdf, kind="application/octet-stream"),
    "pdf-after-blanks": publish(lambda n: b"\xef\xbb\xbf\r\n\r\n" + pdf(n), kind=PDF),
    "html-said-pdf": publish(article, kind=PDF), "pdf-cut": publish(lambda n: pdf(n)[:-300], kind=PDF),
    "pdf-gbk-title": publish(lambda n: pdf(n, title="临时公告".encode("gbk")), kind=PDF),
    "pdf-scanned": publish(lambda n: scan(3), kind=PDF), "pdf-no-unicode": publish(lambda n: pdf(n, to_unicode=False), kind=PDF),
    "pdf-damaged": publish(lambda n: b"%PDF-1.7\n" + bytes(range(256)) * 400, kind=PDF),
    "pdf-locked": publish(lambda n: pdf(n, locked=True), kind=PDF), "pdf-empty": publish(lambda n: b"%PDF-", kind=PDF),
    "pdf-bomb": publish(lambda n: bomb(100 << 20), kind=PDF), "pdf-endless": publish(lambda n: endless(), kind=PDF),
    "pdf-huge": flood(head(kind=PDF, length=52_428_800), b"%PDF-1.4" + b"x" * 65528, 800),
    "pdf-wrapped": wrapper(publish(pdf, kind=PDF)), "pdf-wrapped-html": wrapper(publish(article, kind=PAGE)),
    "pdf-wrapped-404": wrapper(status("404 Not Found")),
    "pdf-wrapped-private": wrapper(redirect("http://10.0.0.1/a.pdf")),
}


class Torture:
    """`with Torture() as server`: server.sources maps each name to its URL."""

    def __init__(self):
        self.listener = socket.create_server(("0.0.0.0", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.names = list(MISBEHAVIOURS)
        self.sources = {name: f"http://127.0.2.{n + 1}:{self.port}/{name}" for n, name in enumerate(self.names)}

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        name = self.names[int(connection.getsockname()[0].rsplit(".", 1)[1]) - 1]
        try:
            asked = connection.recv(65536).decode("latin-1").split(" ")
            path = asked[1] if len(asked) > 1 else "/"
            if path == "/robots.txt":
                connection.sendall(answer(status="404 Not Found"))
            else:
                MISBEHAVIOURS[name](connection, name, path)
        except OSError:
            pass  # the fetcher hung up, as it should on some of them
        finally:
            connection.close()

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.listener.close()
